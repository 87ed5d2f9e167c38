//! Between [`Message`] and [`Frames`].
//!
//! Which fields a kind of message carries is MXNet's choice and visible here alone: ADD_NODE and HEARTBEAT
//! have no application id, TERMINATE and ACK no number either, and so on.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use super::extension::Flags;
use super::head::Head;
use super::message::{
    Barrier, CommandMessage, DataMessage, Direction, Frames, Heartbeat, Message, NodeEntry, NodeList, Verb,
};
use super::meta::{ControlMeta, Meta};
use super::payload::Payload;
use super::reply::ReplyTo;
use super::signature::Signature;
use crate::base::{Error, Result};
use crate::ps::id::{Channel, EMPTY, RequestId};
use crate::{bail, ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;

/// MXNet's stores all have application id 0.
const APP: i32 = 0;

mod cmd {
    pub const TERMINATE: i32 = 1;
    pub const ADD_NODE: i32 = 2;
    pub const BARRIER: i32 = 3;
    pub const ACK: i32 = 4;
    pub const HEARTBEAT: i32 = 5;
}

/// Codes of the data frames: keys are uint64, values "other" (chars to MXNet), lengths int32.
const FRAME_TYPES: [i32; 3] = [8, 11, 3];

/// A message that cannot be read.
#[derive(Clone, Debug)]
pub struct Malformed {
    pub error: Error,
    /// Set if the message is a request that can be answered all the same.
    pub reply: Option<ReplyTo>,
}

impl From<Error> for Malformed {
    fn from(error: Error) -> Self {
        Malformed { error, reply: None }
    }
}

impl Message {
    pub fn decode(frames: &Frames) -> Result<Self, Malformed> {
        let meta = Meta::decode(&frames.meta)?;
        match &meta.control {
            Some(_) => Ok(control(meta)?),
            None if meta.simple_app.unwrap_or(false) => Ok(Message::Command(command(meta)?)),
            None => data(meta, &frames.data),
        }
    }

    pub fn encode(&self) -> Frames {
        let payload = match self {
            Message::Data(DataMessage { payload: Some(payload), .. }) => payload.frames(),
            _ => SmallVec::new(),
        };
        Frames { meta: self.to_meta(payload.len()).encode().into(), data: payload }
    }

    /// Whether the message carries an application id: it goes into a message's [`Signature`].
    pub fn has_app(&self) -> bool {
        matches!(self, Message::Barrier(_) | Message::Command(_) | Message::Data(_))
    }

    pub fn direction(&self) -> Direction {
        match self {
            Message::Barrier(Barrier { direction, .. })
            | Message::Command(CommandMessage { direction, .. })
            | Message::Data(DataMessage { direction, .. }) => *direction,
            _ => Direction::Response,
        }
    }

    /// None for the kinds that carry no number.
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Message::NodeList(NodeList { request, .. })
            | Message::Barrier(Barrier { request, .. })
            | Message::Heartbeat(Heartbeat { request, .. })
            | Message::Command(CommandMessage { request, .. })
            | Message::Data(DataMessage { request, .. }) => Some(*request),
            Message::Terminate | Message::Ack(_) => None,
        }
    }

    pub fn priority(&self) -> i32 {
        match self {
            Message::Command(CommandMessage { priority, .. })
            | Message::Data(DataMessage { priority, .. }) => *priority,
            _ => 0,
        }
    }

    fn to_meta(&self, data_frames: usize) -> Meta {
        let base = Meta {
            head: Some(EMPTY),
            request: Some(self.direction() == Direction::Request),
            push: Some(false),
            simple_app: Some(false),
            app_id: self.has_app().then_some(APP),
            timestamp: self.request().map(|request| request.0),
            customer_id: Some(EMPTY),
            pull: Some(false),
            priority: Some(self.priority()),
            ..Meta::default()
        };
        let listing = |cmd, nodes: &[NodeEntry]| {
            Some(ControlMeta {
                cmd,
                nodes: nodes.iter().map(NodeEntry::to_meta).collect(),
                ..Default::default()
            })
        };
        match self {
            Message::NodeList(list) => Meta {
                control: listing(cmd::ADD_NODE, &list.nodes),
                extension: list.extension.clone(),
                ..base
            },
            Message::Heartbeat(heartbeat) => Meta {
                control: listing(cmd::HEARTBEAT, &heartbeat.nodes),
                extension: heartbeat.extension.clone(),
                ..base
            },
            Message::Barrier(barrier) => Meta {
                control: Some(ControlMeta {
                    cmd: cmd::BARRIER,
                    barrier_group: Some(barrier.group),
                    ..Default::default()
                }),
                customer_id: Some(barrier.channel.0),
                extension: barrier.extension.clone(),
                ..base
            },
            Message::Terminate => {
                Meta { control: listing(cmd::TERMINATE, &[]), customer_id: Some(0), ..base }
            }
            Message::Ack(signature) => Meta {
                control: Some(ControlMeta {
                    cmd: cmd::ACK,
                    msg_sig: Some(signature.0),
                    ..Default::default()
                }),
                ..base
            },
            Message::Command(command) => Meta {
                head: Some(command.head.0),
                body: (!command.body.is_empty()).then(|| command.body.clone()),
                simple_app: Some(true),
                customer_id: Some(command.channel.0),
                extension: command.extension.clone(),
                ..base
            },
            Message::Data(data) => Meta {
                head: Some(data.head.0),
                push: Some(data.verb.pushes()),
                pull: Some(data.verb.pulls()),
                data_type: FRAME_TYPES.into_iter().take(data_frames).collect(),
                customer_id: Some(data.channel.0),
                extension: data.extension.clone(),
                ..base
            },
        }
    }
}

fn control(meta: Meta) -> Result<Message> {
    let control = meta.control.unwrap_or_default();
    let request = RequestId(meta.timestamp.unwrap_or(0));
    let extension = meta.extension;
    let entries = |nodes: Vec<_>| nodes.into_iter().map(NodeEntry::from_meta).collect::<Result<Vec<_>>>();
    Ok(match control.cmd {
        cmd::TERMINATE => Message::Terminate,
        cmd::ADD_NODE => Message::NodeList(NodeList { request, nodes: entries(control.nodes)?, extension }),
        cmd::HEARTBEAT => {
            Message::Heartbeat(Heartbeat { request, nodes: entries(control.nodes)?, extension })
        }
        cmd::BARRIER => Message::Barrier(Barrier {
            direction: direction(meta.request),
            group: control.barrier_group.unwrap_or(0),
            channel: Channel(meta.customer_id.unwrap_or(0)),
            request,
            extension,
        }),
        cmd::ACK => {
            let signature = control.msg_sig.ok_or_else(|| err!(Protocol, "ack: without a signature"))?;
            Message::Ack(Signature(signature))
        }
        other => bail!(Protocol, "control: cmd {other}, expected 1 to 5"),
    })
}

fn direction(request: Option<bool>) -> Direction {
    if request.unwrap_or(false) { Direction::Request } else { Direction::Response }
}

/// The number of a command or data message; MXNet's receivers insist on it and on the application.
fn number(meta: &Meta) -> Result<RequestId> {
    match meta.app_id {
        Some(APP) => {}
        Some(other) => bail!(Protocol, "app_id: {other}, expected {APP}"),
        None => bail!(Protocol, "app_id: missing"),
    }
    meta.timestamp.map(RequestId).ok_or_else(|| err!(Protocol, "timestamp: missing"))
}

fn command(meta: Meta) -> Result<CommandMessage> {
    Ok(CommandMessage {
        direction: direction(meta.request),
        head: Head(meta.head.unwrap_or(0)),
        request: number(&meta)?,
        body: meta.body.unwrap_or_default(),
        channel: Channel(meta.customer_id.unwrap_or(0)),
        priority: meta.priority.unwrap_or(0),
        extension: meta.extension,
    })
}

fn data(meta: Meta, frames: &[Bytes]) -> Result<Message, Malformed> {
    let request = number(&meta)?;
    let verb = match (meta.push.unwrap_or(false), meta.pull.unwrap_or(false)) {
        (true, false) => Verb::Push,
        (false, true) => Verb::Pull,
        (true, true) => Verb::PushPull,
        (false, false) => return Err(err!(Protocol, "data: neither a push nor a pull").into()),
    };
    let mut data = DataMessage {
        direction: direction(meta.request),
        verb,
        head: Head(meta.head.unwrap_or(0)),
        channel: Channel(meta.customer_id.unwrap_or(0)),
        request,
        priority: meta.priority.unwrap_or(0),
        payload: None,
        extension: meta.extension,
    };
    let payload = payload(frames).and_then(|payload| check(&data, payload.as_ref()).map(|()| payload));
    match payload {
        Ok(payload) => {
            data.payload = payload;
            Ok(Message::Data(data))
        }
        Err(error) => Err(Malformed { error, reply: ReplyTo::from_message(&Message::Data(data)) }),
    }
}

fn payload(frames: &[Bytes]) -> Result<Option<Payload>> {
    match frames {
        [] => Ok(None),
        [keys, values] => Payload::from_frames(keys.clone(), values.clone(), None).map(Some),
        [keys, values, lens] => {
            Payload::from_frames(keys.clone(), values.clone(), Some(lens.clone())).map(Some)
        }
        other => bail!(Protocol, "data: {} frames, expected 0, 2 or 3", other.len()),
    }
}

/// What a request must bring along. Answers are checked against their request by whoever sent it.
fn check(data: &DataMessage, payload: Option<&Payload>) -> Result<()> {
    if data.direction == Direction::Response || data.extension.flags.has(Flags::QUERY) {
        return Ok(());
    }
    data.kind()?;
    let verb = data.verb;
    let payload = payload.ok_or_else(|| err!(Protocol, "{verb}: without keys"))?;
    ensure!(payload.key_count() > 0, Protocol, "{verb}: without keys");
    if verb.pushes() {
        let lens = payload.lens().ok_or_else(|| err!(Protocol, "{verb}: without lens"))?;
        let total: u64 = lens.map(|len| len as u64).sum();
        let have = payload.values().len();
        ensure!(total == have as u64, Protocol, "{verb}: lens add up to {total} bytes, values have {have}");
    } else {
        let have = payload.values().len();
        ensure!(have == 0, Protocol, "{verb}: {have} bytes of values, expected none");
    }
    Ok(())
}
