//! What goes into a protocol machine and what comes out.

use super::status::StartStatus;
use super::time::Time;
use crate::base::{Error, Result};
use crate::ps::id::{NodeId, Rank, Sender};
use crate::ps::node::{Participant, ShardInfo, ShardRequest};
use crate::ps::transport::Peer;
use crate::ps::wire::{Endpoint, Frames, Payload};
use std::time::Duration;

/// A node's protocol. It does nothing by itself: the runtime calls [`Machine::step`] for everything that
/// happens, carries out the commands in order, and calls again with [`Event::Tick`] at [`Machine::wake_at`].
pub trait Machine {
    /// What callers of this kind of node may ask for.
    type Call;

    /// `now` never goes backwards.
    fn step(&mut self, now: Time, event: Event<Self::Call>) -> Vec<Command>;

    /// When the next tick is due, if nothing happens before.
    fn wake_at(&self) -> Option<Time>;
}

#[derive(Debug)]
pub enum Event<C> {
    /// The transport listens. Comes first, once.
    Start,
    Tick,
    Arrived {
        from: Sender,
        frames: Frames,
    },
    Call(C),
}

/// Names a call until its [`Command::Finished`]. The caller chooses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId(pub u64);

#[derive(Clone, Debug)]
pub enum Command {
    Connect {
        peer: Peer,
        endpoint: Endpoint,
        identity: Vec<u8>,
    },
    Disconnect {
        peer: Peer,
    },
    /// `priority`: larger leaves earlier if several messages wait.
    Send {
        to: Peer,
        frames: Frames,
        priority: i32,
    },
    /// A call has ended. Every call ends once.
    Finished {
        call: CallId,
        result: Result<Outcome>,
    },
    /// For the [`ShardHost`](crate::ps::node::ShardHost) of a server.
    Host(HostCall),
    /// For people, and for whoever wants to react.
    Notice(Notice),
    /// The node is done: close the transport, giving it this long to get rid of what is queued. Comes last. An
    /// error if the node ends for another reason than being told to.
    Close {
        linger: Duration,
        result: Result<()>,
    },
}

/// What a successful call yields.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Joined {
        id: NodeId,
        /// This process took over the id of a dead one: values are initialised, and nobody waits at a barrier.
        rejoined: bool,
    },
    /// The barrier is open.
    Released,
    /// By rank of the servers. None: done, without values.
    Answers(Vec<(Rank, Option<Payload>)>),
    Closed,
}

#[derive(Clone, Debug)]
pub enum HostCall {
    Start(ShardInfo),
    Request(ShardRequest),
    WorkerLost(Participant, Error),
    WorkerBack(Participant),
    WorkerSucceeded(Participant),
    WorkerLeft(Participant),
    Stop,
}

#[derive(Clone, Debug)]
pub enum Notice {
    /// Still waiting for the cluster to become complete. Repeated.
    Starting(StartStatus),
    /// The cluster is complete and this node is part of it.
    Joined { id: NodeId, rejoined: bool },
    /// Nothing is heard from a node.
    Dead { id: NodeId, description: String },
    /// A dead node is heard again, or a new process took its place.
    Back { id: NodeId, description: String },
    /// A node left in good order.
    Left { id: NodeId },
    /// A message was refused; see the counters.
    Refused { from: Sender, why: Error },
}
