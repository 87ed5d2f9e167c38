//! What mxkv nodes say to each other on top of MXNet's protocol, in protobuf fields that MXNet's receivers skip.
//!
//! Numbers from 1000 on are ours, both on `Meta` and on `Node`. A message without extensions is byte for byte
//! MXNet's message; nothing here is ever *needed* to understand one.

#![cfg_attr(
    not(test),
    deny(clippy::indexing_slicing, clippy::unwrap_used, clippy::expect_used, clippy::panic)
)]

use super::limits;
use super::message::NodeEntry;
use super::meta::NodeMeta;
use super::protobuf::{Value, Writer};
use crate::base::{Error, ErrorKind, Result};
use crate::ps::id::{Generation, RequestId};
use std::time::Duration;

/// Fields on `Meta`.
const ERROR_TEXT: u64 = 1000;
const ERROR_KIND: u64 = 1001;
const FLAGS: u64 = 1002;
const JOINING: u64 = 1003;
const ABILITIES: u64 = 1004;
const ANSWERS: u64 = 1005;

/// Fields on `Node`.
const CAPABILITIES: u64 = 1000;
const NONCE: u64 = 1001;
const GENERATION: u64 = 1002;
const STATE: u64 = 1003;
const SILENCE_MS: u64 = 1004;

/// What a node can do beyond MXNet's protocol. An MXNet node advertises nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(pub u64);

impl Capabilities {
    pub const NONE: Capabilities = Capabilities(0);
    /// Understands the extensions of this file: error answers, flags, node states, repeated requests.
    pub const MXKV: Capabilities = Capabilities(1);
    /// Sends heartbeats without being told to, so its silence means something.
    pub const HEARTBEATS: Capabilities = Capabilities(1 << 1);
    /// A server that stores every element type, not floating point alone.
    pub const ALL_DTYPES: Capabilities = Capabilities(1 << 2);

    #[must_use]
    pub fn and(self, other: Capabilities) -> Self {
        Capabilities(self.0 | other.0)
    }

    pub fn has(self, other: Capabilities) -> bool {
        self.0 & other.0 == other.0
    }
}

/// Yes/no facts about a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u64);

impl Flags {
    pub const NONE: Flags = Flags(0);
    /// On a push: gives the key its first value; changes nothing if the key has one.
    pub const INIT: Flags = Flags(1);
    /// On a node list: who has joined so far; assigns nothing. On the answer to a barrier: the barrier is still
    /// closed; the error's text says for whom.
    pub const PARTIAL: Flags = Flags(1 << 1);
    /// On a heartbeat: the sender leaves in good order. From the scheduler: the cluster is over.
    pub const LEAVING: Flags = Flags(1 << 2);
    /// On a heartbeat to the scheduler: its nodes were taken into the sender's list of peers.
    pub const CONFIRM: Flags = Flags(1 << 3);
    /// On a barrier: the sender is on its way out; do not wait for dead nodes.
    pub const EXIT: Flags = Flags(1 << 4);
    /// On a request without data: did the request with this number arrive? Answered with an acknowledgement if
    /// it is being worked on, and with its answer if it is done.
    pub const QUERY: Flags = Flags(1 << 5);
    /// On the answer to a query: no such request has arrived; send it again.
    pub const UNKNOWN: Flags = Flags(1 << 6);

    #[must_use]
    pub fn and(self, other: Flags) -> Self {
        Flags(self.0 | other.0)
    }

    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }
}

/// An error as it travels: the number of its kind and its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    pub kind: ErrorKind,
    pub text: String,
}

impl WireError {
    pub fn into_error(self) -> Error {
        Error::new(self.kind, self.text)
    }
}

impl From<&Error> for WireError {
    fn from(error: &Error) -> Self {
        WireError { kind: error.kind(), text: error.to_string() }
    }
}

/// Extension fields of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extension {
    /// The request failed, or the sender refuses the receiver.
    pub error: Option<WireError>,
    pub flags: Flags,
    /// On a heartbeat from a node without an id: its registration once more. MXNet's scheduler would count a
    /// repeated ADD_NODE as another node, but takes a heartbeat without nodes for nothing at all.
    pub joining: Option<Box<NodeEntry>>,
    /// What the sender can do, for receivers that did not learn it from the scheduler (MXNet's forwards no
    /// extensions).
    pub capabilities: Capabilities,
    /// On a barrier's release: the number of the request it answers. MXNet's releases open every barrier of the
    /// receiver.
    pub answers: Option<RequestId>,
}

impl Extension {
    pub fn flags(flags: Flags) -> Self {
        Extension { flags, ..Extension::default() }
    }

    pub fn error(error: &Error) -> Self {
        Extension { error: Some(WireError::from(error)), ..Extension::default() }
    }

    pub fn is_empty(&self) -> bool {
        *self == Extension::default()
    }

    /// Takes one field of `Meta`; unknown numbers are skipped.
    pub(super) fn read(&mut self, number: u64, value: Value<'_>) -> Result<()> {
        match number {
            ERROR_TEXT => {
                if let Some(bytes) = value.bytes() {
                    let text = bytes.get(..limits::ERROR_BYTES).unwrap_or(bytes);
                    self.error_mut().text = String::from_utf8_lossy(text).into_owned();
                }
            }
            ERROR_KIND => {
                if let Some(kind) = value.int32() {
                    self.error_mut().kind = ErrorKind::from_number(kind).unwrap_or(ErrorKind::Protocol);
                }
            }
            FLAGS => self.flags = Flags(value.uint64().unwrap_or(0)),
            JOINING => {
                if let Some(bytes) = value.bytes() {
                    self.joining = Some(Box::new(NodeEntry::from_meta(NodeMeta::decode(bytes)?)?));
                }
            }
            ANSWERS => self.answers = value.int32().map(RequestId),
            ABILITIES => self.capabilities = Capabilities(value.uint64().unwrap_or(0)),
            _ => {}
        }
        Ok(())
    }

    pub(super) fn write(&self, out: &mut Writer) {
        if let Some(error) = &self.error {
            out.bytes(ERROR_TEXT, error.text.as_bytes());
            out.int32(ERROR_KIND, error.kind as i32);
        }
        if self.flags != Flags::NONE {
            out.uint64(FLAGS, self.flags.0);
        }
        if let Some(entry) = &self.joining {
            out.bytes(JOINING, &entry.to_meta().encode());
        }
        if self.capabilities != Capabilities::NONE {
            out.uint64(ABILITIES, self.capabilities.0);
        }
        if let Some(request) = self.answers {
            out.int32(ANSWERS, request.0);
        }
    }

    fn error_mut(&mut self) -> &mut WireError {
        self.error.get_or_insert_with(|| WireError { kind: ErrorKind::Protocol, text: String::new() })
    }
}

/// How the scheduler sees a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum NodeState {
    #[default]
    Alive,
    /// Nothing was heard from it for longer than the heartbeat timeout.
    Dead,
    /// It left in good order.
    Left,
}

/// Extension fields of a node entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeExtension {
    pub capabilities: Capabilities,
    /// A number the process drew at its start (0: none). Two registrations with the same one are the same
    /// process asking again.
    pub nonce: u64,
    pub generation: Generation,
    pub state: NodeState,
    /// How long the scheduler has not heard from the node; only sent when it is worth mentioning.
    pub silence: Duration,
}

impl NodeExtension {
    pub(super) fn read(&mut self, number: u64, value: Value<'_>) {
        let Some(given) = value.uint64() else { return };
        match number {
            CAPABILITIES => self.capabilities = Capabilities(given),
            NONCE => self.nonce = given,
            GENERATION => self.generation = Generation(u32::try_from(given).unwrap_or(u32::MAX)),
            STATE => {
                self.state = match given {
                    1 => NodeState::Dead,
                    2 => NodeState::Left,
                    _ => NodeState::Alive,
                }
            }
            SILENCE_MS => self.silence = Duration::from_millis(given),
            _ => {}
        }
    }

    pub(super) fn write(&self, out: &mut Writer) {
        let state = match self.state {
            NodeState::Alive => 0,
            NodeState::Dead => 1,
            NodeState::Left => 2,
        };
        let silence = u64::try_from(self.silence.as_millis()).unwrap_or(u64::MAX);
        let fields = [
            (CAPABILITIES, self.capabilities.0),
            (NONCE, self.nonce),
            (GENERATION, u64::from(self.generation.0)),
            (STATE, state),
            (SILENCE_MS, silence),
        ];
        for (number, value) in fields.into_iter().filter(|(_, value)| *value != 0) {
            out.uint64(number, value);
        }
    }
}
