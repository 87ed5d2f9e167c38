//! Operators: a registry of named functions on arrays, called with text parameters as MXNet's frontends do.
//!
//! One table entry ([`Definition`]) says everything about an operator: its names, array arguments, parameters,
//! how output shapes, types and storage follow from the inputs, and the kernel. The attribute parser, both C
//! registries and the documentation come from it. [`invoke`] checks a call, makes its outputs and hands the
//! kernel to the engine.

mod attrs;
mod defs;
mod fallback;
mod infer;
mod invoke;
pub mod kernels;
pub mod operator;
pub mod param;
mod registry;

pub use attrs::Attrs;
pub use infer::{Meta, Query, elementwise, require_numbers, same_as_first};
pub use invoke::{Invocation, Invoker, Rng};
pub use operator::{Definition, Inputs, Operator, Plan, Storages};
pub use param::{Kind, Param, Value, optional, required};
pub use registry::{Registry, registry};

/// All families. A new file under `defs` is added here.
static GROUPS: &[&[Definition]] = &[
    defs::binary::OPERATORS,
    defs::check::OPERATORS,
    defs::copy::OPERATORS,
    defs::creation::OPERATORS,
    defs::dot::OPERATORS,
    defs::index::OPERATORS,
    defs::join::OPERATORS,
    defs::layers::activation::OPERATORS,
    defs::layers::mask::OPERATORS,
    defs::layers::norm::OPERATORS,
    defs::numpy::arithmetic::OPERATORS,
    defs::numpy::compare::EQUAL,
    defs::numpy::compare::GREATER,
    defs::numpy::compare::GREATER_EQUAL,
    defs::numpy::compare::LESS,
    defs::numpy::compare::LESS_EQUAL,
    defs::numpy::compare::NOT_EQUAL,
    defs::numpy::compare::TESTS,
    defs::numpy::creation::OPERATORS,
    defs::numpy::linear::OPERATORS,
    defs::numpy::product::OPERATORS,
    defs::numpy::random::OPERATORS,
    defs::numpy::reduce::OPERATORS,
    defs::numpy::shape::OPERATORS,
    defs::order::OPERATORS,
    defs::random::EXPONENTIAL,
    defs::random::GAMMA,
    defs::random::GENERALIZED_NEGATIVE_BINOMIAL,
    defs::random::NEGATIVE_BINOMIAL,
    defs::random::NORMAL,
    defs::random::OPERATORS,
    defs::random::POISSON,
    defs::random::UNIFORM,
    defs::rearrange::OPERATORS,
    defs::reduce::OPERATORS,
    defs::refused::OPERATORS,
    defs::scalar::OPERATORS,
    defs::sequence::OPERATORS,
    defs::shape::OPERATORS,
    defs::slice::OPERATORS,
    defs::softmax::OPERATORS,
    defs::unary::OPERATORS,
    defs::update::adam::OPERATORS,
    defs::update::adamw::OPERATORS,
    defs::update::lamb::OPERATORS,
    defs::update::multi_sgd::OPERATORS,
    defs::update::others::OPERATORS,
    defs::update::sgd::OPERATORS,
    defs::update::sparse_only::OPERATORS,
];
