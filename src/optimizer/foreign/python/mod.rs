//! MXNet's Python optimizers, as the frontend pickles them, as our own.

mod attributes;
mod load;
mod optimizer;
mod scheduler;
mod states;
#[cfg(test)]
mod tests;

pub use load::load;
pub use optimizer::optimizer;
pub use states::{SavedStates, may_be_states, states};

/// Takes any bytes; ends with an optimizer or states, or with an error, soon.
#[cfg(any(test, fuzzing))]
pub fn fuzz(bytes: &[u8]) {
    super::pickle::fuzz(bytes);
    let _ = (optimizer(bytes).is_ok(), states(bytes).is_ok());
}
