//! Messages as values: enums and structs, no numbers that need explaining. Their bytes are `codec`'s business.

use super::extension::{Extension, NodeExtension};
use super::head::{Command, Head, ValueKind};
use super::meta::NodeMeta;
use super::payload::Payload;
use super::signature::Signature;
use crate::base::Result;
use crate::ps::id::{Audience, Channel, EMPTY, NodeId, RequestId, Role};
use crate::{ensure, err};
use bytes::Bytes;
use smallvec::SmallVec;
use std::fmt;

/// What a transport moves for one message: the meta frame and its data frames. The identity frame is the
/// transport's own business.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub meta: Bytes,
    pub data: SmallVec<[Bytes; 3]>,
}

impl Frames {
    pub fn bytes(&self) -> usize {
        self.meta.len() + self.data.iter().map(Bytes::len).sum::<usize>()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// ADD_NODE: a node registers, or the scheduler tells who is there.
    NodeList(NodeList),
    Barrier(Barrier),
    Heartbeat(Heartbeat),
    /// Ends the receive loop of MXNet's nodes, whoever sends it. Ours never send it and refuse it.
    Terminate,
    /// A message has arrived (resending).
    Ack(Signature),
    Command(CommandMessage),
    Data(DataMessage),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    Request,
    Response,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    Push,
    Pull,
    /// One request that pushes and is answered with the value after it.
    PushPull,
}

impl Verb {
    pub fn pushes(self) -> bool {
        self != Verb::Pull
    }

    pub fn pulls(self) -> bool {
        self != Verb::Push
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verb::Push => "push",
            Verb::Pull => "pull",
            Verb::PushPull => "pushpull",
        })
    }
}

/// Where a node listens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// A numeric IPv4 or IPv6 address (without brackets) or a name.
    pub host: String,
    pub port: u16,
}

impl Endpoint {
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Endpoint { host: host.into(), port }
    }
}

/// `10.0.0.1:9100`, `[::1]:9100`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// One line of a node list: one store of one process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    pub role: Role,
    /// None until the scheduler has given one.
    pub id: Option<NodeId>,
    pub endpoint: Endpoint,
    /// The node took over the id of a dead one.
    pub rejoin: bool,
    /// Garbage in MXNet's scheduler's own entry.
    pub channel: Channel,
    pub extension: NodeExtension,
}

impl NodeEntry {
    pub(super) fn from_meta(meta: NodeMeta) -> Result<Self> {
        let role = Role::from_wire(meta.role)
            .ok_or_else(|| err!(Protocol, "node: role {}, expected 0, 1 or 2", meta.role))?;
        let id = match meta.id {
            None | Some(EMPTY) => None,
            Some(id) => {
                Some(NodeId::from_wire(id).ok_or_else(|| err!(Protocol, "node: {id} is not a node id"))?)
            }
        };
        if let Some(id) = id {
            ensure!(id.role() == role, Protocol, "node: {id:?} is listed as a {role}");
        }
        let host = meta.hostname.filter(|host| !host.is_empty());
        let host = host.ok_or_else(|| err!(Protocol, "node: without a host name"))?;
        let port = meta.port.unwrap_or(0);
        let port = u16::try_from(port).map_err(|_| err!(Protocol, "node: {port} is not a port"))?;
        Ok(NodeEntry {
            role,
            id,
            endpoint: Endpoint { host, port },
            rejoin: meta.is_recovery.unwrap_or(false),
            channel: Channel(meta.customer_id.unwrap_or(0)),
            extension: meta.extension,
        })
    }

    pub(super) fn to_meta(&self) -> NodeMeta {
        NodeMeta {
            role: self.role.to_wire(),
            id: Some(self.id.map_or(EMPTY, NodeId::to_wire)),
            hostname: Some(self.endpoint.host.clone()),
            port: Some(i32::from(self.endpoint.port)),
            is_recovery: Some(self.rejoin),
            customer_id: Some(self.channel.0),
            extension: self.extension,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeList {
    pub request: RequestId,
    pub nodes: Vec<NodeEntry>,
    pub extension: Extension,
}

/// A node has arrived at a barrier (request) or may go on (response).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Barrier {
    pub direction: Direction,
    /// The group's number as sent; garbage in the releases of MXNet's scheduler.
    pub group: i32,
    pub channel: Channel,
    pub request: RequestId,
    pub extension: Extension,
}

impl Barrier {
    pub fn audience(&self) -> Option<Audience> {
        Audience::from_wire(self.group)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heartbeat {
    pub request: RequestId,
    /// The sender's own entry; from our scheduler also nodes whose state is worth mentioning.
    pub nodes: Vec<NodeEntry>,
    pub extension: Extension,
}

/// A command to a server, or the answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandMessage {
    pub direction: Direction,
    pub head: Head,
    /// Empty where the command needs none, and in answers.
    pub body: Bytes,
    pub channel: Channel,
    pub request: RequestId,
    pub priority: i32,
    pub extension: Extension,
}

impl CommandMessage {
    pub fn command(&self) -> Command {
        Command::from_head(self.head)
    }
}

/// A push, pull or pushpull of keys, or the answer to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataMessage {
    pub direction: Direction,
    pub verb: Verb,
    /// A [`ValueKind`]; answers of other implementations may hold anything.
    pub head: Head,
    pub channel: Channel,
    pub request: RequestId,
    /// Larger is more urgent. Always 0 in answers.
    pub priority: i32,
    /// None in answers to a push.
    pub payload: Option<Payload>,
    pub extension: Extension,
}

impl DataMessage {
    pub fn kind(&self) -> Result<ValueKind> {
        ValueKind::from_head(self.head)
    }
}
