//! The distributed store: a worker's view of values that live on servers.
//!
//! A push sums the values of this process, sends the sum to the servers that own the key and is done when they
//! have answered; a pull asks them and writes the answers into the outs. Each is one task of the engine, started
//! when its arrays are free and ended by the network. All requests about one key are in program order: the next
//! starts when the one before is answered.

mod cluster;
mod layout;
mod optimizer;
mod ours;

pub use cluster::Cluster;

use super::broadcast::check_broadcast;
use super::keys::{Group, Groups, KeyTable, Keys};
use super::pull::check_out;
use super::reduce::{Buffers, Declared, Reducer, Strategy};
use super::row_sparse::row_numbers;
use super::updater::Updater;
use super::{Controller, KvStore};
use crate::array::{DType, NdArray, RowSparse, Storage};
use crate::base::config::Env;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use crate::base::sync::{Arc, Condvar, Mutex};
use crate::base::{Error, Result};
use crate::compression::{Codec, Scheme, codec_from_params};
use crate::engine::{Completion, Engine, Operation, Var};
use crate::ops::kernels::storage::cast_into;
use crate::optimizer::{Scalar, Spec};
use crate::ps::id::{Audience, Group as NodeGroup};
use crate::ps::keyspace::{DEFAULT_SLICE, DEFAULT_SPLIT_THRESHOLD, KeySpace, Slicer};
use crate::ps::proto::{Answers, Body, Outcome, Request};
use crate::ps::wire::{Command, Head, ValueKind, Verb};
use crate::telemetry::log;
use crate::{bail, ensure, err};
use bytes::Bytes;
use cluster::Membership;
use layout::{Dense, Layout, Parts, join_rows, place, pull_rows, push_compressed, push_rows, wire_dtype};
use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

pub struct DistStore {
    type_name: String,
    engine: Engine,
    reducer: Reducer,
    member: Membership,
    space: KeySpace,
    barrier_before_exit: AtomicBool,
    state: Mutex<State>,
}

struct State {
    keys: KeyTable,
    /// By slot.
    entries: Vec<Entry>,
    codec: Option<Arc<dyn Codec>>,
    /// Priority propagation: values travel in small slices, each a request of its own.
    slicer: Option<Slicer>,
}

impl State {
    /// Takes back the keys of an init that failed, so that it can be tried again: with the same places, because all
    /// workers have to give their keys the same. Keys stay if another thread added some after them.
    fn take_back(&mut self, added: Added) {
        if self.keys.len() == added.slots.end {
            self.keys.truncate(added.slots.start);
            self.entries.truncate(added.slots.start);
            self.slicer = added.slicer;
        }
    }
}

/// The keys of one init, and the slicer as it was before.
struct Added {
    slots: Range<usize>,
    slicer: Option<Slicer>,
}

struct Entry {
    declared: Declared,
    storage: Storage,
    layout: Layout,
    buffers: Buffers,
    /// Orders the requests about this key.
    line: Var,
    /// What compression has not sent yet.
    residual: Arc<Mutex<Vec<f32>>>,
}

impl DistStore {
    /// Joins the cluster that the environment describes; returns when it is complete.
    pub fn new(type_name: &str, engine: &Engine, env: &Env, cluster: &Cluster) -> Result<Self> {
        let is_async = type_name.contains("_async");
        let slices = env.text("DMLC_PS_VAN_TYPE").as_deref() == Some("p3");
        ensure!(
            !(slices && is_async),
            NotImplemented,
            "type: Asynchronous update is not supported in P3StoreDist"
        );
        let threshold = env.parsed("MXNET_KVSTORE_BIGARRAY_BOUND", DEFAULT_SPLIT_THRESHOLD)?;
        let slice = env.parsed("MXNET_KVSTORE_SLICE_THRESHOLD", DEFAULT_SLICE)?;
        // Whoever has joined is waited for: what can be known before is to be wrong before.
        ensure!(
            slice > 0,
            InvalidArgument,
            "MXNET_KVSTORE_SLICE_THRESHOLD: expected at least 1 element, got 0"
        );
        let member = cluster.join(env)?;
        let space = KeySpace::new(member.node.servers(), threshold)?;
        let slicer = if slices { Some(Slicer::new(space, slice)?) } else { None };
        let strategy = if type_name.contains("device") { Strategy::Device } else { Strategy::Local };
        let store = DistStore {
            type_name: type_name.to_owned(),
            engine: engine.clone(),
            reducer: Reducer::new(engine.clone(), strategy),
            member,
            space,
            barrier_before_exit: AtomicBool::new(true),
            state: Mutex::new(State { keys: KeyTable::default(), entries: Vec::new(), codec: None, slicer }),
        };
        if !is_async && store.rank() == 0 {
            let told = store.command(Command::SyncMode, Bytes::new());
            // A store that nobody gets must not wait for the end of the others.
            told.inspect_err(|_| store.barrier_before_exit.store(false, Ordering::Relaxed))?;
        }
        Ok(store)
    }

    fn command(&self, command: Command, body: Bytes) -> Result<()> {
        let request = Request {
            body: Body::Command { command, body, servers: None },
            subject: format!("command '{command}'"),
            priority: 0,
            deadline: None,
        };
        self.member.node.request_and_wait(self.member.channel, request).map(drop)
    }

    /// Sends one request, or in slices one per part; `ended` gets all answers.
    fn send(&self, request: Transfer, ended: impl FnOnce(Result<Answers>) + Send + 'static) {
        request.send(&self.member, ended);
    }

    fn plan<'a>(
        &self,
        state: &mut State,
        keys: Keys<'_>,
        arrays: &'a [NdArray],
        what: &str,
    ) -> Result<Plan<'a>> {
        keys.check_count(arrays.len(), what)?;
        state.keys.fix_kind(keys)?;
        let groups = state.keys.group(keys)?;
        Ok(Plan { arranged: groups.arrange(arrays), groups })
    }

    fn check_push(&self, state: &State, plan: &Plan<'_>) -> Result<()> {
        for group in plan.groups.iter() {
            let entry = &state.entries[group.slot];
            let check = || -> Result<()> {
                if state.codec.is_some() {
                    check_compressed_key(entry.declared.dtype, entry.storage)?;
                }
                self.reducer.check(&entry.declared, plan.arrays(group), None)?;
                for value in plan.arrays(group) {
                    ensure!(
                        value.shape() == &entry.declared.shape,
                        Shape,
                        "The value size cannot be changed: initialised with shape {}, pushed {}",
                        entry.declared.shape,
                        value.shape()
                    );
                    let fits = value.storage() == entry.storage || entry.storage == Storage::Dense;
                    ensure!(fits, StorageType, "a dense value was pushed to a row_sparse key");
                }
                Ok(())
            };
            check().map_err(|error| error.context(format!("key {}", state.keys.key(group.slot))))?;
        }
        Ok(())
    }

    /// Sums the values of a group and sends the sum. With `outs` it is a pushpull.
    fn push_group(
        &self,
        state: &mut State,
        group: &Group,
        values: &[NdArray],
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let codec = state.codec.clone();
        let key = state.keys.key(group.slot).clone();
        let sliced = state.slicer.is_some();
        let entry = &mut state.entries[group.slot];
        let sum =
            self.reducer.reduce(&mut entry.buffers, &entry.declared, values, None, &[], None, priority)?;
        let (layout, declared, residual) =
            (entry.layout.clone(), entry.declared.clone(), entry.residual.clone());
        let (space, number) = (self.space, wire_key(&key)?);
        let verb = if outs.is_empty() { Verb::Push } else { Verb::PushPull };
        let subject = format!("{verb} of key {key}");
        let member = self.member.clone();
        let targets: Vec<NdArray> = outs.to_vec();
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        // A value that is sent as it is need not be touched.
        let as_it_is = codec.is_none() && sum.is_dense() && sum.dtype() == declared.dtype;
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_push"),
            reads: &[sum.var()],
            writes: &writes,
            priority,
            bytes: if as_it_is { 0 } else { sum.byte_len() },
        };
        let source = sum.clone();
        let engine = self.engine.clone();
        self.engine.start(operation, move |completion| {
            let prepared = || -> Result<(ValueKind, Parts)> {
                let half = codec.as_ref().and_then(|codec| codec.scheme().half());
                match (&layout, &codec) {
                    (Layout::Dense(dense), Some(codec)) => {
                        if let Some(half) = half {
                            return dense.push_half(half, &source);
                        }
                        let block = codec.scheme().per_word() as u64;
                        let shards = space.compressed(number, dense.elements as u64, block)?;
                        let mut residual = residual.lock();
                        residual.resize(dense.elements, 0.0);
                        let source = source.read::<f32>()?;
                        let parts = push_compressed(&shards, &**codec, &source, &mut residual)?;
                        Ok((ValueKind::compressed(wire_dtype(dense.dtype)), parts))
                    }
                    (Layout::Dense(dense), None) => {
                        Ok((dense.kind(), dense.push(&bytes_as(&source, &declared)?)?))
                    }
                    (Layout::Rows(placement), _) => Ok((
                        ValueKind::row_sparse(wire_dtype(declared.dtype)),
                        push_rows(placement, &in_type(&source, declared.dtype)?)?,
                    )),
                }
            };
            let (kind, parts) = match prepared() {
                Ok(prepared) => prepared,
                Err(error) => return completion.done(Err(error.context(subject))),
            };
            let transfer = Transfer { verb, kind, init: false, parts, subject, priority, sliced };
            transfer.send(&member, move |answers| {
                let dense = match &layout {
                    Layout::Dense(dense) if !targets.is_empty() => Some(dense.clone()),
                    _ => None,
                };
                let bytes = dense.as_ref().map_or(0, Dense::scattered);
                receive(&engine, completion, answers, bytes, move |answers| {
                    dense.map_or(Ok(()), |dense| dense.scatter(&answers, &targets))
                });
            });
        });
        Ok(())
    }

    /// Asks for the value of a key and writes it to `outs`.
    fn pull_group(&self, state: &State, group: &Group, outs: Vec<NdArray>, priority: i32) -> Result<()> {
        let entry = &state.entries[group.slot];
        let key = state.keys.key(group.slot).clone();
        // Halves lie where whole elements do, and answers are not compressed.
        let packing = state.codec.as_ref().filter(|codec| codec.scheme().half().is_none());
        let packing = packing.filter(|_| entry.declared.dtype == DType::Float32);
        let dense = match (&entry.layout, packing) {
            (Layout::Dense(dense), Some(codec)) => {
                let block = codec.scheme().per_word() as u64;
                let shards = self.space.compressed(wire_key(&key)?, dense.elements as u64, block)?;
                Dense::compressed(dense.elements, &shards)
            }
            (Layout::Dense(dense), None) => dense.clone(),
            (Layout::Rows(placement), _) => {
                let rows: Vec<i64> = (0..entry.declared.shape.rows() as i64).collect();
                return self.pull_rows_of(
                    entry,
                    &key.to_string(),
                    placement.clone(),
                    Rows::All(rows),
                    outs,
                    priority,
                );
            }
        };
        let kind = match packing {
            Some(_) => ValueKind::compressed(wire_dtype(dense.dtype)),
            None => dense.kind(),
        };
        let transfer = Transfer {
            verb: Verb::Pull,
            kind,
            init: false,
            parts: dense.pull()?,
            subject: format!("pull of key {key}"),
            priority,
            sliced: state.slicer.is_some(),
        };
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        // Asking is quick; what the answer needs is decided when it is here.
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_pull"),
            reads: &[],
            writes: &writes,
            priority,
            bytes: 0,
        };
        let (member, engine, targets) = (self.member.clone(), self.engine.clone(), outs.clone());
        self.engine.start(operation, move |completion| {
            transfer.send(&member, move |answers| {
                receive(&engine, completion, answers, dense.scattered(), move |answers| {
                    dense.scatter(&answers, &targets)
                });
            });
        });
        Ok(())
    }

    /// Asks for rows of a row_sparse key and makes them the content of the outs.
    fn pull_rows_of(
        &self,
        entry: &Entry,
        key: &str,
        placement: crate::ps::keyspace::RowPlacement,
        rows: Rows,
        outs: Vec<NdArray>,
        priority: i32,
    ) -> Result<()> {
        let declared = entry.declared.clone();
        let subject = format!("row_sparse pull of key {key}");
        let row_ids = match &rows {
            Rows::All(_) => None,
            Rows::Of(ids) => Some(ids.clone()),
        };
        let reads: Vec<&Var> = row_ids.iter().map(NdArray::var).collect();
        let mut writes: Vec<&Var> = outs.iter().map(NdArray::var).collect();
        writes.push(&entry.line);
        let operation = Operation {
            name: Cow::Borrowed("kvstore_dist_pull"),
            reads: &reads,
            writes: &writes,
            priority,
            bytes: 0,
        };
        let (member, engine, targets) = (self.member.clone(), self.engine.clone(), outs.clone());
        self.engine.start(operation, move |completion| {
            let prepared = || -> Result<(Vec<i64>, Parts)> {
                let rows = rows.numbers()?;
                let parts = pull_rows(&placement, &rows)?;
                Ok((rows, parts))
            };
            let (rows, parts) = match prepared() {
                Ok(prepared) => prepared,
                Err(error) => return completion.done(Err(error.context(subject))),
            };
            let kind = ValueKind::row_sparse(wire_dtype(declared.dtype));
            let transfer =
                Transfer { verb: Verb::Pull, kind, init: false, parts, subject, priority, sliced: false };
            let bytes = rows.len() * declared.shape.row_size() * declared.dtype.size();
            transfer.send(&member, move |answers| {
                receive(&engine, completion, answers, bytes, move |answers| {
                    let values = join_rows(answers, bytes)?;
                    targets.iter().try_for_each(|target| fill_rows(&declared, &rows, &values, target))
                });
            });
        });
        Ok(())
    }

    /// Adds all keys or none.
    fn add_keys(&self, state: &mut State, keys: Keys<'_>, values: &[NdArray]) -> Result<Added> {
        let (first, slicer) = (state.keys.len(), state.slicer.clone());
        let result = self.try_add_keys(state, keys, values);
        let added = Added { slots: first..state.keys.len(), slicer };
        match result {
            Ok(()) => Ok(added),
            Err(error) => {
                state.take_back(added);
                Err(error)
            }
        }
    }

    fn try_add_keys(&self, state: &mut State, keys: Keys<'_>, values: &[NdArray]) -> Result<()> {
        for (i, value) in values.iter().enumerate() {
            state.keys.require_new(keys, i)?;
            if state.codec.is_some() {
                check_compressed_key(value.dtype(), value.storage())?;
            }
            let slot = state.keys.len();
            let number = match keys {
                Keys::Int(keys) => u32::try_from(keys[i]).map_err(|_| {
                    err!(InvalidArgument, "key {}: a dist store takes keys of zero or more", keys[i])
                })?,
                Keys::Text(_) => u32::try_from(slot).map_err(|_| err!(OutOfMemory, "too many keys"))?,
            };
            let layout = match &mut state.slicer {
                Some(slicer) => {
                    ensure!(value.is_dense(), Unsupported, "the p3 store takes dense values alone");
                    let shards = slicer.place(number, value.size() as u64)?;
                    Layout::Dense(Dense::new(value.dtype(), value.size(), shards))
                }
                None => place(&self.space, number, value.shape(), value.dtype(), value.storage())?,
            };
            state.keys.add(keys, i)?;
            state.entries.push(Entry {
                declared: Declared::of(value),
                storage: value.storage(),
                layout,
                buffers: Buffers::default(),
                line: Var::new(),
                residual: Arc::default(),
            });
        }
        Ok(())
    }

    /// Rank 0 sends the first values and waits for the answers, the others wait for rank 0.
    fn share_first(&self, slots: Range<usize>, values: &[NdArray]) -> Result<()> {
        if self.rank() == 0 && self.member.channel.0 == 0 {
            self.send_first(slots, values)?;
        }
        self.barrier()
    }

    fn send_first(&self, slots: Range<usize>, values: &[NdArray]) -> Result<()> {
        let all = Arc::new(Pending::new(slots.len()));
        for (slot, value) in slots.zip(values) {
            self.engine.wait_to_read(value.var())?;
            let transfer = {
                let state = self.state.lock();
                let (entry, key) = (&state.entries[slot], state.keys.key(slot));
                let (kind, parts) = match &entry.layout {
                    Layout::Dense(dense) => {
                        let placed = match &state.codec {
                            Some(codec) if codec.scheme().half().is_none() => {
                                let block = codec.scheme().per_word() as u64;
                                let elements = dense.elements as u64;
                                let shards = self.space.compressed(wire_key(key)?, elements, block)?;
                                Dense::compressed(dense.elements, &shards)
                            }
                            _ => dense.clone(),
                        };
                        (placed.kind(), placed.push(&value.share_bytes()?)?)
                    }
                    Layout::Rows(placement) => {
                        (ValueKind::row_sparse(wire_dtype(value.dtype())), push_rows(placement, value)?)
                    }
                };
                let (subject, sliced) = (format!("init of key {key}"), state.slicer.is_some());
                Transfer { verb: Verb::Push, kind, init: true, parts, subject, priority: 0, sliced }
            };
            let all = all.clone();
            self.send(transfer, move |answers| all.one_ended(answers.err()));
        }
        all.wait()
    }
}

/// Which rows a pull asks for.
enum Rows {
    All(Vec<i64>),
    /// The numbers in this array, in any order and repeated.
    Of(NdArray),
}

impl Rows {
    fn numbers(self) -> Result<Vec<i64>> {
        match self {
            Rows::All(rows) => Ok(rows),
            Rows::Of(ids) => row_numbers(&ids),
        }
    }
}

fn fill_rows(declared: &Declared, rows: &[i64], values: &[u8], target: &NdArray) -> Result<()> {
    let shape = declared.shape.with_rows(rows.len());
    let mut part = crate::array::Part::new(declared.dtype, shape)?;
    part.bytes.copy_from_slice(values);
    let parts = RowSparse { indices: crate::array::Part::indices(rows)?, values: part };
    let rows = NdArray::from_row_sparse(parts, declared.shape.clone(), target.device())?;
    cast_into(&rows, target)
}

/// The bytes of the sum in the type of the key.
fn bytes_as(sum: &NdArray, declared: &Declared) -> Result<Bytes> {
    if sum.is_dense() && sum.dtype() == declared.dtype {
        return sum.share_bytes();
    }
    let converted = NdArray::new(declared.shape.clone(), declared.dtype, sum.device())?;
    cast_into(sum, &converted)?;
    converted.share_bytes()
}

/// The sum in the type of the key, stored as it is. A single value is passed on in its own type.
fn in_type(sum: &NdArray, dtype: DType) -> Result<NdArray> {
    if sum.dtype() == dtype {
        return Ok(sum.clone());
    }
    let converted = NdArray::empty(sum.storage(), sum.shape().clone(), dtype, sum.device())?;
    cast_into(sum, &converted)?;
    Ok(converted)
}

fn wire_key(key: &super::Key) -> Result<u32> {
    u32::try_from(key.number())
        .map_err(|_| err!(InvalidArgument, "key {key}: a dist store takes keys of zero or more"))
}

/// Ends a task with what the network answered: at once if little is to be done, else on a lane, so that the
/// network thread stays free.
fn receive(
    engine: &Engine,
    completion: Completion,
    answers: Result<Answers>,
    bytes: usize,
    work: impl FnOnce(Answers) -> Result<()> + Send + 'static,
) {
    let answers = match answers {
        Ok(answers) => answers,
        Err(error) => return completion.done(Err(error)),
    };
    let operation = Operation {
        name: Cow::Borrowed("kvstore_dist_receive"),
        reads: &[],
        writes: &[],
        priority: 0,
        bytes,
    };
    let submitted = engine.run(operation, move || {
        completion.done(work(answers));
        Ok(())
    });
    if let Err(error) = submitted {
        log::warn(format_args!("receiving an answer: {error}"));
    }
}

/// One logical request.
struct Transfer {
    verb: Verb,
    kind: ValueKind,
    init: bool,
    parts: Parts,
    subject: String,
    priority: i32,
    sliced: bool,
}

impl Transfer {
    fn send(self, member: &Membership, ended: impl FnOnce(Result<Answers>) + Send + 'static) {
        let Transfer { verb, kind, init, parts, subject, priority, sliced } = self;
        let request = |parts: Parts| Request {
            body: Body::Data { verb, kind, init, parts },
            subject: subject.clone(),
            // Without slices a priority would only reorder requests that MXNet's servers may reorder anyway.
            priority: if sliced { priority } else { 0 },
            deadline: None,
        };
        let groups: Vec<Parts> =
            if sliced { parts.into_iter().map(|part| vec![part]).collect() } else { vec![parts] };
        // In slices a value without elements is no request at all.
        if groups.is_empty() {
            return ended(Ok(Answers::new()));
        }
        let gathered = Arc::new(Mutex::new((groups.len(), Ok(Answers::new()), Some(ended))));
        for group in groups {
            let gathered = gathered.clone();
            let one = move |outcome: Result<Outcome>| {
                let mut state = gathered.lock();
                let (missing, all, ended) = &mut *state;
                match (outcome, &mut *all) {
                    (Ok(Outcome::Answers(answers)), Ok(all)) => all.extend(answers),
                    (Ok(_), _) | (_, Err(_)) => {}
                    (Err(error), all) => *all = Err(error),
                }
                *missing -= 1;
                if *missing == 0
                    && let Some(ended) = ended.take()
                {
                    let all = std::mem::replace(all, Ok(Answers::new()));
                    drop(state);
                    ended(all);
                }
            };
            member.node.request(member.channel, request(group), Box::new(one));
        }
    }
}

/// Waits for several requests; each ends by its deadline.
struct Pending {
    state: Mutex<(usize, Option<Error>)>,
    ended: Condvar,
}

impl Pending {
    fn new(count: usize) -> Self {
        Pending { state: Mutex::new((count, None)), ended: Condvar::new() }
    }

    fn one_ended(&self, error: Option<Error>) {
        let mut state = self.state.lock();
        state.0 -= 1;
        state.1 = state.1.take().or(error);
        self.ended.notify_all();
    }

    fn wait(&self) -> Result<()> {
        let mut state = self.state.lock();
        while state.0 > 0 {
            self.ended.wait(&mut state);
        }
        state.1.take().map_or(Ok(()), Err)
    }
}

/// The arrays of a call, grouped by key.
struct Plan<'a> {
    groups: Groups,
    arranged: Cow<'a, [NdArray]>,
}

impl Plan<'_> {
    fn arrays(&self, group: &Group) -> &[NdArray] {
        &self.arranged[group.entries.clone()]
    }
}

/// What a store that compresses takes new keys and pushes of. Others that it has already can still be pulled.
fn check_compressed_key(dtype: DType, storage: Storage) -> Result<()> {
    ensure!(
        storage == Storage::Dense && dtype == DType::Float32,
        Unsupported,
        "gradient compression: keys must be dense float32, got {} {dtype}",
        storage.name()
    );
    Ok(())
}

impl KvStore for DistStore {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn rank(&self) -> i32 {
        i32::try_from(self.member.id.rank().get()).unwrap_or(i32::MAX)
    }

    fn size(&self) -> i32 {
        i32::try_from(self.member.node.workers()).unwrap_or(i32::MAX)
    }

    /// The values of rank 0 count; returns when every worker is here and the servers have them. After an error none
    /// of the keys is initialised, but a server that has got its value keeps it.
    fn init(&self, keys: Keys<'_>, values: &[NdArray]) -> Result<()> {
        keys.check_count(values.len(), "vals")?;
        let added = {
            let mut state = self.state.lock();
            state.keys.fix_kind(keys)?;
            self.add_keys(&mut state, keys, values)?
        };
        if self.member.rejoined {
            return Ok(());
        }
        let shared = self.share_first(added.slots.clone(), values);
        if shared.is_err() {
            self.state.lock().take_back(added);
        }
        shared
    }

    fn push(&self, keys: Keys<'_>, values: &[NdArray], priority: i32) -> Result<()> {
        let mut state = self.state.lock();
        let plan = self.plan(&mut state, keys, values, "vals")?;
        self.check_push(&state, &plan)?;
        plan.groups
            .iter()
            .try_for_each(|group| self.push_group(&mut state, group, plan.arrays(group), &[], priority))
    }

    fn pull(&self, keys: Keys<'_>, outs: &[NdArray], priority: i32, ignore_sparse: bool) -> Result<()> {
        ensure!(ignore_sparse, Unsupported, "dist kvstore pull doesn't support ignore_sparse=False");
        let mut state = self.state.lock();
        let plan = self.plan(&mut state, keys, outs, "outs")?;
        for group in plan.groups.iter() {
            let entry = &state.entries[group.slot];
            for out in plan.arrays(group).iter().filter(|out| out.is_dense()) {
                check_out(&entry.declared.shape, entry.storage, out)
                    .map_err(|error| error.context(format!("key {}", state.keys.key(group.slot))))?;
            }
        }
        for group in plan.groups.iter() {
            let dense: Vec<NdArray> =
                plan.arrays(group).iter().filter(|out| out.is_dense()).cloned().collect();
            if !dense.is_empty() {
                self.pull_group(&state, group, dense, priority)?;
            }
        }
        Ok(())
    }

    fn pull_row_sparse(
        &self,
        keys: Keys<'_>,
        outs: &[NdArray],
        row_ids: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let mut state = self.state.lock();
        ensure!(state.slicer.is_none(), NotImplemented, "row_sparse pull is not supported in P3StoreDist");
        let plan = self.plan(&mut state, keys, outs, "vals")?;
        ensure!(
            row_ids.len() == outs.len(),
            InvalidArgument,
            "row_ids: expected {} arrays, one for each out, got {}",
            outs.len(),
            row_ids.len()
        );
        let ids = plan.groups.arrange(row_ids);
        for group in plan.groups.iter() {
            let (entry, key) = (&state.entries[group.slot], state.keys.key(group.slot));
            ensure!(
                entry.storage == Storage::RowSparse,
                StorageType,
                "key {key}: row_sparse pull expects a row_sparse value"
            );
            for (out, ids) in plan.arrays(group).iter().zip(&ids[group.entries.clone()]) {
                ensure!(
                    out.storage() == Storage::RowSparse && ids.is_dense(),
                    StorageType,
                    "key {key}: row_sparse pull expects row_sparse outs and dense row_ids"
                );
                check_out(&entry.declared.shape, entry.storage, out)?;
            }
        }
        for group in plan.groups.iter() {
            let (entry, key) = (&state.entries[group.slot], state.keys.key(group.slot).to_string());
            let Layout::Rows(placement) = &entry.layout else { continue };
            for (out, ids) in plan.arrays(group).iter().zip(&ids[group.entries.clone()]) {
                let rows = Rows::Of(ids.clone());
                self.pull_rows_of(entry, &key, placement.clone(), rows, vec![out.clone()], priority)?;
            }
        }
        Ok(())
    }

    fn broadcast(
        &self,
        keys: Keys<'_>,
        values: &[NdArray],
        out_keys: Keys<'_>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        {
            let state = &mut *self.state.lock();
            let entries = &state.entries;
            let stored = |slot: usize| (&entries[slot].declared.shape, entries[slot].storage);
            check_broadcast(&mut state.keys, stored, keys, values, out_keys, outs)?;
        }
        self.init(keys, values)?;
        self.pull(out_keys, outs, priority, true)
    }

    fn pushpull(
        &self,
        keys: Keys<'_>,
        values: &[NdArray],
        out_keys: Keys<'_>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let mut state = self.state.lock();
        if let Some(codec) = &state.codec {
            ensure!(
                codec.scheme().half().is_some(),
                Unsupported,
                "pushpull does not work with gradient compression of type {}; push and pull do",
                codec.scheme().name()
            );
        }
        let push = self.plan(&mut state, keys, values, "vals")?;
        let pull = self.plan(&mut state, out_keys, outs, "outs")?;
        self.check_push(&state, &push)?;
        let same = push.groups.iter().map(|group| group.slot).eq(pull.groups.iter().map(|group| group.slot));
        ensure!(same, InvalidArgument, "pushpull: the keys of vals and of outs differ");
        for (from, to) in push.groups.iter().zip(pull.groups.iter()) {
            let entry = &state.entries[from.slot];
            ensure!(
                entry.storage == Storage::Dense
                    && push.arrays(from).iter().chain(pull.arrays(to)).all(NdArray::is_dense),
                StorageType,
                "key {}: a dist pushpull takes dense arrays",
                state.keys.key(from.slot)
            );
            for out in pull.arrays(to) {
                check_out(&entry.declared.shape, entry.storage, out)?;
            }
        }
        for (from, to) in push.groups.iter().zip(pull.groups.iter()) {
            self.push_group(&mut state, from, push.arrays(from), pull.arrays(to), priority)?;
        }
        Ok(())
    }

    fn set_optimizer(&self, spec: &Spec) -> Result<()> {
        self.send_optimizer(spec)
    }

    fn set_scalar(&self, scalar: Scalar, value: f64) -> Result<()> {
        self.send_scalar(scalar, value)
    }

    fn optimizer_states(&self) -> Result<Vec<u8>> {
        self.gather_states()
    }

    fn load_optimizer_states(&self, bytes: &[u8]) -> Result<()> {
        self.scatter_states(bytes)
    }

    /// Updates happen on the servers, so a rule set here is never called.
    fn set_updater(&self, _updater: Arc<dyn Updater>) -> Result<()> {
        let sliced = self.state.lock().slicer.is_some();
        ensure!(!sliced, NotImplemented, "an updater is not supported in P3StoreDist");
        Ok(())
    }

    fn set_gradient_compression(&self, params: &[(&str, &str)]) -> Result<()> {
        let codec = codec_from_params(params)?;
        let scheme = codec.scheme();
        {
            let state = self.state.lock();
            ensure!(
                state.slicer.is_none(),
                NotImplemented,
                "gradient compression is not supported in P3StoreDist"
            );
        }
        let name = scheme.name();
        match (scheme, codec.threshold()) {
            // The number is MXNet's, and so is that rank 0 alone says it; all digits of the threshold are sent, so that
            // both sides mean the same.
            (Scheme::TwoBit, Some(threshold)) if self.rank() == 0 => {
                self.command(Command::GradientCompression, format!("1,{threshold:?}").into())?;
            }
            (Scheme::TwoBit, _) => {}
            // Said by every worker, so that each learns whether the servers know it (MXNet's would take 1bit for
            // 2bit), and no push comes before it.
            (_, threshold) => {
                let body = threshold.map_or(name.to_owned(), |threshold| format!("{name},{threshold:?}"));
                let subject = format!("gradient compression of type {name}");
                self.tell_ours(Command::NamedCompression, body.into(), &subject)?;
            }
        }
        let mut state = self.state.lock();
        // What one scheme has not sent yet means nothing to another.
        if state.codec.as_ref().is_some_and(|old| old.scheme() != scheme) {
            state.entries.iter().for_each(|entry| entry.residual.lock().clear());
        }
        state.codec = Some(codec);
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        self.member.node.barrier(self.member.channel, Audience::Group(NodeGroup::WORKERS), None)
    }

    fn set_barrier_before_exit(&self, on: bool) -> Result<()> {
        self.barrier_before_exit.store(on, Ordering::Relaxed);
        Ok(())
    }

    fn run_server(&self, _controller: Option<Controller>) -> Result<()> {
        bail!(Unsupported, "this process is a worker; only a server or the scheduler can run a server")
    }

    fn send_command(&self, id: i32, body: &str) -> Result<()> {
        self.command(Command::from_head(Head(id)), Bytes::copy_from_slice(body.as_bytes()))
    }

    fn dead_nodes(&self, group: i32, timeout: Duration) -> Result<i32> {
        self.member.node.dead().count(group, timeout)
    }
}

impl Drop for DistStore {
    /// Leaves the cluster: waits for what was asked for, then for the other workers unless that was turned off.
    fn drop(&mut self) {
        self.engine.drain();
        let barrier = self.barrier_before_exit.load(Ordering::Relaxed);
        if let Err(error) = self.member.node.close(self.member.channel, barrier) {
            log::warn(format_args!("leaving the cluster: {error}"));
        }
    }
}
