//! [`Server`]: requests in, answers out.

use super::apply::{assign, check, check_rows, gather, refresh, sum};
use super::backlog::Backlog;
use super::command::compression;
use super::decode::{self, LocalKey, Pushed, Wanted};
use super::entry::{Entry, Waiting};
use super::optimize::{self, Optimizers, Rule, Step, optimizer_of};
use super::packed::plain;
use super::round::Contribution;
use crate::array::{NdArray, Storage};
use crate::base::sync::atomic::{AtomicI32, Ordering};
use crate::base::sync::{Arc, Mutex};
use crate::base::{Error, Result};
use crate::compression::Codec;
use crate::engine::{Access, Engine, Operation, Var};
use crate::ops::kernels::storage::cast_into;
use crate::optimizer::remote::{self, Remote};
use crate::optimizer::{Index, Optimizer, Spec, foreign};
use crate::ps::id::Channel;
use crate::ps::node::{Action, Answer, Participant, ReplySink, ShardHost, ShardInfo, ShardRequest, Ticket};
use crate::ps::wire::{Command, Payload, ValueKind, ValueMode, Verb};
use crate::telemetry::{Profiler, obey};
use crate::{bail, ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Work on this many bytes counts as part of the backlog.
const LARGE: usize = 128 << 10;

/// Compressed values that are unpacked before the next request is looked at.
const UNPACKED_AT_ONCE: usize = 16 << 10;

/// An update rule for a server's values.
pub trait Update: Send + Sync {
    /// Changes `stored` in place, by the sum of a round. Called on the thread that runs the server, while no
    /// lock is held; the work on the arrays may still be going on when it returns. A dense value is the
    /// server's part of it, flattened.
    fn update(&self, key: LocalKey, pushed: NdArray, stored: NdArray) -> Result<()>;
}

/// Takes the bodies of controller commands: descriptions of optimizers.
pub type Controller = Box<dyn FnMut(&str) -> Result<()> + Send>;

/// The part of a server that its owner can reach while it runs, also from within its callbacks.
#[derive(Default)]
pub struct Control {
    rule: Mutex<Rule>,
    controller: Mutex<Option<Controller>>,
    profiler: Mutex<Option<Arc<Profiler>>>,
    rank: AtomicI32,
}

impl Control {
    /// What pushes do from now on; without a rule the sum of a round replaces the value.
    pub fn set_update(&self, update: Arc<dyn Update>) {
        self.set_rule(Rule::Call(update));
    }

    fn set_rule(&self, rule: Rule) {
        *self.rule.lock() = rule;
    }

    fn rule(&self) -> Rule {
        self.rule.lock().clone()
    }

    /// Without a controller the server itself reads the descriptions of optimizers and runs its own.
    pub fn set_controller(&self, controller: Controller) {
        *self.controller.lock() = Some(controller);
    }

    /// What profiler commands of workers act on.
    pub fn set_profiler(&self, profiler: Arc<Profiler>) {
        *self.profiler.lock() = Some(profiler);
    }

    fn profile(&self, body: &[u8]) -> Result<()> {
        let body =
            std::str::from_utf8(body).map_err(|error| err!(Protocol, "profiler: not UTF-8: {error}"))?;
        let Some(profiler) = self.profiler.lock().clone() else {
            bail!(Unsupported, "profiler: this server has no profiler");
        };
        obey(&profiler, self.rank(), body)
    }

    /// The server's rank, 0 until it has joined.
    pub fn rank(&self) -> i32 {
        self.rank.load(Ordering::Relaxed)
    }

    /// Calls what is in `slot` without holding its lock, so that the callee may use this object.
    fn call(slot: &Mutex<Option<Controller>>, what: &str, body: &[u8]) -> Result<()> {
        let body = std::str::from_utf8(body).map_err(|error| err!(Protocol, "{what}: not UTF-8: {error}"))?;
        let Some(mut callee) = slot.lock().take() else {
            bail!(Unsupported, "{what}: this server has no {what}");
        };
        let result = callee(body);
        slot.lock().get_or_insert(callee);
        result
    }
}

/// A server's values and what waits for them. Used by one thread.
pub struct Server {
    engine: Engine,
    control: Arc<Control>,
    started: Option<Started>,
    entries: HashMap<LocalKey, Entry>,
    sync: bool,
    multi_precision: bool,
    codec: Option<Arc<dyn Codec>>,
    backlog: Backlog,
    optimizers: Optimizers,
    /// Whose first values a restarted MXNet rank 0 has sent again.
    repeated: HashSet<LocalKey>,
    /// Workers that are gone and without whom no round can complete, and why.
    lost: Vec<(Participant, Error)>,
}

struct Started {
    shard: ShardInfo,
    replies: Arc<dyn ReplySink>,
}

/// What a push is to a key, with a value or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The first value, and nothing to a key that has one.
    First,
    /// A gradient, and an error without a value: workers of ours mark first values, so the value was lost.
    Gradient,
    /// MXNet's workers mark nothing: a gradient, or the first value of a key without one.
    Either,
    /// MXNet's rank 0, started again, sends the first values again before it pushes gradients. Counted as a
    /// gradient such a value would be added to the sum of a round.
    Repeated,
}

impl Meaning {
    fn of(from: Participant, ours: bool, rejoined: bool, verb: Verb) -> Self {
        match (ours, rejoined && initialises(from) && verb == Verb::Push) {
            (true, _) => Meaning::Gradient,
            (false, true) => Meaning::Repeated,
            (false, false) => Meaning::Either,
        }
    }
}

/// Whether first values come from this worker: the first store of rank 0.
fn initialises(worker: Participant) -> bool {
    worker.node.rank().get() == 0 && worker.channel == Channel(0)
}

/// The answers that a piece of work owes. What is left unanswered when it is dropped gets an error, so that no
/// worker waits for work that failed on the way.
struct Owed {
    replies: Arc<dyn ReplySink>,
    key: LocalKey,
    requests: Vec<(Ticket, Verb, Payload)>,
}

impl Owed {
    fn fail(mut self, error: &Error) {
        for (ticket, verb, _) in self.requests.drain(..) {
            self.replies.reply(ticket, Err(error.clone().context(format!("{verb} of key {}", self.key))));
        }
    }

    /// Answers each request; those that pull get the bytes that `values` gives.
    fn done(mut self, mut values: impl FnMut(&Payload) -> Result<Payload>) {
        for (ticket, verb, payload) in self.requests.drain(..) {
            let answer = if verb.pulls() { values(&payload).map(Answer::Values) } else { Ok(Answer::Done) };
            let named = answer.map_err(|error| error.context(format!("{verb} of key {}", self.key)));
            self.replies.reply(ticket, named);
        }
    }
}

impl Owed {
    /// Answers with the whole value, which the caller holds. Those that pull want a dense one.
    fn whole(self, value: &NdArray) {
        self.done(|request| dense(request, value.share_bytes()?));
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        for (ticket, verb, _) in self.requests.drain(..) {
            let error = err!(Internal, "{verb} of key {}: the server dropped the request", self.key);
            self.replies.reply(ticket, Err(error));
        }
    }
}

impl Server {
    pub fn new(engine: Engine, control: Arc<Control>) -> Self {
        Server {
            engine,
            control,
            started: None,
            entries: HashMap::new(),
            sync: false,
            multi_precision: false,
            codec: None,
            backlog: Backlog::default(),
            optimizers: Optimizers::default(),
            repeated: HashSet::new(),
            lost: Vec::new(),
        }
    }

    fn started(&self) -> Result<&Started> {
        self.started.as_ref().ok_or_else(|| err!(Internal, "the server got a request before it was started"))
    }

    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        if let Ok(started) = self.started() {
            started.replies.reply(ticket, outcome);
        }
    }

    fn command(
        &mut self,
        from: Participant,
        rejoined: bool,
        command: Command,
        body: &Bytes,
    ) -> Result<Answer> {
        match command {
            Command::Controller if self.control.controller.lock().is_none() => {
                if !self.is_known(body, from, rejoined) {
                    self.set_optimizer(body, from, foreign::from_command(body))?;
                }
                Ok(Answer::Done)
            }
            Command::Other(number) => match Remote::decode(number, body)? {
                Some(Remote::Set(_)) if self.is_known(body, from, rejoined) => {
                    Ok(Answer::Body(remote::DONE.into()))
                }
                Some(Remote::Set(spec)) => {
                    self.set_optimizer(body, from, Ok(*spec))?;
                    Ok(Answer::Body(remote::DONE.into()))
                }
                Some(asked) => self.remote(from, asked).map(|body| Answer::Body(body.into())),
                // Answered like MXNet does.
                None => Ok(Answer::Done),
            },
            Command::NamedCompression => {
                self.mxnet_command(command, body).map(|()| Answer::Body(remote::DONE.into()))
            }
            other => self.mxnet_command(other, body).map(|()| Answer::Done),
        }
    }

    fn is_known(&mut self, body: &Bytes, from: Participant, rejoined: bool) -> bool {
        matches!(self.control.rule(), Rule::Optimize(_)) && self.optimizers.is_known(body, from, rejoined)
    }

    fn set_optimizer(&mut self, body: &Bytes, from: Participant, spec: Result<Spec>) -> Result<()> {
        match optimize::make(&self.engine, spec) {
            Ok(optimizer) => {
                self.control.set_rule(Rule::Optimize(optimizer));
                self.optimizers.announce(body, from);
                Ok(())
            }
            Err(error) => {
                self.control.set_rule(Rule::Refused(error.clone()));
                Err(error)
            }
        }
    }

    /// What workers of ours ask about the native optimizer; gives the body of the answer.
    fn remote(&mut self, from: Participant, asked: Remote) -> Result<Vec<u8>> {
        let rule = self.control.rule();
        match asked {
            Remote::Set(_) => bail!(Internal, "an optimizer is set elsewhere"),
            Remote::Change(scalar, value) => optimizer_of(&rule)?.set(scalar, value)?,
            Remote::Read { token, offset } => {
                return self.optimizers.read(optimizer_of(&rule)?, from, token, offset);
            }
            Remote::Write { token, offset, total, bytes } => {
                self.optimizers.write(from, token, offset, total, &bytes)?;
            }
            Remote::Commit { token, check } => {
                let states = self.optimizers.written(from, token)?;
                let present = match &rule {
                    Rule::Assign | Rule::Refused(_) => None,
                    rule => Some(optimizer_of(rule)?),
                };
                let values = |index: &Index| optimize::value_of(index, &self.entries);
                match present {
                    Some(optimizer) if check => optimizer.check_load(states, &values)?,
                    Some(optimizer) => optimizer.load_states(states, &values)?,
                    None => {
                        let optimizer = Optimizer::from_saved(states, self.engine.clone(), &values)?;
                        if !check {
                            self.control.set_rule(Rule::Optimize(Arc::new(optimizer)));
                        }
                    }
                }
            }
            Remote::Forget { .. } => self.optimizers.forget(from),
        }
        Ok(remote::DONE.to_vec())
    }

    fn mxnet_command(&mut self, command: Command, body: &Bytes) -> Result<()> {
        match command {
            Command::Controller => Control::call(&self.control.controller, "controller", body),
            Command::Profiler => self.control.profile(body),
            Command::SyncMode => {
                self.sync = true;
                Ok(())
            }
            Command::MultiPrecision => {
                self.multi_precision = true;
                for entry in self.entries.values_mut() {
                    self.engine.wait_to_write(entry.value.var())?;
                    entry.make_master()?;
                }
                Ok(())
            }
            Command::GradientCompression | Command::NamedCompression => {
                let text = std::str::from_utf8(body);
                let text =
                    text.map_err(|error| err!(Protocol, "gradient compression: not UTF-8: {error}"))?;
                self.codec = compression(text)?;
                Ok(())
            }
            // Stopping is the protocol's business, the others mean nothing.
            Command::StopServer | Command::Other(_) => Ok(()),
        }
    }

    /// Pushes and pushpulls, and first values.
    fn push(
        &mut self,
        from: Participant,
        ticket: Ticket,
        verb: Verb,
        kind: ValueKind,
        payload: Payload,
        meaning: Meaning,
    ) -> Result<()> {
        let (key, pushed) = decode::push(kind, &payload, &self.started()?.shard.range)?;
        ensure!(
            kind.mode != ValueMode::RowSparse || !verb.pulls(),
            Unsupported,
            "{verb} of key {key}: rows are pushed and pulled by requests of their own"
        );
        let stored = self.entries.get(&key).map(|entry| entry.value.dtype());
        let pushed = plain(self.codec.as_deref(), pushed, stored)
            .map_err(|error| error.context(format!("{verb} of key {key}")))?;
        let waiting = Waiting { ticket, verb, payload, pushed };
        let first = match meaning {
            Meaning::First => true,
            Meaning::Repeated => self.repeated.insert(key),
            Meaning::Gradient | Meaning::Either => false,
        };
        let Some(entry) = self.entries.get_mut(&key) else {
            ensure!(
                meaning != Meaning::Gradient,
                UnknownKey,
                "{verb} of key {key}: this server does not have the key; it may have taken the place of one that died"
            );
            return self.first_value(key, waiting);
        };
        if first {
            self.reply(ticket, Ok(Answer::Done));
            return Ok(());
        }
        check(entry, &waiting.pushed).map_err(|error| error.context(format!("{verb} of key {key}")))?;
        if !self.sync {
            return self.apply(key, vec![Contribution { from, push: waiting }]);
        }
        if let Some((_, why)) = self.lost.first() {
            return Err(why.clone().context(format!("{verb} of key {key}")));
        }
        entry.rounds.add(from, waiting);
        self.complete_rounds(key)
    }

    fn first_value(&mut self, key: LocalKey, waiting: Waiting) -> Result<()> {
        let mut entry = Entry::new(&waiting.pushed)
            .map_err(|error| error.context(format!("first value of key {key}")))?;
        if self.multi_precision {
            entry.make_master()?;
        }
        self.entries.insert(key, entry);
        let owed = self.owed(key, [(waiting.ticket, waiting.verb, waiting.payload)])?;
        self.answer_from_value(key, owed)
    }

    fn complete_rounds(&mut self, key: LocalKey) -> Result<()> {
        loop {
            let workers = &self.started.as_ref().ok_or_else(|| err!(Internal, "not started"))?.shard.workers;
            let Some(entry) = self.entries.get_mut(&key) else { return Ok(()) };
            let Some(round) = entry.rounds.take_complete(workers) else { return Ok(()) };
            self.apply(key, round)?;
        }
    }

    /// Updates the value by the pushes of a round and answers them.
    fn apply(&mut self, key: LocalKey, round: Vec<Contribution<Waiting>>) -> Result<()> {
        let Some(entry) = self.entries.get(&key) else { return Ok(()) };
        let (target, value, master) = (entry.target().clone(), entry.value.clone(), entry.master.clone());
        let mut pushes = Vec::with_capacity(round.len());
        let mut requests = Vec::with_capacity(round.len());
        for Contribution { push, .. } in round {
            requests.push((push.ticket, push.verb, push.payload));
            pushes.push(push.pushed);
        }
        let owed = self.owed(key, requests)?;
        // One dense push becomes the value as it is.
        let bytes = target.byte_len() * (pushes.len() + 1);
        let as_it_is = pushes.len() == 1 && target.is_dense() && master.is_none();
        let moved = if as_it_is { 0 } else { bytes };
        let held = (value.clone(), master.clone());
        let held: SmallVec<[&NdArray; 2]> = std::iter::once(&held.0).chain(&held.1).collect();
        match self.control.rule() {
            Rule::Assign => {}
            Rule::Refused(error) => {
                owed.fail(&error);
                return Ok(());
            }
            Rule::Optimize(optimizer) => {
                let step = match Step::plan(&optimizer, key, &target, pushes) {
                    Ok(step) => step,
                    Err(error) => {
                        owed.fail(&error);
                        return Ok(());
                    }
                };
                let states: SmallVec<[NdArray; 4]> = step.states().cloned().collect();
                let written: SmallVec<[&NdArray; 6]> = held.iter().copied().chain(&states).collect();
                let bytes = written.iter().map(|array| array.byte_len()).sum::<usize>() + bytes;
                return self.run("server optimizer", Access::Write, &written, bytes, move || {
                    match step.run(&value, master.as_ref()) {
                        Ok(()) => owed.whole(&value),
                        Err(error) => owed.fail(&error),
                    }
                });
            }
            Rule::Call(update) => {
                if let Err(error) = self.call(&*update, key, &target, pushes, bytes) {
                    owed.fail(&error);
                    return Ok(());
                }
                return self.run("server refresh", Access::Write, &held, bytes, move || {
                    match refresh(&value, master.as_ref()) {
                        Ok(()) => owed.whole(&value),
                        Err(error) => owed.fail(&error),
                    }
                });
            }
        }
        if !self.sync {
            owed.fail(&err!(
                Unsupported,
                "Updater needs to be set for async mode: set an optimizer before pushing"
            ));
            return Ok(());
        }
        self.run("server assign", Access::Write, &held, moved, move || {
            match assign(&target, &pushes).and_then(|()| refresh(&value, master.as_ref())) {
                Ok(()) => owed.whole(&value),
                Err(error) => owed.fail(&error),
            }
        })
    }

    /// Sums the pushes and calls the update rule; waits for its work, so that its failure reaches the workers.
    fn call(
        &self,
        update: &dyn Update,
        key: LocalKey,
        target: &NdArray,
        pushes: Vec<Pushed>,
        bytes: usize,
    ) -> Result<()> {
        let shape = target.shape().clone();
        let merged = NdArray::empty(target.storage(), shape, target.dtype(), target.device())?;
        let (output, like) = (merged.clone(), target.clone());
        let operation = Operation {
            name: Cow::Borrowed("server sum"),
            reads: &[],
            writes: &[merged.var()],
            priority: 0,
            bytes,
        };
        self.engine.run(operation, move || cast_into(&sum(&like, &pushes)?, &output))?;
        update.update(key, merged.clone(), target.clone())?;
        let summed = self.engine.wait_to_read(merged.var());
        self.engine.wait_to_read(target.var())?;
        summed
    }

    fn pull(&mut self, ticket: Ticket, kind: ValueKind, payload: Payload) -> Result<()> {
        let (key, wanted) = decode::pull(kind, &payload, &self.started()?.shard.range)?;
        let entry = self.entries.get(&key);
        let rows = match wanted {
            // Asking for no rows needs no value.
            Wanted::Rows(rows) if rows.is_empty() => {
                let empty = Payload::from_frames(
                    payload.keys_frame().clone(),
                    Bytes::new(),
                    Some(vec![0; 4].into()),
                )?;
                self.reply(ticket, Ok(Answer::Values(empty)));
                return Ok(());
            }
            Wanted::Rows(rows) => Some(rows),
            Wanted::Whole => None,
        };
        let entry =
            entry.ok_or_else(|| err!(UnknownKey, "pull: key {key} has not been inited on this server"))?;
        let stored = entry.value.storage();
        let expected = if rows.is_some() { Storage::RowSparse } else { Storage::Dense };
        ensure!(stored == expected, StorageType, "pull: key {key} is stored as {}", stored.name());
        if let Some(rows) = &rows {
            check_rows(&entry.value, rows).map_err(|error| error.context(format!("pull of key {key}")))?;
        }
        let owed = self.owed(key, [(ticket, Verb::Pull, payload)])?;
        let Some(rows) = rows else { return self.answer_from_value(key, owed) };
        let value = entry.value.clone();
        let bytes = rows.len() * value.shape().row_size() * value.dtype().size();
        self.run("server pull rows", Access::Read, &[&entry.value], bytes, move || {
            owed.done(|payload| some_rows(&value, payload, &rows));
        })
    }

    /// Answers with the value when its present updates are through.
    fn answer_from_value(&self, key: LocalKey, owed: Owed) -> Result<()> {
        let entry = self.entries.get(&key).ok_or_else(|| err!(Internal, "key {key} is not there"))?;
        let value = entry.value.clone();
        // Sharing the bytes touches none of them.
        self.run("server pull", Access::Read, &[&entry.value], 0, move || {
            owed.whole(&value);
        })
    }

    /// Takes the waiting pushes of the chosen workers out of every round and answers them with an error.
    fn fail_waiting(&mut self, chosen: impl Fn(&Participant) -> bool, why: &Error) {
        let mut failed = Vec::new();
        for (key, entry) in &mut self.entries {
            failed.extend(entry.rounds.remove(&chosen).into_iter().map(|other| (*key, other.push)));
        }
        for (key, push) in failed {
            if let Ok(owed) = self.owed(key, [(push.ticket, push.verb, push.payload)]) {
                owed.fail(why);
            }
        }
    }

    fn owed(
        &self,
        key: LocalKey,
        requests: impl IntoIterator<Item = (Ticket, Verb, Payload)>,
    ) -> Result<Owed> {
        let replies = self.started()?.replies.clone();
        Ok(Owed { replies, key, requests: requests.into_iter().collect() })
    }

    fn run(
        &self,
        name: &'static str,
        access: Access,
        arrays: &[&NdArray],
        bytes: usize,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<()> {
        let vars: SmallVec<[&Var; 2]> = arrays.iter().map(|array| array.var()).collect();
        let (reads, writes): (&[&Var], &[&Var]) = match access {
            Access::Read => (&vars, &[]),
            Access::Write => (&[], &vars),
        };
        let operation = Operation { name: Cow::Borrowed(name), reads, writes, priority: 0, bytes };
        let share = (bytes >= LARGE).then(|| self.backlog.enter(bytes));
        self.engine.run(operation, move || {
            work();
            drop(share);
            Ok(())
        })
    }
}

/// All of a dense value as the answer to a pull. Lengths are bytes.
fn dense(request: &Payload, bytes: Bytes) -> Result<Payload> {
    let len = i32::try_from(bytes.len())
        .map_err(|_| err!(Unsupported, "a value of {} bytes does not fit one message", bytes.len()))?;
    // A compressed pushpull names two keys; the values belong to the last.
    let mut lens = vec![0; request.key_count()];
    if let Some(last) = lens.last_mut() {
        *last = len;
    }
    with_lens(request, bytes, &lens)
}

fn some_rows(value: &NdArray, request: &Payload, rows: &[i64]) -> Result<Payload> {
    let bytes = gather(value, rows)?;
    let row_bytes = value.shape().row_size() * value.dtype().size();
    let row_bytes = i32::try_from(row_bytes)
        .map_err(|_| err!(Unsupported, "a row of {row_bytes} bytes does not fit one message"))?;
    let mut lens = vec![row_bytes; request.key_count()];
    if let Some(master) = lens.first_mut() {
        *master = 0;
    }
    with_lens(request, bytes.into(), &lens)
}

fn with_lens(request: &Payload, values: Bytes, lens: &[i32]) -> Result<Payload> {
    let lens: Vec<u8> = lens.iter().flat_map(|len| len.to_le_bytes()).collect();
    Payload::from_frames(request.keys_frame().clone(), values, Some(lens.into()))
}

impl ShardHost for Server {
    fn start(&mut self, shard: ShardInfo, replies: Arc<dyn ReplySink>) {
        self.control.rank.store(i32::try_from(shard.rank.get()).unwrap_or(i32::MAX), Ordering::Relaxed);
        self.started = Some(Started { shard, replies });
    }

    fn request(&mut self, request: ShardRequest) {
        let ShardRequest { ticket, from, ours, rejoined, action } = request;
        let result = match action {
            Action::Command { command, body } => {
                self.command(from, rejoined, command, &body).map(|answer| self.reply(ticket, Ok(answer)))
            }
            Action::Data { verb: Verb::Pull, kind, payload } => self.pull(ticket, kind, payload),
            Action::Data { verb, kind, payload } => {
                let meaning = Meaning::of(from, ours, rejoined, verb);
                self.push(from, ticket, verb, kind, payload, meaning)
            }
            Action::Init { kind, payload } => {
                self.push(from, ticket, Verb::Push, kind, payload, Meaning::First)
            }
        };
        if let Err(error) = result {
            self.reply(ticket, Err(error));
        }
    }

    /// Data alone, unless it takes long to unpack or the owner's code updates it.
    fn is_quick(&self, request: &ShardRequest) -> bool {
        let (Action::Data { payload, .. } | Action::Init { payload, .. }) = &request.action else {
            return false;
        };
        let unpacked = self.codec.is_none() || payload.values().len() <= UNPACKED_AT_ONCE;
        unpacked && !matches!(self.control.rule(), Rule::Call(_))
    }

    /// Rounds that wait for this worker cannot complete: their other pushes fail and count for nothing.
    fn worker_lost(&mut self, worker: Participant, why: &Error) {
        self.optimizers.forget(worker);
        self.lost.push((worker, why.clone()));
        self.fail_waiting(|from| *from != worker, why);
    }

    /// What it pushed before still waits, and it still waits for the answers.
    fn worker_back(&mut self, worker: Participant) {
        self.lost.retain(|(lost, _)| *lost != worker);
    }

    /// What the predecessor pushed into rounds that are not complete was never acknowledged, and its successor
    /// starts from values without it: it is forgotten, so that nothing counts twice.
    fn worker_succeeded(&mut self, worker: Participant) {
        self.optimizers.forget(worker);
        self.lost.retain(|(lost, _)| *lost != worker);
        if initialises(worker) {
            self.repeated.clear();
        }
        // The predecessor may have left: the rounds wait for its place again.
        if let Some(started) = &mut self.started
            && !started.shard.workers.contains(&worker)
        {
            started.shard.workers.push(worker);
        }
        self.fail_waiting(
            |from| *from == worker,
            &err!(Closed, "the sender was replaced by another process"),
        );
    }

    /// The rounds of the others go on without this worker.
    fn worker_left(&mut self, worker: Participant) {
        self.optimizers.forget(worker);
        self.lost.retain(|(lost, _)| *lost != worker);
        if let Some(started) = &mut self.started {
            started.shard.workers.retain(|other| *other != worker);
        }
        let keys: Vec<LocalKey> = self.entries.keys().copied().collect();
        for key in keys {
            // An error was answered to those it concerns.
            let _ = self.complete_rounds(key);
        }
    }

    fn stop(&mut self) {
        self.engine.drain();
    }
}

#[cfg(test)]
mod tests;
