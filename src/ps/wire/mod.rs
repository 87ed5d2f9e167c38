//! Messages and their bytes.
//!
//! ```text
//!  Message  <->  Meta + data frames  <->  Frames
//!  (typed, no numbers)  (protobuf fields)      (bytes; the identity frame is the transport's)
//! ```
//!
//! [`Message::encode`] writes exactly the bytes MXNet 1.9.1 writes for the same message. [`Message::decode`]
//! takes what MXNet's receivers take (unknown fields, missing defaults, superfluous frames on control
//! messages), checks every length before use, and never panics: a bad message is a [`Malformed`], which still
//! knows whom to answer if that much could be read.

mod codec;
mod extension;
mod head;
pub mod limits;
mod message;
mod meta;
mod payload;
mod protobuf;
mod reply;
mod signature;
#[cfg(test)]
mod vectors;

pub use codec::Malformed;
pub use extension::{Capabilities, Extension, Flags, NodeExtension, NodeState, WireError};
pub use head::{Command, DType, Head, ValueKind, ValueMode};
pub use message::{
    Barrier, CommandMessage, DataMessage, Direction, Endpoint, Frames, Heartbeat, Message, NodeEntry,
    NodeList, Verb,
};
pub use meta::{ControlMeta, Meta, NodeMeta};
pub use payload::Payload;
pub use reply::ReplyTo;
pub use signature::Signature;
