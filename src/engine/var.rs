//! A variable: one piece of data that tasks read and write, and the queue of those waiting for it.
//!
//! Many readers or one writer hold a variable at a time, strictly in the order of submission: a reader that
//! comes after a waiting writer waits too. [`Queue`] is this rule alone, without locks or threads.

use super::task::Task;
use crate::base::Error;
use crate::base::sync::{Arc, Mutex, MutexGuard};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

/// Who holds a variable and who waits for it.
#[derive(Debug)]
pub struct Queue<W> {
    readers: usize,
    writing: bool,
    waiting: VecDeque<(Access, W)>,
}

impl<W> Default for Queue<W> {
    fn default() -> Self {
        Queue { readers: 0, writing: false, waiting: VecDeque::new() }
    }
}

impl<W> Queue<W> {
    /// Whether `access` could start now. A writer also needs all readers gone.
    pub fn is_free_for(&self, access: Access) -> bool {
        let nobody_before = self.waiting.is_empty() && !self.writing;
        nobody_before && (access == Access::Read || self.readers == 0)
    }

    /// Starts an access that `is_free_for` allowed.
    pub fn start(&mut self, access: Access) {
        match access {
            Access::Read => self.readers += 1,
            Access::Write => self.writing = true,
        }
    }

    /// Queues an access behind those that are already there.
    pub fn wait(&mut self, access: Access, who: W) {
        self.waiting.push_back((access, who));
    }

    /// Ends an access and starts those at the head of the queue that may start now; `granted` gets them.
    pub fn finish(&mut self, access: Access, mut granted: impl FnMut(W)) {
        match access {
            Access::Read => self.readers -= 1,
            Access::Write => self.writing = false,
        }
        while let Some((next, _)) = self.waiting.front() {
            let may_start = !self.writing && (*next == Access::Read || self.readers == 0);
            if !may_start {
                return;
            }
            if let Some((next, who)) = self.waiting.pop_front() {
                self.start(next);
                granted(who);
            }
        }
    }
}

/// The error of a failed task, shared by every variable that the failure reached. Whoever waits first takes
/// it, and then it is gone everywhere: a failure is reported once.
#[derive(Clone, Default)]
pub struct Fault(Arc<Mutex<Option<Error>>>);

impl Fault {
    pub fn new(error: Error) -> Self {
        Fault(Arc::new(Mutex::new(Some(error))))
    }

    pub fn is_pending(&self) -> bool {
        self.0.lock().is_some()
    }

    pub fn take(&self) -> Option<Error> {
        self.0.lock().take()
    }
}

#[derive(Default)]
pub(super) struct State {
    pub queue: Queue<Arc<Task>>,
    pub fault: Option<Fault>,
}

/// A handle to one variable. Clones name the same variable.
#[derive(Clone, Default)]
pub struct Var(Arc<Mutex<State>>);

impl Var {
    pub fn new() -> Self {
        Var::default()
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// A number that orders variables, so that several can be locked without deadlock.
    pub(super) fn order(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// Where the variable lives, for prefetching only.
    pub fn address(&self) -> *const () {
        Arc::as_ptr(&self.0).cast()
    }

    pub fn is_same(&self, other: &Var) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finish(queue: &mut Queue<u32>, access: Access) -> Vec<u32> {
        let mut granted = vec![];
        queue.finish(access, |who| granted.push(who));
        granted
    }

    #[test]
    fn readers_share_and_writers_exclude_in_order_of_submission() {
        let mut queue = Queue::default();
        assert!(queue.is_free_for(Access::Read));
        queue.start(Access::Read);
        assert!(queue.is_free_for(Access::Read) && !queue.is_free_for(Access::Write));
        queue.wait(Access::Write, 1);
        assert!(!queue.is_free_for(Access::Read), "a later reader waits behind the writer");
        queue.wait(Access::Read, 2);
        queue.wait(Access::Read, 3);
        queue.wait(Access::Write, 4);
        assert_eq!(finish(&mut queue, Access::Read), [1]);
        assert_eq!(finish(&mut queue, Access::Write), [2, 3]);
        assert!(finish(&mut queue, Access::Read).is_empty());
        assert_eq!(finish(&mut queue, Access::Read), [4]);
        assert!(finish(&mut queue, Access::Write).is_empty());
        assert!(queue.is_free_for(Access::Write));
    }

    #[test]
    fn a_fault_is_taken_once() {
        let fault = Fault::new(crate::err!(Shape, "x"));
        let copy = fault.clone();
        assert!(copy.is_pending());
        assert!(fault.take().is_some());
        assert!(copy.take().is_none());
    }
}
