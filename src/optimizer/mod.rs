//! Optimizers: what a store or server does with a gradient when it keeps the weights.
//!
//! A [`Spec`] describes an optimizer in a portable way: its registered name, its parameters as text, schedule,
//! multipliers, counts. An [`Optimizer`] is made from it and lives: it keeps the learning rate, the counts and the
//! state arrays of each key, and updates weights through the engine. The arithmetic is in [`rules`], one file for
//! each optimizer, the schedules are in [`schedule`].
//!
//! Names, parameters, defaults and arithmetic are those of MXNet 1.9.1's Python classes. Where one of those has a
//! defect we do what it means to do, unless [`Spec::mxnet_1_9_1`] asks for the same numbers; `docs/optimizers.md`
//! lists the differences.

mod elementwise;
pub mod foreign;
#[cfg(any(test, fuzzing))]
pub mod fuzz;
pub mod gathered;
mod index;
mod json;
mod live;
mod operands;
mod params;
mod rates;
pub mod remote;
mod rows;
mod rule;
pub mod rules;
pub mod schedule;
mod spec;
mod states;
#[cfg(test)]
mod tests;
mod whole;

pub use index::Index;
pub use live::{KeyStates, Optimizer, Update, Values};
pub use operands::Operands;
pub use params::Params;
pub use rates::Scalar;
pub use rule::{Counting, Memory, Planning, Rule, Step};
pub use spec::{Progress, SchedulerSpec, Spec};
pub use states::{decode, encode, is_saved_optimizer};
