//! A server's data: the values of its shard of the key space and what pushes do to them.
//!
//! [`Server`] is the [`ShardHost`](crate::ps::node::ShardHost) that keeps arrays. Requests come to it one at a
//! time on the thread that runs the server (`MXKVStoreRunServer`, `mxkv server`); on that thread it also calls
//! the controller and the updater, so that frontends never see a thread of ours. Work on arrays goes to the
//! engine and answers leave from there, so several keys are worked on at once.
//!
//! * [`round`]: who has pushed a key and when a synchronous round is complete.
//! * [`decode`]: a request's bytes as checked parts of an array.
//! * [`entry`]: one key: its value, its float32 master copy.
//! * [`apply`]: from the contributions of a round to the new value.
//! * [`optimize`]: native optimizers, and their states on the way to and from workers.
//! * [`backlog`]: how much work on large values may wait.
//! * [`packed`]: compressed pushes as plain ones.
//! * [`command`]: what the bodies of commands mean.

mod apply;
mod backlog;
mod command;
mod decode;
mod entry;
mod host;
mod optimize;
mod packed;
mod round;

pub use host::{Control, Controller, Server, Update};
