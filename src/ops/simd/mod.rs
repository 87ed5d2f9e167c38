//! Kernels written for the vector units, each compared in tests with a plain twin.

mod half;
mod sum;

pub use sum::{Order, Summand, sum_into};
