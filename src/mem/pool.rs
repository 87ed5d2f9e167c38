//! Freed blocks are kept for the next allocation of the same size class, because fresh pages cost more
//! than most kernels: the system zeroes each page at its first touch.
//!
//! Size classes are powers of two and three steps between two of them up to 1 MiB, and multiples of 256 KiB above.
//! Where no block of the right class is kept, one of up to twice the size serves as well. At most [`LIMIT`] bytes are
//! kept.

use crate::base::sync::{ForkMutex, ForkMutexGuard};
use once_cell::sync::Lazy;
use std::collections::BTreeMap;

/// Most bytes kept for reuse in the whole process.
const LIMIT: usize = 512 << 20;
/// Larger blocks come straight from the system.
pub(super) const LARGE: usize = 1 << 20;
const SMALLEST: usize = 64;

static POOL: Lazy<ForkMutex<Pool>> = Lazy::new(ForkMutex::default);

#[derive(Default)]
struct Pool {
    cached: usize,
    classes: BTreeMap<usize, Vec<usize>>,
}

/// The size class that serves `len` bytes, or `None` if `len` is too large to be a size at all.
pub(super) fn class_of(len: usize) -> Option<usize> {
    let step =
        if len > LARGE { LARGE / 4 } else { (len.max(SMALLEST).next_power_of_two() / 8).max(SMALLEST) };
    len.max(SMALLEST).checked_next_multiple_of(step).filter(|class| *class <= isize::MAX as usize)
}

/// The address of a cached block that is large enough, and its class. The bytes are whatever its last owner left.
pub(super) fn take(class: usize) -> Option<(usize, usize)> {
    let mut pool = POOL.lock();
    let mut large_enough = pool.classes.range_mut(class..=class.saturating_mul(2));
    let (found, address) = large_enough.find_map(|(found, addresses)| Some((*found, addresses.pop()?)))?;
    pool.cached -= found;
    Some((address, found))
}

/// Takes out cached blocks that are smaller than this class and of about its size together, largest first. Who
/// needs a large new block frees them: arrays that grow from one to the next, such as the layers of a network on
/// their way through a server, would otherwise leave one unused block of each size behind.
pub(super) fn take_smaller(class: usize) -> Vec<(usize, usize)> {
    let mut pool = POOL.lock();
    let (mut taken, mut bytes) = (Vec::new(), 0);
    for (found, addresses) in pool.classes.range_mut(LARGE..class).rev() {
        while bytes < class
            && let Some(address) = addresses.pop()
        {
            bytes += found;
            taken.push((address, *found));
        }
    }
    pool.cached -= bytes;
    taken
}

/// Keeps a block for reuse; gives it back if the pool is full and the caller must free it.
pub(super) fn keep(class: usize, address: usize) -> Result<(), usize> {
    let mut pool = POOL.lock();
    if pool.cached + class > LIMIT {
        return Err(address);
    }
    pool.cached += class;
    pool.classes.entry(class).or_default().push(address);
    Ok(())
}

/// Keeps other threads out of the pool while the process forks, so that the child can use it.
pub struct Held(#[expect(dead_code, reason = "held for its drop")] ForkMutexGuard<'static, Pool>);

pub fn hold() -> Held {
    Held(POOL.lock())
}

/// Gives all cached memory back to the system (`MXStorageEmptyCache`).
pub fn release_cached() {
    let classes = {
        let mut pool = POOL.lock();
        pool.cached = 0;
        std::mem::take(&mut pool.classes)
    };
    for (class, addresses) in classes {
        for address in addresses {
            super::block::free(address, class);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_large_enough_and_waste_little() {
        for len in (0..5000).chain((1 << 12..6 << 20).step_by(997)) {
            let class = class_of(len).unwrap();
            assert!(class >= len && class.is_multiple_of(SMALLEST), "{len}: {class}");
            assert!(class - len <= SMALLEST.max(len / 4), "{len}: {class}");
            assert_eq!(class_of(class), Some(class));
        }
        assert_eq!(
            (class_of(147_456), class_of(LARGE), class_of(LARGE + 1)),
            (Some(160 << 10), Some(LARGE), Some(LARGE + (256 << 10)))
        );
        assert_eq!(class_of(usize::MAX), None);
    }
}
