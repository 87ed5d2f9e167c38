//! Optimizers and states that other programs wrote, read without executing anything.
//!
//! * [`pickle`]: Python's object format as a tree of plain values; [`python`]: MXNet's optimizers and states in it.
//! * [`java`]: Java's object format as a graph of plain objects; [`scala`]: MXNet's optimizers in it.

#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "the bytes come from outside"
    )
)]

mod base64;
mod budget;
mod input;
pub mod java;
pub mod pickle;
pub mod python;
pub mod scala;

use super::Spec;
use crate::base::Result;

/// What base64 of any Java object begins with.
const JAVA: &str = "rO0AB";

/// The optimizer in the body of a worker's command: our own description (JSON), a serialized Java object in base64,
/// or a pickle.
pub fn from_command(body: &[u8]) -> Result<Spec> {
    let read = || match std::str::from_utf8(body) {
        Ok(text) if text.starts_with('{') => Spec::from_json(text),
        Ok(text) if text.starts_with(JAVA) => scala::optimizer(&base64::decode(text)?),
        _ => python::optimizer(body),
    };
    read().map_err(|error| error.context("the optimizer that a worker sent"))
}
