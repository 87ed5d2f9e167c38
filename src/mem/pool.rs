//! Freed blocks are kept for the next allocation of the same size class, because fresh pages cost more
//! than most kernels: the system zeroes each page at its first touch.
//!
//! Size classes are powers of two and three steps between two of them up to 1 MiB, and multiples of 256 KiB above.
//! Where no block of the right class is kept, one that is up to a quarter larger serves as well. At most [`LIMIT`]
//! bytes are kept, and at most [`SPARE`] while blocks of other sizes come from the system.

use crate::base::sync::{ForkMutex, ForkMutexGuard};
use once_cell::sync::Lazy;
use std::collections::BTreeMap;

/// Most bytes kept for reuse in the whole process.
const LIMIT: usize = 512 << 20;
/// So many bytes may be of sizes that nobody wants at present.
const SPARE: usize = 8 << 20;
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

impl Pool {
    fn take(&mut self, class: usize) -> Option<(usize, usize)> {
        let mut large_enough = self.classes.range_mut(class..=class.saturating_add(class / 4));
        let (found, address) =
            large_enough.find_map(|(found, addresses)| Some((*found, addresses.pop()?)))?;
        self.cached -= found;
        Some((address, found))
    }

    fn make_room(&mut self, class: usize) -> Vec<(usize, usize)> {
        let (mut taken, mut bytes) = (Vec::new(), 0);
        let wanted = class.min(self.cached.saturating_sub(SPARE));
        for (found, addresses) in self.classes.range_mut(LARGE + 1..).rev() {
            while bytes < wanted
                && let Some(address) = addresses.pop()
            {
                bytes += found;
                taken.push((address, *found));
            }
        }
        self.cached -= bytes;
        taken
    }

    fn keep(&mut self, class: usize, address: usize) -> Result<(), usize> {
        if self.cached + class > LIMIT {
            return Err(address);
        }
        self.cached += class;
        self.classes.entry(class).or_default().push(address);
        Ok(())
    }
}

/// The address of a cached block that is large enough, and its class. The bytes are whatever its last owner left.
pub(super) fn take(class: usize) -> Option<(usize, usize)> {
    POOL.lock().take(class)
}

/// Takes out cached blocks that the caller gives back to the system, the largest first, before it asks the system
/// for a block of this class: together at least as many bytes, as long as more than [`SPARE`] are cached. Else the
/// process would grow by a set of unused blocks for every mixture of sizes that it ever needed at one time, as a
/// server does that takes the pushes of a whole network in another order each round.
pub(super) fn make_room(class: usize) -> Vec<(usize, usize)> {
    POOL.lock().make_room(class)
}

/// Keeps a block for reuse; gives it back if the pool is full and the caller must free it.
pub(super) fn keep(class: usize, address: usize) -> Result<(), usize> {
    POOL.lock().keep(class, address)
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

    #[test]
    fn a_block_of_the_class_or_a_little_larger_serves() {
        let mut pool = Pool::default();
        for (class, address) in [(1024, 1), (1280, 2), (1536, 3)] {
            pool.keep(class, address).unwrap();
        }
        assert_eq!(pool.take(1024), Some((1, 1024)));
        assert_eq!(pool.take(1024), Some((2, 1280)));
        assert_eq!(pool.take(1024), None);
        assert_eq!(pool.cached, 1536);
        assert_eq!(pool.keep(LIMIT, 4), Err(4));
    }

    #[test]
    fn room_is_made_with_the_largest_blocks_while_more_than_the_spare_ones_are_cached() {
        let mut pool = Pool::default();
        let mib = 1 << 20;
        for (class, address) in [(SPARE, 1), (2 * mib, 2), (3 * mib, 3), (mib / 2, 4)] {
            pool.keep(class, address).unwrap();
        }
        assert_eq!(pool.make_room(2 * mib), [(1, SPARE)]);
        assert_eq!((pool.make_room(SPARE), pool.cached), (vec![], 5 * mib + mib / 2));
        pool.keep(SPARE, 5).unwrap();
        pool.keep(4 * mib, 6).unwrap();
        assert_eq!(pool.make_room(SPARE + mib), [(5, SPARE), (6, 4 * mib)]);
        assert_eq!((pool.make_room(usize::MAX), pool.cached), (vec![], 5 * mib + mib / 2));
    }
}
