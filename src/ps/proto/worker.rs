//! A worker process: joins with each of its stores, asks servers, meets the others, leaves.

use super::barrier_call::{BarrierCalls, Purpose};
use super::event::{CallId, Command, Event, Machine, Notice, Outcome};
use super::join::{Ended as Joined, Join};
use super::liveness::{Pulse, Turn};
use super::losses::{Loss, Losses};
use super::membership::Change;
use super::post::Post;
use super::requests::{Answers, Body, Request, Requests};
use super::settings::Settings;
use super::shutdown::{Exits, Step, servers_left, stops_servers};
use super::time::Time;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::{Audience, Channel, Group, NodeId, Role, Sender};
use crate::ps::wire::{self, Capabilities, Flags, Frames, Message, NodeList, NodeState};
use bytes::Bytes;
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Debug)]
pub enum WorkerCall {
    /// A store joins. Ends with [`Outcome::Joined`] when the cluster is complete.
    Join { call: CallId, channel: Channel },
    /// Ends with [`Outcome::Answers`] when all servers asked have answered.
    Request { call: CallId, channel: Channel, request: Request },
    /// Ends with [`Outcome::Released`]. `deadline` None: the default of the settings.
    Barrier { call: CallId, channel: Channel, audience: Audience, deadline: Option<Duration> },
    /// A store leaves, and the process with its last one. `barrier`: only after all workers want to
    /// (`barrier_before_exit`).
    Close { call: CallId, channel: Channel, barrier: bool },
}

/// Something that was waited for.
enum Done {
    Barrier(Purpose, Result<()>),
    Request(Purpose, Result<Answers>),
}

#[derive(Debug)]
pub struct Worker {
    post: Post,
    join: Join,
    barriers: BarrierCalls,
    requests: Requests,
    exits: Exits,
    pulse: Option<Pulse>,
    losses: Losses,
    closed: bool,
}

impl Worker {
    pub fn new(settings: Settings) -> Self {
        Worker {
            post: Post::new(settings),
            join: Join::default(),
            barriers: BarrierCalls::default(),
            requests: Requests::default(),
            exits: Exits::default(),
            pulse: None,
            losses: Losses::default(),
            closed: false,
        }
    }

    pub fn post(&self) -> &Post {
        &self.post
    }

    pub fn requests(&self) -> &Requests {
        &self.requests
    }

    /// How far joining has come.
    pub fn status(&self, now: Time) -> super::status::StartStatus {
        self.join.status(now, &self.post)
    }

    fn call(&mut self, now: Time, call: WorkerCall) {
        match call {
            WorkerCall::Join { call, channel } => {
                if let Some(ended) = self.join.begin(now, &mut self.post, channel, Some(call)) {
                    self.joined(ended);
                }
            }
            WorkerCall::Request { call, channel, request } => {
                if let Err(error) = self.ready(channel) {
                    return self.post.finish(call, Err(error.context(request.subject)));
                }
                let purpose = Purpose::Call(call);
                let ended = self.requests.begin(now, &mut self.post, purpose, channel, request);
                self.run(now, ended.map(|(purpose, result)| Done::Request(purpose, result)));
            }
            WorkerCall::Barrier { call, channel, audience, deadline } => {
                if let Err(error) = self.ready(channel) {
                    return self.post.finish(call, Err(error.context("barrier")));
                }
                let wait = deadline.unwrap_or(self.post.settings.timing.barrier);
                let ended = self.wait(now, Purpose::Call(call), (channel, audience, false), wait);
                self.run(now, ended);
            }
            WorkerCall::Close { call, channel, barrier } => self.leave(now, call, channel, barrier),
        }
    }

    fn ready(&self, channel: Channel) -> Result<()> {
        if self.exits.is_leaving(channel) || self.closed {
            return Err(err!(Closed, "store {} is closed", channel.0));
        }
        if !self.join.has(channel) {
            return Err(err!(InvalidArgument, "store {} has not joined the cluster", channel.0));
        }
        Ok(())
    }

    fn wait(
        &mut self,
        now: Time,
        purpose: Purpose,
        barrier: (Channel, Audience, bool),
        wait: Duration,
    ) -> Option<Done> {
        let grace = self.post.settings.timing.rejoin;
        let scheduler = self.post.members.get(NodeId::SCHEDULER);
        if let Some(scheduler) = scheduler.filter(|scheduler| scheduler.is_lost(grace, now)) {
            let error = err!(PeerLost, "barrier of {}: {scheduler} is dead", barrier.1);
            return Some(Done::Barrier(purpose, Err(error)));
        }
        let ended = self.barriers.begin(now, &mut self.post, purpose, barrier, wait);
        ended.map(|(purpose, result)| Done::Barrier(purpose, result))
    }

    // ---- what arrives ----

    fn arrived(&mut self, now: Time, from: Sender, frames: &Frames) {
        let Some(message) = self.post.receive(now, from, frames) else { return };
        let Some(from) = from.node() else { return };
        match message {
            Message::NodeList(list) => self.listed(now, &list),
            Message::Barrier(barrier) => {
                for (purpose, result) in self.barriers.answered(&self.post, &barrier) {
                    self.run(now, Some(Done::Barrier(purpose, result)));
                }
            }
            Message::Heartbeat(heartbeat) => {
                if let Some(pulse) = &mut self.pulse {
                    let turns = pulse.heard(now, &mut self.post, &heartbeat);
                    self.turned(now, &turns);
                }
            }
            Message::Ack(signature) => self.requests.held(now, &self.post, from, signature),
            Message::Command(_) | Message::Data(_) => {
                let ended = self.requests.answered(now, &mut self.post, from, message);
                self.run(now, ended.map(|(purpose, result)| Done::Request(purpose, result)));
            }
            Message::Terminate => {}
        }
    }

    fn listed(&mut self, now: Time, list: &NodeList) {
        match self.join.listed(now, &mut self.post, list) {
            Err(error) => self.refused(error),
            Ok(Some(placed)) => {
                self.pulse.get_or_insert_with(|| Pulse::new(now, &self.post));
                if placed.rejoined {
                    self.requests.start_apart(self.post.settings.nonce);
                }
                for channel in placed.channels {
                    let barrier = (channel, Audience::Group(Group::EVERYBODY), false);
                    let done = if placed.rejoined {
                        // The others have met long ago.
                        Some(Done::Barrier(Purpose::Start(channel), Ok(())))
                    } else {
                        self.wait(now, Purpose::Start(channel), barrier, self.post.settings.timing.start)
                    };
                    self.run(now, done);
                }
            }
            Ok(None) if self.post.id().is_some() && !list.extension.flags.has(Flags::PARTIAL) => {
                self.news(now, list);
            }
            Ok(None) => {}
        }
    }

    /// Somebody took over a dead node's id.
    fn news(&mut self, now: Time, list: &NodeList) {
        for entry in &list.nodes {
            let Some(Change::Replaced(id)) = self.post.learn(entry, true, now) else { continue };
            let description = self.post.members.describe(id);
            self.post.notice(Notice::Back { id, description: description.clone() });
            self.losses.forget(id);
            if id.role() == Role::Server {
                let error = err!(PeerLost, "{description} was restarted and has lost its values");
                self.fail_requests(now, id, &error);
            }
        }
        confirm(now, &mut self.post, list);
    }

    /// The scheduler has no place for this node, or has given it to another one.
    fn refused(&mut self, why: Error) {
        for ended in self.join.fail(&why) {
            self.joined(ended);
        }
        if self.post.id().is_some() {
            self.close(Err(why));
        }
    }

    // ---- what changes by itself ----

    fn tick(&mut self, now: Time) {
        for ended in self.join.tick(now, &mut self.post) {
            self.joined(ended);
        }
        for server in self.post.tick(now) {
            let description = self.post.members.describe(server);
            let error = err!(PeerLost, "{description} acknowledges nothing");
            self.fail_requests(now, server, &error);
        }
        if let Some(pulse) = &mut self.pulse {
            let turns = pulse.tick(now, &mut self.post);
            self.turned(now, &turns);
        }
        if self.losses.wake_at() <= now {
            self.look_for_losses(now);
        }
        for (purpose, result) in self.barriers.tick(now, &mut self.post) {
            self.run(now, Some(Done::Barrier(purpose, result)));
        }
        for (purpose, result) in self.requests.tick(now, &mut self.post) {
            self.run(now, Some(Done::Request(purpose, result)));
        }
    }

    fn turned(&mut self, now: Time, turns: &[Turn]) {
        if !turns.is_empty() {
            self.look_for_losses(now);
        }
    }

    fn look_for_losses(&mut self, now: Time) {
        for loss in self.losses.look(now, &self.post) {
            match loss {
                Loss::Lost(NodeId::SCHEDULER, why) => {
                    for (purpose, result) in self.barriers.fail(&why) {
                        self.run(now, Some(Done::Barrier(purpose, result)));
                    }
                }
                Loss::Lost(id, why) => self.fail_requests(now, id, &why),
                Loss::Left(id) => {
                    let error = err!(PeerLost, "{} has left", self.post.members.describe(id));
                    self.fail_requests(now, id, &error);
                }
                Loss::Regained(_) => {}
            }
        }
    }

    fn fail_requests(&mut self, now: Time, server: NodeId, why: &Error) {
        if server.role() == Role::Server {
            for (purpose, result) in self.requests.lost(server, why) {
                self.run(now, Some(Done::Request(purpose, result)));
            }
        }
    }

    // ---- what has ended ----

    fn run(&mut self, now: Time, done: Option<Done>) {
        let mut queue: VecDeque<Done> = done.into_iter().collect();
        while let Some(done) = queue.pop_front() {
            match done {
                Done::Barrier(Purpose::Call(call), result) => {
                    self.post.finish(call, result.map(|()| Outcome::Released));
                }
                Done::Request(Purpose::Call(call), result) => {
                    self.post.finish(call, result.map(Outcome::Answers));
                }
                Done::Barrier(Purpose::Start(channel), Ok(())) => {
                    if let Some(ended) = self.join.met(channel) {
                        self.joined(ended);
                    }
                }
                Done::Barrier(Purpose::Start(channel), Err(error)) => {
                    if let Some(ended) = self.join.give_up(channel, error) {
                        self.joined(ended);
                    }
                }
                Done::Barrier(Purpose::Exit(channel), result) => {
                    queue.extend(self.step_out(now, channel, result));
                }
                Done::Request(Purpose::Exit(channel), result) => {
                    queue.extend(self.step_out(now, channel, result.map(|_| ())));
                }
                // Nobody asks servers anything in order to join.
                Done::Request(Purpose::Start(_), _) => {}
            }
        }
    }

    fn joined(&mut self, (_, call, result): Joined) {
        let id = self.post.id();
        let result = result.and_then(|rejoined| {
            let id = id.ok_or_else(|| err!(Internal, "joined without an id"))?;
            self.post.notice(Notice::Joined { id, rejoined });
            Ok(Outcome::Joined { id, rejoined })
        });
        if let Some(call) = call {
            self.post.finish(call, result);
        }
    }

    // ---- leaving ----

    fn leave(&mut self, now: Time, call: CallId, channel: Channel, barrier: bool) {
        if self.closed || !self.exits.begin(channel, call) {
            return self.post.finish(call, Err(err!(Closed, "store {} is closed", channel.0)));
        }
        if !barrier || !self.join.has(channel) {
            return self.gone(now, channel);
        }
        let wait = self.post.settings.timing.barrier;
        let workers = (channel, Audience::Group(Group::WORKERS), true);
        let done = self.wait(now, Exits::purpose(channel), workers, wait);
        self.run(now, done);
    }

    fn step_out(&mut self, now: Time, channel: Channel, result: Result<()>) -> Option<Done> {
        let timing = self.post.settings.timing;
        let me = self.post.id()?;
        let members = &self.post.members;
        let stops = stops_servers(members, me, channel, timing.rejoin, now);
        // Servers leave when the last barrier has opened, even if its release got lost on the way here.
        let over = members.of(Role::Server).any(|member| member.state == NodeState::Left);
        let result = if over && self.exits.is_parting(channel) { Ok(()) } else { result };
        match self.exits.next(channel, result, stops)? {
            Step::Meeting => None,
            Step::Stopping => {
                let request = Request {
                    body: Body::Command {
                        command: wire::Command::StopServer,
                        body: Bytes::new(),
                        servers: Some(servers_left(&self.post.members, timing.rejoin, now)),
                    },
                    subject: "stopping the servers".into(),
                    priority: 0,
                    deadline: Some(timing.shutdown),
                };
                let purpose = Exits::purpose(channel);
                let ended = self.requests.begin(now, &mut self.post, purpose, channel, request);
                ended.map(|(purpose, result)| Done::Request(purpose, result))
            }
            Step::Parting => {
                let everybody = (channel, Audience::Group(Group::EVERYBODY), true);
                self.wait(now, Exits::purpose(channel), everybody, timing.shutdown)
            }
            Step::Gone => {
                self.gone(now, channel);
                None
            }
        }
    }

    fn gone(&mut self, now: Time, channel: Channel) {
        let Some((call, error)) = self.exits.end(channel) else { return };
        self.post.finish(call, error.map_or(Ok(Outcome::Closed), Err));
        self.join.forget(channel);
        if self.join.is_empty() {
            if self.post.is_ours(NodeId::SCHEDULER) {
                let mine = vec![self.post.my_entry(channel)];
                self.post.heartbeat(now, mine, Flags::LEAVING);
            }
            self.close(Ok(()));
        }
    }

    /// The process stops taking part; whatever is still open fails.
    fn close(&mut self, result: Result<()>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        let why = result.clone().err().unwrap_or_else(|| err!(Closed, "the node has left the cluster"));
        for ended in self.join.fail(&why) {
            self.joined(ended);
        }
        for (purpose, result) in self.barriers.fail(&why) {
            if let Purpose::Call(call) = purpose {
                self.post.finish(call, result.map(|()| Outcome::Released));
            }
        }
        for server in self.post.members.of(Role::Server).map(|member| member.id).collect::<Vec<_>>() {
            for (purpose, result) in self.requests.lost(server, &why) {
                if let Purpose::Call(call) = purpose {
                    self.post.finish(call, result.map(Outcome::Answers));
                }
            }
        }
        for (call, error) in self.exits.end_all() {
            self.post.finish(call, Err(error.unwrap_or_else(|| why.clone())));
        }
        self.post.close(result);
    }
}

impl Machine for Worker {
    type Call = WorkerCall;

    fn step(&mut self, now: Time, event: Event<WorkerCall>) -> Vec<Command> {
        self.post.wake(now);
        match event {
            Event::Call(call) => self.call(now, call),
            _ if self.closed => {}
            Event::Start | Event::Tick => {}
            Event::Arrived { from, frames } => self.arrived(now, from, &frames),
        }
        if !self.closed {
            self.tick(now);
        }
        self.post.take()
    }

    fn wake_at(&self) -> Option<Time> {
        if self.closed {
            return None;
        }
        let pulse = self.pulse.as_ref().map_or(Time::NEVER, |pulse| pulse.wake_at(&self.post));
        let parts = [
            self.join.wake_at(),
            self.barriers.wake_at(),
            self.requests.wake_at(),
            self.post.redelivery.wake_at(),
            self.losses.wake_at(),
            self.post.nap(),
            pulse,
        ];
        parts.into_iter().min().filter(|wake| *wake != Time::NEVER)
    }
}

/// Tells our scheduler that its news have arrived; it repeats them until then.
pub(super) fn confirm(now: Time, post: &mut Post, list: &NodeList) {
    let ours = |capabilities: Capabilities| capabilities.has(Capabilities::MXKV);
    let scheduler = post.members.get(NodeId::SCHEDULER).is_some_and(|member| ours(member.capabilities));
    if scheduler && !list.nodes.is_empty() {
        post.heartbeat(now, list.nodes.clone(), Flags::CONFIRM);
    }
}
