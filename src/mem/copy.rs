//! Copies. Large ones bypass the cache: a normal store first reads the line that it overwrites, which costs a
//! third of the traffic of a copy, and throws out of the cache what others still need.

#![expect(unsafe_code, reason = "non-temporal stores have no safe form")]

/// From this size on an array is taken to be too large to be read again from the cache soon.
pub const STREAM_BYTES: usize = 256 << 10;

/// Copies within one thread.
///
/// # Panics
/// If the lengths differ.
pub fn copy(to: &mut [u8], from: &[u8]) {
    if to.len() < STREAM_BYTES { to.copy_from_slice(from) } else { stream(to, from) }
}

/// Copies past the cache if the processor can, whatever the size. Other threads see the bytes after any
/// release of this thread, as with normal stores.
///
/// # Panics
/// If the lengths differ.
pub fn stream(to: &mut [u8], from: &[u8]) {
    assert_eq!(to.len(), from.len(), "lengths of a copy");
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        let head = to.as_ptr().align_offset(64).min(to.len());
        let body = (to.len() - head) / 64 * 64;
        let (to_head, rest) = to.split_at_mut(head);
        let (to_body, to_tail) = rest.split_at_mut(body);
        to_head.copy_from_slice(&from[..head]);
        to_tail.copy_from_slice(&from[head + body..]);
        // SAFETY: the processor has AVX; the body starts at a multiple of 64 and is whole lines long, and its
        // source has the same length.
        unsafe { stream_lines(to_body, &from[head..head + body]) };
        return;
    }
    to.copy_from_slice(from);
}

/// # Safety
/// `to` starts at a multiple of 64, its length is a multiple of 64, and `from` is as long.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
unsafe fn stream_lines(to: &mut [u8], from: &[u8]) {
    use std::arch::x86_64::{
        __m256i, _MM_HINT_T0, _mm_prefetch, _mm_sfence, _mm256_loadu_si256, _mm256_stream_si256,
    };
    // So far ahead that memory answers in time; measured. Reading ahead of the end is harmless: a prefetch
    // never faults.
    const AHEAD: usize = 2048;
    let lines = to.as_mut_ptr_range();
    let (mut target, mut source) = (lines.start, from.as_ptr());
    while target < lines.end {
        // SAFETY: both slices have 64 more bytes here, the target is aligned to 64 and 32, and the address of
        // the prefetch is only computed.
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(source.wrapping_add(AHEAD).cast());
            let low = _mm256_loadu_si256(source.cast::<__m256i>());
            let high = _mm256_loadu_si256(source.add(32).cast::<__m256i>());
            _mm256_stream_si256(target.cast::<__m256i>(), low);
            _mm256_stream_si256(target.add(32).cast::<__m256i>(), high);
            target = target.add(64);
            source = source.add(64);
        }
    }
    // Streamed stores are not ordered with later normal ones: without the fence another thread could see the
    // lock that we release before it sees the bytes.
    _mm_sfence();
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stream_is_a_copy_at_any_alignment_and_length(
            start in 0usize..70, source in 0usize..70, len in 0usize..1000,
        ) {
            let from: Vec<u8> = (0..len + source).map(|i| (i * 7 + 1) as u8).collect();
            let mut to = vec![0u8; start + len + 1];
            stream(&mut to[start..start + len], &from[source..]);
            prop_assert_eq!(&to[start..start + len], &from[source..]);
            prop_assert!(to[..start].iter().all(|byte| *byte == 0) && to[start + len] == 0);
        }
    }

    #[test]
    fn large_copies_are_exact() {
        let from: Vec<u8> = (0..STREAM_BYTES + 13).map(|i| (i % 251) as u8).collect();
        let mut to = vec![0; from.len()];
        copy(&mut to, &from);
        assert!(to == from);
    }
}
