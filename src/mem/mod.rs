//! Aligned, pooled memory, memory that belongs to somebody else, and the ways to move much of it fast.

mod block;
pub mod copy;
mod mapping;
mod pool;
pub mod shm;

pub use block::{ALIGNMENT, Block};
pub use pool::{Held, hold, release_cached};
