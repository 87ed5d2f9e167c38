//! Large blocks straight from the system.
//!
//! They ask for huge pages, with which copies run a fifth to a third faster here. And each starts a little
//! further into its first page than the one before: if all arrays began at the same place of a page, equal
//! elements of several arrays would meet in the same sets of the caches and in the same bank of the memory,
//! and a sum of several arrays reads just those together.

#![expect(unsafe_code, reason = "asks the system for memory")]

use crate::base::sync::atomic::{AtomicUsize, Ordering};

/// Mappings start at multiples of this, the size of a huge page.
const HUGE_PAGE: usize = 2 << 20;
/// The distance of two neighbouring places for a start: a page and a line.
const STEP: usize = 4096 + 64;
const PLACES: usize = 15;
/// Room for the furthest place.
const SLACK: usize = 16 * 4096;

/// The address of `len` zero bytes, a multiple of 64.
pub(super) fn map(len: usize) -> Option<usize> {
    static COUNTER: AtomicUsize = AtomicUsize::new(0);
    let wanted = len.checked_add(SLACK)?;
    let base = map_aligned(wanted)?;
    advise_huge(base, wanted);
    Some(base + COUNTER.fetch_add(1, Ordering::Relaxed) % PLACES * STEP)
}

/// Gives back what `map` gave for `len`; nobody uses it any more.
pub(super) fn unmap(address: usize, len: usize) {
    let base = address / HUGE_PAGE * HUGE_PAGE;
    give_back(base, len + SLACK);
}

/// Maps more than needed and gives the ends back, so that the rest starts at a huge page.
fn map_aligned(wanted: usize) -> Option<usize> {
    let wanted = wanted.checked_next_multiple_of(4096)?;
    let total = wanted.checked_add(HUGE_PAGE)?;
    let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new anonymous mapping at an address that the system chooses touches nothing that exists.
    let start = unsafe { libc::mmap(std::ptr::null_mut(), total, access, kind, -1, 0) };
    if start == libc::MAP_FAILED {
        return None;
    }
    let start = start.expose_provenance();
    let base = start.next_multiple_of(HUGE_PAGE);
    give_back(start, base - start);
    give_back(base + wanted, start + total - (base + wanted));
    Some(base)
}

fn give_back(start: usize, len: usize) {
    if len > 0 {
        // SAFETY: the callers name whole pages of a mapping that was made here and that nobody uses.
        unsafe { libc::munmap(std::ptr::with_exposed_provenance_mut(start), len) };
    }
}

fn advise_huge(start: usize, len: usize) {
    // SAFETY: the range was just mapped; the advice changes how it is backed, never what it holds. If the
    // system has no huge pages it says so, and small ones do as well.
    #[cfg(target_os = "linux")]
    unsafe {
        libc::madvise(std::ptr::with_exposed_provenance_mut(start), len, libc::MADV_HUGEPAGE);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (start, len);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_aligned_zero_and_start_at_different_places() {
        let len = 3 << 20;
        let addresses: Vec<usize> = (0..4).map(|_| map(len).unwrap()).collect();
        for address in &addresses {
            assert_eq!(address % 64, 0);
            // SAFETY: the mapping is this long, and nobody else knows it.
            let bytes = unsafe {
                std::slice::from_raw_parts_mut(std::ptr::with_exposed_provenance_mut::<u8>(*address), len)
            };
            assert!(bytes.iter().all(|byte| *byte == 0));
            bytes.fill(1);
        }
        assert_ne!(addresses[0] % HUGE_PAGE, addresses[1] % HUGE_PAGE);
        addresses.into_iter().for_each(|address| unmap(address, len));
    }

    #[test]
    fn absurd_sizes_fail() {
        assert!(map(usize::MAX).is_none());
        assert!(map(isize::MAX as usize).is_none());
    }
}
