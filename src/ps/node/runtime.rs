//! What runs a protocol machine: gives it every event and carries out its commands.
//!
//! The machine and the transport are behind one lock, and whoever has it may step the machine. The network thread
//! waits for the transport without holding it. A thread with a call for the machine leaves it in a queue; if the
//! network thread sleeps, the caller takes the lock and does the step and the sending itself, because waking
//! another thread would take longer than both. While the network thread is awake, the queue waits for it, so that
//! many calls leave in one go.
//!
//! What a step makes known (ends of calls, notices) is run after the lock is given back, on the thread that made
//! the step. It must be quick: work on data belongs elsewhere.

use super::ReplySink;
use super::host::{Answer, Ticket};
use crate::base::sync::atomic::{AtomicU64, Ordering};
use crate::base::sync::{Arc, Condvar, Mutex, thread};
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::Sender;
use crate::ps::proto::{
    CallId, Command, Event, HostCall, Machine, Notice, Outcome, Server, ServerCall, Time,
};
use crate::ps::transport::{Bell, Incoming, Peer, Transport};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

/// The longest time without looking at the clock.
const NAP: Duration = Duration::from_secs(1);

/// A rest that is shorter was not worth falling asleep for.
const SHORT: Duration = Duration::from_micros(50);

/// Messages, and about how many bytes of them, that are handled before calls, timers and the host get their turn.
const BURST: usize = 64;
const BURST_BYTES: usize = 1 << 20;

/// More than this is left for the network thread to send, so that the caller can go on meanwhile.
const SENT_BY_CALLER: usize = 64 << 10;

/// Receives the end of a call, on whatever thread finds it.
pub type Ended = Box<dyn FnOnce(Result<Outcome>) + Send>;

/// What leaves the machine besides messages.
pub struct Outlets {
    /// For the host of a server, in order. Called with the lock held: it only takes note.
    pub host: Box<dyn FnMut(HostCall) + Send>,
    pub notice: Box<dyn Fn(&Notice) + Send + Sync>,
    /// Called by the network thread whenever it may have something to do for the host.
    pub turn: Box<dyn Fn() + Send + Sync>,
}

impl Outlets {
    /// For nodes without a host.
    pub fn notices(notice: impl Fn(&Notice) + Send + Sync + 'static) -> Self {
        Outlets { host: Box::new(drop), notice: Box::new(notice), turn: Box::new(|| ()) }
    }
}

/// What the network thread and its callers share.
struct Shared<M: Machine> {
    core: Mutex<Core<M>>,
    /// Taken after `core` by who needs both.
    calls: Mutex<Calls<M::Call>>,
    bell: Arc<dyn Bell>,
    notice: Box<dyn Fn(&Notice) + Send + Sync>,
    turn: Box<dyn Fn() + Send + Sync>,
    next: AtomicU64,
    /// Why and that the node ended.
    over: Mutex<Option<Result<()>>>,
    ended: Condvar,
}

struct Calls<C> {
    queue: VecDeque<Call<C>>,
    /// The network thread waits and has not been rung for.
    asleep: bool,
    /// The node is over: calls end at once.
    closed: bool,
}

struct Call<C> {
    call: C,
    /// Who learns how it ended, if somebody wants to.
    ended: Option<(CallId, Ended)>,
}

struct Core<M: Machine> {
    machine: M,
    transport: Box<dyn Transport>,
    host: Box<dyn FnMut(HostCall) + Send>,
    started: Instant,
    waiting: HashMap<CallId, Ended>,
    /// To be run when the lock is given back.
    news: News,
    /// The host has been called since the network thread looked.
    host_called: bool,
    /// Given to the transport since it was last flushed: to whom, and how much.
    sent: (SmallVec<[Peer; 4]>, usize),
    /// Peers that have been sent something since they were last heard.
    unanswered: HashSet<Peer>,
    /// When the network thread means to wake up.
    wakes: Instant,
    over: Option<(Duration, Result<()>)>,
}

#[derive(Default)]
struct News {
    ends: SmallVec<[(Ended, Result<Outcome>); 4]>,
    notices: Vec<Notice>,
}

/// A running node.
pub struct Handle<M: Machine>(Arc<Shared<M>>);

impl<M: Machine> Clone for Handle<M> {
    fn clone(&self) -> Self {
        Handle(self.0.clone())
    }
}

impl<M: Machine> Handle<M> {
    /// Leaves a call for the node; `ended` learns how it ended, exactly once.
    pub fn call(&self, make: impl FnOnce(CallId) -> M::Call, ended: Ended) {
        let id = CallId(self.0.next.fetch_add(1, Ordering::Relaxed));
        self.enqueue(Call { call: make(id), ended: Some((id, ended)) });
    }

    /// As `call`, and waits for the end. The protocol ends every call by its deadline.
    pub fn call_and_wait(&self, make: impl FnOnce(CallId) -> M::Call) -> Result<Outcome> {
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

    fn enqueue(&self, call: Call<M::Call>) {
        let mut calls = self.0.calls.lock();
        if calls.closed {
            drop(calls);
            if let Some((_, ended)) = call.ended {
                ended(Err(err!(Closed, "this node has left the cluster")));
            }
            return;
        }
        calls.queue.push_back(call);
        let asleep = calls.asleep;
        drop(calls);
        if asleep {
            self.0.step_for_callers();
        }
    }
}

impl ReplySink for Handle<Server> {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        self.enqueue(Call { call: ServerCall::Reply { ticket, outcome }, ended: None });
    }
}

/// Starts the network thread of a node whose transport already listens.
pub fn start<M>(machine: M, transport: Box<dyn Transport>, outlets: Outlets, name: &str) -> Result<Handle<M>>
where
    M: Machine + Send + 'static,
    M::Call: Send + 'static,
{
    let bell = transport.bell();
    let core = Core {
        machine,
        transport,
        host: outlets.host,
        started: Instant::now(),
        waiting: HashMap::new(),
        news: News::default(),
        host_called: false,
        sent: Default::default(),
        unanswered: HashSet::new(),
        wakes: Instant::now(),
        over: None,
    };
    let shared = Arc::new(Shared {
        core: Mutex::new(core),
        calls: Mutex::new(Calls { queue: VecDeque::new(), asleep: false, closed: false }),
        bell,
        notice: outlets.notice,
        turn: outlets.turn,
        next: AtomicU64::new(1),
        over: Mutex::new(None),
        ended: Condvar::new(),
    });
    let handle = Handle(shared.clone());
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || shared.run())
        .map_err(|error| Error::io("starting the network thread", &error))?;
    Ok(handle)
}

impl<M: Machine> Shared<M> {
    /// The network thread.
    fn run(&self) {
        self.core.lock().step(Event::Start);
        let mut lively = false;
        loop {
            let (news, pause, over) = self.take_turn();
            self.tell(news);
            (self.turn)();
            if over {
                return self.end();
            }
            let rested = match pause.filter(|_| self.fall_asleep()) {
                Some(pause) => self.rest(pause, lively).map(|rest| lively = rest < SHORT),
                // Only waiting finds out which sockets have something: one that always has must not be the only
                // one that is heard.
                None => self.bell.wait(Duration::ZERO).map(drop),
            };
            if let Err(error) = rested {
                self.core.lock().over = Some((Duration::ZERO, Err(error)));
            }
        }
    }

    /// Waits for something to do; gives how long that took. In a lively conversation the next message is only moments
    /// away: to look for it a few times costs less than to fall asleep and be woken.
    fn rest(&self, pause: Duration, lively: bool) -> Result<Duration> {
        let start = Instant::now();
        while lively && start.elapsed() < SHORT.min(pause) {
            if self.bell.wait(Duration::ZERO)? {
                return Ok(start.elapsed());
            }
            thread::yield_now();
        }
        self.bell.wait(pause.saturating_sub(start.elapsed()))?;
        Ok(start.elapsed())
    }

    /// Does everything that can be done now. Gives how long nothing will be to do, if that is so, and whether the
    /// node is over.
    fn take_turn(&self) -> (News, Option<Duration>, bool) {
        let core = &mut *self.core.lock();
        let dry = core.take_messages();
        let calls = {
            let mut calls = self.calls.lock();
            calls.asleep = false;
            std::mem::take(&mut calls.queue)
        };
        calls.into_iter().for_each(|call| core.begin(call));
        if core.over.is_none() && core.machine.wake_at().is_some_and(|due| due <= core.now()) {
            core.step(Event::Tick);
        }
        let more = core.flush();
        core.host_called = false;
        let pause = (dry && !more).then(|| core.pause());
        (std::mem::take(&mut core.news), pause, core.over.is_some())
    }

    /// False if somebody has left a call meanwhile.
    fn fall_asleep(&self) -> bool {
        let mut calls = self.calls.lock();
        calls.asleep = calls.queue.is_empty();
        calls.asleep
    }

    /// Does what callers have left, on their own thread. If another thread has the lock, it looks at the queue
    /// after giving it back.
    fn step_for_callers(&self) {
        loop {
            let Some(mut core) = self.core.try_lock() else { return };
            let mut calls = self.calls.lock();
            if !calls.asleep {
                return;
            }
            let queue = std::mem::take(&mut calls.queue);
            drop(calls);
            queue.into_iter().for_each(|call| core.begin(call));
            if core.needs_attention() {
                self.calls.lock().asleep = false;
                self.bell.ring();
            }
            let news = std::mem::take(&mut core.news);
            drop(core);
            self.tell(news);
            if self.calls.lock().queue.is_empty() {
                return;
            }
        }
    }

    fn tell(&self, news: News) {
        for notice in &news.notices {
            (self.notice)(notice);
        }
        for (ended, result) in news.ends {
            ended(result);
        }
    }

    fn end(&self) {
        let (waiting, result) = {
            let core = &mut *self.core.lock();
            let (linger, result) = core.over.take().unwrap_or((Duration::ZERO, Ok(())));
            core.transport.close(linger);
            (core.host)(HostCall::Stop);
            (std::mem::take(&mut core.waiting), result)
        };
        let queue = {
            let mut calls = self.calls.lock();
            calls.closed = true;
            std::mem::take(&mut calls.queue)
        };
        let why = result.clone().err().unwrap_or_else(|| err!(Closed, "this node has left the cluster"));
        let queued = queue.into_iter().filter_map(|call| call.ended).map(|(_, ended)| ended);
        for ended in waiting.into_values().chain(queued) {
            ended(Err(why.clone()));
        }
        (self.turn)();
        *self.over.lock() = Some(result);
        self.ended.notify_all();
    }
}

impl<M: Machine> Core<M> {
    fn now(&self) -> Time {
        Time(self.started.elapsed())
    }

    /// Steps through what has arrived, up to a limit. True if nothing is left.
    fn take_messages(&mut self) -> bool {
        let mut bytes = 0;
        for _ in 0..BURST {
            if self.over.is_some() {
                return true;
            }
            if bytes >= BURST_BYTES {
                return false;
            }
            match self.transport.receive() {
                Ok(Incoming::Message(from, frames)) => {
                    bytes += frames.bytes();
                    if let Sender::Node(id, _) = from {
                        self.unanswered.remove(&Peer::Node(id));
                    }
                    self.step(Event::Arrived { from, frames });
                }
                Ok(Incoming::Part) => return false,
                Ok(Incoming::Nothing) => return true,
                Err(error) => self.over = Some((Duration::ZERO, Err(error))),
            }
        }
        false
    }

    fn begin(&mut self, call: Call<M::Call>) {
        if let Some((id, ended)) = call.ended {
            self.waiting.insert(id, ended);
        }
        self.step(Event::Call(call.call));
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
                    let from = Sender::Anonymous;
                    self.news.notices.push(Notice::Refused { from, why: error });
                }
            }
            Command::Disconnect { peer } => {
                self.unanswered.remove(&peer);
                self.transport.disconnect(&peer);
            }
            Command::Send { to, frames, priority } => {
                let bytes = frames.bytes();
                // A peer without a link is one that the protocol has just given up.
                if self.transport.send(&to, frames, priority) {
                    self.sent.1 += bytes;
                    if !self.sent.0.contains(&to) {
                        self.sent.0.push(to);
                    }
                }
            }
            Command::Finished { call, result } => {
                if let Some(ended) = self.waiting.remove(&call) {
                    self.news.ends.push((ended, result));
                }
            }
            Command::Host(call) => {
                self.host_called = true;
                (self.host)(call);
            }
            Command::Notice(notice) => self.news.notices.push(notice),
            Command::Close { linger, result } => self.over = Some((linger, result)),
        }
    }

    fn flush(&mut self) -> bool {
        let (peers, _) = std::mem::take(&mut self.sent);
        self.unanswered.extend(peers);
        self.transport.flush()
    }

    /// Sends what a caller has to send, if that is quick and no answers are expected from where it goes. With
    /// answers on their way the network thread will soon be awake, and sends the messages of many callers at once.
    /// True if it has to wake up now.
    fn needs_attention(&mut self) -> bool {
        let (peers, bytes) = &self.sent;
        let few = *bytes <= SENT_BY_CALLER && !peers.iter().any(|peer| self.unanswered.contains(peer));
        let unsent = !peers.is_empty() && (!few || self.flush());
        unsent || self.host_called || self.over.is_some() || self.due() < self.wakes
    }

    /// When something is to be done even if nothing arrives.
    fn due(&self) -> Instant {
        let protocol = self.machine.wake_at().and_then(|due| self.started.checked_add(due.0));
        let nap = Instant::now() + NAP;
        protocol.into_iter().chain(self.transport.due()).fold(nap, Instant::min)
    }

    /// How long nothing needs to be done unless something arrives.
    fn pause(&mut self) -> Duration {
        self.wakes = self.due();
        self.wakes.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::sync::atomic::AtomicBool;
    use crate::ps::id::NodeId;
    use crate::ps::transport::zmtp::{Options, ZmtpTransport};
    use crate::ps::wire::{Endpoint, Frames};

    /// Ends calls at once, and itself with the first message.
    struct Busy;

    impl Machine for Busy {
        type Call = CallId;

        fn step(&mut self, _: Time, event: Event<CallId>) -> Vec<Command> {
            match event {
                // Something for the host wakes the network thread, so that it runs the next call.
                Event::Call(call) => vec![
                    Command::Finished { call, result: Ok(Outcome::Closed) },
                    Command::Host(HostCall::Stop),
                ],
                Event::Arrived { .. } => vec![Command::Close { linger: Duration::ZERO, result: Ok(()) }],
                _ => Vec::new(),
            }
        }

        fn wake_at(&self) -> Option<Time> {
            None
        }
    }

    /// One call after the other: there is always one left when the thread would rest.
    fn keep_calling(handle: &Handle<Busy>, stop: Arc<AtomicBool>) {
        let next = handle.clone();
        let ended = move |result: Result<Outcome>| {
            if result.is_ok() && !stop.load(Ordering::Relaxed) {
                keep_calling(&next, stop);
            }
        };
        handle.call(|call| call, Box::new(ended));
    }

    #[test]
    fn a_node_that_never_rests_hears_its_peers() {
        let open = || ZmtpTransport::new(Options::default()).unwrap();
        let (mut listening, mut sending) = (open(), open());
        let port = listening.bind("127.0.0.1", 0).unwrap();
        let handle = start(Busy, Box::new(listening), Outlets::notices(|_| ()), "mxkv-busy").unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        keep_calling(&handle, stop.clone());
        let peer = Peer::Node(NodeId::SCHEDULER);
        sending.connect(&peer, &Endpoint::new("127.0.0.1", port), b"ps9").unwrap();
        sending.send(&peer, Frames::default(), 0);
        let end = Instant::now() + Duration::from_secs(10);
        while handle.0.over.lock().is_none() && Instant::now() < end {
            sending.flush();
            sending.receive().unwrap();
            sending.bell().wait(Duration::from_millis(5)).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
        assert!(handle.0.over.lock().is_some(), "the message was not heard");
    }
}
