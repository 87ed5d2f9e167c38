//! One simulated process: a machine, its links, and for a server its shard.

use super::toy::Toy;
use crate::base::Result;
use crate::base::sync::{Arc, Mutex};
use crate::ps::id::Sender;
use crate::ps::node::{Answer, ReplySink, ShardHost, Ticket};
use crate::ps::proto::{
    CallId, Command, Event, HostCall, Machine, Outcome, Post, Scheduler, SchedulerCall, Server, ServerCall,
    Time, Worker, WorkerCall,
};
use crate::ps::transport::Peer;
use crate::ps::wire::{Endpoint, Frames};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

pub enum Node {
    Scheduler(Scheduler),
    Server(Server, Toy),
    Worker(Worker),
}

pub enum Input {
    Start,
    Tick,
    Arrived { from: Sender, frames: Frames },
    Worker(WorkerCall),
}

/// What a process wants of the world after a step.
#[derive(Default)]
pub struct Wants {
    pub send: Vec<(Endpoint, Sender, Frames)>,
    pub finished: Vec<(CallId, Result<Outcome>)>,
    pub closed: Option<Result<()>>,
}

#[derive(Default)]
struct Answers(Mutex<VecDeque<(Ticket, Result<Answer>)>>);

impl ReplySink for Answers {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>) {
        self.0.lock().push_back((ticket, outcome));
    }
}

pub struct Process {
    pub node: Node,
    pub endpoint: Endpoint,
    /// When it was started: its own clock begins there.
    pub since: Duration,
    pub alive: bool,
    /// Tell what happens, to look into one seed.
    pub trace: bool,
    pub started: bool,
    /// From when until when it stands still.
    pub pauses: Vec<(Duration, Duration)>,
    /// When it is going to be woken.
    pub wake: Option<Duration>,
    pub result: Option<Result<()>>,
    links: BTreeMap<Peer, (Endpoint, Sender)>,
    answers: Arc<Answers>,
}

impl Process {
    pub fn new(node: Node, endpoint: Endpoint, since: Duration) -> Self {
        Process {
            node,
            endpoint,
            since,
            alive: true,
            trace: false,
            started: false,
            pauses: Vec::new(),
            wake: None,
            result: None,
            links: BTreeMap::new(),
            answers: Arc::default(),
        }
    }

    /// Until when it stands still, if it does.
    pub fn paused(&self, now: Duration) -> Option<Duration> {
        self.pauses.iter().filter(|(from, until)| *from <= now && now < *until).map(|(_, until)| *until).max()
    }

    pub fn post(&self) -> &Post {
        match &self.node {
            Node::Scheduler(scheduler) => scheduler.post(),
            Node::Server(server, _) => server.post(),
            Node::Worker(worker) => worker.post(),
        }
    }

    pub fn wake_at(&self) -> Option<Duration> {
        let wake = match &self.node {
            Node::Scheduler(scheduler) => scheduler.wake_at(),
            Node::Server(server, _) => server.wake_at(),
            Node::Worker(worker) => worker.wake_at(),
        };
        wake.map(|wake| self.since.saturating_add(wake.0))
    }

    pub fn step(&mut self, now: Duration, input: Input) -> Wants {
        if self.trace
            && let Input::Arrived { from, frames } = &input
        {
            eprintln!("{now:?} {} <- {from}: {:?}", self.endpoint, crate::ps::wire::Message::decode(frames));
        }
        let now = Time(now - self.since);
        let mut wants = Wants::default();
        let commands = match (&mut self.node, input) {
            (Node::Scheduler(scheduler), input) => scheduler.step(now, event::<SchedulerCall>(input)),
            (Node::Server(server, _), input) => server.step(now, event::<ServerCall>(input)),
            (Node::Worker(worker), Input::Worker(call)) => worker.step(now, Event::Call(call)),
            (Node::Worker(worker), input) => worker.step(now, event::<WorkerCall>(input)),
        };
        self.carry_out(now, commands, &mut wants);
        loop {
            let answer = self.answers.0.lock().pop_front();
            let (Some((ticket, outcome)), Node::Server(server, _)) = (answer, &mut self.node) else { break };
            let commands = server.step(now, Event::Call(ServerCall::Reply { ticket, outcome }));
            self.carry_out(now, commands, &mut wants);
        }
        if let Some(result) = &wants.closed {
            self.result = Some(result.clone());
        }
        wants
    }

    fn carry_out(&mut self, now: Time, commands: Vec<Command>, wants: &mut Wants) {
        for command in commands {
            match command {
                Command::Connect { peer, endpoint, identity } => {
                    self.links.insert(peer, (endpoint, Sender::parse(&identity)));
                }
                Command::Disconnect { peer } => {
                    self.links.remove(&peer);
                }
                Command::Send { to, frames, .. } => {
                    let (endpoint, identity) =
                        self.links.get(&to).unwrap_or_else(|| panic!("{}: no link to {to}", self.endpoint));
                    wants.send.push((endpoint.clone(), *identity, frames));
                }
                Command::Finished { call, result } => wants.finished.push((call, result)),
                Command::Host(call) => self.host(call),
                Command::Notice(notice) => {
                    if self.trace {
                        eprintln!("{:?} {}: {notice:?}", self.since + now.0, self.endpoint);
                    }
                }
                Command::Close { result, .. } => {
                    assert!(
                        wants.closed.is_none() && self.result.is_none(),
                        "{}: closed twice",
                        self.endpoint
                    );
                    wants.closed = Some(result);
                }
            }
        }
    }

    fn host(&mut self, call: HostCall) {
        let Node::Server(_, toy) = &mut self.node else { panic!("a host call without a host") };
        match call {
            HostCall::Start(shard) => toy.start(shard, self.answers.clone()),
            HostCall::Request(request) => toy.request(request),
            HostCall::WorkerLost(worker, why) => toy.worker_lost(worker, &why),
            HostCall::WorkerBack(worker) => toy.worker_back(worker),
            HostCall::WorkerSucceeded(worker) => toy.worker_succeeded(worker),
            HostCall::WorkerLeft(worker) => toy.worker_left(worker),
            HostCall::Stop => toy.stop(),
        }
    }
}

fn event<C>(input: Input) -> Event<C> {
    match input {
        Input::Start => Event::Start,
        Input::Tick => Event::Tick,
        Input::Arrived { from, frames } => Event::Arrived { from, frames },
        Input::Worker(_) => panic!("a worker's call to another kind of node"),
    }
}
