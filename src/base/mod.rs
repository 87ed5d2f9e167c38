//! What every layer may use: errors, settings, locks.

pub mod config;
pub mod error;
pub mod suggest;
pub mod sync;

pub use error::{Error, ErrorKind, Result};
