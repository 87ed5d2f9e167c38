//! The contract between the protocol and the data: a server is a shard of the key space with a [`ShardHost`]
//! inside.

use crate::base::{Error, Result};
use crate::ps::id::{Channel, NodeId, Rank};
use crate::ps::keyspace::KeyRange;
use crate::ps::wire::{Command, Payload, ValueKind, Verb};
use bytes::Bytes;
use std::sync::Arc;

/// Names one request to a host until it is answered. Never used twice in the life of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// One worker's store. It is stores, not processes, that take part in sync rounds and barriers; the stores of
/// one process share the node id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Participant {
    pub node: NodeId,
    pub channel: Channel,
}

/// What a server learns about itself once the cluster is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardInfo {
    pub rank: Rank,
    /// The wire keys this server owns; requests with others never get here.
    pub range: KeyRange,
    pub servers: u32,
    /// Everyone whose push a sync round waits for. As long as `DMLC_NUM_WORKER`.
    pub workers: Vec<Participant>,
}

/// What a request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Command {
        command: Command,
        body: Bytes,
    },
    Data {
        verb: Verb,
        kind: ValueKind,
        payload: Payload,
    },
    /// A push that gives keys their first value and changes keys that have one in no way. Our own workers say
    /// so. An MXNet worker's cannot be told from a gradient and comes as `Data`; but a restarted rank 0 sends the
    /// first value of each key again before anything else about it.
    Init {
        kind: ValueKind,
        payload: Payload,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardRequest {
    pub ticket: Ticket,
    pub from: Participant,
    /// The sender is known to be a node of ours, so what it pushes as `Data` is never a first value.
    pub ours: bool,
    /// The sender took over the id of a dead worker.
    pub rejoined: bool,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A push or a command is done; a pushpull answered so yields no values.
    Done,
    Values(Payload),
    /// What a command of ours is answered with. It is not kept for those who missed it: they see an empty answer
    /// and have to ask again.
    Body(Bytes),
}

/// Where answers go: at once, or later from any thread. Answers to requests whose sender is gone, and second
/// answers, are dropped.
pub trait ReplySink: Send + Sync {
    fn reply(&self, ticket: Ticket, outcome: Result<Answer>);
}

/// What a server does with its keys.
///
/// Calls come one at a time, in the order in which the requests arrived; a request that was
/// delivered twice comes once. Every request must be answered some day: a sync round that can no longer
/// complete is answered with an error when [`ShardHost::worker_lost`] says so. The host needs no clock.
pub trait ShardHost: Send {
    /// The cluster is complete. Called once, before everything else.
    fn start(&mut self, shard: ShardInfo, replies: Arc<dyn ReplySink>);

    fn request(&mut self, request: ShardRequest);

    /// Whether this request, made now, would come back soon, having run no code but the host's. Then it may come
    /// on the network thread; everything else comes on the thread that serves. A host that has taken on more than
    /// it can hold may keep the caller waiting, for a fraction of a second and not longer: meanwhile nothing more
    /// is read from the network, which holds the senders back.
    fn is_quick(&self, request: &ShardRequest) -> bool;

    /// The worker is gone and did not come back in time: what waits for it fails with `why`, now and until
    /// [`ShardHost::worker_back`] or [`ShardHost::worker_succeeded`].
    fn worker_lost(&mut self, worker: Participant, why: &Error);

    /// The lost worker, the same process, is heard again.
    fn worker_back(&mut self, worker: Participant);

    /// Another process took over the worker's id, whether or not it had been lost. What the predecessor pushed
    /// into complete rounds stays. What it pushed into others is forgotten: nobody was told that it was done, so
    /// the successor pushes again, and the two must not both count. Answers to the predecessor are dropped.
    fn worker_succeeded(&mut self, worker: Participant);

    /// A worker left in good order and will push no more.
    fn worker_left(&mut self, worker: Participant);

    /// The server leaves; requests may still be open and need no answer any more.
    fn stop(&mut self);
}
