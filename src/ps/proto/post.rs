//! The part of every node that handles single messages: numbering, encoding and addressing on the way out;
//! decoding, checking and acknowledging on the way in. Here strangers are refused and counted.

use super::dedup::Window;
use super::event::{CallId, Command, HostCall, Notice, Outcome};
use super::membership::{Change, Member, Members};
use super::redelivery::Redelivery;
use super::refusal::{Counters, Refusal};
use super::settings::Settings;
use super::time::Time;
use crate::base::{Error, Result};
use crate::err;
use crate::ps::id::{Channel, EMPTY, Generation, NodeId, RequestId, Role, Sender};
use crate::ps::transport::Peer;
use crate::ps::wire::{
    Barrier, Direction, Endpoint, Flags, Frames, Heartbeat, Message, NodeEntry, NodeExtension, NodeList,
    NodeState, Signature,
};
use std::collections::BTreeMap;

/// The newest refusals are told one by one, up to this many; after that the counters have to do.
const REFUSALS_TOLD: u64 = 20;

#[derive(Debug)]
pub struct Post {
    pub settings: Settings,
    pub members: Members,
    pub counters: Counters,
    pub redelivery: Redelivery,
    id: Option<NodeId>,
    generation: Generation,
    /// One counter for all control messages of the process.
    control: RequestId,
    /// Barrier messages seen, by sender and its life.
    seen: BTreeMap<(NodeId, u32), Window>,
    out: Vec<Command>,
    /// The time of the last step.
    awake: Time,
}

impl Post {
    pub fn new(settings: Settings) -> Self {
        let redelivery = Redelivery::new(settings.timing.resend);
        Post {
            settings,
            members: Members::default(),
            counters: Counters::default(),
            redelivery,
            id: None,
            generation: Generation(0),
            control: RequestId(0),
            seen: BTreeMap::new(),
            out: Vec::new(),
            awake: Time::START,
        }
    }

    pub fn id(&self) -> Option<NodeId> {
        self.id
    }

    /// From now on this node is `id`.
    pub fn become_node(&mut self, id: NodeId, generation: Generation) {
        (self.id, self.generation) = (Some(id), generation);
    }

    /// Comes first in every step. If this node has not run for long, it was stopped itself: what it has not
    /// heard meanwhile says nothing about the others.
    pub fn wake(&mut self, now: Time) {
        let gap = now.since(self.awake);
        self.awake = now;
        if gap > self.settings.timing.dead_after / 2 {
            for member in self.members.iter_mut() {
                member.heard = member.heard.after(gap);
                if member.state == NodeState::Dead {
                    member.since = member.since.after(gap);
                }
            }
        }
    }

    /// A node that watches others has to run at least this often to tell its own sleep from their silence.
    pub fn nap(&self) -> Time {
        if self.members.is_empty() {
            Time::NEVER
        } else {
            self.awake.after(self.settings.timing.dead_after / 4)
        }
    }

    /// The commands of one step.
    pub fn take(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.out)
    }

    pub fn finish(&mut self, call: CallId, result: Result<Outcome>) {
        self.out.push(Command::Finished { call, result });
    }

    pub fn host(&mut self, call: HostCall) {
        self.out.push(Command::Host(call));
    }

    pub fn notice(&mut self, notice: Notice) {
        self.out.push(Command::Notice(notice));
    }

    pub fn close(&mut self, result: Result<()>) {
        self.out.push(Command::Close { linger: self.settings.timing.linger, result });
    }

    /// This node's line in a node list.
    pub fn my_entry(&self, channel: Channel) -> NodeEntry {
        NodeEntry {
            role: self.settings.role,
            id: self.id,
            endpoint: self.settings.endpoint.clone(),
            rejoin: false,
            channel,
            extension: NodeExtension {
                capabilities: self.settings.capabilities,
                nonce: self.settings.nonce,
                generation: self.generation,
                state: NodeState::Alive,
                silence: std::time::Duration::ZERO,
            },
        }
    }

    /// The number for the next control message.
    pub fn number(&mut self) -> RequestId {
        let number = self.control;
        self.control = number.next();
        number
    }

    /// Whether the nodes understands our extensions.
    pub fn is_ours(&self, id: NodeId) -> bool {
        self.members.get(id).is_some_and(Member::is_ours)
    }

    // ---- out ----

    pub fn connect(&mut self, id: NodeId) {
        let Some(member) = self.members.get(id) else { return };
        let me = self.id.map_or(Sender::Anonymous, |id| Sender::Node(id, self.generation));
        let identity = if member.is_ours() { me.identity() } else { me.stock_identity() };
        let endpoint = member.endpoint.clone();
        self.out.push(Command::Connect { peer: Peer::Node(id), endpoint, identity });
    }

    pub fn connect_to(&mut self, peer: Peer, endpoint: Endpoint) {
        let identity = self.id.map_or(Sender::Anonymous, |id| Sender::Node(id, self.generation)).identity();
        self.out.push(Command::Connect { peer, endpoint, identity });
    }

    pub fn disconnect(&mut self, peer: Peer) {
        self.out.push(Command::Disconnect { peer });
    }

    /// Sends to a member; what it needs to know about this node's abilities goes along.
    pub fn send(&mut self, now: Time, to: NodeId, message: &Message) {
        let frames = message.encode();
        let tracked = match message {
            Message::Ack(_) | Message::Terminate | Message::Heartbeat(_) => false,
            // MXNet's nodes acknowledge nothing before they have joined.
            Message::NodeList(_) => self.is_ours(to),
            _ => true,
        };
        if let (true, Some(me)) = (tracked && self.redelivery.is_on(), self.id) {
            let signature = signature(message, me, to);
            self.redelivery.sent(now, to, signature, frames.clone(), message.priority());
        }
        self.transmit(Peer::Node(to), frames, message.priority());
    }

    /// Sends to whoever listens behind a link, member or not.
    pub fn send_raw(&mut self, to: Peer, message: &Message) {
        self.transmit(to, message.encode(), message.priority());
    }

    fn transmit(&mut self, to: Peer, frames: Frames, priority: i32) {
        self.counters.sent += 1;
        self.counters.bytes_sent += frames.bytes() as u64;
        self.out.push(Command::Send { to, frames, priority });
    }

    /// Resends what is due; returns the peers that never answered.
    pub fn tick(&mut self, now: Time) -> Vec<NodeId> {
        let due = self.redelivery.tick(now);
        for (to, frames, priority) in due.resend {
            self.counters.resent += 1;
            self.transmit(Peer::Node(to), frames, priority);
        }
        due.given_up
    }

    // ---- in ----

    /// Takes one entry of a list from the scheduler and links to the node if this one has to talk to it.
    pub fn learn(&mut self, entry: &NodeEntry, news: bool, now: Time) -> Option<Change> {
        let mut entry = std::borrow::Cow::Borrowed(entry);
        if entry.role == Role::Scheduler && entry.endpoint != self.settings.scheduler {
            // The address that has been reached, not the one the scheduler knows itself by.
            entry.to_mut().endpoint = self.settings.scheduler.clone();
        }
        let change = self.members.learn(&entry, news, now)?;
        let (Change::New(id) | Change::Replaced(id)) = change;
        if let Change::Replaced(_) = change {
            self.redelivery.forget(id);
            self.seen.retain(|(of, _), _| *of != id);
        }
        let talks = match (self.settings.role, id.role()) {
            _ if Some(id) == self.id => false,
            (Role::Scheduler, _) | (_, Role::Scheduler) => true,
            (mine, other) => mine != other,
        };
        if talks {
            self.connect(id);
        }
        Some(change)
    }

    /// Decodes and checks a message. None: it was refused or needs nothing more. Acknowledgements are passed on
    /// as well; they also say that a request is being worked on.
    pub fn receive(&mut self, now: Time, from: Sender, frames: &Frames) -> Option<Message> {
        self.counters.received += 1;
        self.counters.bytes_received += frames.bytes() as u64;
        let message = match Message::decode(frames) {
            Ok(message) => message,
            Err(malformed) => {
                self.malformed(now, from, malformed);
                return None;
            }
        };
        let check = self.check(from, &message);
        if let Err((why, error)) = check {
            self.refuse(from, why, error);
            return None;
        }
        let Sender::Node(id, _) = from else { return Some(message) };
        let signature = self.id.map(|me| signature(&message, id, me));
        let Some(member) = self.members.get_mut(id) else { return Some(message) };
        member.heard = now;
        introduce(member, &message);
        let (life, ours) = (member.life, member.is_ours());
        if let Message::Ack(signature) = message {
            self.redelivery.acknowledged(id, signature);
            return Some(message);
        }
        if !self.redelivery.is_on() {
            return Some(message);
        }
        if let Some(signature) = signature {
            self.send(now, id, &Message::Ack(signature));
        }
        // Every other message may come twice, because its receiver knows it by its number or because it does
        // no harm. A release by MXNet's scheduler would open a barrier it is not meant for.
        if let Message::Barrier(Barrier { direction: Direction::Response, request, .. }) = &message
            && !ours
            && !self.seen.entry((id, life)).or_default().insert(*request)
        {
            self.counters.duplicates += 1;
            return None;
        }
        Some(message)
    }

    pub fn refuse(&mut self, from: Sender, why: Refusal, error: Error) {
        self.counters.refuse(why);
        if self.counters.refused(why) <= REFUSALS_TOLD {
            self.notice(Notice::Refused { from, why: error });
        }
    }

    fn malformed(&mut self, now: Time, from: Sender, malformed: crate::ps::wire::Malformed) {
        let error = malformed.error;
        if let (Sender::Node(id, generation), Some(reply)) = (from, malformed.reply) {
            let member = self.members.get(id).filter(|member| is_current(member, generation));
            if let Some(member) = member.filter(|member| may_talk(self.settings.role, member.id.role())) {
                let answer =
                    if member.is_ours() { Some(reply.error(&error)) } else { reply.refusal_to_stock() };
                if let Some(answer) = answer {
                    self.send(now, id, &answer);
                }
            }
        }
        let error = error.context(format!("from {from}"));
        self.refuse(from, Refusal::Malformed, error);
    }

    fn check(&self, from: Sender, message: &Message) -> Result<(), (Refusal, Error)> {
        if matches!(message, Message::Terminate) {
            return Err((Refusal::Terminate, err!(Auth, "TERMINATE from {from}")));
        }
        let role = self.settings.role;
        let Sender::Node(id, generation) = from else {
            let registers = match message {
                Message::NodeList(list) => list.nodes.len() == 1,
                Message::Heartbeat(heartbeat) => heartbeat.extension.joining.is_some(),
                _ => false,
            };
            return if role == Role::Scheduler && registers {
                Ok(())
            } else {
                Err((Refusal::Stranger, err!(Auth, "a message from {from}")))
            };
        };
        match self.members.get(id) {
            // Before the first list a node knows nobody but the scheduler.
            None if id == NodeId::SCHEDULER && role != Role::Scheduler && self.members.is_empty() => {}
            None => return Err((Refusal::Stranger, err!(Auth, "a message from {from}, who is no member"))),
            _ if Some(id) == self.id => {
                return Err((
                    Refusal::Stranger,
                    err!(Auth, "a message from {from}, which is this node's own id"),
                ));
            }
            Some(member) if member.is_ours() && generation < member.generation => {
                return Err((
                    Refusal::Stale,
                    err!(Auth, "a message from {from}, who was replaced by {member}"),
                ));
            }
            Some(member) if member.is_ours() && generation > member.generation => {
                return Err((Refusal::Early, err!(Auth, "a message from {from}, who is not announced yet")));
            }
            Some(_) => {}
        }
        if allowed(role, id.role(), message) {
            Ok(())
        } else {
            let kind = kind(message);
            Err((
                Refusal::NotAllowed,
                err!(Auth, "{kind} from {from}, which a {} may not send to a {role}", id.role()),
            ))
        }
    }

    /// Tells the scheduler something with a heartbeat: MXNet's takes it for nothing more than that.
    pub fn heartbeat(&mut self, now: Time, nodes: Vec<NodeEntry>, flags: Flags) {
        let request = self.number();
        let extension = crate::ps::wire::Extension::flags(flags);
        self.send(now, NodeId::SCHEDULER, &Message::Heartbeat(Heartbeat { request, nodes, extension }));
    }

    pub fn node_list(&mut self, nodes: Vec<NodeEntry>, flags: Flags) -> Message {
        let request = self.number();
        let extension = crate::ps::wire::Extension::flags(flags);
        Message::NodeList(NodeList { request, nodes, extension })
    }
}

fn is_current(member: &Member, generation: Generation) -> bool {
    !member.is_ours() || member.generation == generation
}

fn signature(message: &Message, from: NodeId, to: NodeId) -> Signature {
    let number = message.request().unwrap_or(RequestId(EMPTY));
    Signature::of(message.has_app(), from, to, number, message.direction() == Direction::Request)
}

/// Under MXNet's scheduler, which forwards no extensions, nodes learn about each other from messages.
fn introduce(member: &mut Member, message: &Message) {
    let extension = match message {
        Message::Command(command) => &command.extension,
        Message::Data(data) => &data.extension,
        _ => return,
    };
    member.capabilities = member.capabilities.and(extension.capabilities);
}

fn may_talk(mine: Role, other: Role) -> bool {
    mine != other
}

/// Who may send what to whom.
fn allowed(mine: Role, from: Role, message: &Message) -> bool {
    match (mine, from, message) {
        (_, _, Message::Ack(_)) => may_talk(mine, from),
        (Role::Scheduler, Role::Worker | Role::Server, Message::Barrier(barrier)) => {
            barrier.direction == Direction::Request
        }
        (Role::Scheduler, Role::Worker | Role::Server, Message::Heartbeat(_)) => true,
        (Role::Worker | Role::Server, Role::Scheduler, Message::Barrier(barrier)) => {
            barrier.direction == Direction::Response
        }
        (Role::Worker | Role::Server, Role::Scheduler, Message::NodeList(_) | Message::Heartbeat(_)) => true,
        (Role::Server, Role::Worker, Message::Command(_) | Message::Data(_)) => {
            message.direction() == Direction::Request
        }
        (Role::Worker, Role::Server, Message::Command(_) | Message::Data(_)) => {
            message.direction() == Direction::Response
        }
        _ => false,
    }
}

fn kind(message: &Message) -> &'static str {
    match message {
        Message::NodeList(_) => "a node list",
        Message::Barrier(_) => "a barrier message",
        Message::Heartbeat(_) => "a heartbeat",
        Message::Terminate => "TERMINATE",
        Message::Ack(_) => "an acknowledgement",
        Message::Command(_) => "a command",
        Message::Data(_) => "a data message",
    }
}
