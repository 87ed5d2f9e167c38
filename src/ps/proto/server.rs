//! A server: joins, hands requests to its host and answers back, leaves when it is told to.

use super::barrier_call::{BarrierCalls, Purpose};
use super::event::{CallId, Command, Event, HostCall, Machine, Notice, Outcome};
use super::join::{Join, Placed};
use super::liveness::{Pulse, Turn};
use super::losses::{Loss, Losses};
use super::membership::Change;
use super::post::Post;
use super::service::Service;
use super::settings::Settings;
use super::time::Time;
use super::worker::confirm;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::{Audience, Channel, Group, NodeId, Role, Sender};
use crate::ps::keyspace::KeySpace;
use crate::ps::node::{Answer, Participant, ShardInfo, Ticket};
use crate::ps::wire::{self, Direction, Flags, Frames, Message, NodeList, NodeState};
use std::time::Duration;

const MINE: Channel = Channel(0);

#[derive(Debug)]
pub enum ServerCall {
    /// The host answers a request.
    Reply { ticket: Ticket, outcome: Result<Answer> },
    /// Leave now, without waiting for anybody. Ends with [`Outcome::Closed`]; the node ends with an error unless
    /// the job is over.
    Stop { call: CallId },
}

#[derive(Debug)]
pub struct Server {
    post: Post,
    join: Join,
    barriers: BarrierCalls,
    pulse: Option<Pulse>,
    losses: Losses,
    service: Option<Service>,
    leaving: bool,
    closed: bool,
}

impl Server {
    pub fn new(settings: Settings) -> Self {
        Server {
            post: Post::new(settings),
            join: Join::default(),
            barriers: BarrierCalls::default(),
            pulse: None,
            losses: Losses::default(),
            service: None,
            leaving: false,
            closed: false,
        }
    }

    pub fn post(&self) -> &Post {
        &self.post
    }

    pub fn status(&self, now: Time) -> super::status::StartStatus {
        self.join.status(now, &self.post)
    }

    /// Requests the host has not answered yet.
    pub fn open(&self) -> usize {
        self.service.as_ref().map_or(0, Service::open)
    }

    fn call(&mut self, now: Time, call: ServerCall) {
        match call {
            ServerCall::Reply { ticket, outcome } => {
                if let Some(service) = &mut self.service {
                    service.replied(now, &mut self.post, ticket, outcome);
                }
            }
            ServerCall::Stop { call } => {
                self.close(
                    now,
                    if self.leaving {
                        Ok(())
                    } else {
                        Err(err!(Closed, "told to end before the workers were done"))
                    },
                );
                self.post.finish(call, Ok(Outcome::Closed));
            }
        }
    }

    // ---- what arrives ----

    fn arrived(&mut self, now: Time, from: Sender, frames: &Frames) {
        let Some(message) = self.post.receive(now, from, frames) else { return };
        let Some(from) = from.node() else { return };
        match message {
            Message::NodeList(list) => self.listed(now, &list),
            Message::Barrier(barrier) => {
                let ended = self.barriers.answered(&self.post, &barrier);
                self.met(now, ended);
            }
            Message::Heartbeat(heartbeat) => {
                if let Some(pulse) = &mut self.pulse {
                    let turns = pulse.heard(now, &mut self.post, &heartbeat);
                    self.turned(now, &turns);
                }
            }
            Message::Command(_) | Message::Data(_) => self.asked(now, from, message),
            Message::Ack(_) | Message::Terminate => {}
        }
    }

    fn asked(&mut self, now: Time, from: NodeId, message: Message) {
        let stop = matches!(&message, Message::Command(command)
            if command.command() == wire::Command::StopServer
                && command.direction == Direction::Request
                && !command.extension.flags.has(Flags::QUERY));
        let Some(service) = &mut self.service else { return };
        service.arrived(now, &mut self.post, from, message);
        if stop {
            self.leave(now);
        }
    }

    fn listed(&mut self, now: Time, list: &NodeList) {
        match self.join.listed(now, &mut self.post, list) {
            Err(error) => self.close(now, Err(error)),
            Ok(Some(placed)) => self.placed(now, &placed),
            Ok(None) if self.post.id().is_some() && !list.extension.flags.has(Flags::PARTIAL) => {
                self.news(now, list);
            }
            Ok(None) => {}
        }
    }

    fn placed(&mut self, now: Time, placed: &Placed) {
        let space = match KeySpace::new(self.post.settings.servers, u64::MAX) {
            Ok(space) => space,
            Err(error) => return self.close(now, Err(error)),
        };
        self.pulse = Some(Pulse::new(now, &self.post));
        let rank = placed.id.rank();
        let range = space.range(rank);
        self.service = Some(Service::new(range));
        let workers = self.post.members.participants(Audience::Group(Group::WORKERS)).collect();
        let servers = self.post.settings.servers;
        self.post.host(HostCall::Start(ShardInfo { rank, range, servers, workers }));
        if placed.rejoined {
            self.met(now, vec![(Purpose::Start(MINE), Ok(()))]);
        } else {
            self.wait(now, Purpose::Start(MINE), false, self.post.settings.timing.start);
        }
    }

    fn news(&mut self, now: Time, list: &NodeList) {
        for entry in &list.nodes {
            let Some(Change::Replaced(id)) = self.post.learn(entry, true, now) else { continue };
            let description = self.post.members.describe(id);
            self.post.notice(Notice::Back { id, description });
            self.losses.forget(id);
            if let Some(service) = &mut self.service {
                service.succeed(id);
            }
            self.tell_host(id, HostCall::WorkerSucceeded);
        }
        confirm(now, &mut self.post, list);
    }

    // ---- what changes by itself ----

    fn tick(&mut self, now: Time) {
        for (_, _, result) in self.join.tick(now, &mut self.post) {
            if let Err(error) = result {
                return self.close(now, Err(error));
            }
        }
        // A peer that acknowledges nothing is dead soon; until then its answers are lost anyway.
        self.post.tick(now);
        if let Some(pulse) = &mut self.pulse {
            let turns = pulse.tick(now, &mut self.post);
            self.turned(now, &turns);
        }
        if self.losses.wake_at() <= now {
            self.look_for_losses(now);
        }
        let ended = self.barriers.tick(now, &mut self.post);
        self.met(now, ended);
        if self.abandoned_at() <= now {
            let error = err!(PeerLost, "the scheduler is dead and no worker has been heard of since long");
            self.close(now, Err(error));
        }
    }

    /// Without a scheduler nobody can say that the job is over; without workers it is.
    fn abandoned_at(&self) -> Time {
        let patience = self.post.settings.timing.abandon;
        let scheduler = self.post.members.get(NodeId::SCHEDULER);
        if self.closed || !scheduler.is_some_and(|scheduler| scheduler.state == NodeState::Dead) {
            return Time::NEVER;
        }
        let heard = self.post.members.iter().map(|member| member.heard).max().unwrap_or_default();
        heard.after(patience)
    }

    fn turned(&mut self, now: Time, turns: &[Turn]) {
        if turns.contains(&Turn::Over) {
            self.leave(now);
        }
        if !turns.is_empty() {
            self.look_for_losses(now);
        }
    }

    fn look_for_losses(&mut self, now: Time) {
        for loss in self.losses.look(now, &self.post) {
            match loss {
                Loss::Lost(NodeId::SCHEDULER, why) => {
                    let ended = self.barriers.fail(&why);
                    self.met(now, ended);
                }
                Loss::Lost(id, why) => self.tell_host(id, |worker| HostCall::WorkerLost(worker, why.clone())),
                Loss::Left(id) => self.tell_host(id, HostCall::WorkerLeft),
                Loss::Regained(id) => self.tell_host(id, HostCall::WorkerBack),
            }
        }
    }

    fn tell_host(&mut self, id: NodeId, call: impl Fn(Participant) -> HostCall) {
        if id.role() == Role::Worker && self.service.is_some() {
            let stores: Vec<_> = self.post.members.participants(Audience::Node(id)).collect();
            for worker in stores {
                self.post.host(call(worker));
            }
        }
    }

    // ---- barriers and leaving ----

    fn wait(&mut self, now: Time, purpose: Purpose, exit: bool, wait: Duration) {
        let everybody = (MINE, Audience::Group(Group::EVERYBODY), exit);
        if let Some(ended) = self.barriers.begin(now, &mut self.post, purpose, everybody, wait) {
            self.met(now, vec![ended]);
        }
    }

    fn met(&mut self, now: Time, ended: Vec<super::barrier_call::Ended>) {
        for (purpose, result) in ended {
            match (purpose, result) {
                (Purpose::Start(channel), Ok(())) => {
                    self.join.met(channel);
                    if let Some(id) = self.post.id() {
                        let rejoined = self.join.rejoined();
                        self.post.notice(Notice::Joined { id, rejoined });
                    }
                }
                (_, Err(error)) => self.close(now, Err(error)),
                (_, Ok(())) => self.close(now, Ok(())),
            }
        }
    }

    /// The job is over; wait for the others to know.
    fn leave(&mut self, now: Time) {
        if std::mem::replace(&mut self.leaving, true) || self.closed {
            return;
        }
        self.wait(now, Purpose::Exit(MINE), true, self.post.settings.timing.shutdown);
    }

    fn close(&mut self, now: Time, result: Result<(), Error>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        if self.post.is_ours(NodeId::SCHEDULER) {
            let mine = vec![self.post.my_entry(MINE)];
            self.post.heartbeat(now, mine, Flags::LEAVING);
        }
        if self.service.is_some() {
            self.post.host(HostCall::Stop);
        }
        self.post.close(result);
    }
}

impl Machine for Server {
    type Call = ServerCall;

    fn step(&mut self, now: Time, event: Event<ServerCall>) -> Vec<Command> {
        self.post.wake(now);
        if self.closed {
            // What the host still answers arrives at nobody.
            if let Event::Call(ServerCall::Stop { call }) = event {
                self.post.finish(call, Ok(Outcome::Closed));
            }
            return self.post.take();
        }
        match event {
            Event::Start => {
                if let Some((_, _, Err(error))) = self.join.begin(now, &mut self.post, MINE, None) {
                    self.close(now, Err(error));
                }
            }
            Event::Call(call) => self.call(now, call),
            Event::Tick => {}
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
            self.post.redelivery.wake_at(),
            self.losses.wake_at(),
            self.post.nap(),
            pulse,
            self.abandoned_at(),
        ];
        parts.into_iter().min().filter(|wake| *wake != Time::NEVER)
    }
}
