//! A task: work, the variables it reads and writes, and how many of them it still waits for.

use super::Engine;
use super::var::{Access, Fault, Var};
use crate::base::sync::atomic::{AtomicUsize, Ordering};
use crate::base::sync::{Arc, Mutex};
use crate::base::{Error, Result};
use smallvec::SmallVec;
use std::borrow::Cow;

pub(super) type Accesses = SmallVec<[(Var, Access); 6]>;

pub(super) enum Work {
    /// Done when it returns.
    Now(Box<dyn FnOnce() -> Result<()> + Send>),
    /// Done when its [`Completion`] is used, maybe on another thread, maybe much later.
    Later(Box<dyn FnOnce(Completion) + Send>),
    /// Somebody else runs the work, with the failure that it would build on, and then uses the completion.
    Turn(Box<dyn FnOnce(Completion, Option<Fault>) + Send>),
    /// Somebody waits for the variables: run after they are given back, and also when they carry a failure.
    Notify(Box<dyn FnOnce() + Send>),
}

/// Shared by the queues of its variables; `work` is taken by whoever runs it.
pub struct Task {
    pub(super) name: Cow<'static, str>,
    pub(super) priority: i32,
    pub(super) bytes: usize,
    pub(super) accesses: Accesses,
    pub(super) missing: AtomicUsize,
    pub(super) work: Mutex<Option<Work>>,
}

impl Task {
    /// Notes that one more variable is held; true when that was the last one.
    pub(super) fn gained_one(&self) -> bool {
        self.missing.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The failure of an earlier task that this one would build on, if there is one not yet reported.
    pub(super) fn inherited_fault(&self) -> Option<Fault> {
        self.accesses.iter().find_map(|(var, _)| var.lock().fault.clone().filter(Fault::is_pending))
    }
}

/// The duty to say that an asynchronous task ended. Dropping it unused ends the task with an error, so that
/// nobody waits for ever.
pub struct Completion {
    pub(super) engine: Engine,
    pub(super) task: Option<Arc<Task>>,
}

impl Completion {
    pub fn done(mut self, result: Result<()>) {
        if let Some(task) = self.task.take() {
            self.engine.finish(&task, result.err());
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            let error: Error = crate::err!(Internal, "'{}' was abandoned before it ended", task.name);
            self.engine.finish(&task, Some(error));
        }
    }
}
