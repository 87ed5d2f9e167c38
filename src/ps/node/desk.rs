//! Where a server's protocol leaves calls for the host, and which thread takes them up.
//!
//! Calls are served one at a time and in order. The network thread serves quick requests itself: handing them over
//! would take longer than they do. Everything else waits, with all that comes after it, for the thread that owns
//! the server, because it may wait for other work or run code of the owner.

use super::{ReplySink, ShardHost};
use crate::base::sync::{Arc, Condvar, Mutex};
use crate::ps::proto::HostCall;
use std::collections::VecDeque;

#[derive(Default)]
pub struct Desk {
    /// Held while the next call is taken and its server is found, so that calls keep their order.
    queue: Mutex<VecDeque<HostCall>>,
    /// There is something for the owner.
    waiting: Condvar,
    /// Locked by whoever serves. Empty before the owner has come and after it has gone.
    host: Mutex<Option<Box<dyn ShardHost>>>,
}

impl Desk {
    pub fn add(&self, call: HostCall) {
        self.queue.lock().push_back(call);
    }

    /// Serves quick requests until something else comes; the owner is told of that.
    pub fn serve_what_is_quick(&self) {
        loop {
            let mut queue = self.queue.lock();
            let Some(next) = queue.front() else { return };
            let mut host = match (next, self.host.try_lock()) {
                (HostCall::Request(request), Some(host))
                    if host.as_ref().is_some_and(|host| host.is_quick(request)) =>
                {
                    host
                }
                _ => {
                    self.waiting.notify_one();
                    return;
                }
            };
            let next = queue.pop_front();
            drop(queue);
            if let (Some(HostCall::Request(request)), Some(host)) = (next, host.as_mut()) {
                host.request(request);
            }
        }
    }

    /// Serves as the owner until the node stops. `replies` is where the host's answers go.
    pub fn serve(&self, host: Box<dyn ShardHost>, replies: Arc<dyn ReplySink>) {
        *self.host.lock() = Some(host);
        loop {
            let mut queue = self.queue.lock();
            let call = loop {
                match queue.pop_front() {
                    Some(call) => break call,
                    None => self.waiting.wait(&mut queue),
                }
            };
            let mut slot = self.host.lock();
            drop(queue);
            let Some(host) = slot.as_mut() else { return };
            match call {
                HostCall::Start(shard) => host.start(shard, replies.clone()),
                HostCall::Request(request) => host.request(request),
                HostCall::WorkerLost(worker, why) => host.worker_lost(worker, &why),
                HostCall::WorkerBack(worker) => host.worker_back(worker),
                HostCall::WorkerSucceeded(worker) => host.worker_succeeded(worker),
                HostCall::WorkerLeft(worker) => host.worker_left(worker),
                HostCall::Stop => {
                    host.stop();
                    *slot = None;
                    return;
                }
            }
        }
    }
}
