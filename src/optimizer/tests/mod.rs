//! Tests of optimizers as a whole.

mod fused;
mod golden;
mod native;
mod saved;
mod summed;

use super::*;
use crate::base::sync::Arc;
use crate::engine::{Engine, Mode};
use crate::telemetry::Trace;

pub(super) fn engine() -> Engine {
    Engine::new(Mode::Naive, Arc::new(Trace::default()))
}
