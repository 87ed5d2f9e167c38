//! What the library tells people about itself. Depends on `base` alone, so that every layer can report.

mod aggregate;
mod chrome;
mod json;
pub mod log;
mod params;
mod profiler;
mod remote;
mod trace;

pub use aggregate::{Aggregate, SortBy};
pub use params::ProfilerParams;
pub use profiler::{Held, Profiler, Settings};
pub use remote::obey;
pub use trace::{Event, Phase, Scope, Span, Trace, what};
