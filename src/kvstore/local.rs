//! The store of one process.

use super::broadcast::check_broadcast;
use super::keys::{Group, Groups, KeyTable, Keys};
use super::pull::{check_out, copy_out, wanted};
use super::reduce::{Buffers, Declared, Reducer, Strategy};
use super::row_sparse::take_rows;
use super::submit::submit;
use super::updater::{Rule, Updater};
use super::{Controller, KvStore};
use crate::array::{Device, NdArray, Shape, Storage};
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::compression::{Codec, codec_from_params};
use crate::engine::Engine;
use crate::optimizer::{Index, Optimizer, Scalar, Spec};
use crate::telemetry::log;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::time::Duration;

pub struct LocalStore {
    type_name: &'static str,
    strategy: Strategy,
    engine: Engine,
    reducer: Reducer,
    /// Never held while an updater runs.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: KeyTable,
    /// By slot.
    entries: Vec<Entry>,
    rule: Rule,
    codec: Option<Arc<dyn Codec>>,
}

struct Entry {
    stored: NdArray,
    declared: Declared,
    buffers: Buffers,
    /// Whether the user was told that a pull skips sparse outs.
    warned: bool,
}

impl LocalStore {
    pub fn new(type_name: &'static str, strategy: Strategy, engine: Engine) -> Self {
        let reducer = Reducer::new(engine.clone(), strategy);
        LocalStore { type_name, strategy, engine, reducer, state: Mutex::default() }
    }

    fn optimizer(&self) -> Result<Arc<Optimizer>> {
        self.state.lock().rule.optimizer().cloned()
    }

    fn set_rule(&self, rule: Rule) {
        let old = std::mem::replace(&mut self.state.lock().rule, rule);
        drop(old);
    }

    /// A copy of a value, where stores keep their values.
    fn stored_copy(&self, value: &NdArray) -> Result<NdArray> {
        let (shape, dtype, device) = (value.shape().clone(), value.dtype(), Device::pinned());
        let stored = match value.storage() {
            Storage::Dense => NdArray::new(shape, dtype, device)?,
            sparse => NdArray::empty(sparse, shape, dtype, device)?,
        };
        copy_out(&self.engine, value, std::slice::from_ref(&stored), 0)?;
        Ok(stored)
    }

    /// Replaces the stored value by the sum of a group's values, and copies it to `outs`. Gives back what was stored
    /// before if nothing stored means it any more: to free it may run foreign code, which must not find the
    /// state locked.
    fn assign(
        &self,
        entry: &mut Entry,
        values: &[NdArray],
        codec: Option<&Arc<dyn Codec>>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<Option<NdArray>> {
        let in_one_sweep = codec.is_none() && self.reducer.can_copy(&entry.declared, values, outs);
        let copies = if in_one_sweep { outs } else { &[] };
        let declared = &entry.declared;
        let sum = self.reducer.reduce(&mut entry.buffers, declared, values, codec, copies, None, priority)?;
        // The caller's own array is stored as it is, but not where that would change the storage type.
        let is_callers = values.len() == 1 && sum.shares_storage(&values[0]);
        let new =
            if is_callers && sum.storage() != entry.stored.storage() { self.stored_copy(&sum)? } else { sum };
        let old = std::mem::replace(&mut entry.stored, new);
        if !in_one_sweep {
            copy_out(&self.engine, &entry.stored, outs, priority)?;
        }
        Ok(Some(old).filter(|old| !old.shares_storage(&entry.stored)))
    }

    /// Updates the stored value by the sum of a group's values, and copies it to `outs`.
    #[expect(clippy::too_many_arguments, reason = "each is a different thing about one push of one key")]
    fn optimize(
        &self,
        entry: &mut Entry,
        index: &Index,
        optimizer: &Optimizer,
        values: &[NdArray],
        codec: Option<&Arc<dyn Codec>>,
        outs: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        let Entry { stored, declared, buffers, .. } = entry;
        let order = self.strategy.order();
        if codec.is_none() && optimizer.can_fuse(stored, values, outs) {
            return optimizer.update_with(index, stored, values, order, outs, priority);
        }
        let keep = Some(&*stored);
        let sum = self.reducer.reduce(buffers, declared, values, codec, &[], keep, priority)?;
        optimizer.update_with(index, stored, &[sum], order, &[], priority)?;
        copy_out(&self.engine, stored, outs, priority)
    }

    /// Calls the updater for each group.
    fn update(
        &self,
        push: &Push<'_>,
        updater: &Arc<dyn Updater>,
        codec: Option<&Arc<dyn Codec>>,
        priority: i32,
    ) -> Result<()> {
        for group in push.groups.iter() {
            let (key, sum, stored, buffer) = {
                let mut state = self.state.lock();
                let State { keys, entries, .. } = &mut *state;
                let Entry { stored, declared, buffers, .. } = &mut entries[group.slot];
                let (values, keep) = (push.values(group), Some(&*stored));
                let sum = self.reducer.reduce(buffers, declared, values, codec, &[], keep, priority)?;
                // Another thread that pushes the same key meanwhile sums into a buffer of its own.
                (keys.key(group.slot).clone(), sum, stored.clone(), buffers.sum.take())
            };
            let result = updater.update(&key, sum, stored);
            let buffers = &mut self.state.lock().entries[group.slot].buffers;
            buffers.sum = buffers.sum.take().or(buffer);
            result?;
        }
        Ok(())
    }

    fn pull_groups(&self, state: &State, pull: &Pull<'_>, priority: i32) -> Result<()> {
        pull.groups.iter().enumerate().try_for_each(|(i, group)| {
            prefetch(&pull.groups, i, &pull.arranged);
            let stored = &state.entries[group.slot].stored;
            match wanted(pull.outs(group), pull.ignore_sparse) {
                None => copy_out(&self.engine, stored, pull.outs(group), priority),
                Some(outs) => copy_out(&self.engine, stored, &outs, priority),
            }
        })
    }
}

/// Whether each key can be pulled right after its push, before the next key is pushed: the same keys in both
/// lists, and no out of one key is a value of another.
fn is_by_key(push: &Push<'_>, pull: &Pull<'_>) -> bool {
    let same_keys = push.groups.iter().map(|group| group.slot).eq(pull.groups.iter().map(|group| group.slot));
    if !same_keys || push.groups.len() < 2 {
        return same_keys;
    }
    let chunk_of = |array: &NdArray| std::ptr::from_ref(array.chunk()).addr();
    let mut written_by = FxHashMap::default();
    for group in pull.groups.iter() {
        for out in pull.outs(group) {
            if *written_by.entry(chunk_of(out)).or_insert(group.slot) != group.slot {
                return false;
            }
        }
    }
    push.groups.iter().all(|group| {
        let is_own = |value| written_by.get(&chunk_of(value)).is_none_or(|slot| *slot == group.slot);
        push.values(group).iter().all(is_own)
    })
}

/// Readies the arrays of the groups that come after `group`.
fn prefetch(groups: &Groups, group: usize, arranged: &[NdArray]) {
    let arrays = |group| groups.get(group).map_or(&[][..], |group: &Group| &arranged[group.entries.clone()]);
    arrays(group + 3).iter().for_each(NdArray::prefetch);
    arrays(group + 1).iter().for_each(NdArray::prefetch_var);
}

/// The values of a push, grouped and checked.
struct Push<'a> {
    groups: Groups,
    arranged: Cow<'a, [NdArray]>,
}

impl Push<'_> {
    fn values(&self, group: &Group) -> &[NdArray] {
        &self.arranged[group.entries.clone()]
    }
}

/// The outs of a pull, grouped and checked.
struct Pull<'a> {
    groups: Groups,
    arranged: Cow<'a, [NdArray]>,
    ignore_sparse: bool,
}

impl Pull<'_> {
    fn outs(&self, group: &Group) -> &[NdArray] {
        &self.arranged[group.entries.clone()]
    }
}

impl State {
    fn plan_push<'a>(
        &mut self,
        reducer: &Reducer,
        keys: Keys<'_>,
        values: &'a [NdArray],
    ) -> Result<Push<'a>> {
        keys.check_count(values.len(), "vals")?;
        self.keys.fix_kind(keys)?;
        if let Rule::Call(updater) = &self.rule {
            updater.accepts(keys.kind())?;
        }
        let optimizer = match &self.rule {
            Rule::Optimize(optimizer) => Some(optimizer.clone()),
            _ => None,
        };
        let groups = self.keys.group(keys)?;
        let push = Push { arranged: groups.arrange(values), groups };
        for (i, group) in push.groups.iter().enumerate() {
            prefetch(&push.groups, i, &push.arranged);
            if let Some(later) = push.groups.get(i + 3).filter(|_| optimizer.is_some()) {
                self.entries[later.slot].stored.prefetch();
            }
            let Entry { declared, stored, .. } = &self.entries[group.slot];
            let checked = reducer.check(declared, push.values(group), self.codec.as_deref());
            let checked = checked.and_then(|()| match (&optimizer, push.values(group)) {
                // Several values of another type are converted when they are summed.
                (Some(_), [first, _, ..]) if first.dtype() != declared.dtype => Ok(()),
                (Some(optimizer), [first, ..]) => {
                    optimizer.check(&Index::from(self.keys.key(group.slot)), stored, first)
                }
                _ => Ok(()),
            });
            checked.map_err(|error| error.context(format!("key {}", self.keys.key(group.slot))))?;
        }
        Ok(push)
    }

    /// `push` is what will be pushed before, if anything.
    fn plan_pull<'a>(
        &mut self,
        reducer: &Reducer,
        keys: Keys<'_>,
        outs: &'a [NdArray],
        ignore_sparse: bool,
        push: Option<&Push<'_>>,
    ) -> Result<Pull<'a>> {
        keys.check_count(outs.len(), "outs")?;
        self.keys.fix_kind(keys)?;
        let groups = self.keys.group(keys)?;
        let pull = Pull { arranged: groups.arrange(outs), groups, ignore_sparse };
        for (i, group) in pull.groups.iter().enumerate() {
            prefetch(&pull.groups, i, &pull.arranged);
            let (shape, storage) = self.stored_after(reducer, push, group);
            let mut skipped = false;
            for out in pull.outs(group) {
                if ignore_sparse && !out.is_dense() {
                    skipped = true;
                } else {
                    let checked = check_out(shape, storage, out);
                    checked.map_err(|error| error.context(format!("key {}", self.keys.key(group.slot))))?;
                }
            }
            if skipped && !std::mem::replace(&mut self.entries[group.slot].warned, true) {
                log::warn(format_args!(
                    "pull of key {}: outs that are not dense are left alone; use row_sparse_pull, or \
                     ignore_sparse=False",
                    self.keys.key(group.slot)
                ));
            }
        }
        Ok(pull)
    }

    /// Shape and storage of the value that a pull of `group` will find.
    fn stored_after<'a>(
        &'a self,
        reducer: &Reducer,
        push: Option<&'a Push<'_>>,
        group: &Group,
    ) -> (&'a Shape, Storage) {
        let entry = &self.entries[group.slot];
        let pushed = push.and_then(|push| push.groups.find(group.number).map(|group| push.values(group)));
        match (&self.rule, pushed) {
            (Rule::Assign, Some(values)) => reducer.result_of(&entry.declared, values, self.codec.as_deref()),
            _ => (entry.stored.shape(), entry.stored.storage()),
        }
    }
}

fn check_row_pull(stored: &NdArray, out: &NdArray, row_ids: &NdArray) -> Result<()> {
    let expect = |array: &NdArray, storage: Storage, what: &str| -> Result<()> {
        crate::ensure!(
            array.storage() == storage,
            StorageType,
            "row_sparse pull: expected {what} of {} storage, got {} storage",
            storage.name(),
            array.storage().name()
        );
        Ok(())
    };
    expect(stored, Storage::RowSparse, "a stored value")?;
    expect(out, Storage::RowSparse, "an out")?;
    expect(row_ids, Storage::Dense, "row_ids")?;
    check_out(stored.shape(), stored.storage(), out)
}

impl KvStore for LocalStore {
    fn type_name(&self) -> &str {
        self.type_name
    }

    fn rank(&self) -> i32 {
        0
    }

    fn size(&self) -> i32 {
        1
    }

    fn init(&self, keys: Keys<'_>, values: &[NdArray]) -> Result<()> {
        keys.check_count(values.len(), "vals")?;
        let mut state = self.state.lock();
        state.keys.fix_kind(keys)?;
        for (i, value) in values.iter().enumerate() {
            state.keys.require_new(keys, i)?;
            let stored = self.stored_copy(value)?;
            state.keys.add(keys, i)?;
            let (declared, buffers) = (Declared::of(value), Buffers::default());
            state.entries.push(Entry { stored, declared, buffers, warned: false });
        }
        Ok(())
    }

    fn push(&self, keys: Keys<'_>, values: &[NdArray], priority: i32) -> Result<()> {
        // Declared before the lock is taken, so dropped after it is released.
        let mut replaced = Vec::new();
        let mut state = self.state.lock();
        let push = state.plan_push(&self.reducer, keys, values)?;
        let State { keys, entries, rule, codec } = &mut *state;
        match rule {
            Rule::Optimize(optimizer) => push.groups.iter().enumerate().try_for_each(|(i, group)| {
                prefetch(&push.groups, i, &push.arranged);
                if let Some(later) = push.groups.get(i + 2) {
                    optimizer.prefetch(&Index::from(keys.key(later.slot)));
                    entries[later.slot].stored.prefetch();
                }
                let (entry, index) = (&mut entries[group.slot], Index::from(keys.key(group.slot)));
                self.optimize(entry, &index, optimizer, push.values(group), codec.as_ref(), &[], priority)
            }),
            Rule::Assign => push.groups.iter().enumerate().try_for_each(|(i, group)| {
                prefetch(&push.groups, i, &push.arranged);
                let entry = &mut entries[group.slot];
                replaced.extend(self.assign(entry, push.values(group), codec.as_ref(), &[], priority)?);
                Ok(())
            }),
            Rule::Call(updater) => {
                let (updater, codec) = (updater.clone(), codec.clone());
                drop(state);
                self.update(&push, &updater, codec.as_ref(), priority)
            }
        }
    }

    fn pull(&self, keys: Keys<'_>, outs: &[NdArray], priority: i32, ignore_sparse: bool) -> Result<()> {
        let mut state = self.state.lock();
        let pull = state.plan_pull(&self.reducer, keys, outs, ignore_sparse, None)?;
        self.pull_groups(&state, &pull, priority)
    }

    fn pull_row_sparse(
        &self,
        keys: Keys<'_>,
        outs: &[NdArray],
        row_ids: &[NdArray],
        priority: i32,
    ) -> Result<()> {
        keys.check_count(outs.len(), "vals")?;
        keys.check_count(row_ids.len(), "row_ids")?;
        let mut state = self.state.lock();
        state.keys.fix_kind(keys)?;
        let groups = state.keys.group(keys)?;
        let (outs, row_ids) = (groups.arrange(outs), groups.arrange(row_ids));
        for group in groups.iter() {
            let entries = group.entries.clone();
            let stored = &state.entries[group.slot].stored;
            for (out, ids) in outs[entries.clone()].iter().zip(&row_ids[entries]) {
                check_row_pull(stored, out, ids)
                    .map_err(|error| error.context(format!("key {}", state.keys.key(group.slot))))?;
            }
        }
        for group in groups.iter() {
            let entries = group.entries.clone();
            for (out, ids) in outs[entries.clone()].iter().zip(&row_ids[entries]) {
                let reads = [state.entries[group.slot].stored.clone(), ids.clone()];
                let writes = std::slice::from_ref(out);
                submit(&self.engine, "kvstore_pull_rows", priority, &reads, writes, |reads, writes| match (
                    reads, writes,
                ) {
                    ([stored, ids], [out]) => take_rows(stored, ids, out),
                    _ => Ok(()),
                })?;
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
            let stored = |slot: usize| (entries[slot].stored.shape(), entries[slot].stored.storage());
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
        let mut replaced = Vec::new();
        let mut state = self.state.lock();
        let push = state.plan_push(&self.reducer, keys, values)?;
        let pull = state.plan_pull(&self.reducer, out_keys, outs, true, Some(&push))?;
        let State { keys, entries, rule, codec } = &mut *state;
        if let Rule::Call(updater) = rule {
            let (updater, codec) = (updater.clone(), codec.clone());
            drop(state);
            self.update(&push, &updater, codec.as_ref(), priority)?;
            return self.pull_groups(&self.state.lock(), &pull, priority);
        }
        let by_key = is_by_key(&push, &pull);
        for group in push.groups.iter() {
            let outs = match pull.groups.find(group.number) {
                Some(group) if by_key => pull.outs(group),
                _ => &[],
            };
            let dense = wanted(outs, true);
            let outs = dense.as_deref().unwrap_or(outs);
            let (entry, values) = (&mut entries[group.slot], push.values(group));
            match rule {
                Rule::Optimize(optimizer) => {
                    let index = Index::from(keys.key(group.slot));
                    self.optimize(entry, &index, optimizer, values, codec.as_ref(), outs, priority)?;
                }
                _ => replaced.extend(self.assign(entry, values, codec.as_ref(), outs, priority)?),
            }
        }
        if by_key { Ok(()) } else { self.pull_groups(&state, &pull, priority) }
    }

    fn set_updater(&self, updater: Arc<dyn Updater>) -> Result<()> {
        self.set_rule(Rule::Call(updater));
        Ok(())
    }

    fn set_optimizer(&self, spec: &Spec) -> Result<()> {
        let optimizer = Optimizer::new(spec, self.engine.clone())?;
        self.set_rule(Rule::Optimize(Arc::new(optimizer)));
        Ok(())
    }

    fn set_scalar(&self, scalar: Scalar, value: f64) -> Result<()> {
        self.optimizer()?.set(scalar, value)
    }

    fn optimizer_states(&self) -> Result<Vec<u8>> {
        self.optimizer()?.save_states()
    }

    fn load_optimizer_states(&self, bytes: &[u8]) -> Result<()> {
        let mut state = self.state.lock();
        let State { keys, entries, rule, .. } = &mut *state;
        let stored: FxHashMap<Index, &NdArray> = (entries.iter().enumerate())
            .map(|(slot, entry)| (Index::from(keys.key(slot)), &entry.stored))
            .collect();
        let values = |index: &Index| Ok(stored.get(index).map(|value| (*value).clone()));
        match rule {
            Rule::Assign => {
                let optimizer = Optimizer::from_saved(bytes, self.engine.clone(), &values)?;
                *rule = Rule::Optimize(Arc::new(optimizer));
                Ok(())
            }
            rule => rule.optimizer()?.load_states(bytes, &values),
        }
    }

    fn set_gradient_compression(&self, params: &[(&str, &str)]) -> Result<()> {
        let codec = codec_from_params(params)?;
        crate::ensure!(
            self.strategy == Strategy::Device,
            Unsupported,
            "gradient compression: a {} store does not compress; use device or a dist store",
            self.type_name
        );
        let mut state = self.state.lock();
        // What one scheme left over means nothing to another; a new threshold leaves the residuals alone.
        if state.codec.as_ref().is_some_and(|old| old.scheme() != codec.scheme()) {
            state.entries.iter_mut().for_each(|entry| entry.buffers.residuals.clear());
        }
        state.codec = Some(codec);
        Ok(())
    }

    fn barrier(&self) -> Result<()> {
        Ok(())
    }

    fn set_barrier_before_exit(&self, _on: bool) -> Result<()> {
        Ok(())
    }

    fn run_server(&self, _controller: Option<Controller>) -> Result<()> {
        Ok(())
    }

    fn send_command(&self, _id: i32, _body: &str) -> Result<()> {
        Ok(())
    }

    fn dead_nodes(&self, _group: i32, _timeout: Duration) -> Result<i32> {
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::DType;
    use crate::base::sync::atomic::{AtomicBool, Ordering};
    use crate::engine::Mode;
    use crate::mem::Block;
    use bytes::Bytes;
    use std::sync::Weak;

    /// Memory whose owner uses the store when it is freed.
    struct Foreign {
        store: Weak<LocalStore>,
        could_use_it: Arc<AtomicBool>,
        bytes: [u8; 8],
    }

    impl AsRef<[u8]> for Foreign {
        fn as_ref(&self) -> &[u8] {
            &self.bytes
        }
    }

    impl Drop for Foreign {
        fn drop(&mut self) {
            let store = self.store.upgrade().unwrap();
            self.could_use_it.store(store.state.try_lock().is_some(), Ordering::SeqCst);
        }
    }

    #[test]
    fn a_replaced_value_is_freed_when_the_store_can_be_used() {
        let engine = Engine::new(Mode::Threaded(1), Arc::default());
        let store = Arc::new(LocalStore::new("local", Strategy::Local, engine));
        let array = || NdArray::zeros(Shape::new(&[2]), DType::Float32, Device::cpu(0)).unwrap();
        store.init(Keys::Int(&[3]), &[array()]).unwrap();
        for also_pull in [false, true] {
            let could_use_it = Arc::new(AtomicBool::new(false));
            let owner =
                Foreign { store: Arc::downgrade(&store), could_use_it: could_use_it.clone(), bytes: [0; 8] };
            let block = Block::read_only(Bytes::from_owner(owner));
            let foreign =
                NdArray::from_block(block, Shape::new(&[2]), DType::Float32, Device::cpu(0)).unwrap();
            store.push(Keys::Int(&[3]), &[foreign], 0).unwrap();
            if also_pull {
                store.pushpull(Keys::Int(&[3]), &[array()], Keys::Int(&[3]), &[array()], 0).unwrap();
            } else {
                store.push(Keys::Int(&[3]), &[array()], 0).unwrap();
            }
            assert!(could_use_it.load(Ordering::SeqCst));
        }
    }
}
