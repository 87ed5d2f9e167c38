//! The sum of several arrays into one, in one pass over memory.
//!
//! Piece by piece the sum is made in a scratch buffer that stays in the first-level cache, then written out,
//! past the cache if the array is large. Memory is read once and written once whatever the number of inputs.

use crate::array::Element;
use crate::mem::copy;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// In which order the inputs of one element are added; each addition rounds to the element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `((x0 + x1) + x2) + …`: MXNet's stores with reduction on devices.
    LeftToRight,
    /// `x0 + (((x1 + x2) + x3) + x4)`, then `+ (((x5 + x6) + x7) + x8)` and so on: MXNet's other local stores.
    Fours,
}

/// Elements summed at once: the scratch buffers and this many elements of two inputs fit the first-level cache.
const PIECE: usize = 1024;

/// An element type that can be summed.
pub trait Summand: Element {
    /// `into[i] += from[i]`, rounding to the element type; integers wrap.
    fn add(into: &mut [Self], from: &[Self]);
}

macro_rules! summand {
    ($type:ty, |$a:ident, $b:ident| $sum:expr) => {
        impl Summand for $type {
            #[inline]
            fn add(into: &mut [Self], from: &[Self]) {
                for (a, b) in into.iter_mut().zip(from) {
                    let ($a, $b) = (*a, *b);
                    *a = $sum;
                }
            }
        }
    };
}

summand!(f32, |a, b| a + b);
summand!(f64, |a, b| a + b);
summand!(u8, |a, b| a.wrapping_add(b));
summand!(i8, |a, b| a.wrapping_add(b));
summand!(i32, |a, b| a.wrapping_add(b));
summand!(i64, |a, b| a.wrapping_add(b));

/// Sixteen-bit floats are added as float32 and rounded, which gives the correctly rounded sum. Converting
/// whole slices lets the conversion instructions of the processor work on eight at a time.
macro_rules! half_summand {
    ($type:ty) => {
        impl Summand for $type {
            fn add(into: &mut [Self], from: &[Self]) {
                let (mut a, mut b) = ([0f32; 256], [0f32; 256]);
                for (into, from) in into.chunks_mut(256).zip(from.chunks(256)) {
                    let (a, b) = (&mut a[..into.len()], &mut b[..from.len()]);
                    into.convert_to_f32_slice(a);
                    from.convert_to_f32_slice(b);
                    f32::add(a, b);
                    into.convert_from_f32_slice(a);
                }
            }
        }
    };
}

half_summand!(f16);
half_summand!(bf16);

/// `out[i] =` the sum of `inputs[..][i]`; with one input a copy. Large results go past the cache.
///
/// # Panics
/// If there is no input or the lengths differ.
pub fn sum_into<T: Summand>(out: &mut [T], inputs: &[&[T]], order: Order) {
    let large = size_of_val(out) >= copy::STREAM_BYTES;
    for input in inputs {
        assert_eq!(input.len(), out.len(), "lengths of a sum");
    }
    let mut scratch = ([T::default(); PIECE], [T::default(); PIECE]);
    for (index, out) in out.chunks_mut(PIECE).enumerate() {
        let range = index * PIECE..index * PIECE + out.len();
        let piece = |input: usize| &inputs[input][range.clone()];
        if large {
            let total = &mut scratch.0[..out.len()];
            total.copy_from_slice(piece(0));
            add_rest(total, &mut scratch.1, inputs.len(), piece, order);
            copy::stream(bytemuck::cast_slice_mut(out), bytemuck::cast_slice(total));
        } else {
            out.copy_from_slice(piece(0));
            add_rest(out, &mut scratch.1, inputs.len(), piece, order);
        }
    }
}

/// Adds inputs 1.. to `total`, which already holds input 0.
fn add_rest<'a, T: Summand>(
    total: &mut [T],
    scratch: &mut [T; PIECE],
    count: usize,
    piece: impl Fn(usize) -> &'a [T],
    order: Order,
) {
    if order == Order::LeftToRight || count == 2 {
        (1..count).for_each(|input| T::add(total, piece(input)));
        return;
    }
    let mut first = 1;
    while first < count {
        let end = count.min(first + 4);
        if first + 1 == end {
            T::add(total, piece(first));
        } else {
            let group = &mut scratch[..total.len()];
            group.copy_from_slice(piece(first));
            (first + 1..end).for_each(|input| T::add(group, piece(input)));
            T::add(total, group);
        }
        first = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The slow, obvious twin.
    fn twin<T: Summand>(inputs: &[&[T]], order: Order) -> Vec<T> {
        let plus = |a: T, b: T| {
            let mut sum = [a];
            T::add(&mut sum, &[b]);
            sum[0]
        };
        (0..inputs[0].len())
            .map(|i| {
                let all: Vec<T> = inputs.iter().map(|input| input[i]).collect();
                let group = if order == Order::Fours { 4 } else { 1 };
                all[1..]
                    .chunks(group)
                    .map(|some| some.iter().copied().reduce(plus).unwrap())
                    .fold(all[0], plus)
            })
            .collect()
    }

    fn check<T: Summand>(count: usize, len: usize, make: impl Fn(usize) -> T) {
        let inputs: Vec<Vec<T>> =
            (0..count).map(|c| (0..len).map(|i| make(i * 31 + c * 1009)).collect()).collect();
        let inputs: Vec<&[T]> = inputs.iter().map(Vec::as_slice).collect();
        for order in [Order::LeftToRight, Order::Fours] {
            let mut out = vec![T::default(); len];
            sum_into(&mut out, &inputs, order);
            assert!(out == twin(&inputs, order), "{} of {count} x {len}, {order:?}", T::DTYPE);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn agrees_with_the_twin(count in 1usize..12, len in 0usize..3000, seed in 0usize..1000) {
            check(count, len, |i| ((i * 7919 + seed) % 1000) as f32 * 0.37 - 180.0);
            check(count, len, |i| ((i * 7919 + seed) % 1000) as f64 * 0.37 - 180.0);
            check(count, len, |i| f16::from_f32(((i * 7919 + seed) % 1000) as f32 * 0.37 - 180.0));
            check(count, len, |i| bf16::from_f32(((i * 7919 + seed) % 1000) as f32 * 0.37 - 180.0));
            check(count, len, |i| (i + seed) as u8);
            check(count, len, |i| (i + seed) as i8);
            check(count, len, |i| ((i + seed) as i32).wrapping_mul(2_000_003));
            check(count, len, |i| ((i + seed) as i64).wrapping_mul(2_000_000_000_003));
        }
    }

    #[test]
    fn large_sums_are_exact() {
        check(5, copy::STREAM_BYTES / 4 + 3, |i| (i % 1000) as f32 * 0.37);
        check(1, copy::STREAM_BYTES / 4 + 3, |i| (i % 1000) as f32 * 0.37);
    }

    #[test]
    fn the_order_of_fours_differs_where_it_must() {
        let inputs: Vec<[f32; 1]> = [1e8, 1.0, 1.0, 1.0, 2.0].map(|x: f32| [x]).into();
        let inputs: Vec<&[f32]> = inputs.iter().map(|x| &x[..]).collect();
        let mut out = [0.0];
        sum_into(&mut out, &inputs, Order::LeftToRight);
        assert_eq!(out, [1e8], "each 1 is lost in the rounding");
        sum_into(&mut out, &inputs, Order::Fours);
        assert_eq!(out, [1e8 + 8.0], "but their sum is not");
    }
}
