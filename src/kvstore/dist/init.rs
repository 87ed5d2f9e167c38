//! First values: keys get their places on every worker, and rank 0 sends the values.

use super::compress::check_compressed_key;
use super::layout::{Dense, Layout, place, push_rows, wire_dtype, wire_key};
use super::transfer::Transfer;
use super::{DistStore, Entry, State};
use crate::array::NdArray;
use crate::base::sync::{Arc, Condvar, Mutex};
use crate::base::{Error, Result};
use crate::engine::Var;
use crate::kvstore::KvStore;
use crate::kvstore::keys::Keys;
use crate::kvstore::reduce::{Buffers, Declared};
use crate::ps::keyspace::Slicer;
use crate::ps::wire::{ValueKind, Verb};
use crate::{ensure, err};
use std::ops::Range;

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

impl DistStore {
    /// Adds the keys and shares the values; after an error none of them is there.
    pub(super) fn init_keys(&self, keys: Keys<'_>, values: &[NdArray]) -> Result<()> {
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
            transfer.send(&self.member, move |answers| all.one_ended(answers.err()));
        }
        all.wait()
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
