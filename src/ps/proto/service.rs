//! A server's open requests: from the wire to the [`ShardHost`](crate::ps::node::ShardHost) and back.
//!
//! A request that arrives twice is acted on once. That needs a memory of what arrived, per store and life of the
//! sender; it is kept for senders that may send something twice, which are our own nodes and everybody under
//! `PS_RESEND`. (An MXNet node that was restarted begins to count at 0 again, and nothing in its messages
//! tells them from its predecessor's: without resending they must not be looked up.)

use super::dedup::Window;
use super::event::HostCall;
use super::membership::Member;
use super::post::Post;
use super::refusal::Refusal;
use super::time::Time;
use crate::base::{Error, Result};
use crate::ps::id::{Channel, Generation, NodeId, RequestId, Sender};
use crate::ps::keyspace::KeyRange;
use crate::ps::node::{Action, Answer, Participant, ShardRequest, Ticket};
use crate::ps::wire::{
    Capabilities, DataMessage, Direction, Extension, Flags, Message, Payload, ReplyTo, Signature, Verb,
    WireError,
};
use crate::{ensure, err};
use std::collections::{BTreeMap, VecDeque};

/// Failed requests of one store whose errors are kept for senders that did not get them.
const FAILURES: usize = 1024;

#[derive(Debug)]
struct Open {
    from: NodeId,
    life: u32,
    /// Under which the request is remembered; the channel as sent.
    channel: Channel,
    reply: ReplyTo,
}

/// What arrived from one store of one life of one worker.
#[derive(Debug, Default)]
struct Memory {
    seen: Window,
    open: BTreeMap<RequestId, Ticket>,
    failed: VecDeque<(RequestId, WireError)>,
}

#[derive(Debug)]
pub struct Service {
    range: KeyRange,
    next: u64,
    open: BTreeMap<Ticket, Open>,
    memory: BTreeMap<(NodeId, u32, Channel), Memory>,
}

impl Service {
    pub fn new(range: KeyRange) -> Self {
        Service { range, next: 0, open: BTreeMap::new(), memory: BTreeMap::new() }
    }

    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Another process has this id now.
    pub fn succeed(&mut self, id: NodeId) {
        self.memory.retain(|(of, ..), _| *of != id);
        self.open.retain(|_, open| open.from != id);
    }

    /// A request from a worker that is a member.
    pub fn arrived(&mut self, now: Time, post: &mut Post, from: NodeId, message: Message) {
        let Some(reply) = ReplyTo::from_message(&message) else { return };
        let Some(member) = post.members.get(from) else { return };
        let place = (from, member.life, reply.channel);
        let (ours, rejoined) = (member.is_ours(), member.rejoined);
        let participant = participant(member, reply.channel);
        let remembers = ours || post.redelivery.is_on();
        let (flags, action) = match action(message, &self.range) {
            Ok(found) => found,
            Err(error) => {
                let known = self.memory.get(&place).is_some_and(|memory| memory.seen.contains(reply.request));
                if !known {
                    post.refuse(Sender::Node(from, Generation(0)), Refusal::Malformed, error.clone());
                }
                return answer(now, post, from, &reply, Err(error));
            }
        };
        if flags.has(Flags::QUERY) {
            return self.queried(now, post, from, place, &reply);
        }
        let Some(mut action) = action else { return };
        if remembers {
            let memory = self.memory.entry(place).or_default();
            if memory.open.contains_key(&reply.request) {
                post.counters.duplicates += 1;
                return acknowledge(now, post, from, reply.request);
            }
            // A pull changes nothing: whoever asks again gets today's value.
            if reply.verb != Some(Verb::Pull) && !memory.seen.insert(reply.request) {
                post.counters.duplicates += 1;
                match again(memory, &reply, action) {
                    // MXNet's worker has its answer, or gets it by resending; a second one would confuse it.
                    _ if !ours => return,
                    Again::Answer(outcome) => return answer(now, post, from, &reply, outcome),
                    Again::Pull(pull) => action = pull,
                }
            }
        }
        let ticket = Ticket(self.next);
        self.next += 1;
        self.open.insert(ticket, Open { from, life: place.1, channel: reply.channel, reply });
        if remembers {
            self.memory.entry(place).or_default().open.insert(reply.request, ticket);
        }
        post.host(HostCall::Request(ShardRequest { ticket, from: participant, ours, rejoined, action }));
    }

    /// The host has answered.
    pub fn replied(&mut self, now: Time, post: &mut Post, ticket: Ticket, outcome: Result<Answer>) {
        let Some(open) = self.open.remove(&ticket) else { return };
        let request = open.reply.request;
        if let Some(memory) = self.memory.get_mut(&(open.from, open.life, open.channel)) {
            memory.open.remove(&request);
            if let Err(error) = &outcome {
                if memory.failed.len() == FAILURES {
                    memory.failed.pop_front();
                }
                memory.failed.push_back((request, WireError::from(error)));
            }
        }
        if post.members.get(open.from).is_some_and(|member| member.life == open.life) {
            answer(now, post, open.from, &open.reply, outcome);
        }
    }

    /// Did this request arrive?
    fn queried(
        &mut self,
        now: Time,
        post: &mut Post,
        from: NodeId,
        place: (NodeId, u32, Channel),
        reply: &ReplyTo,
    ) {
        let memory = self.memory.get(&place);
        if memory.is_some_and(|memory| memory.open.contains_key(&reply.request)) {
            return acknowledge(now, post, from, reply.request);
        }
        let seen = memory.is_some_and(|memory| memory.seen.contains(reply.request));
        // Values are not kept for those who missed them: they have to ask in full again.
        if seen && !reply.verb.is_some_and(Verb::pulls) {
            let error = memory.and_then(|memory| failure(memory, reply.request));
            return answer(now, post, from, reply, error.map_or(Ok(Answer::Done), Err));
        }
        let mut unknown = reply.done();
        if let Message::Command(crate::ps::wire::CommandMessage { extension, .. })
        | Message::Data(DataMessage { extension, .. }) = &mut unknown
        {
            extension.flags = Flags::UNKNOWN;
        }
        post.send(now, from, &unknown);
    }
}

/// What to do about a request that was answered before.
enum Again {
    Answer(Result<Answer>),
    Pull(Action),
}

fn again(memory: &Memory, reply: &ReplyTo, action: Action) -> Again {
    if let Some(error) = failure(memory, reply.request) {
        return Again::Answer(Err(error));
    }
    match action {
        // It was pushed then; the value may be newer than it was, as with any pull.
        Action::Data { verb: Verb::PushPull, kind, payload } => {
            match Payload::from_frames(payload.keys_frame().clone(), bytes::Bytes::new(), None) {
                Ok(payload) => Again::Pull(Action::Data { verb: Verb::Pull, kind, payload }),
                Err(error) => Again::Answer(Err(error)),
            }
        }
        _ => Again::Answer(Ok(Answer::Done)),
    }
}

/// Why a request that was seen cannot be called done.
fn failure(memory: &Memory, request: RequestId) -> Option<Error> {
    let found = memory.failed.iter().find(|(failed, _)| *failed == request);
    // It may have been done, and doing it again might count it twice; or it never came, and then "done" would hide
    // that it was lost.
    let forgotten = || {
        let error =
            err!(Timeout, "request {}: so many came after it that nobody knows whether it did", request.0);
        memory.seen.has_forgotten(request).then_some(error)
    };
    found.map(|(_, error)| error.clone().into_error()).or_else(forgotten)
}

/// A store that is not on the list can only be the one of a process with one store: MXNet's servers echo any
/// channel.
fn participant(member: &Member, channel: Channel) -> Participant {
    let known = match member.channels.as_slice() {
        [only] => *only,
        _ => channel,
    };
    Participant { node: member.id, channel: known }
}

fn acknowledge(now: Time, post: &mut Post, to: NodeId, request: RequestId) {
    // With resending on, the arrival itself was acknowledged already.
    if let (Some(me), false) = (post.id(), post.redelivery.is_on()) {
        let signature = Signature::of(true, to, me, request, true);
        post.send(now, to, &Message::Ack(signature));
    }
}

/// Turns an outcome into the best message its receiver understands.
fn answer(now: Time, post: &mut Post, to: NodeId, reply: &ReplyTo, outcome: Result<Answer>) {
    let ours = post.is_ours(to);
    let message = match outcome {
        Ok(Answer::Done) => Some(reply.done()),
        Ok(Answer::Values(payload)) => Some(reply.values(payload)),
        Ok(Answer::Body(body)) if ours => Some(reply.body(body)),
        Ok(Answer::Body(_)) => Some(reply.done()),
        Err(error) if ours => Some(reply.error(&error)),
        Err(_) => reply.refusal_to_stock(),
    };
    let Some(mut message) = message else { return };
    if ours && !post.is_ours(NodeId::SCHEDULER) {
        introduce(&mut message, post.settings.capabilities);
    }
    post.send(now, to, &message);
}

fn introduce(message: &mut Message, mine: Capabilities) {
    let extension: Option<&mut Extension> = match message {
        Message::Command(command) => Some(&mut command.extension),
        Message::Data(data) => Some(&mut data.extension),
        _ => None,
    };
    if let Some(extension) = extension {
        extension.capabilities = mine;
    }
}

/// None for a question about a request.
fn action(message: Message, range: &KeyRange) -> Result<(Flags, Option<Action>)> {
    match message {
        Message::Command(command) => {
            let flags = command.extension.flags;
            let action = Action::Command { command: command.command(), body: command.body };
            Ok((flags, (!flags.has(Flags::QUERY)).then_some(action)))
        }
        Message::Data(data) if data.direction == Direction::Request => {
            let flags = data.extension.flags;
            if flags.has(Flags::QUERY) {
                return Ok((flags, None));
            }
            let kind = data.kind()?;
            let payload = data.payload.ok_or_else(|| err!(Protocol, "{}: without keys", data.verb))?;
            for key in payload.keys() {
                ensure!(
                    range.contains(key),
                    Protocol,
                    "{}: key {key} is not one of this server's, {} to {}",
                    data.verb,
                    range.begin,
                    range.end - 1
                );
            }
            let init = data.verb == Verb::Push && flags.has(Flags::INIT);
            let action = if init {
                Action::Init { kind, payload }
            } else {
                Action::Data { verb: data.verb, kind, payload }
            };
            Ok((flags, Some(action)))
        }
        _ => Err(err!(Protocol, "not a request")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::Command;
    use super::*;
    use crate::ps::id::{Rank, Role};
    use crate::ps::wire::{DType, NodeState, ValueKind};

    /// What the server answers a push, or a question about one. None: nothing yet.
    fn ask(service: &mut Service, post: &mut Post, number: i32, flags: Flags) -> Option<Extension> {
        let from = NodeId::worker(Rank::new(0).unwrap());
        let push = Payload::new(&[3], bytes::Bytes::from_static(&[0; 4]), Some(&[4])).unwrap();
        let message = DataMessage {
            direction: Direction::Request,
            verb: Verb::Push,
            head: ValueKind::dense(DType::Float32).head(),
            channel: Channel(0),
            request: RequestId(number),
            priority: 0,
            payload: (!flags.has(Flags::QUERY)).then_some(push),
            extension: Extension::flags(flags),
        };
        service.arrived(Time::START, post, from, Message::Data(message));
        let commands = post.take();
        if let [Command::Host(HostCall::Request(request))] = commands.as_slice() {
            service.replied(Time::START, post, request.ticket, Ok(Answer::Done));
            post.take();
            return None;
        }
        let [Command::Send { frames, .. }] = commands.as_slice() else { panic!("{commands:?}") };
        let Ok(Message::Data(answer)) = Message::decode(frames) else { panic!("{frames:?}") };
        Some(answer.extension)
    }

    #[test]
    fn nobody_is_told_that_a_lost_push_is_done_however_many_came_after_it() {
        let mut post = Post::new(super::super::settings::of_a(Role::Server));
        post.become_node(NodeId::server(Rank::new(0).unwrap()), Generation(0));
        let mut entry = post.my_entry(Channel(0));
        (entry.id, entry.role) = (Some(NodeId::worker(Rank::new(0).unwrap())), Role::Worker);
        entry.extension.state = NodeState::Alive;
        post.learn(&entry, false, Time::START);
        post.take();
        let mut service = Service::new(KeyRange { begin: 0, end: 10 });
        assert_eq!(ask(&mut service, &mut post, 0, Flags::NONE), None);
        assert!(ask(&mut service, &mut post, 0, Flags::QUERY).is_some_and(|told| told.error.is_none()));
        // Number 1 is lost on the way.
        assert_eq!(ask(&mut service, &mut post, 2, Flags::NONE), None);
        assert!(
            ask(&mut service, &mut post, 1, Flags::QUERY).is_some_and(|told| told.flags.has(Flags::UNKNOWN))
        );
        assert_eq!(ask(&mut service, &mut post, 1 << 17, Flags::NONE), None);
        for flags in [Flags::QUERY, Flags::NONE] {
            assert!(ask(&mut service, &mut post, 1, flags).is_some_and(|told| told.error.is_some()));
        }
    }
}
