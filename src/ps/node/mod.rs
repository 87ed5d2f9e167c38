//! Running a node, and what runs inside one.

mod host;

pub use host::{Action, Answer, Participant, ReplySink, ShardHost, ShardInfo, ShardRequest, Ticket};
