//! Moving frames between nodes: the contract, and the engines that fulfil it.
//!
//! A node has one transport. Any thread may use it, one at a time; one of them waits for news at its [`Bell`],
//! without holding the transport. A transport listens at one [`Endpoint`] and holds one outgoing link per
//! [`Peer`]; nothing is ever sent back over the link on which a message came.
//!
//! What every engine must provide:
//!
//! * Messages over one link arrive complete, unchanged and, within one priority, in order, or not at all. A link
//!   that breaks is set up again by the engine; messages under way at that moment may be lost. Nothing is
//!   promised about the order of messages on different links.
//! * The receiver learns the identity its peer announced when linking ([`Sender::parse`]). Any number of links
//!   may announce the same one: what a newcomer says about itself never harms the link of another.
//! * Connecting to a peer that does not listen yet succeeds; messages wait until it does.
//! * A frame longer than `wire::limits::FRAME_BYTES` closes the link it came on and nothing else.
//! * Data frames are passed on as [`Bytes`](bytes::Bytes) without copying where the engine can.
//! * No call blocks, except [`Transport::close`] for at most its linger time and [`Bell::wait`] for at most the
//!   time it was given.
//!
//! Engines: [`zmtp`] (the compatible one); [`memory`] (nodes of one process, for tests); [`fault`] wraps another
//! one and makes it worse.

pub mod fault;
pub mod memory;
pub mod zmtp;

use crate::base::Result;
use crate::ps::id::{NodeId, Sender};
use crate::ps::wire::{Endpoint, Frames};
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    /// Something came that is not a whole message yet: receive again before waiting.
    Part,
    /// Nothing is here; the bell rings when there is more.
    Nothing,
}

/// Tells the thread that waits at it that a transport needs attention.
pub trait Bell: Send + Sync {
    /// Waits until something arrived, a link has room again, somebody rings, or the time is up, and says whether it
    /// was something else than the time. Nothing is missed: what happens between two waits ends the next one at
    /// once. Used by one thread.
    fn wait(&self, at_most: Duration) -> Result<bool>;

    /// Ends a wait, from any thread.
    fn ring(&self);
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

    /// Leaves a message for the link to `peer`; those of a higher priority leave earlier. It may stay here until
    /// [`Transport::flush`]. False if there is no link.
    fn send(&mut self, to: &Peer, frames: Frames, priority: i32) -> bool;

    /// Hands what was left to the network, as far as there is room. True if there is room for more, and more.
    fn flush(&mut self) -> bool;

    /// What is here next.
    fn receive(&mut self) -> Result<Incoming>;

    /// When [`Transport::receive`] has something to do even if nothing arrives.
    fn due(&self) -> Option<Instant>;

    fn bell(&self) -> Arc<dyn Bell>;

    /// Ends everything. Messages left before are given up to `linger` to leave.
    fn close(&mut self, linger: Duration);
}
