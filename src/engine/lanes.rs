//! The engine's threads. Each lane takes the ready task with the highest priority, oldest first, runs it, and
//! goes on with a task that this one made ready: its data are still in the cache.

use super::Engine;
use super::task::Task;
use crate::base::priority_queue::PriorityQueue;
use crate::base::sync::{Arc, Condvar, Mutex, thread};

#[derive(Default)]
struct Queue {
    ready: PriorityQueue<i32, Arc<Task>>,
    started: usize,
    idle: usize,
    closed: bool,
}

pub(super) struct Lanes {
    wanted: usize,
    queue: Mutex<Queue>,
    work_arrived: Condvar,
}

impl Lanes {
    pub(super) fn new(wanted: usize) -> Arc<Self> {
        Arc::new(Lanes { wanted, queue: Mutex::new(Queue::default()), work_arrived: Condvar::new() })
    }

    /// Hands a ready task to the lanes; starts them at the first call.
    pub(super) fn add(self: &Arc<Self>, engine: &Engine, task: Arc<Task>) {
        let mut queue = self.queue.lock();
        queue.ready.push(task.priority, task);
        if queue.ready.len() <= queue.idle || queue.started == self.wanted {
            self.work_arrived.notify_one();
        } else {
            queue.started += 1;
            let (lanes, owner) = (self.clone(), engine.clone());
            let name = format!("mxkv-lane-{}", queue.started);
            let spawned = thread::Builder::new().name(name).spawn(move || lanes.run(&owner));
            if spawned.is_err() {
                queue.started -= 1;
                let alone = queue.started == 0;
                let orphan = if alone { queue.ready.pop() } else { None };
                drop(queue);
                // Without any thread the work is done here: slower, but done.
                if let Some(task) = orphan {
                    engine.run_chain(task, usize::MAX);
                }
            }
        }
    }

    pub(super) fn close(&self) {
        self.queue.lock().closed = true;
        self.work_arrived.notify_all();
    }

    fn run(&self, engine: &Engine) {
        loop {
            let mut queue = self.queue.lock();
            let task = loop {
                if let Some(task) = queue.ready.pop() {
                    break task;
                }
                if queue.closed {
                    return;
                }
                queue.idle += 1;
                self.work_arrived.wait(&mut queue);
                queue.idle -= 1;
            };
            drop(queue);
            engine.run_chain(task, usize::MAX);
        }
    }

    /// Whether a waiting task outranks `priority`: then a chain gives way to it.
    pub(super) fn has_more_urgent(&self, priority: i32) -> bool {
        self.queue.lock().ready.first_priority().is_some_and(|first| *first > priority)
    }
}
