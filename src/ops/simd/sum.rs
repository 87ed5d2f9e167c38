//! The sum of several arrays into one, in one pass over memory.
//!
//! Piece by piece the sum is made in a buffer that stays in the first-level cache and then written out, past
//! the cache if the array is large. So each input is read once and the result written once, however many
//! inputs there are. The loops are plain Rust that the compiler turns into vector code.

use crate::array::Element;
use crate::mem::copy;
use std::ops::Range;

/// In which order the inputs of one element are added; each addition rounds to the element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `((x0 + x1) + x2) + …`: MXNet's stores with reduction on devices.
    LeftToRight,
    /// `x0 + (((x1 + x2) + x3) + x4)`, then `+ (((x5 + x6) + x7) + x8)` and so on: MXNet's other local stores.
    Fours,
}

/// Elements summed at once. Arrays often start at the same place of a page, so that equal places of all inputs
/// compete for the same few ways of the first-level cache: larger pieces would throw each other out.
const PIECE: usize = 512;

/// An element type that can be summed.
pub trait Summand: Element {
    fn plus(self, other: Self) -> Self;

    /// `into[i] += from[i]`, rounding to the element type; integers wrap.
    #[inline]
    fn add(into: &mut [Self], from: &[Self]) {
        into.iter_mut().zip(from).for_each(|(a, b)| *a = a.plus(*b));
    }

    /// `out[i] = a[i] + group[0][i] + group[1][i] + …` for up to four in the group, in the given order.
    #[inline]
    fn sum_group(out: &mut [Self], a: &[Self], group: &[&[Self]], order: Order) {
        let n = out.len();
        let each = out.iter_mut().zip(&a[..n]);
        match (group, order) {
            (&[b], _) => each.zip(&b[..n]).for_each(|((out, a), b)| *out = a.plus(*b)),
            (&[b, c], Order::Fours) => {
                each.zip(b[..n].iter().zip(&c[..n])).for_each(|((out, a), (b, c))| *out = a.plus(b.plus(*c)));
            }
            (&[b, c, d], Order::Fours) => each
                .zip(b[..n].iter().zip(&c[..n]).zip(&d[..n]))
                .for_each(|((out, a), ((b, c), d))| *out = a.plus(b.plus(*c).plus(*d))),
            (&[b, c, d, e], Order::Fours) => each
                .zip(b[..n].iter().zip(&c[..n]).zip(d[..n].iter().zip(&e[..n])))
                .for_each(|((out, a), ((b, c), (d, e)))| *out = a.plus(b.plus(*c).plus(*d).plus(*e))),
            (&[b, c], Order::LeftToRight) => {
                each.zip(b[..n].iter().zip(&c[..n]))
                    .for_each(|((out, a), (b, c))| *out = a.plus(*b).plus(*c));
            }
            (&[b, c, d], Order::LeftToRight) => each
                .zip(b[..n].iter().zip(&c[..n]).zip(&d[..n]))
                .for_each(|((out, a), ((b, c), d))| *out = a.plus(*b).plus(*c).plus(*d)),
            (&[b, c, d, e], Order::LeftToRight) => each
                .zip(b[..n].iter().zip(&c[..n]).zip(d[..n].iter().zip(&e[..n])))
                .for_each(|((out, a), ((b, c), (d, e)))| *out = a.plus(*b).plus(*c).plus(*d).plus(*e)),
            _ => unreachable!("groups have one to four members"),
        }
    }
}

macro_rules! summand {
    ($($type:ty, |$a:ident, $b:ident| $sum:expr;)*) => {$(
        impl Summand for $type {
            #[inline]
            fn plus(self, other: Self) -> Self {
                let ($a, $b) = (self, other);
                $sum
            }
        }
    )*};
}

summand! {
    f32, |a, b| a + b;
    f64, |a, b| a + b;
    u8, |a, b| a.wrapping_add(b);
    i8, |a, b| a.wrapping_add(b);
    i32, |a, b| a.wrapping_add(b);
    i64, |a, b| a.wrapping_add(b);
}

/// `out[i] =` the sum of `inputs[..][i]`; with one input a copy. Large results go past the cache.
///
/// # Panics
/// If there is no input or the lengths differ.
pub fn sum_into<T: Summand>(out: &mut [T], inputs: &[&[T]], order: Order) {
    for input in inputs {
        assert_eq!(input.len(), out.len(), "lengths of a sum");
    }
    if let [only] = inputs {
        return copy::copy(bytemuck::cast_slice_mut(out), bytemuck::cast_slice(only));
    }
    let mut stream = (size_of_val(out) >= copy::STREAM_BYTES).then(copy::Stream::new);
    let mut scratch = [T::default(); PIECE];
    for (index, out) in out.chunks_mut(PIECE).enumerate() {
        let here = index * PIECE..index * PIECE + out.len();
        match &mut stream {
            Some(stream) => {
                let total = &mut scratch[..out.len()];
                sum_piece(total, inputs, here, order);
                stream.copy(bytemuck::cast_slice_mut(out), bytemuck::cast_slice(total));
            }
            None => sum_piece(out, inputs, here, order),
        }
    }
}

fn sum_piece<T: Summand>(total: &mut [T], inputs: &[&[T]], here: Range<usize>, order: Order) {
    let mut pieces: [&[T]; 4] = [&[]; 4];
    let mut previous: Option<[T; PIECE]> = None;
    for group in inputs[1..].chunks(4) {
        for (piece, input) in pieces.iter_mut().zip(group) {
            *piece = &input[here.clone()];
        }
        let group = &pieces[..group.len()];
        match &previous {
            None => T::sum_group(total, &inputs[0][here.clone()], group, order),
            Some(sum) => T::sum_group(total, &sum[..total.len()], group, order),
        }
        if inputs.len() > 5 {
            previous.get_or_insert([T::default(); PIECE])[..total.len()].copy_from_slice(total);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::half::{bf16, f16};
    use proptest::prelude::*;

    /// The slow, obvious twin.
    fn twin<T: Summand>(inputs: &[&[T]], order: Order) -> Vec<T> {
        let group = if order == Order::Fours { 4 } else { 1 };
        let sum = |i: usize| {
            let all: Vec<T> = inputs.iter().map(|input| input[i]).collect();
            all[1..]
                .chunks(group)
                .map(|some| some.iter().copied().reduce(T::plus).unwrap())
                .fold(all[0], T::plus)
        };
        (0..inputs[0].len()).map(sum).collect()
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
            let float = |i: usize| ((i * 7919 + seed) % 1000) as f32 * 0.37 - 180.0;
            check(count, len, float);
            check(count, len, |i| f64::from(float(i)) * 1.1);
            check(count, len, |i| f16::from_f32(float(i)));
            check(count, len, |i| bf16::from_f32(float(i)));
            check(count, len, |i| (i + seed) as u8);
            check(count, len, |i| (i + seed) as i8);
            check(count, len, |i| ((i + seed) as i32).wrapping_mul(2_000_003));
            check(count, len, |i| ((i + seed) as i64).wrapping_mul(2_000_000_000_003));
        }
    }

    #[test]
    fn large_sums_are_exact() {
        for count in [1, 4, 7] {
            check(count, copy::STREAM_BYTES / 4 + 3, |i| (i % 1000) as f32 * 0.37);
        }
    }

    #[test]
    fn the_order_of_fours_differs_where_it_must() {
        let inputs: Vec<[f32; 1]> = [1e8, 1.0, 1.0, 1.0, 2.0].map(|x: f32| [x]).into();
        let inputs: Vec<&[f32]> = inputs.iter().map(|x| &x[..]).collect();
        let mut out = [0.0];
        sum_into(&mut out, &inputs, Order::LeftToRight);
        assert_eq!(out, [1e8], "each addend is lost in the rounding");
        sum_into(&mut out, &inputs, Order::Fours);
        assert_eq!(out, [1e8 + 8.0], "but their sum is not");
    }
}
