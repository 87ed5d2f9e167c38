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
#[cfg(test)]
mod tests;

use super::Entry;

pub(super) const KNOWN: &[Entry] = &[
    Entry { name: "scala_adadelta", learning_rate: None, build: ada_delta::build },
    Entry { name: "scala_adagrad", learning_rate: None, build: ada_grad::build },
    Entry { name: "scala_adam", learning_rate: None, build: adam::build },
    Entry { name: "scala_dcasgd", learning_rate: None, build: dcasgd::build },
    Entry { name: "scala_nag", learning_rate: None, build: nag::build },
    Entry { name: "scala_rmsprop", learning_rate: None, build: rms_prop::build },
    Entry { name: "scala_sgd", learning_rate: None, build: sgd::build },
];
