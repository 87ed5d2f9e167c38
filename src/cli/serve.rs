//! `mxkv scheduler` and `mxkv server`.

use super::signals;
use crate::base::Result;
use crate::base::config::Env;
use crate::base::sync::{Arc, thread};
use crate::engine::{Engine, Mode};
use crate::ps::node::{SchedulerNode, ServerNode};
use crate::server::{Control, Server};
use crate::telemetry::{Profiler, Trace};

pub(super) fn scheduler() -> Result<()> {
    let node = SchedulerNode::open(&Env::process())?;
    stop_on_signal(node.stopper())?;
    node.serve()
}

/// A server that runs nothing it receives: it reads which optimizer a worker wants, and runs its own.
pub(super) fn server() -> Result<()> {
    let cores = thread::available_parallelism().map_or(1, |cores| cores.get());
    let trace = Arc::new(Trace::default());
    let engine = Engine::new(Mode::Threaded(cores), trace.clone());
    let control = Arc::new(Control::default());
    let profiler = Arc::new(Profiler::new(trace));
    control.set_profiler(profiler.clone());
    let node = ServerNode::open(&Env::process())?;
    stop_on_signal(node.stopper())?;
    let served = node.serve(Box::new(Server::new(engine, control)));
    let dumped = if profiler.has_run() { profiler.dump(true) } else { Ok(()) };
    served.and(dumped)
}

/// Ends the node in good order when the process is told to end.
fn stop_on_signal(stop: impl Fn() + Send + 'static) -> Result<()> {
    signals::on_end(move |_| stop())
}
