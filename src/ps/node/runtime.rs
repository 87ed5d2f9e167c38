//! What runs a protocol machine: one thread that owns the transport, gives the machine every event and carries
//! out its commands.
//!
//! Other threads reach it through [`Handle`]: they leave calls in a queue and wake the thread. A call's end is
//! reported to a function on the network thread, which must be quick: work on data belongs elsewhere.

use super::ReplySink;
use super::host::{Answer, Ticket};
use crate::base::sync::atomic::{AtomicU64, Ordering};
use crate::base::sync::{Arc, Condvar, Mutex, thread};
use crate::base::{Error, Result};
use crate::err;
use crate::ps::proto::{CallId, Command, Event, HostCall, Machine, Notice, Outcome, ServerCall, Time};
use crate::ps::transport::{Incoming, Peer, SendError, Transport, Waker};
use crate::ps::wire::Frames;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Between two attempts to send what a full link did not take.
const RETRY: Duration = Duration::from_millis(1);

/// The longest time without looking at the clock.
const NAP: Duration = Duration::from_secs(1);

/// Messages handled before calls and timers get their turn.
const BURST: usize = 64;

/// Receives the end of a call, on the network thread.
pub type Ended = Box<dyn FnOnce(Result<Outcome>) + Send>;

/// What leaves the machine besides messages.
pub struct Outlets {
    /// For the host of a server.
    pub host: Box<dyn FnMut(HostCall) + Send>,
    pub notice: Box<dyn FnMut(&Notice) + Send>,
}

/// What the network thread and its callers share.
struct Shared<C> {
    calls: Mutex<VecDeque<C>>,
    waker: Waker,
    ends: Mutex<Ends>,
    next: AtomicU64,
    /// Why and that the node ended.
    over: Mutex<Option<Result<()>>>,
    ended: Condvar,
}

#[derive(Default)]
struct Ends {
    waiting: HashMap<CallId, Ended>,
    /// The thread is gone: calls end at once.
    closed: bool,
}

/// A running node.
pub struct Handle<C>(Arc<Shared<C>>);

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Handle(self.0.clone())
    }
}

impl<C: Send + 'static> Handle<C> {
    /// Leaves a call for the node; `ended` learns how it ended, exactly once.
    pub fn call(&self, make: impl FnOnce(CallId) -> C, ended: Ended) {
        let id = CallId(self.0.next.fetch_add(1, Ordering::Relaxed));
        let mut ends = self.0.ends.lock();
        if ends.closed {
            drop(ends);
            return ended(Err(err!(Closed, "this node has left the cluster")));
        }
        ends.waiting.insert(id, ended);
        drop(ends);
        self.enqueue(make(id));
    }

    /// As `call`, and waits for the end. The protocol ends every call by its deadline.
    pub fn call_and_wait(&self, make: impl FnOnce(CallId) -> C) -> Result<Outcome> {
        let end = Arc::new((Mutex::new(None), Condvar::new()));
        let sender = end.clone();
        self.call(
            make,
            Box::new(move |result| {
                *sender.0.lock() = Some(result);
                sender.1.notify_all();
            }),
        );
        let mut result = end.0.lock();
        loop {
            match result.take() {
                Some(result) => return result,
                None => end.1.wait(&mut result),
            }
        }
    }

    /// Waits until the node has left the cluster.
    pub fn wait_until_over(&self) -> Result<()> {
        let mut over = self.0.over.lock();
        loop {
            match &*over {
                Some(result) => return result.clone(),
                None => self.0.ended.wait(&mut over),
            }
        }
    }

    fn enqueue(&self, call: C) {
        self.0.calls.lock().push_back(call);
        self.0.waker.wake();
    }
}

impl ReplySink for Handle<ServerCall> {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        self.enqueue(ServerCall::Reply { ticket, outcome });
    }
}

/// Starts the network thread of a node whose transport already listens.
pub fn start<M>(
    machine: M,
    transport: Box<dyn Transport>,
    outlets: Outlets,
    name: &str,
) -> Result<Handle<M::Call>>
where
    M: Machine + Send + 'static,
    M::Call: Send + 'static,
{
    let shared = Arc::new(Shared {
        calls: Mutex::new(VecDeque::new()),
        waker: transport.waker(),
        ends: Mutex::new(Ends::default()),
        next: AtomicU64::new(1),
        over: Mutex::new(None),
        ended: Condvar::new(),
    });
    let handle = Handle(shared.clone());
    let network = Network {
        machine,
        transport,
        outlets,
        shared,
        started: Instant::now(),
        waiting: HashMap::new(),
        over: None,
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || network.run())
        .map_err(|error| Error::io("starting the network thread", &error))?;
    Ok(handle)
}

/// A message that a full link did not take. Higher priority first, then older first.
struct Held {
    rank: (i32, Reverse<u64>),
    frames: Frames,
}

impl PartialEq for Held {
    fn eq(&self, other: &Self) -> bool {
        self.rank == other.rank
    }
}
impl Eq for Held {}
impl PartialOrd for Held {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Held {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank.cmp(&other.rank)
    }
}

#[derive(Default)]
struct Backlog {
    messages: BinaryHeap<Held>,
    arrived: u64,
}

struct Network<M: Machine> {
    machine: M,
    transport: Box<dyn Transport>,
    outlets: Outlets,
    shared: Arc<Shared<M::Call>>,
    started: Instant,
    /// Messages that wait for room on their link.
    waiting: HashMap<Peer, Backlog>,
    over: Option<(Duration, Result<()>)>,
}

impl<M: Machine> Network<M> {
    fn run(mut self) {
        self.step(Event::Start);
        while self.over.is_none() {
            self.take_calls();
            self.retry();
            if self.machine.wake_at().is_some_and(|due| due <= self.now()) {
                self.step(Event::Tick);
            }
            if self.over.is_none() {
                self.take_messages();
            }
        }
        self.end();
    }

    fn now(&self) -> Time {
        Time(self.started.elapsed())
    }

    fn take_calls(&mut self) {
        let calls = std::mem::take(&mut *self.shared.calls.lock());
        for call in calls {
            self.step(Event::Call(call));
        }
    }

    fn take_messages(&mut self) {
        let mut wait = self.pause();
        for _ in 0..BURST {
            match self.transport.receive(wait) {
                Ok(Incoming::Message(from, frames)) => self.step(Event::Arrived { from, frames }),
                Ok(Incoming::Woken | Incoming::Nothing) => return,
                Err(error) => {
                    self.over = Some((Duration::ZERO, Err(error)));
                    return;
                }
            }
            if self.over.is_some() {
                return;
            }
            wait = Duration::ZERO;
        }
    }

    /// How long nothing needs to be done unless something arrives.
    fn pause(&self) -> Duration {
        let due = self.machine.wake_at().map_or(NAP, |due| due.since(self.now()));
        let retry = if self.waiting.is_empty() { NAP } else { RETRY };
        due.min(retry).min(NAP)
    }

    fn step(&mut self, event: Event<M::Call>) {
        let now = self.now();
        for command in self.machine.step(now, event) {
            self.carry_out(command);
        }
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Connect { peer, endpoint, identity } => {
                if let Err(error) = self.transport.connect(&peer, &endpoint, &identity) {
                    // The protocol notices the silence of the peer; people should know why.
                    (self.outlets.notice)(&Notice::Refused {
                        from: crate::ps::id::Sender::Anonymous,
                        why: error,
                    });
                }
            }
            Command::Disconnect { peer } => {
                self.waiting.remove(&peer);
                self.transport.disconnect(&peer);
            }
            Command::Send { to, frames, priority } => self.send(to, frames, priority),
            Command::Finished { call, result } => {
                let ended = self.shared.ends.lock().waiting.remove(&call);
                if let Some(ended) = ended {
                    ended(result);
                }
            }
            Command::Host(call) => (self.outlets.host)(call),
            Command::Notice(notice) => (self.outlets.notice)(&notice),
            Command::Close { linger, result } => self.over = Some((linger, result)),
        }
    }

    fn send(&mut self, to: Peer, frames: Frames, priority: i32) {
        if let Some(backlog) = self.waiting.get_mut(&to) {
            return backlog.push(frames, priority);
        }
        match self.transport.send(&to, frames) {
            // A peer without a link is one that the protocol has just given up.
            Ok(()) | Err(SendError::NotConnected) => {}
            Err(SendError::Full(frames)) => self.waiting.entry(to).or_default().push(*frames, priority),
            Err(SendError::Failed(error)) => {
                let from = crate::ps::id::Sender::Anonymous;
                (self.outlets.notice)(&Notice::Refused {
                    from,
                    why: error.context(format!("sending to {to}")),
                });
            }
        }
    }

    fn retry(&mut self) {
        let transport = &mut self.transport;
        self.waiting.retain(|peer, backlog| {
            while let Some(held) = backlog.messages.pop() {
                match transport.send(peer, held.frames) {
                    Err(SendError::Full(frames)) => {
                        backlog.messages.push(Held { rank: held.rank, frames: *frames });
                        return true;
                    }
                    Ok(()) | Err(SendError::NotConnected | SendError::Failed(_)) => {}
                }
            }
            false
        });
    }

    fn end(mut self) {
        let (linger, result) = self.over.take().unwrap_or((Duration::ZERO, Ok(())));
        let deadline = Instant::now() + linger;
        while !self.waiting.is_empty() && Instant::now() < deadline {
            self.retry();
            thread::sleep(RETRY);
        }
        self.transport.close(deadline.saturating_duration_since(Instant::now()));
        let abandoned = {
            let mut ends = self.shared.ends.lock();
            ends.closed = true;
            std::mem::take(&mut ends.waiting)
        };
        let why = result.clone().err().unwrap_or_else(|| err!(Closed, "this node has left the cluster"));
        for (_, ended) in abandoned {
            ended(Err(why.clone()));
        }
        (self.outlets.host)(HostCall::Stop);
        *self.shared.over.lock() = Some(result);
        self.shared.ended.notify_all();
    }
}

impl Backlog {
    fn push(&mut self, frames: Frames, priority: i32) {
        self.arrived += 1;
        self.messages.push(Held { rank: (priority, Reverse(self.arrived)), frames });
    }
}
