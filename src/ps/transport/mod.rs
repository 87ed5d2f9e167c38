//! Moving frames between nodes: the contract, and the engines that fulfil it.
//!
//! A node has one transport and one thread that calls it. It listens at one [`Endpoint`] and holds one outgoing
//! link per [`Peer`]; nothing is ever sent back over the link on which a message came.
//!
//! What every engine must provide:
//!
//! * Messages over one link arrive complete, unchanged and in order, or not at all. A link that breaks is set
//!   up again by the engine; messages under way at that moment may be lost. Nothing is promised about the
//!   order of messages on different links.
//! * The receiver learns the identity its peer announced when linking ([`Sender::parse`]). When two live links
//!   announce the same identity the newer one wins: that is how a restarted node takes over.
//! * Connecting to a peer that does not listen yet succeeds; messages wait until it does.
//! * A frame longer than `wire::limits::FRAME_BYTES` closes the link it came on and nothing else.
//! * Data frames are passed on as [`Bytes`](bytes::Bytes) without copying where the engine can.
//! * No call blocks, except [`Transport::receive`] for at most the time it was given and
//!   [`Transport::close`] for at most its linger time.
//!
//! Engines: [`zmq`] (the compatible one); [`memory`] (nodes of one process, for tests); [`fault`] wraps another one and makes it worse.

pub mod fault;
pub mod memory;
pub mod zmq;

use crate::base::{Error, Result};
use crate::ps::id::{NodeId, Sender};
use crate::ps::wire::{Endpoint, Frames};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// Whom a link leads to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Peer {
    Node(NodeId),
    /// A node that has no id (yet), known by where it listens.
    Guest(Endpoint),
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Peer::Node(id) => id.fmt(f),
            Peer::Guest(endpoint) => endpoint.fmt(f),
        }
    }
}

/// What [`Transport::receive`] came back with.
#[derive(Debug)]
pub enum Incoming {
    Message(Sender, Frames),
    /// Somebody called [`Waker::wake`].
    Woken,
    /// The time was up.
    Nothing,
}

/// Why a message was not taken.
#[derive(Debug)]
pub enum SendError {
    /// The peer does not keep up. The message comes back, to be sent later; other links are not affected.
    Full(Box<Frames>),
    /// There is no link to this peer.
    NotConnected,
    Failed(Error),
}

/// Ends a [`Transport::receive`] from any thread. A wake is never lost: it ends the next call if none is going on.
#[derive(Clone)]
pub struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Waker(Arc::new(wake))
    }

    pub fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}

pub trait Transport: Send {
    /// Starts to listen at `host`, a numeric address or whatever the engine resolves. Port 0 lets the engine
    /// choose. Returns the port. An error of kind `Io` when the port is taken: the caller may try another one.
    fn bind(&mut self, host: &str, port: u16) -> Result<u16>;

    /// Sets up the link to `peer` and announces `identity` on it (empty: none). A link that the peer already
    /// has is closed first.
    fn connect(&mut self, peer: &Peer, to: &Endpoint, identity: &[u8]) -> Result<()>;

    /// Closes the link to `peer`, if there is one; what still waits to be sent over it may be lost.
    fn disconnect(&mut self, peer: &Peer);

    /// Hands a message to the link. Success means taken, not delivered.
    fn send(&mut self, to: &Peer, frames: Frames) -> Result<(), SendError>;

    /// Waits at most `wait` for the next message or wake-up.
    fn receive(&mut self, wait: Duration) -> Result<Incoming>;

    fn waker(&self) -> Waker;

    /// Ends everything. Messages already taken are given up to `linger` to leave.
    fn close(&mut self, linger: Duration);
}
