//! Server and scheduler nodes.

use super::desk::Desk;
use super::runtime::{Handle, Outlets, start};
use super::{DeadNodes, ShardHost, notices, settings};
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::Arc;
use crate::ps::id::Role;
use crate::ps::proto::{Scheduler, SchedulerCall, Server, ServerCall, Settings};
use crate::ps::transport::Transport;

pub struct ServerNode {
    handle: Handle<Server>,
    desk: Arc<Desk>,
    dead: DeadNodes,
}

impl ServerNode {
    /// Opens the node that the environment describes and lets it join.
    pub fn open(env: &Env) -> Result<Self> {
        let (settings, transport) = settings::open(env, Role::Server)?;
        Self::on(settings, transport)
    }

    pub fn on(settings: Settings, transport: Box<dyn Transport>) -> Result<Self> {
        let (desk, dead) = (Arc::new(Desk::default()), DeadNodes::default());
        let (inward, outward) = (desk.clone(), desk.clone());
        let outlets = Outlets {
            host: Box::new(move |call| inward.add(call)),
            notice: Box::new(notices(&dead)),
            turn: Box::new(move || outward.serve_what_is_quick()),
        };
        let handle = start(Server::new(settings), transport, outlets, "mxkv-server")?;
        Ok(ServerNode { handle, desk, dead })
    }

    pub fn dead(&self) -> &DeadNodes {
        &self.dead
    }

    /// Serves until the cluster is over. What the host does happens on this thread, except for requests that it
    /// calls quick: those it may get on the network thread.
    pub fn serve(self, host: Box<dyn ShardHost>) -> Result<()> {
        self.desk.serve(host, Arc::new(self.handle.clone()));
        self.handle.wait_until_over()
    }

    /// A way to end the node from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static {
        let handle = self.handle.clone();
        move || handle.call(|call| ServerCall::Stop { call }, Box::new(drop))
    }
}

pub struct SchedulerNode {
    handle: Handle<Scheduler>,
    dead: DeadNodes,
}

impl SchedulerNode {
    pub fn open(env: &Env) -> Result<Self> {
        let (settings, transport) = settings::open(env, Role::Scheduler)?;
        Self::on(settings, transport)
    }

    pub fn on(settings: Settings, transport: Box<dyn Transport>) -> Result<Self> {
        let dead = DeadNodes::default();
        let outlets = Outlets::notices(notices(&dead));
        let handle = start(Scheduler::new(settings), transport, outlets, "mxkv-scheduler")?;
        Ok(SchedulerNode { handle, dead })
    }

    pub fn dead(&self) -> &DeadNodes {
        &self.dead
    }

    /// Waits until the cluster is over.
    pub fn serve(self) -> Result<()> {
        self.handle.wait_until_over()
    }

    /// A way to end the node from another thread.
    pub fn stopper(&self) -> impl Fn() + Send + Sync + 'static {
        let handle = self.handle.clone();
        move || handle.call(|call| SchedulerCall::Stop { call }, Box::new(drop))
    }
}
