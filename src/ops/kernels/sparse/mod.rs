//! Kernels on sparse arrays. Results are complete before the output is written, so an input may be the output.

mod merge;
mod parts;
mod sum;

pub use merge::{csr_csr, csr_dense, rows_dense, rows_rows};
pub use parts::{Elements, Rows, map_rows, map_values};
pub use sum::sum_rows;
