//! The calls of [`KvStore`]: each checks its arguments as a whole before it hands the groups on.

use super::DistStore;
use super::layout::Layout;
use super::pull::Rows;
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::sync::Arc;
use crate::base::sync::atomic::Ordering;
use crate::kvstore::broadcast::check_broadcast;
use crate::kvstore::keys::Keys;
use crate::kvstore::pull::check_out;
use crate::kvstore::updater::Updater;
use crate::kvstore::{Controller, KvStore};
use crate::optimizer::{Scalar, Spec};
use crate::ps::id::{Audience, Group as NodeGroup};
use crate::ps::wire::{Command, Head};
use crate::{bail, ensure};
use bytes::Bytes;
use std::time::Duration;

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
        self.init_keys(keys, values)
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
        self.compress(params)
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
