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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::thread::{self, ThreadId};
    use crate::base::{Error, Result};
    use crate::ps::id::{Channel, NodeId, Rank};
    use crate::ps::node::{Action, Answer, Participant, ShardInfo, ShardRequest, Ticket};
    use crate::ps::wire::{Command, DType, Payload, ValueKind, Verb};
    use bytes::Bytes;

    type Served = Arc<Mutex<Vec<(Ticket, ThreadId)>>>;

    /// Notes what it gets and on which thread.
    struct Notes(Served);

    impl ShardHost for Notes {
        fn start(&mut self, _: ShardInfo, _: Arc<dyn ReplySink>) {}

        fn request(&mut self, request: ShardRequest) {
            self.0.lock().push((request.ticket, thread::current().id()));
        }

        fn is_quick(&self, request: &ShardRequest) -> bool {
            matches!(request.action, Action::Data { .. })
        }

        fn worker_lost(&mut self, _: Participant, _: &Error) {}
        fn worker_back(&mut self, _: Participant) {}
        fn worker_succeeded(&mut self, _: Participant) {}
        fn worker_left(&mut self, _: Participant) {}
        fn stop(&mut self) {}
    }

    struct Nobody;

    impl ReplySink for Nobody {
        fn reply(&self, _: Ticket, _: Result<Answer>) {}
    }

    fn request(number: u64, quick: bool) -> HostCall {
        let from = Participant { node: NodeId::worker(Rank::new(0).unwrap()), channel: Channel(0) };
        let action = if quick {
            let payload = Payload::new(&[1], Bytes::new(), None).unwrap();
            Action::Data { verb: Verb::Pull, kind: ValueKind::dense(DType::Float32), payload }
        } else {
            Action::Command { command: Command::SyncMode, body: Bytes::new() }
        };
        HostCall::Request(ShardRequest { ticket: Ticket(number), from, ours: true, rejoined: false, action })
    }

    #[test]
    fn calls_keep_their_order_and_only_the_owner_serves_what_is_not_quick() {
        const CALLS: u64 = 20_000;
        let (desk, served) = (Arc::new(Desk::default()), Served::default());
        let (owned, host) = (desk.clone(), Box::new(Notes(served.clone())));
        let owner = thread::spawn(move || owned.serve(host, Arc::new(Nobody)));
        let owners_id = owner.thread().id();
        let is_quick = |number: u64| !number.is_multiple_of(97) || number.is_multiple_of(5);
        for number in 0..CALLS {
            desk.add(request(number, is_quick(number)));
            if !number.is_multiple_of(3) {
                desk.serve_what_is_quick();
            }
        }
        desk.add(HostCall::Stop);
        desk.serve_what_is_quick();
        owner.join().unwrap();
        let served = served.lock();
        assert!(served.iter().map(|(ticket, _)| ticket.0).eq(0..CALLS));
        assert!(served.iter().all(|(ticket, by)| is_quick(ticket.0) || *by == owners_id));
        assert!(served.iter().any(|(_, by)| *by == thread::current().id()), "nothing was quick");
    }
}
