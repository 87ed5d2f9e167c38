//! The distributed store: a worker's view of values that live on servers.
//!
//! A push sums the values of this process, sends the sum to the servers that own the key and is done when they
//! have answered; a pull asks them and writes the answers into the outs. Each is one task of the engine, started
//! when its arrays are free and ended by the network. All requests about one key are in program order: the next
//! starts when the one before is answered.
//!
//! * [`interface`]: the calls of a store; each checks all its arguments, then hands keys on to
//!   [`init`], [`push`] and [`pull`].
//! * [`layout`]: how a value is cut into parts for servers; [`transfer`]: the parts on their way there and back.
//! * [`compress`]: gradient compression; [`optimizer`]: the optimizer of the servers and its states.
//! * [`cluster`]: the process's membership; [`ours`]: commands that only servers of mxkv know.

mod cluster;
mod compress;
mod init;
mod interface;
mod layout;
mod optimizer;
mod ours;
mod pull;
mod push;
mod transfer;

pub use cluster::Cluster;

use super::KvStore;
use super::keys::{Group, Groups, KeyTable, Keys};
use super::reduce::{Buffers, Declared, Reducer, Strategy};
use crate::array::{NdArray, Storage};
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::atomic::{AtomicBool, Ordering};
use crate::base::sync::{Arc, Mutex};
use crate::compression::Codec;
use crate::engine::{Engine, Var};
use crate::ensure;
use crate::ps::keyspace::{DEFAULT_SLICE, DEFAULT_SPLIT_THRESHOLD, KeySpace, Slicer};
use crate::ps::proto::{Body, Request};
use crate::ps::wire::Command;
use crate::telemetry::log;
use bytes::Bytes;
use cluster::Membership;
use layout::Layout;
use std::borrow::Cow;

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
