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
