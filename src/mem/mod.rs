//! Aligned, pooled memory, and memory that belongs to somebody else.

mod block;
mod pool;

pub use block::{ALIGNMENT, Block};
pub use pool::release_cached;
