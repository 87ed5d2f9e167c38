//! What every layer may use: errors, settings, locks.

pub mod config;
pub mod error;
pub mod file;
mod memory;
pub mod priority_queue;
pub mod suggest;
pub mod sync;
pub mod uri;

pub use error::{Error, ErrorKind, Result};
pub use memory::reserve;
