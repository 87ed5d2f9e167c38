//! A worker's open requests to servers.
//!
//! One request may go to several servers; it ends when all of them have answered, or with the first error: a
//! server's own, a server that died, or a deadline. A server of ours that stays silent is asked whether the
//! request arrived, with a message of a few bytes on the same link: if it did not, it is sent again.

use super::barrier_call::Purpose;
use super::post::Post;
use super::refusal::Refusal;
use super::time::Time;
use crate::base::{Error, Result};
use crate::ps::id::{Channel, Generation, NodeId, Rank, RequestId, Sender};
use crate::ps::transport::Peer;
use crate::ps::wire::{
    Capabilities, CommandMessage, DataMessage, Direction, Extension, Flags, Message, NodeState, Payload,
    Signature, ValueKind, Verb,
};
use crate::{bail, err};
use bytes::Bytes;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The longest pause between two questions about one request, in units of the first.
const LONGEST: u32 = 8;

/// What to ask of servers.
#[derive(Clone, Debug)]
pub enum Body {
    /// `servers` None: all of them.
    Command { command: crate::ps::wire::Command, body: Bytes, servers: Option<Vec<Rank>> },
    /// `init`: the push gives keys their first value. `parts`: at most one per server.
    Data { verb: Verb, kind: ValueKind, init: bool, parts: Vec<(Rank, Payload)> },
}

/// A request as its caller sees it.
#[derive(Clone, Debug)]
pub struct Request {
    pub body: Body,
    /// For error texts: `push of key 3`.
    pub subject: String,
    pub priority: i32,
    /// None: the default of the settings.
    pub deadline: Option<Duration>,
}

/// Answers by rank of the servers. What a command is answered with are values without keys.
pub type Answers = Vec<(Rank, Option<Payload>)>;

/// An end of a request.
pub type Ended = (Purpose, Result<Answers>);

#[derive(Debug)]
struct Part {
    message: Message,
    asked: u32,
    wait: Duration,
    due: Time,
}

#[derive(Debug)]
struct Open {
    purpose: Purpose,
    channel: Channel,
    subject: String,
    since: Time,
    deadline: Time,
    parts: BTreeMap<Rank, Part>,
    answers: Answers,
}

#[derive(Debug, Default)]
pub struct Requests {
    /// One count for all stores of the process. MXNet counts per store; that its resending cannot tell two
    /// stores' messages apart is only a problem if their numbers meet.
    next: RequestId,
    open: BTreeMap<RequestId, Open>,
    /// When which part has to be looked at.
    timers: BTreeSet<(Time, RequestId, Rank)>,
    /// When each server was asked last and how often since it was last heard.
    unheard: BTreeMap<Rank, (Time, u32)>,
}

impl Requests {
    pub fn begin(
        &mut self,
        now: Time,
        post: &mut Post,
        purpose: Purpose,
        channel: Channel,
        request: Request,
    ) -> Option<Ended> {
        let number = self.next;
        self.next = number.next();
        let messages = match messages(now, post, number, channel, &request) {
            Ok(messages) => messages,
            Err(error) => return Some((purpose, Err(error.context(request.subject)))),
        };
        if messages.is_empty() {
            return Some((purpose, Ok(Vec::new())));
        }
        let deadline = now.after(request.deadline.unwrap_or(post.settings.timing.request));
        let mut parts = BTreeMap::new();
        for (rank, message) in messages {
            if parts.contains_key(&rank) {
                let error = err!(InvalidArgument, "two parts for server {rank} in one request");
                return Some((purpose, Err(error.context(request.subject))));
            }
            let id = NodeId::server(rank);
            let wait = post.settings.timing.query;
            let due = if post.is_ours(id) { now.after(wait).min(deadline) } else { deadline };
            post.send(now, id, &message);
            self.timers.insert((due, number, rank));
            parts.insert(rank, Part { message, asked: 0, wait, due });
        }
        let subject = request.subject;
        let answers = Vec::with_capacity(parts.len());
        self.open.insert(number, Open { purpose, channel, subject, since: now, deadline, parts, answers });
        None
    }

    /// A process that takes over another's id, perhaps at the same address, must not take the answers to its
    /// predecessor's requests for its own. Does nothing once requests have been made.
    pub fn start_apart(&mut self, nonce: u64) {
        if self.next == RequestId::default() {
            let scattered = nonce.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 34;
            self.next = RequestId(scattered as i32);
        }
    }

    pub fn is_idle(&self) -> bool {
        self.open.is_empty()
    }

    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// An answer from a server.
    pub fn answered(&mut self, now: Time, post: &mut Post, from: NodeId, message: Message) -> Option<Ended> {
        let rank = from.rank();
        self.unheard.remove(&rank);
        let number = message.request()?;
        let asked = verb(&message);
        let (extension, payload, channel) = match message {
            // What a command of ours is answered with: values without keys.
            Message::Command(command) => {
                let body = (!command.body.is_empty()).then_some(command.body);
                let payload = body.and_then(|body| Payload::new(&[], body, None).ok());
                (command.extension, payload, command.channel)
            }
            Message::Data(data) => (data.extension, data.payload, data.channel),
            _ => return None,
        };
        let open = self.open.get_mut(&number).filter(|open| open.channel == channel);
        let part = open.and_then(|open| open.parts.get_mut(&rank));
        let Some(part) = part.filter(|part| verb(&part.message) == asked) else {
            let error = err!(Protocol, "an answer from {from} to request {}, which is not open", number.0);
            post.refuse(Sender::Node(from, Generation(0)), Refusal::Unexpected, error);
            return None;
        };
        if extension.flags.has(Flags::UNKNOWN) {
            post.counters.resent += 1;
            post.send(now, from, &part.message);
            return None;
        }
        let checked = match extension.error {
            Some(error) => Err(error.into_error()),
            None => check(&part.message, payload),
        };
        let payload = match checked {
            Ok(payload) => payload,
            Err(error) => return self.end(number, Err(error.context(post.members.describe(from)))),
        };
        let due = part.due;
        self.timers.remove(&(due, number, rank));
        let open = self.open.get_mut(&number)?;
        open.parts.remove(&rank);
        open.answers.push((rank, payload));
        if !open.parts.is_empty() {
            return None;
        }
        open.answers.sort_unstable_by_key(|(rank, _)| *rank);
        let answers = std::mem::take(&mut open.answers);
        self.end(number, Ok(answers))
    }

    /// A server of ours says that it has a request and is working on it. (With resending on an acknowledgement
    /// says only that some message of that number arrived.)
    pub fn held(&mut self, now: Time, post: &Post, from: NodeId, signature: Signature) {
        let rank = from.rank();
        self.unheard.remove(&rank);
        if post.redelivery.is_on() {
            return;
        }
        let number = RequestId((signature.0 as u32 >> 1) as i32);
        let Some(open) = self.open.get_mut(&number) else { return };
        if let Some(part) = open.parts.get_mut(&rank).filter(|part| part.asked > 0) {
            self.timers.remove(&(part.due, number, rank));
            part.wait = post.settings.timing.query * LONGEST;
            // The deadline is looked at when the part is.
            part.due = now.after(part.wait).min(open.deadline);
            self.timers.insert((part.due, number, rank));
        }
    }

    /// The server will not answer any more.
    pub fn lost(&mut self, server: NodeId, why: &Error) -> Vec<Ended> {
        let rank = server.rank();
        self.unheard.remove(&rank);
        let hit = |(number, open): (&RequestId, &Open)| open.parts.contains_key(&rank).then_some(*number);
        let numbers: Vec<_> = self.open.iter().filter_map(hit).collect();
        numbers.into_iter().filter_map(|number| self.end(number, Err(why.clone()))).collect()
    }

    pub fn tick(&mut self, now: Time, post: &mut Post) -> Vec<Ended> {
        let mut ended = Vec::new();
        while let Some(&(due, number, rank)) = self.timers.first().filter(|(due, ..)| *due <= now) {
            self.timers.remove(&(due, number, rank));
            let Some(open) = self.open.get_mut(&number) else { continue };
            let server = NodeId::server(rank);
            if open.deadline <= now {
                let server = post.members.describe(server);
                let seconds = now.since(open.since).as_secs_f64();
                ended.extend(
                    self.end(number, Err(err!(Timeout, "no answer from {server} within {seconds:.1} s"))),
                );
                continue;
            }
            let Some(part) = open.parts.get_mut(&rank) else { continue };
            if self.unheard.get(&rank).is_some_and(|unheard| is_silent(now, post, server, *unheard)) {
                let description = post.members.describe(server);
                let silence =
                    post.members.get(server).map_or(Duration::ZERO, |member| now.since(member.heard));
                let error =
                    err!(PeerLost, "nothing heard from {description} for {:.1} s", silence.as_secs_f64());
                ended.extend(self.lost(server, &error));
                continue;
            }
            post.send_raw(Peer::Node(server), &query(&part.message));
            part.asked += 1;
            part.wait = (part.wait * 2).min(post.settings.timing.query * LONGEST);
            part.due = now.after(part.wait).min(open.deadline);
            self.timers.insert((part.due, number, rank));
            let (_, asked) = self.unheard.entry(rank).or_insert((now, 0));
            *asked += 1;
        }
        ended
    }

    pub fn wake_at(&self) -> Time {
        self.timers.first().map_or(Time::NEVER, |(due, ..)| *due)
    }

    fn end(&mut self, number: RequestId, result: Result<Answers>) -> Option<Ended> {
        let open = self.open.remove(&number)?;
        for (rank, part) in &open.parts {
            self.timers.remove(&(part.due, number, *rank));
        }
        Some((open.purpose, result.map_err(|error| error.context(open.subject))))
    }
}

/// Asked several times over a long while without a sound, and no scheduler of ours to say that it is alive.
fn is_silent(now: Time, post: &Post, server: NodeId, (since, asked): (Time, u32)) -> bool {
    let timing = &post.settings.timing;
    let limit = timing.dead_after + timing.rejoin;
    let informed = post
        .members
        .get(NodeId::SCHEDULER)
        .is_some_and(|scheduler| scheduler.is_ours() && scheduler.state == NodeState::Alive);
    let heard = post.members.get(server).map_or(Time::START, |member| member.heard);
    !informed && timing.heartbeat.is_some() && asked > 2 && now.since(since.max(heard)) > limit
}

fn messages(
    now: Time,
    post: &Post,
    number: RequestId,
    channel: Channel,
    request: &Request,
) -> Result<Vec<(Rank, Message)>> {
    let priority = request.priority;
    let extension = |rank: Rank, flags| {
        // Servers that heard of us from our scheduler know what we can do.
        let known = post.is_ours(NodeId::server(rank));
        let capabilities = if known { Capabilities::NONE } else { post.settings.capabilities };
        Extension { flags, capabilities, ..Extension::default() }
    };
    let available = |rank: Rank| {
        let id = NodeId::server(rank);
        match post.members.get(id) {
            None => bail!(InvalidArgument, "server {rank}: there are only {}", post.settings.servers),
            Some(member) if member.state == NodeState::Left => bail!(PeerLost, "{member} has left"),
            Some(member) if member.is_lost(post.settings.timing.rejoin, now) => {
                bail!(PeerLost, "{member} is dead")
            }
            Some(_) => Ok(()),
        }
    };
    match &request.body {
        Body::Command { command, body, servers } => servers
            .clone()
            .unwrap_or_else(|| Rank::all(post.settings.servers).collect())
            .into_iter()
            .map(|rank| {
                available(rank)?;
                let message = CommandMessage {
                    direction: Direction::Request,
                    head: command.head(),
                    body: body.clone(),
                    channel,
                    request: number,
                    priority,
                    extension: extension(rank, Flags::NONE),
                };
                Ok((rank, Message::Command(message)))
            })
            .collect(),
        Body::Data { verb, kind, init, parts } => parts
            .iter()
            .map(|(rank, payload)| {
                available(*rank)?;
                let message = DataMessage {
                    direction: Direction::Request,
                    verb: *verb,
                    head: kind.head(),
                    channel,
                    request: number,
                    priority,
                    payload: Some(payload.clone()),
                    extension: extension(*rank, if *init { Flags::INIT } else { Flags::NONE }),
                };
                Ok((*rank, Message::Data(message)))
            })
            .collect(),
    }
}

/// What kind of request a message is, or answers.
fn verb(message: &Message) -> Option<Verb> {
    match message {
        Message::Data(data) => Some(data.verb),
        _ => None,
    }
}

/// The question whether a request has arrived: the request without its content.
fn query(message: &Message) -> Message {
    let mut query = message.clone();
    match &mut query {
        Message::Command(command) => {
            command.body = Bytes::new();
            command.extension.flags = Flags::QUERY;
        }
        Message::Data(data) => {
            data.payload = None;
            data.extension.flags = Flags::QUERY;
        }
        _ => {}
    }
    query
}

/// Values have to be there, and for the keys asked for, where values were asked for.
fn check(request: &Message, payload: Option<Payload>) -> Result<Option<Payload>> {
    if let Message::Command(_) = request {
        return Ok(payload);
    }
    let Message::Data(DataMessage { verb, payload: Some(asked), .. }) = request else { return Ok(None) };
    if !verb.pulls() {
        return Ok(None);
    }
    let Some(payload) = payload else { bail!(Protocol, "an answer without values") };
    if payload.keys_frame() != asked.keys_frame() {
        bail!(Protocol, "an answer for other keys than the {} asked for", asked.key_count());
    }
    if payload.lens().is_none() {
        bail!(Protocol, "an answer without lens");
    }
    Ok(Some(payload))
}

#[cfg(test)]
mod tests {
    use super::super::event::CallId;
    use super::*;
    use crate::base::ErrorKind;
    use crate::ps::id::Role;
    use crate::ps::wire::Command;

    #[test]
    fn a_request_that_a_server_works_on_ends_at_its_deadline() {
        let at = |ms| Time(Duration::from_millis(ms));
        let (me, server) = (NodeId::worker(Rank::new(0).unwrap()), NodeId::server(Rank::new(0).unwrap()));
        let mut post = Post::new(super::super::settings::of_a(Role::Worker));
        post.become_node(me, Generation(0));
        let mut entry = post.my_entry(Channel(0));
        (entry.id, entry.role) = (Some(server), Role::Server);
        post.learn(&entry, false, Time::START);
        let mut requests = Requests::default();
        let body = Body::Command { command: Command::SyncMode, body: Bytes::new(), servers: None };
        let (subject, deadline) = ("a command".to_owned(), Some(Duration::from_secs(5)));
        let request = Request { body, subject, priority: 0, deadline };
        let purpose = Purpose::Call(CallId(1));
        assert!(requests.begin(at(0), &mut post, purpose, Channel(0), request).is_none());
        assert!(requests.tick(at(2000), &mut post).is_empty(), "the server is only asked");
        let signature = Signature::of(true, me, server, RequestId(0), true);
        requests.held(at(2010), &post, server, signature);
        assert_eq!(requests.wake_at(), at(5000));
        let ended = requests.tick(at(5000), &mut post);
        let [(Purpose::Call(CallId(1)), Err(error))] = ended.as_slice() else { panic!("{ended:?}") };
        assert_eq!(error.kind(), ErrorKind::Timeout);
        assert!(requests.is_idle() && requests.wake_at() == Time::NEVER);
    }
}
