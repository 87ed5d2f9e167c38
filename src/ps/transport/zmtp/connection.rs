//! One connection: its socket, how far the handshake has come, and what is to be read and written.

use super::decoder::{Decoder, Item};
use super::greeting;
use super::output::{Output, Written};
use super::stream::Stream;
use crate::base::{Error, Result};
use crate::ps::wire::Frames;
use bytes::Bytes;
use mio::{Registry, Token};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

/// A peer that has not said who it is by then is hung up on.
const HANDSHAKE: Duration = Duration::from_secs(30);

/// Read at once, unless a large frame is under way.
const READ: usize = 64 << 10;

/// What this end of the connection is, in ZeroMQ's words.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// Accepted: receives.
    Router,
    /// Connected: sends, announcing this identity.
    Dealer(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Connecting,
    Greeting,
    Ready,
    Open,
}

/// What reading found.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// There may be more.
    More,
    /// Nothing more until the next event.
    Dry,
}

pub(super) struct Connection {
    pub token: Token,
    stream: Stream,
    end: End,
    stage: Stage,
    /// By when the stage has to be `Open`.
    deadline: Instant,
    decoder: Decoder,
    output: Output,
    blocked: bool,
    /// The end of the stream has come and is to be found by reading.
    ended: bool,
    identity: Vec<u8>,
}

impl Connection {
    /// On a registered stream. `most`: bytes of the longest frame that is accepted.
    pub(super) fn new(token: Token, stream: Stream, end: End, most: usize) -> Self {
        let mut connection = Connection {
            token,
            stream,
            stage: Stage::Connecting,
            deadline: Instant::now() + HANDSHAKE,
            decoder: Decoder::new(most),
            output: Output::default(),
            blocked: false,
            ended: false,
            identity: Vec::new(),
            end,
        };
        if matches!(connection.end, End::Router) {
            connection.greet();
        }
        connection
    }

    fn greet(&mut self) {
        self.stage = Stage::Greeting;
        self.output.add_bytes(&greeting::greeting());
    }

    pub(super) fn is_open(&self) -> bool {
        self.stage == Stage::Open
    }

    /// What the peer announced, once the connection is open.
    pub(super) fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// When to give up, if the handshake is not through.
    pub(super) fn deadline(&self) -> Option<Instant> {
        (!self.is_open()).then_some(self.deadline)
    }

    /// The socket can take bytes again.
    pub(super) fn writable(&mut self) -> Result<()> {
        self.blocked = false;
        if self.stage == Stage::Connecting && self.stream.connected().map_err(|error| lost(&error))? {
            self.greet();
        }
        Ok(())
    }

    /// The peer sends no more than what is here already: reading goes on until the end.
    pub(super) fn ended(&mut self) {
        self.ended = true;
    }

    /// Bytes that wait to be written.
    pub(super) fn waiting(&self) -> u64 {
        self.output.len()
    }

    pub(super) fn add_message(&mut self, frames: Frames) {
        self.output.add_message(frames);
    }

    /// Writes about `most` bytes. True if there is more, and room for it.
    pub(super) fn write(&mut self, most: usize) -> Result<bool> {
        if self.blocked || self.stage == Stage::Connecting {
            return Ok(false);
        }
        let written = self.output.write(&mut self.stream, most).map_err(|error| lost(&error))?;
        self.blocked = written == Written::Blocked;
        Ok(written == Written::Some)
    }

    /// Reads once; whole messages go to `messages`. `scratch` has room for [`SCRATCH`] bytes.
    pub(super) fn read(&mut self, scratch: &mut [u8], messages: &mut impl FnMut(Frames)) -> Result<Found> {
        if self.stage == Stage::Connecting {
            return Ok(Found::Dry);
        }
        let (room, kept) = match self.decoder.room() {
            Some(room) => (room, None),
            None => {
                let unfinished = self.decoder.unfinished();
                let kept = unfinished.len();
                scratch[..kept].copy_from_slice(unfinished);
                (&mut scratch[kept..kept + READ], Some(kept))
            }
        };
        let wanted = room.len();
        let count = match self.stream.read(room) {
            Ok(0) => return Err(lost(&ErrorKind::ConnectionReset.into())),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Found::Dry),
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(Found::More),
            Err(error) => return Err(lost(&error)),
        };
        match kept {
            None => self.decoder.filled(count),
            Some(kept) => self.decoder.feed(Bytes::copy_from_slice(&scratch[..kept + count])),
        }
        while let Some(item) = self.decoder.next()? {
            self.take(item, messages)?;
        }
        // A stream that gave less than it could is empty, or at its end, which no further event would tell.
        Ok(if count < wanted && !self.ended { Found::Dry } else { Found::More })
    }

    fn take(&mut self, item: Item, messages: &mut impl FnMut(Frames)) -> Result<()> {
        match (self.stage, item) {
            (Stage::Greeting, Item::Greeting(greeting)) => {
                greeting::check(&greeting)?;
                let ready = match &self.end {
                    End::Router => greeting::ready("ROUTER", b""),
                    End::Dealer(identity) => greeting::ready("DEALER", identity),
                };
                self.output.add_command(&ready);
                self.stage = Stage::Ready;
            }
            (Stage::Ready, Item::Command(body)) => {
                self.identity = greeting::parse_ready(&body)?;
                self.stage = Stage::Open;
            }
            (Stage::Open, Item::Message(frames)) => messages(frames),
            // None of the commands of later versions asks for an answer from a peer of version 3.0.
            (Stage::Open, Item::Command(_)) => {}
            (stage, item) => {
                return Err(crate::err!(Protocol, "{stage:?}: the peer sent {}", name(&item)));
            }
        }
        Ok(())
    }

    /// Ends the connection; gives the messages that were not wholly written.
    pub(super) fn close(mut self, registry: &Registry) -> impl DoubleEndedIterator<Item = Frames> {
        self.stream.deregister(registry);
        self.output.unsent()
    }
}

/// Bytes that [`Connection::read`] needs to work with: what one read gives, after what an earlier one left.
pub(super) const SCRATCH: usize = READ + super::decoder::MOST_UNFINISHED;

fn lost(error: &std::io::Error) -> Error {
    Error::io("connection lost", error)
}

fn name(item: &Item) -> &'static str {
    match item {
        Item::Greeting(_) => "a greeting",
        Item::Command(_) => "a command",
        Item::Message(_) => "a message",
    }
}
