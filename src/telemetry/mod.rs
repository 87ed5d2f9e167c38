//! What the library tells people about itself. Depends on `base` alone, so that every layer can report.

pub mod log;
mod trace;

pub use trace::{Event, Phase, Span, Trace};
