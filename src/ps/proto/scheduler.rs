//! The scheduler: numbers the nodes, keeps the barriers, watches who is alive.
//!
//! ```text
//!  Collecting --all registered--> Running --last barrier--> Leaving --> closed
//! ```

use super::barrier::{Arrived, Barriers};
use super::event::{CallId, Command, Event, Machine, Notice, Outcome};
use super::liveness::{Turn, Watch};
use super::post::Post;
use super::refusal::Refusal;
use super::registry::{Registered, Registry};
use super::settings::Settings;
use super::status::StartStatus;
use super::time::Time;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::{Audience, Channel, Group, NodeId, RequestId, Role, Sender};
use crate::ps::node::Participant;
use crate::ps::transport::Peer;
use crate::ps::wire::{
    Barrier, Capabilities, Direction, Endpoint, Extension, Flags, Frames, Heartbeat, Message, NodeEntry,
    NodeList, NodeState, WireError,
};
use std::collections::BTreeSet;
use std::time::Duration;

const ALL: Audience = Audience::Group(Group::EVERYBODY);

/// Links to nodes without an id, beyond the size of the cluster.
const MOST_GUESTS: usize = 64;

#[derive(Debug)]
pub enum SchedulerCall {
    /// Leave now, without waiting for anybody. Ends with [`Outcome::Closed`]; the node ends with an error unless
    /// the job is over.
    Stop { call: CallId },
}

/// A successor that the others have to hear of, and then it of them.
#[derive(Debug)]
struct News {
    entry: NodeEntry,
    /// Our own nodes that have not confirmed yet.
    unconfirmed: BTreeSet<NodeId>,
    repeat: Time,
    /// The successor gets its list when all have confirmed, or now.
    patience: Time,
    listed: bool,
}

#[derive(Debug)]
pub struct Scheduler {
    post: Post,
    registry: Registry,
    watch: Watch,
    barriers: Barriers,
    news: Vec<News>,
    /// Nodes without an id that a link was set up to.
    guests: BTreeSet<Endpoint>,
    /// With resending on: when to call those who wait for a place, because a node that has not heard anything
    /// from a scheduler of ours does not repeat its registration then.
    call_out: Time,
    since: Time,
    progress: Time,
    /// The job is over, whether or not everybody has said so; since when.
    over: Option<Time>,
    /// Everybody was told that it is over; when to leave at the latest.
    leaving: Option<Time>,
    /// The time of the last step.
    looked: Time,
    closed: bool,
}

impl Scheduler {
    pub fn new(settings: Settings) -> Self {
        let registry = Registry::new(settings.workers, settings.servers);
        Scheduler {
            post: Post::new(settings),
            registry,
            watch: Watch::default(),
            barriers: Barriers::default(),
            news: Vec::new(),
            guests: BTreeSet::new(),
            call_out: Time::NEVER,
            since: Time::START,
            progress: Time::NEVER,
            over: None,
            leaving: None,
            looked: Time::START,
            closed: false,
        }
    }

    pub fn post(&self) -> &Post {
        &self.post
    }

    pub fn status(&self, now: Time) -> StartStatus {
        let settings = &self.post.settings;
        let all = self.registry.guests().chain(self.registry.list().into_iter().flatten());
        StartStatus {
            role: Role::Scheduler,
            scheduler: settings.scheduler.clone(),
            waited: now.since(self.since),
            joined: Some(all.map(|entry| (entry.role, entry.endpoint.clone())).collect()),
            workers: settings.workers,
            servers: settings.servers,
            complete: self.registry.list().is_some(),
            remark: None,
        }
    }

    fn start(&mut self, now: Time) {
        let generation = crate::ps::id::Generation(0);
        self.post.become_node(NodeId::SCHEDULER, generation);
        self.since = now;
        self.progress = now.after(self.post.settings.timing.progress);
    }

    // ---- what arrives ----

    fn arrived(&mut self, now: Time, from: Sender, frames: &Frames) {
        self.tell_if_replaced(from, frames);
        let Some(message) = self.post.receive(now, from, frames) else { return };
        match (from.node(), message) {
            (None, Message::NodeList(list)) => {
                if let Some(entry) = list.nodes.into_iter().next() {
                    self.registers(now, entry);
                }
            }
            (None, Message::Heartbeat(heartbeat)) => {
                if let Some(entry) = heartbeat.extension.joining {
                    self.registers(now, *entry);
                }
            }
            (Some(id), Message::Barrier(barrier)) => self.barrier(now, id, &barrier),
            (Some(id), Message::Heartbeat(heartbeat)) => self.heartbeat(now, id, &heartbeat),
            _ => {}
        }
    }

    /// A node that was taken for dead, and whose place is taken, may only have been paused.
    fn tell_if_replaced(&mut self, from: Sender, frames: &Frames) {
        let Sender::Node(id, generation) = from else { return };
        let Some(member) = self.post.members.get(id).filter(|member| generation < member.generation) else {
            return;
        };
        if !member.is_ours() {
            return;
        }
        let error = err!(PeerLost, "another process has taken the place of {id}: {member}");
        let Ok(Message::Heartbeat(Heartbeat { nodes, .. })) = Message::decode(frames) else { return };
        if let Some(entry) = nodes.into_iter().next().filter(|entry| entry.id == Some(id)) {
            self.turn_away(&entry, &error);
        }
    }

    // ---- registration ----

    fn registers(&mut self, now: Time, entry: NodeEntry) {
        if self.post.redelivery.is_on() {
            self.call_out = self.call_out.min(now.after(self.post.settings.timing.repeat));
        }
        if entry.role == Role::Scheduler || entry.id.is_some() || entry.endpoint.port == 0 {
            let error = err!(Protocol, "a registration as {} at {}", entry.role, entry.endpoint);
            return self.post.refuse(Sender::Anonymous, Refusal::NotAllowed, error);
        }
        if self.leaving.is_some() {
            return self.turn_away(&entry, &err!(Closed, "the job is over"));
        }
        let timing = &self.post.settings.timing;
        let patience = timing.dead_after + timing.dead_after_stock.unwrap_or_default() + timing.rejoin;
        let members = &self.post.members;
        let vacant = |id| members.get(id).is_some_and(|member| member.state != NodeState::Alive);
        match self.registry.register(now, entry.clone(), patience, vacant) {
            Registered::Noted | Registered::Known => self.tell_progress(&entry, None),
            Registered::Parked(why) => self.tell_progress(&entry, Some(why)),
            Registered::Outdated => self.post.counters.duplicates += 1,
            Registered::Complete => self.complete(now),
            Registered::Member(id) => {
                // Unless it has to wait until the others have heard of it.
                if !self.news.iter().any(|news| news.entry.id == Some(id) && !news.listed) {
                    self.send_list(now, id);
                }
            }
            Registered::Successor(entry) => self.succeed(now, entry),
        }
    }

    fn complete(&mut self, now: Time) {
        for endpoint in std::mem::take(&mut self.guests) {
            self.post.disconnect(Peer::Guest(endpoint));
        }
        let mut all = self.registry.list().unwrap_or_default().to_vec();
        all.push(self.post.my_entry(Channel(0)));
        for entry in &all {
            self.post.learn(entry, false, now);
        }
        let nodes: Vec<_> =
            self.post.members.iter().map(|member| member.id).filter(|id| *id != NodeId::SCHEDULER).collect();
        for id in nodes {
            self.send_list(now, id);
        }
    }

    fn full_list(&self) -> Vec<NodeEntry> {
        let mut nodes = self.registry.list().unwrap_or_default().to_vec();
        nodes.push(self.post.my_entry(Channel(0)));
        nodes
    }

    fn send_list(&mut self, now: Time, to: NodeId) {
        let nodes = self.full_list();
        let list = self.post.node_list(nodes, Flags::NONE);
        self.post.send(now, to, &list);
    }

    /// A link to a node that has no id. Only our own nodes get anything before the full list.
    fn welcome(&mut self, entry: &NodeEntry) -> Option<Peer> {
        if !entry.extension.capabilities.has(Capabilities::MXKV) {
            return None;
        }
        let peer = Peer::Guest(entry.endpoint.clone());
        if !self.guests.contains(&entry.endpoint) {
            // Strangers must not use up the links; whoever is cut off here is called again when it repeats itself.
            if self.guests.len()
                >= MOST_GUESTS + (self.post.settings.workers + self.post.settings.servers) as usize
                && let Some(other) = self.guests.pop_first()
            {
                self.post.disconnect(Peer::Guest(other));
            }
            self.guests.insert(entry.endpoint.clone());
            self.post.connect_to(peer.clone(), entry.endpoint.clone());
        }
        Some(peer)
    }

    fn tell_progress(&mut self, entry: &NodeEntry, remark: Option<String>) {
        let Some(peer) = self.welcome(entry) else { return };
        let mut nodes: Vec<_> = match self.registry.list() {
            Some(list) => list.to_vec(),
            None => self.registry.guests().cloned().collect(),
        };
        nodes.push(self.post.my_entry(Channel(0)));
        let error = remark.map(|text| WireError { kind: crate::base::ErrorKind::Timeout, text });
        let extension = Extension { flags: Flags::PARTIAL, error, ..Extension::default() };
        let request = self.post.number();
        self.post.send_raw(peer, &Message::NodeList(NodeList { request, nodes, extension }));
    }

    fn turn_away(&mut self, entry: &NodeEntry, why: &Error) {
        let Some(peer) = self.welcome(entry) else { return };
        let request = self.post.number();
        let list = NodeList { request, nodes: vec![entry.clone()], extension: Extension::error(why) };
        self.post.send_raw(peer, &Message::NodeList(list));
    }

    /// A node took the place of a dead one: tell the others first, so that they do not refuse what it sends.
    fn succeed(&mut self, now: Time, entry: NodeEntry) {
        let Some(id) = entry.id else { return };
        if self.guests.remove(&entry.endpoint) {
            self.post.disconnect(Peer::Guest(entry.endpoint.clone()));
        }
        self.post.learn(&entry, true, now);
        self.watch.forget(id);
        self.barriers.succeed(id, &self.post.members);
        let description = self.post.members.describe(id);
        self.post.notice(Notice::Back { id, description });
        self.news.retain(|news| news.entry.id != Some(id));
        for news in &mut self.news {
            news.unconfirmed.remove(&id);
        }
        let others = self.post.members.iter().filter(|member| {
            member.id != id && member.id != NodeId::SCHEDULER && member.state != NodeState::Left
        });
        let (ours, stock): (Vec<_>, Vec<_>) = others.partition(|member| member.is_ours());
        let unconfirmed = ours.iter().map(|member| member.id).collect();
        let stock: Vec<_> = stock.iter().map(|member| member.id).collect();
        for other in stock {
            let notice = self.post.node_list(vec![entry.clone()], Flags::NONE);
            self.post.send(now, other, &notice);
        }
        let patience = now.after(self.post.settings.timing.repeat * 3);
        self.news.push(News { entry, unconfirmed, repeat: now, patience, listed: false });
        self.spread(now);
    }

    /// Sends news to those who have not confirmed, and the list to successors everybody knows of.
    fn spread(&mut self, now: Time) {
        let repeat = now.after(self.post.settings.timing.repeat);
        for mut news in std::mem::take(&mut self.news) {
            let alive = |id: &&NodeId| {
                self.post.members.get(**id).is_some_and(|member| member.state == NodeState::Alive)
            };
            let waiting: Vec<NodeId> = news.unconfirmed.iter().filter(alive).copied().collect();
            if news.repeat <= now {
                news.repeat = repeat;
                for other in &waiting {
                    let notice = self.post.node_list(vec![news.entry.clone()], Flags::NONE);
                    self.post.send(now, *other, &notice);
                }
            }
            let ready = !news.listed && (waiting.is_empty() || news.patience <= now);
            if let Some(id) = news.entry.id.filter(|_| ready) {
                news.listed = true;
                self.send_list(now, id);
            }
            if !news.listed || !news.unconfirmed.is_empty() {
                self.news.push(news);
            }
        }
    }

    // ---- liveness ----

    fn heartbeat(&mut self, now: Time, from: NodeId, heartbeat: &Heartbeat) {
        self.watch.beat(from);
        let flags = heartbeat.extension.flags;
        if flags.has(Flags::CONFIRM) {
            for news in &mut self.news {
                let known = |entry: &NodeEntry| {
                    entry.id == news.entry.id && entry.extension.generation == news.entry.extension.generation
                };
                if heartbeat.nodes.iter().any(known) {
                    news.unconfirmed.remove(&from);
                }
            }
            return self.spread(now);
        }
        if flags.has(Flags::LEAVING) {
            let left =
                self.post.members.get_mut(from).is_some_and(|member| member.set_state(NodeState::Left, now));
            if left {
                self.post.notice(Notice::Left { id: from });
                for news in &mut self.news {
                    news.unconfirmed.remove(&from);
                }
                self.tell_all(now);
            }
            return;
        }
        self.answer_heartbeat(now, from);
    }

    fn answer_heartbeat(&mut self, now: Time, to: NodeId) {
        let mut nodes = vec![self.post.my_entry(Channel(0))];
        let mut extension = Extension::default();
        if self.post.is_ours(to) {
            nodes.extend(self.watch.report(now, &self.post));
            if self.over.is_some() {
                extension.flags = Flags::LEAVING;
            }
        }
        let request = self.post.number();
        self.post.send(now, to, &Message::Heartbeat(Heartbeat { request, nodes, extension }));
    }

    /// Our own nodes learn at once what they would learn with their next heartbeat.
    fn tell_all(&mut self, now: Time) {
        let there = self.post.members.iter().filter(|member| {
            member.is_ours() && member.id != NodeId::SCHEDULER && member.state == NodeState::Alive
        });
        let there: Vec<_> = there.map(|member| member.id).collect();
        for id in there {
            self.answer_heartbeat(now, id);
        }
    }

    // ---- barriers ----

    fn barrier(&mut self, now: Time, from: NodeId, barrier: &Barrier) {
        let audience = barrier.audience().filter(|audience| audience.has(from));
        let who = self.participant(from, barrier.channel);
        let (Some(audience), Some(who)) = (audience, who) else {
            let error = err!(
                Protocol,
                "barrier: {from} (channel {}) is not one of group {}",
                barrier.channel.0,
                barrier.group
            );
            let sender = Sender::Node(from, crate::ps::id::Generation(0));
            self.post.refuse(sender, Refusal::NotAllowed, error.clone());
            let audience = barrier.audience().unwrap_or(ALL);
            let who = Participant { node: from, channel: barrier.channel };
            return self.answer_barrier(now, who, audience, barrier.request, Flags::NONE, Some(&error));
        };
        let (ours, exit) = (self.post.is_ours(from), barrier.extension.flags.has(Flags::EXIT));
        let numbered = ours || self.post.redelivery.is_on();
        match self.barriers.arrive(who, audience, barrier.request, exit, numbered) {
            Arrived::Counted => {}
            Arrived::Again => {
                self.post.counters.duplicates += 1;
                let missing = self.missing(now, audience);
                let error = err!(Timeout, "{missing}");
                self.answer_barrier(now, who, audience, barrier.request, Flags::PARTIAL, Some(&error));
            }
            Arrived::Released => {
                self.post.counters.duplicates += 1;
                self.answer_barrier(now, who, audience, barrier.request, Flags::NONE, None);
            }
            Arrived::Outdated => self.post.counters.duplicates += 1,
        }
    }

    fn participant(&self, node: NodeId, channel: Channel) -> Option<Participant> {
        let member = self.post.members.get(node)?;
        let channel = match member.channels.as_slice() {
            [only] => *only,
            all => *all.iter().find(|known| **known == channel)?,
        };
        Some(Participant { node, channel })
    }

    fn missing(&self, now: Time, audience: Audience) -> String {
        let grace = self.post.settings.timing.rejoin;
        let missing = self.barriers.missing(audience, &self.post.members, grace, now);
        let names: Vec<_> = missing.map(|who| self.post.members.describe(who.node)).collect();
        format!("waiting for {}", names.join(", "))
    }

    /// Answers one arrival; nodes of ours only.
    fn answer_barrier(
        &mut self,
        now: Time,
        who: Participant,
        audience: Audience,
        request: RequestId,
        flags: Flags,
        error: Option<&Error>,
    ) {
        if !self.post.is_ours(who.node) {
            return;
        }
        let error = error.map(WireError::from);
        let extension = Extension { answers: Some(request), flags, error, ..Extension::default() };
        self.send_release(now, who.node, who.channel, audience, extension);
    }

    fn send_release(
        &mut self,
        now: Time,
        to: NodeId,
        channel: Channel,
        audience: Audience,
        extension: Extension,
    ) {
        let (direction, group) = (Direction::Response, audience.to_wire());
        let request = self.post.number();
        self.post.send(now, to, &Message::Barrier(Barrier { direction, group, channel, request, extension }));
    }

    fn open_barriers(&mut self, now: Time) {
        let grace = self.post.settings.timing.rejoin;
        for opened in self.barriers.open(&self.post.members, grace, now) {
            let mut told = BTreeSet::new();
            for (who, request) in opened.arrived {
                if self.post.is_ours(who.node) {
                    self.answer_barrier(now, who, opened.audience, request, Flags::NONE, None);
                } else if told.insert(who.node) {
                    // One release is for all stores of an MXNet process.
                    self.send_release(now, who.node, who.channel, opened.audience, Extension::default());
                }
            }
            if opened.last {
                self.leaving = Some(now.after(self.post.settings.timing.linger));
            } else if opened.audience == ALL {
                self.progress = Time::NEVER;
                self.post.notice(Notice::Joined { id: NodeId::SCHEDULER, rejoined: false });
            }
        }
        let members = &self.post.members;
        let can_hear = |id| members.get(id).is_some_and(|member| member.is_ours());
        let failed = self.barriers.fail(members, grace, now, can_hear);
        for (who, audience, request, error) in failed {
            self.answer_barrier(now, who, audience, request, Flags::NONE, Some(&error));
        }
    }

    // ---- what changes by itself ----

    fn tick(&mut self, now: Time) {
        self.looked = now;
        self.post.tick(now);
        if self.registry.list().is_none() {
            self.collecting(now);
        } else {
            self.running(now);
        }
        if self.call_out <= now {
            self.call_guests(now);
        }
        if self.progress <= now {
            self.progress = now.after(self.post.settings.timing.progress);
            let status = self.status(now);
            self.post.notice(Notice::Starting(status));
        }
    }

    fn call_guests(&mut self, now: Time) {
        let waiting: Vec<_> = self.registry.guests().cloned().collect();
        self.call_out =
            if waiting.is_empty() { Time::NEVER } else { now.after(self.post.settings.timing.repeat) };
        for entry in waiting {
            self.tell_progress(&entry, None);
        }
    }

    fn collecting(&mut self, now: Time) {
        let timing = self.post.settings.timing;
        for entry in self.registry.drop_silent(now, silent_guest(&timing)) {
            if self.guests.remove(&entry.endpoint) {
                self.post.disconnect(Peer::Guest(entry.endpoint));
            }
        }
        if self.since.after(timing.start) <= now {
            let error = err!(Timeout, "start: {}", self.status(now));
            for entry in self.registry.guests().cloned().collect::<Vec<_>>() {
                self.turn_away(&entry, &error);
            }
            self.close(Err(error));
        }
    }

    fn running(&mut self, now: Time) {
        let turns = self.watch.look(now, &mut self.post);
        if turns.iter().any(|turn| matches!(turn, Turn::Died(_))) {
            self.admit(now);
        }
        if !turns.is_empty() {
            self.tell_all(now);
        }
        for entry in self.registry.send_away(now) {
            let role = entry.role;
            self.turn_away(&entry, &err!(Timeout, "the cluster is complete and no {role} has died"));
        }
        if self.news.iter().any(|news| news.repeat <= now || (!news.listed && news.patience <= now)) {
            self.spread(now);
        }
        self.open_barriers(now);
        self.look_whether_over(now);
        if let Some(deadline) = self.leaving {
            let left = |member: &super::membership::Member| {
                member.id == NodeId::SCHEDULER || (member.is_ours() && member.state == NodeState::Left)
            };
            if deadline <= now || self.post.members.iter().all(left) {
                self.close(Ok(()));
            }
        }
    }

    fn admit(&mut self, now: Time) {
        let members = &self.post.members;
        let vacant = |id| members.get(id).is_some_and(|member| member.state != NodeState::Alive);
        for entry in self.registry.admit(now, vacant) {
            self.succeed(now, entry);
        }
    }

    /// The job is over when no worker has anything left to do; the servers may not have been told by anybody.
    fn look_whether_over(&mut self, now: Time) {
        if self.leaving.is_some() {
            return;
        }
        if let Some(since) = self.over {
            if since.after(self.post.settings.timing.shutdown) <= now {
                self.leaving = Some(now);
            }
            return;
        }
        if self.idle_at(now) <= now {
            self.over = Some(now);
            self.tell_all(now);
        }
    }

    /// When the job is over unless something happens: now, if all workers that are not dead are done; later, if
    /// all are dead and might come back.
    fn idle_at(&self, now: Time) -> Time {
        let grace = self.post.settings.timing.rejoin;
        let mut done = false;
        let mut last_death = Time::START;
        for who in self.post.members.participants(Audience::Group(Group::WORKERS)) {
            let Some(member) = self.post.members.get(who.node) else { continue };
            if member.state == NodeState::Left || self.barriers.is_leaving(who) {
                done = true;
            } else if member.state == NodeState::Dead {
                last_death = last_death.max(member.since);
            } else {
                return Time::NEVER;
            }
        }
        let wait = if done { grace } else { self.post.settings.timing.abandon };
        if last_death == Time::START && done { now } else { last_death.after(wait) }
    }

    fn close(&mut self, result: Result<()>) {
        if !std::mem::replace(&mut self.closed, true) {
            self.post.close(result);
        }
    }

    fn next_tick(&self) -> Time {
        let timing = &self.post.settings.timing;
        let mut wake = self.progress.min(self.call_out).min(self.post.redelivery.wake_at());
        if self.registry.list().is_none() {
            let start = self.since.after(timing.start);
            return wake.min(start).min(self.registry.wake_at(silent_guest(timing)));
        }
        wake = wake
            .min(self.watch.wake_at(&self.post))
            .min(self.registry.wake_at(Duration::ZERO))
            .min(self.post.nap());
        for news in &self.news {
            wake = wake.min(news.repeat);
            if !news.listed {
                wake = wake.min(news.patience);
            }
        }
        let grace = timing.rejoin;
        for member in self.post.members.iter() {
            let lost = member.lost_at(grace);
            if lost > self.looked {
                wake = wake.min(lost);
            }
        }
        if let Some(deadline) = self.leaving {
            return wake.min(deadline);
        }
        match self.over {
            Some(since) => wake.min(since.after(timing.shutdown)),
            None => wake.min(self.idle_at(self.looked)),
        }
    }
}

/// A node of ours repeats its registration until it is answered with the full list.
fn silent_guest(timing: &super::settings::Timing) -> Duration {
    timing.dead_after.max(timing.repeat * 4)
}

impl Machine for Scheduler {
    type Call = SchedulerCall;

    fn step(&mut self, now: Time, event: Event<SchedulerCall>) -> Vec<Command> {
        self.post.wake(now);
        match event {
            Event::Call(SchedulerCall::Stop { call }) => {
                self.close(if self.leaving.is_some() {
                    Ok(())
                } else {
                    Err(err!(Closed, "told to end before the workers were done"))
                });
                self.post.finish(call, Ok(Outcome::Closed));
            }
            _ if self.closed => {}
            Event::Start => self.start(now),
            Event::Tick => {}
            Event::Arrived { from, frames } => self.arrived(now, from, &frames),
        }
        if !self.closed {
            self.tick(now);
        }
        self.post.take()
    }

    fn wake_at(&self) -> Option<Time> {
        let wake = if self.closed { Time::NEVER } else { self.next_tick() };
        (wake != Time::NEVER).then_some(wake)
    }
}
