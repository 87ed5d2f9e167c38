//! Copies. Large ones bypass the cache: a normal store first reads the line that it overwrites, which costs a
//! third of the traffic of a copy, and throws out of the cache what others still need.

#![expect(unsafe_code, reason = "non-temporal stores have no safe form")]

/// From this size on an array is taken to be too large to be read again from the cache soon.
pub const STREAM_BYTES: usize = 256 << 10;

/// Copies within one thread; past the cache if it is much.
///
/// # Panics
/// If the lengths differ.
pub fn copy(to: &mut [u8], from: &[u8]) {
    if to.len() < STREAM_BYTES { to.copy_from_slice(from) } else { Stream::new().copy(to, from) }
}

/// Copies the same bytes to several places, reading them once; past the cache if it is much.
///
/// # Panics
/// If a length differs.
pub fn copy_to_all(to: &mut [&mut [u8]], from: &[u8]) {
    if from.len() < STREAM_BYTES {
        to.iter_mut().for_each(|to| to.copy_from_slice(from));
    } else {
        Stream::new().copy_to_all(to, from);
    }
}

/// Tells the processor that this address, which need not be valid, will be used soon.
#[inline]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch has no effect that a program can see, whatever the address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}

/// Writes past the cache, as far as the processor can. Such stores are not ordered with later normal ones:
/// without the fence that dropping this makes, another thread could see the lock that we release before it
/// sees the bytes. So one of these lives for a whole kernel; a fence for every few kilobytes would be slow.
pub struct Stream {
    wide: bool,
}

impl Default for Stream {
    fn default() -> Self {
        Self::new()
    }
}

impl Stream {
    pub fn new() -> Self {
        #[cfg(target_arch = "x86_64")]
        let wide = std::arch::is_x86_feature_detected!("avx");
        #[cfg(not(target_arch = "x86_64"))]
        let wide = false;
        Stream { wide }
    }

    /// # Panics
    /// If the lengths differ.
    pub fn copy(&mut self, to: &mut [u8], from: &[u8]) {
        assert_eq!(to.len(), from.len(), "lengths of a copy");
        self.lines([to], from);
    }

    /// # Panics
    /// If a length differs.
    pub fn copy_to_all(&mut self, to: &mut [&mut [u8]], from: &[u8]) {
        for to in &*to {
            assert_eq!(to.len(), from.len(), "lengths of a copy");
        }
        // Line by line to four places at a time: each is a stream of its own to the memory controller.
        let mut groups = to.chunks_exact_mut(4);
        for group in &mut groups {
            if let [a, b, c, d] = group {
                self.lines([a, b, c, d], from);
            }
        }
        match groups.into_remainder() {
            [a] => self.lines([a], from),
            [a, b] => self.lines([a, b], from),
            [a, b, c] => self.lines([a, b, c], from),
            _ => {}
        }
    }

    /// Copies whole lines past the cache and the rest normally. All lengths are equal.
    fn lines<const N: usize>(&mut self, to: [&mut [u8]; N], from: &[u8]) {
        let head = to.first().map_or(0, |to| to.as_ptr().align_offset(LINE)).min(from.len());
        let together = to.iter().all(|to| to.as_ptr().wrapping_add(head).addr().is_multiple_of(LINE));
        if N > 1 && !together {
            return to.into_iter().for_each(|to| self.lines([to], from));
        }
        let body = if self.wide { (from.len() - head) / LINE * LINE } else { 0 };
        let bodies = to.map(|to| {
            let (to_head, rest) = to.split_at_mut(head);
            let (to_body, to_tail) = rest.split_at_mut(body);
            to_head.copy_from_slice(&from[..head]);
            to_tail.copy_from_slice(&from[head + body..]);
            to_body
        });
        #[cfg(target_arch = "x86_64")]
        if self.wide {
            // SAFETY: the processor has AVX; the bodies start at a multiple of 64 and are whole lines long, and
            // their source has the same length.
            unsafe { stream_lines(bodies, &from[head..head + body]) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        drop(bodies);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every 64-bit processor of this family has the instruction.
        unsafe {
            std::arch::x86_64::_mm_sfence();
        }
    }
}

const LINE: usize = 64;

/// # Safety
/// Each of `to` starts at a multiple of 64, has a length that is a multiple of 64, and is as long as `from`.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn stream_lines<const N: usize>(to: [&mut [u8]; N], from: &[u8]) {
    use std::arch::x86_64::{__m256i, _MM_HINT_T0, _mm_prefetch, _mm256_loadu_si256, _mm256_stream_si256};
    // So far ahead that memory answers in time; measured.
    const AHEAD: usize = 2048;
    let to = to.map(|to| to.as_mut_ptr());
    for at in (0..from.len()).step_by(LINE) {
        // SAFETY: all slices have 64 more bytes at `at`, and the targets are aligned to 32 there. The address of
        // the prefetch is only computed, and a prefetch never faults.
        unsafe {
            let source = from.as_ptr().add(at);
            _mm_prefetch::<_MM_HINT_T0>(source.wrapping_add(AHEAD).cast());
            let low = _mm256_loadu_si256(source.cast::<__m256i>());
            let high = _mm256_loadu_si256(source.add(32).cast::<__m256i>());
            for to in to {
                _mm256_stream_si256(to.add(at).cast::<__m256i>(), low);
                _mm256_stream_si256(to.add(at + 32).cast::<__m256i>(), high);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_stream_copies_at_any_alignment_and_length(
            starts in prop::collection::vec(0usize..70, 0..10),
            aligned in any::<bool>(),
            source in 0usize..70,
            len in 0usize..1000,
        ) {
            let from: Vec<u8> = (0..len + source).map(|i| (i * 7 + 1) as u8).collect();
            let mut buffers: Vec<Vec<u8>> = starts.iter().map(|start| vec![0u8; start + len + 200]).collect();
            let begin = |buffer: &Vec<u8>, start: &usize| {
                start + if aligned { buffer.as_ptr().wrapping_add(*start).align_offset(LINE) } else { 0 }
            };
            let begins: Vec<usize> = buffers.iter().zip(&starts).map(|(b, s)| begin(b, s)).collect();
            let mut to: Vec<&mut [u8]> =
                buffers.iter_mut().zip(&begins).map(|(b, start)| &mut b[*start..start + len]).collect();
            Stream::new().copy_to_all(&mut to, &from[source..]);
            for (buffer, start) in buffers.iter().zip(begins) {
                prop_assert_eq!(&buffer[start..start + len], &from[source..]);
                prop_assert!(buffer[..start].iter().chain(&buffer[start + len..]).all(|byte| *byte == 0));
            }
        }
    }

    #[test]
    fn large_copies_are_exact() {
        let from: Vec<u8> = (0..STREAM_BYTES + 13).map(|i| (i % 251) as u8).collect();
        let mut to = vec![vec![0; from.len()]; 3];
        let [a, b, c] = &mut to[..] else { unreachable!() };
        copy(a, &from);
        copy_to_all(&mut [b, c], &from);
        assert!(to.iter().all(|to| *to == from));
    }

    #[test]
    #[should_panic(expected = "lengths of a copy")]
    fn unequal_lengths_are_a_defect_of_the_caller() {
        Stream::new().copy(&mut [0; 3], &[0; 4]);
    }
}
