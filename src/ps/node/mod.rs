//! Running a node, and what runs inside one.
//!
//! Threads: each node has one network thread (`mxkv-worker`, `mxkv-server`, `mxkv-scheduler`) that waits for the
//! transport and runs the protocol; callers run it too while that thread sleeps (see [`runtime`]). A server's host
//! runs on the thread that called [`ServerNode::serve`] or, for what is quick, on the network thread (see [`desk`]).

mod address;
mod dead;
mod desk;
mod host;
pub mod runtime;
mod server;
mod settings;
mod worker;

pub use dead::DeadNodes;
pub use host::{Action, Answer, Participant, ReplySink, ShardHost, ShardInfo, ShardRequest, Ticket};
pub use server::{SchedulerNode, ServerNode};
pub use worker::WorkerNode;

use crate::ps::proto::Notice;
use crate::telemetry::log;

/// What a node does with its notices: keeps the list of the dead, and tells people.
fn notices(dead: &DeadNodes) -> impl Fn(&Notice) + Send + Sync + 'static {
    let dead = dead.clone();
    move |notice| {
        dead.note(notice);
        tell(notice);
    }
}

/// Tells people what a node noticed.
fn tell(notice: &Notice) {
    match notice {
        Notice::Starting(status) => log::info(format_args!("{status}")),
        Notice::Joined { id, rejoined: false } => log::detail(format_args!("joined as {id}")),
        Notice::Joined { id, rejoined: true } => {
            log::info(format_args!("joined as {id}, in place of a dead node"));
        }
        Notice::Dead { description, .. } => log::warn(format_args!("{description} is dead")),
        Notice::Back { description, .. } => log::warn(format_args!("{description} is back")),
        Notice::Left { id } => log::detail(format_args!("{id} has left")),
        Notice::Refused { from, why } => log::warn(format_args!("refused a message of {from}: {why}")),
    }
}
