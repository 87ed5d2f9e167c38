//! The store of a server or scheduler process: nothing can be pushed or pulled through it, but it can be run.

use crate::array::NdArray;
use crate::bail;
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::{Arc, Mutex};
use crate::engine::Engine;
use crate::kvstore::{Controller, Key, Keys, KvStore, Role, Updater};
use crate::optimizer::{Scalar, Spec};
use crate::ps::node::{DeadNodes, SchedulerNode, ServerNode};
use crate::server::{Control, Server, Update};
use std::time::Duration;

pub struct ServiceStore {
    type_name: String,
    role: Role,
    engine: Engine,
    env: Env,
    control: Arc<Control>,
    /// Filled by the node once it runs.
    dead: Mutex<DeadNodes>,
}

/// An updater of the frontend as a server's rule. Servers know keys by number alone.
struct Rule(Arc<dyn Updater>);

impl Update for Rule {
    fn update(&self, key: i32, pushed: NdArray, stored: NdArray) -> Result<()> {
        self.0.update(&Key::Int(key), pushed, stored)
    }
}

impl ServiceStore {
    pub fn new(type_name: &str, role: Role, engine: Engine, env: Env) -> Self {
        let control = Arc::new(Control::default());
        ServiceStore {
            type_name: type_name.to_lowercase(),
            role,
            engine,
            env,
            control,
            dead: Mutex::default(),
        }
    }

    /// What the owner can change while the server runs.
    pub fn control(&self) -> &Arc<Control> {
        &self.control
    }

    fn refuse<T>(&self, what: &str) -> Result<T> {
        let role = match self.role {
            Role::Worker => "worker",
            Role::Server => "server",
            Role::Scheduler => "scheduler",
        };
        bail!(Unsupported, "{what}: this process is a {role}; only workers do that")
    }
}

impl KvStore for ServiceStore {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Known once the server runs; 0 before.
    fn rank(&self) -> i32 {
        self.control.rank()
    }

    fn size(&self) -> i32 {
        self.env.parsed("DMLC_NUM_WORKER", 0).unwrap_or(0)
    }

    fn init(&self, _: Keys<'_>, _: &[NdArray]) -> Result<()> {
        self.refuse("init")
    }

    fn push(&self, _: Keys<'_>, _: &[NdArray], _: i32) -> Result<()> {
        self.refuse("push")
    }

    fn pull(&self, _: Keys<'_>, _: &[NdArray], _: i32, _: bool) -> Result<()> {
        self.refuse("pull")
    }

    fn pull_row_sparse(&self, _: Keys<'_>, _: &[NdArray], _: &[NdArray], _: i32) -> Result<()> {
        self.refuse("row_sparse pull")
    }

    fn broadcast(&self, _: Keys<'_>, _: &[NdArray], _: Keys<'_>, _: &[NdArray], _: i32) -> Result<()> {
        self.refuse("broadcast")
    }

    fn pushpull(&self, _: Keys<'_>, _: &[NdArray], _: Keys<'_>, _: &[NdArray], _: i32) -> Result<()> {
        self.refuse("pushpull")
    }

    /// Installs the rule by which pushes change values; also from within the controller.
    fn set_updater(&self, updater: Arc<dyn Updater>) -> Result<()> {
        self.control.set_update(Arc::new(Rule(updater)));
        Ok(())
    }

    fn set_optimizer(&self, _: &Spec) -> Result<()> {
        self.refuse("set optimizer")
    }

    fn set_scalar(&self, _: Scalar, _: f64) -> Result<()> {
        self.refuse("change of the optimizer")
    }

    fn optimizer_states(&self) -> Result<Vec<u8>> {
        self.refuse("saving optimizer states")
    }

    fn load_optimizer_states(&self, _: &[u8]) -> Result<()> {
        self.refuse("loading optimizer states")
    }

    fn set_gradient_compression(&self, _: &[(&str, &str)]) -> Result<()> {
        self.refuse("gradient compression")
    }

    fn barrier(&self) -> Result<()> {
        self.refuse("barrier")
    }

    fn set_barrier_before_exit(&self, _: bool) -> Result<()> {
        bail!(Unsupported, "barrier_before_exit takes effect only on worker nodes")
    }

    fn run_server(&self, controller: Option<Controller>) -> Result<()> {
        if self.role == Role::Scheduler {
            let node = SchedulerNode::open(&self.env)?;
            *self.dead.lock() = node.dead().clone();
            return node.serve();
        }
        // Only controller commands reach a frontend's controller, so the number is always 0.
        if let Some(mut controller) = controller {
            self.control.set_controller(Box::new(move |body| controller(0, body)));
        }
        let node = ServerNode::open(&self.env)?;
        *self.dead.lock() = node.dead().clone();
        node.serve(Box::new(Server::new(self.engine.clone(), self.control.clone())))
    }

    fn send_command(&self, _: i32, _: &str) -> Result<()> {
        self.refuse("send command")
    }

    fn dead_nodes(&self, group: i32, timeout: Duration) -> Result<i32> {
        self.dead.lock().count(group, timeout)
    }
}
