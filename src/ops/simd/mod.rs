//! Kernels written for the vector units, each beside a plain twin that defines its result.

mod sum;

pub use sum::{Order, sum_into};
