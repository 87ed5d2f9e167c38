//! The worker side of a process: one node, shared by all its dist stores.

use super::runtime::{Ended, Handle, Outlets, start};
use super::{DeadNodes, notices, settings};
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::Mutex;
use crate::ps::id::{Audience, Channel, NodeId, Role};
use crate::ps::proto::{Outcome, Request, Settings, Worker, WorkerCall};
use crate::ps::transport::Transport;
use crate::{ensure, err};
use std::collections::BTreeSet;
use std::time::Duration;

pub struct WorkerNode {
    handle: Handle<Worker>,
    workers: u32,
    servers: u32,
    dead: DeadNodes,
    /// The stores that are open or about to be.
    stores: Mutex<BTreeSet<Channel>>,
}

impl WorkerNode {
    /// Opens the node that the environment describes. It is no member until a store joins.
    pub fn open(env: &Env) -> Result<Self> {
        let (settings, transport) = settings::open(env, Role::Worker)?;
        Self::on(settings, transport)
    }

    /// On a given transport, which listens at the endpoint of the settings.
    pub fn on(settings: Settings, transport: Box<dyn Transport>) -> Result<Self> {
        let (workers, servers) = (settings.workers, settings.servers);
        let dead = DeadNodes::default();
        let outlets = Outlets::notices(notices(&dead));
        let handle = start(Worker::new(settings), transport, outlets, "mxkv-worker")?;
        Ok(WorkerNode { handle, workers, servers, dead, stores: Mutex::default() })
    }

    pub fn workers(&self) -> u32 {
        self.workers
    }

    pub fn servers(&self) -> u32 {
        self.servers
    }

    pub fn dead(&self) -> &DeadNodes {
        &self.dead
    }

    /// A store joins; returns when the cluster is complete. Says which node this is, and whether it took the
    /// place of a dead one. A store that could not join has left again.
    pub fn join(&self, channel: Channel) -> Result<(NodeId, bool)> {
        let new = self.stores.lock().insert(channel);
        ensure!(new, InvalidArgument, "store {} of this process has joined before", channel.0);
        let ended = self.handle.call_and_wait(|call| WorkerCall::Join { call, channel });
        let joined = ended.and_then(|outcome| match outcome {
            Outcome::Joined { id, rejoined } => Ok((id, rejoined)),
            other => Err(err!(Internal, "joining ended with {other:?}")),
        });
        if joined.is_err() {
            // The node would go on as a member that does nothing. Why it could not join says more than how it left.
            let _ = self.close(channel, false);
        }
        joined
    }

    /// Sends a request; `ended` learns the answers, mostly on the network thread; it must be quick.
    pub fn request(&self, channel: Channel, request: Request, ended: Ended) {
        self.handle.call(|call| WorkerCall::Request { call, channel, request }, ended);
    }

    pub fn request_and_wait(&self, channel: Channel, request: Request) -> Result<Outcome> {
        self.handle.call_and_wait(|call| WorkerCall::Request { call, channel, request })
    }

    pub fn barrier(&self, channel: Channel, audience: Audience, deadline: Option<Duration>) -> Result<()> {
        self.handle.call_and_wait(|call| WorkerCall::Barrier { call, channel, audience, deadline }).map(drop)
    }

    /// A store leaves; with the last one the process does. Returns when the others have been told, or cannot be.
    pub fn close(&self, channel: Channel, barrier: bool) -> Result<()> {
        let closed = self.handle.call_and_wait(|call| WorkerCall::Close { call, channel, barrier }).map(drop);
        let mut stores = self.stores.lock();
        if stores.remove(&channel) && stores.is_empty() {
            drop(stores);
            // The process may end next, and the network thread with it.
            self.handle.wait_until_over()?;
        }
        closed
    }
}

impl Drop for WorkerNode {
    /// The network thread would go on without it. Waits for nothing, because this may be that thread.
    fn drop(&mut self) {
        let stores = std::mem::take(&mut *self.stores.lock());
        // A node without stores ends with any of them.
        let last = stores.is_empty().then_some(Channel(0));
        for channel in stores.into_iter().chain(last) {
            self.handle.call(|call| WorkerCall::Close { call, channel, barrier: false }, Box::new(drop));
        }
    }
}
