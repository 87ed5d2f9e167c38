//! The optimizers of MXNet's Scala package, which JVM workers send to servers. They bear the names of Python's but
//! compute differently, in plain array operations; here they are called `scala_…`.
//!
//! Scalars are float32 on the JVM, and every operation rounds to the type of the arrays, in the order in which the
//! files write it: results are equal to the last bit.

mod ada_delta;
mod ada_grad;
mod adam;
mod common;
mod dcasgd;
mod nag;
mod rms_prop;
mod sgd;
mod sgld;
#[cfg(test)]
mod tests;

use super::PassedOn::Given;
use super::{Entry, entry};

pub(super) const KNOWN: &[Entry] = &[
    entry("scala_adadelta", 0.01, Given, ada_delta::build),
    entry("scala_adagrad", 0.01, Given, ada_grad::build),
    entry("scala_adam", 0.01, Given, adam::build),
    entry("scala_dcasgd", 0.01, Given, dcasgd::build),
    entry("scala_nag", 0.01, Given, nag::build),
    entry("scala_rmsprop", 0.01, Given, rms_prop::build),
    entry("scala_sgd", 0.01, Given, sgd::build),
    entry("scala_sgld", 0.01, Given, sgld::build),
];
