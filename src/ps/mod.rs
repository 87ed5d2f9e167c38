//! Moving bytes between nodes: identities, key placement, the wire, transports and the protocol itself.
//!
//! The layer speaks the `dist_*` protocol of MXNet 1.9.1 byte for byte, so that its nodes join clusters of
//! MXNet's own nodes in any role, and a little more between its own nodes (see [`wire::Extension`]). It knows
//! arrays only as bytes with a dtype tag; what a push means is decided behind [`node::ShardHost`].
//!
//! * [`id`]: roles, ranks, node ids, groups. The only place that knows their numbers.
//! * [`keyspace`]: which server holds which part of a key.
//! * [`wire`]: messages and their bytes.
//! * [`proto`]: the protocol as pure state machines, `step(now, event) -> commands`.
//! * [`transport`]: the contract for moving frames, and the engines behind it.
//! * [`node`]: what runs a state machine on a transport, and the contract of a shard's host.

pub mod id;
pub mod keyspace;
pub mod node;
pub mod proto;
#[cfg(test)]
mod sim;
pub mod transport;
pub mod wire;
