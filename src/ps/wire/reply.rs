//! Answering: what has to be repeated from a request so that its sender recognises the answer.

use super::extension::Extension;
use super::head::Head;
use super::message::{CommandMessage, DataMessage, Direction, Message, Verb};
use super::payload::Payload;
use crate::base::Error;
use crate::ps::id::{Channel, RequestId};
use bytes::Bytes;

/// The part of a request that its answer repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    /// None for a command.
    pub verb: Option<Verb>,
    pub head: Head,
    pub channel: Channel,
    pub request: RequestId,
}

impl ReplyTo {
    /// None if the message is not a request to a server.
    pub fn from_message(message: &Message) -> Option<Self> {
        let (verb, head, channel, request) = match message {
            Message::Command(command) if command.direction == Direction::Request => {
                (None, command.head, command.channel, command.request)
            }
            Message::Data(data) if data.direction == Direction::Request => {
                (Some(data.verb), data.head, data.channel, data.request)
            }
            _ => return None,
        };
        Some(ReplyTo { verb, head, channel, request })
    }

    /// The push or the command is done.
    pub fn done(&self) -> Message {
        self.message(None, Extension::default())
    }

    pub fn values(&self, payload: Payload) -> Message {
        self.message(Some(payload), Extension::default())
    }

    /// The answer to a command of ours.
    pub fn body(&self, body: Bytes) -> Message {
        let mut message = self.done();
        if let Message::Command(command) = &mut message {
            command.body = body;
        }
        message
    }

    /// The request failed. Only for receivers that know the extension; see [`ReplyTo::refusal_to_stock`].
    pub fn error(&self, error: &Error) -> Message {
        self.message(None, Extension::error(error))
    }

    /// The best there is for an MXNet worker, whose protocol has no errors: a push or a command is answered as if
    /// it were done. A pull gets no answer at all, because an answer without the right number of bytes would
    /// abort the worker, and made-up bytes would be worse.
    pub fn refusal_to_stock(&self) -> Option<Message> {
        match self.verb {
            None | Some(Verb::Push) => Some(self.done()),
            Some(Verb::Pull | Verb::PushPull) => None,
        }
    }

    fn message(&self, payload: Option<Payload>, extension: Extension) -> Message {
        let &ReplyTo { head, channel, request, .. } = self;
        let direction = Direction::Response;
        match self.verb {
            None => Message::Command(CommandMessage {
                direction,
                head,
                body: Bytes::new(),
                channel,
                request,
                priority: 0,
                extension,
            }),
            Some(verb) => Message::Data(DataMessage {
                direction,
                verb,
                head,
                channel,
                request,
                priority: 0,
                payload,
                extension,
            }),
        }
    }
}
