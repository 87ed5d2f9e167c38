//! What the library tells people about itself. Depends on `base` alone, so that every layer can report.

mod chrome;
pub mod log;
mod profiler;
mod stats;
mod trace;

pub use profiler::{Process, Profiler};
pub use trace::{Event, Kind, Span, Trace};
