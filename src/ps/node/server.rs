//! Server and scheduler nodes.

use super::runtime::{Handle, Outlets, start};
use super::{ShardHost, settings, tell};
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::Arc;
use crate::ps::id::Role;
use crate::ps::proto::{HostCall, Scheduler, SchedulerCall, Server, ServerCall, Settings};
use crate::ps::transport::Transport;
use std::sync::mpsc::{Receiver, channel};

pub struct ServerNode {
    handle: Handle<ServerCall>,
    requests: Receiver<HostCall>,
}

impl ServerNode {
    /// Opens the node that the environment describes and lets it join.
    pub fn open(env: &Env) -> Result<Self> {
        let (settings, transport) = settings::open(env, Role::Server)?;
        Self::on(settings, transport)
    }

    pub fn on(settings: Settings, transport: Box<dyn Transport>) -> Result<Self> {
        let (sender, requests) = channel();
        // A receiver that is gone means that nobody serves any more: the node is on its way out.
        let host = Box::new(move |call| drop(sender.send(call)));
        let outlets = Outlets { host, notice: Box::new(tell) };
        let handle = start(Server::new(settings), transport, outlets, "mxkv-server")?;
        Ok(ServerNode { handle, requests })
    }

    /// Serves on this thread until the cluster is over. Everything the host does happens here.
    pub fn serve(self, host: &mut dyn ShardHost) -> Result<()> {
        for call in &self.requests {
            match call {
                HostCall::Start(shard) => host.start(shard, Arc::new(self.handle.clone())),
                HostCall::Request(request) => host.request(request),
                HostCall::WorkerLost(worker, why) => host.worker_lost(worker, &why),
                HostCall::WorkerBack(worker) => host.worker_back(worker),
                HostCall::WorkerSucceeded(worker) => host.worker_succeeded(worker),
                HostCall::WorkerLeft(worker) => host.worker_left(worker),
                HostCall::Stop => {
                    host.stop();
                    break;
                }
            }
        }
        self.handle.wait_until_over()
    }

    /// A way to end the node from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static {
        let handle = self.handle.clone();
        move || handle.call(|call| ServerCall::Stop { call }, Box::new(drop))
    }
}

pub struct SchedulerNode(Handle<SchedulerCall>);

impl SchedulerNode {
    pub fn open(env: &Env) -> Result<Self> {
        let (settings, transport) = settings::open(env, Role::Scheduler)?;
        Self::on(settings, transport)
    }

    pub fn on(settings: Settings, transport: Box<dyn Transport>) -> Result<Self> {
        let outlets = Outlets { host: Box::new(drop), notice: Box::new(tell) };
        start(Scheduler::new(settings), transport, outlets, "mxkv-scheduler").map(SchedulerNode)
    }

    /// Waits until the cluster is over.
    pub fn serve(self) -> Result<()> {
        self.0.wait_until_over()
    }

    /// A way to end the node from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static {
        let handle = self.0.clone();
        move || handle.call(|call| SchedulerCall::Stop { call }, Box::new(drop))
    }
}
