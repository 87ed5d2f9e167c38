//! Sums of several arrays in one pass over memory.
//!
//! The order of the additions is part of the result: each addition rounds in the element type, so the two
//! orders differ in the last bits. They are those of MXNet's two kinds of local store.

use crate::array::{Bool, Element, NdArray, ReadView, WriteView};
use crate::base::Result;
use crate::dispatch;
use crate::engine::for_each_common_chunk;
use crate::mem::copy;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};
use smallvec::SmallVec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SumOrder {
    /// x0 + (((x1 + x2) + x3) + x4), then + (((x5 + x6) + x7) + x8), …
    InFours,
    /// ((x0 + x1) + x2) + …
    LeftToRight,
}

/// Elements that are summed before the next ones are looked at: partial sums stay in the first-level cache.
/// Arrays often start at the same place of a page, so equal places of all inputs compete for the same few ways
/// of that cache: larger blocks would throw each other out.
const BLOCK: usize = 512;

/// Element-wise addition of slices of one length. Each addition rounds to the element type; integers wrap.
pub trait Sum: Element {
    fn plus(self, other: Self) -> Self;

    /// `to += a`
    #[inline]
    fn accumulate(to: &mut [Self], a: &[Self]) {
        to.iter_mut().zip(a).for_each(|(to, a)| *to = to.plus(*a));
    }

    /// `to = first +` one to four others, in one pass. Written out so that each becomes a loop of vector
    /// instructions without partial sums in memory.
    #[inline]
    fn add(to: &mut [Self], first: &[Self], others: &[&[Self]], order: SumOrder) {
        let n = to.len();
        let sums = to.iter_mut().zip(&first[..n]);
        match (others, order) {
            (&[a], _) => sums.zip(&a[..n]).for_each(|((to, x), a)| *to = x.plus(*a)),
            (&[a, b], SumOrder::InFours) => {
                sums.zip(a[..n].iter().zip(&b[..n])).for_each(|((to, x), (a, b))| *to = x.plus(a.plus(*b)));
            }
            (&[a, b, c], SumOrder::InFours) => sums
                .zip(a[..n].iter().zip(&b[..n]).zip(&c[..n]))
                .for_each(|((to, x), ((a, b), c))| *to = x.plus(a.plus(*b).plus(*c))),
            (&[a, b, c, d], SumOrder::InFours) => sums
                .zip(a[..n].iter().zip(&b[..n]).zip(c[..n].iter().zip(&d[..n])))
                .for_each(|((to, x), ((a, b), (c, d)))| *to = x.plus(a.plus(*b).plus(*c).plus(*d))),
            (&[a, b], SumOrder::LeftToRight) => {
                sums.zip(a[..n].iter().zip(&b[..n])).for_each(|((to, x), (a, b))| *to = x.plus(*a).plus(*b));
            }
            (&[a, b, c], SumOrder::LeftToRight) => sums
                .zip(a[..n].iter().zip(&b[..n]).zip(&c[..n]))
                .for_each(|((to, x), ((a, b), c))| *to = x.plus(*a).plus(*b).plus(*c)),
            (&[a, b, c, d], SumOrder::LeftToRight) => sums
                .zip(a[..n].iter().zip(&b[..n]).zip(c[..n].iter().zip(&d[..n])))
                .for_each(|((to, x), ((a, b), (c, d)))| *to = x.plus(*a).plus(*b).plus(*c).plus(*d)),
            _ => to.copy_from_slice(first),
        }
    }
}

macro_rules! sum {
    ($($type:ty: $plus:expr),* $(,)?) => {$(
        impl Sum for $type {
            #[inline]
            fn plus(self, other: Self) -> Self {
                let plus: fn($type, $type) -> $type = $plus;
                plus(self, other)
            }
        }
    )*};
}

sum! {
    f32: |a, b| a + b,
    f64: |a, b| a + b,
    i8: i8::wrapping_add,
    u8: u8::wrapping_add,
    i32: i32::wrapping_add,
    i64: i64::wrapping_add,
    // MXNet cuts the low bits off instead of rounding. The sum of two bfloat16 has its NaN mark in a bit that
    // stays.
    bf16: |a, b| bf16::from_bits(((a.to_f32() + b.to_f32()).to_bits() >> 16) as u16),
    Bool: |a, b| Bool(u8::from(a.0 != 0 || b.0 != 0)),
}

/// Converted in blocks, because the processor converts eight at a time but one no faster.
impl Sum for f16 {
    fn plus(self, other: Self) -> Self {
        f16::from_f32(self.to_f32() + other.to_f32())
    }

    fn accumulate(to: &mut [Self], a: &[Self]) {
        let (mut wide, mut other) = ([0f32; BLOCK], [0f32; BLOCK]);
        for (to, a) in to.chunks_mut(BLOCK).zip(a.chunks(BLOCK)) {
            let (wide, other) = (&mut wide[..to.len()], &mut other[..to.len()]);
            to.convert_to_f32_slice(wide);
            a.convert_to_f32_slice(other);
            f32::accumulate(wide, other);
            to.convert_from_f32_slice(wide);
        }
    }

    fn add(to: &mut [Self], first: &[Self], others: &[&[Self]], order: SumOrder) {
        match (order, others) {
            (SumOrder::InFours, [second, others @ ..]) => {
                to.copy_from_slice(second);
                others.iter().for_each(|other| Self::accumulate(to, other));
                Self::accumulate(to, first);
            }
            (_, others) => {
                to.copy_from_slice(first);
                others.iter().for_each(|other| Self::accumulate(to, other));
            }
        }
    }
}

/// `to = sum of inputs`, all of one length, at most a block. No inputs at all give zeros.
fn sum_block<T: Sum>(to: &mut [T], inputs: &[&[T]], order: SumOrder) {
    let Some((first, rest)) = inputs.split_first() else { return to.fill(T::default()) };
    let (four, rest) = rest.split_at(rest.len().min(4));
    T::add(to, first, four, order);
    if rest.is_empty() {
        return;
    }
    let mut sum_so_far = [T::default(); BLOCK];
    for four in rest.chunks(4) {
        let sum_so_far = &mut sum_so_far[..to.len()];
        sum_so_far.copy_from_slice(to);
        T::add(to, sum_so_far, four, order);
    }
}

/// `to = sum of inputs`; every input is at least as long as `to`.
pub fn sum_slices<T: Sum>(to: &mut [T], inputs: &[&[T]], order: SumOrder) {
    for (number, to) in to.chunks_mut(BLOCK).enumerate() {
        let start = number * BLOCK;
        let parts: SmallVec<[&[T]; 8]> = inputs.iter().map(|input| &input[start..start + to.len()]).collect();
        sum_block(to, &parts, order);
    }
}

/// `to = sum of inputs`, and a copy of the sum in each of `copies`, in one sweep over memory. All arrays are
/// dense, of one element type and size. An input may be one of the copies (the same region, not an overlapping
/// one); apart from that nothing shares storage with `to` or a copy.
pub fn sum_arrays(to: &NdArray, inputs: &[NdArray], copies: &[NdArray], order: SumOrder) -> Result<()> {
    dispatch!(to.dtype(), T => sum_typed::<T>(to, inputs, copies, order))
}

/// Where the elements of an input are found during the sweep.
enum Source<'a, T> {
    Own(ReadView<'a, [T]>),
    /// In the copy with this number, until the sum overwrites them.
    Copy(usize),
}

fn sum_typed<T: Sum>(to: &NdArray, inputs: &[NdArray], copies: &[NdArray], order: SumOrder) -> Result<()> {
    let sources: SmallVec<[Source<'_, T>; 4]> = inputs
        .iter()
        .map(|input| match copies.iter().position(|copy| copy.is_same_region(input)) {
            Some(number) => Ok(Source::Copy(number)),
            None => input.read::<T>().map(Source::Own),
        })
        .collect::<Result<_>>()?;
    let mut views: SmallVec<[WriteView<'_, [T]>; 5]> =
        std::iter::once(to).chain(copies).map(NdArray::write::<T>).collect::<Result<_>>()?;
    let mut targets: SmallVec<[&mut [T]; 5]> = views.iter_mut().map(|view| &mut **view).collect();
    let large = to.byte_len() >= copy::STREAM_BYTES;
    for_each_common_chunk(&mut targets, |first, chunk| {
        let mut stream = large.then(|| (copy::Stream::new(), [T::default(); BLOCK]));
        let Some((to, copies)) = chunk.split_first_mut() else { return };
        for start in (0..to.len()).step_by(BLOCK) {
            let here = start..to.len().min(start + BLOCK);
            let parts = sources.iter().map(|source| match source {
                Source::Own(view) => &view[first + here.start..first + here.end],
                Source::Copy(number) => &copies[*number][here.clone()],
            });
            let parts: SmallVec<[&[T]; 8]> = parts.collect();
            match &mut stream {
                Some((stream, sum)) => {
                    let sum = &mut sum[..here.len()];
                    sum_block(sum, &parts, order);
                    drop(parts);
                    let targets = std::iter::once(&mut *to).chain(&mut *copies);
                    let mut targets: SmallVec<[&mut [u8]; 5]> =
                        targets.map(|target| bytemuck::cast_slice_mut(&mut target[here.clone()])).collect();
                    stream.copy_to_all(&mut targets, bytemuck::cast_slice(sum));
                }
                None => {
                    let to = &mut to[here.clone()];
                    sum_block(to, &parts, order);
                    drop(parts);
                    copies.iter_mut().for_each(|copy| copy[here.clone()].copy_from_slice(to));
                }
            }
        }
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Device, Shape};
    use proptest::prelude::*;

    /// The definition, one element at a time.
    fn twin<T: Copy>(inputs: &[Vec<T>], order: SumOrder, plus: impl Fn(T, T) -> T) -> Vec<T> {
        (0..inputs[0].len())
            .map(|i| {
                let column: Vec<T> = inputs.iter().map(|input| input[i]).collect();
                let groups: Vec<T> = match order {
                    SumOrder::LeftToRight => column[1..].to_vec(),
                    SumOrder::InFours => column[1..]
                        .chunks(4)
                        .map(|four| four[1..].iter().fold(four[0], |sum, x| plus(sum, *x)))
                        .collect(),
                };
                groups.into_iter().fold(column[0], &plus)
            })
            .collect()
    }

    fn check<T: Sum>(inputs: &[Vec<T>], plus: impl Fn(T, T) -> T + Copy) {
        for order in [SumOrder::InFours, SumOrder::LeftToRight] {
            let mut to = vec![T::default(); inputs[0].len()];
            let slices: Vec<&[T]> = inputs.iter().map(|input| &input[..]).collect();
            for (i, to) in to.chunks_mut(BLOCK).enumerate() {
                let block = |slice: &&'_ [T]| -> std::ops::Range<usize> {
                    i * BLOCK..slice.len().min((i + 1) * BLOCK)
                };
                let slices: Vec<&[T]> = slices.iter().map(|slice| &slice[block(slice)]).collect();
                sum_block(to, &slices, order);
            }
            let want = twin(inputs, order, plus);
            assert_eq!(bytemuck::cast_slice::<T, u8>(&to), bytemuck::cast_slice::<T, u8>(&want));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn sums_agree_with_the_definition(count in 1usize..11, len in 0usize..1200, seed in any::<u64>()) {
            let mut state = seed | 1;
            let mut number = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                ((state >> 33) as f64 / f64::from(1 << 20) - 1.0) * 100.0
            };
            let inputs: Vec<Vec<f64>> = (0..count).map(|_| (0..len).map(|_| number()).collect()).collect();
            macro_rules! as_type {
                ($type:ty, $plus:expr) => {{
                    let inputs: Vec<Vec<$type>> =
                        inputs.iter().map(|input| input.iter().map(|x| <$type>::from_f64(*x)).collect()).collect();
                    check(&inputs, $plus);
                }};
            }
            as_type!(f64, |a, b| a + b);
            as_type!(f32, |a, b| a + b);
            as_type!(f16, |a, b| f16::from_f32(a.to_f32() + b.to_f32()));
            as_type!(i8, i8::wrapping_add);
            as_type!(i64, i64::wrapping_add);
        }
    }

    #[test]
    fn bfloat16_sums_are_cut_off_not_rounded() {
        let (a, b) = (bf16::from_f32(1.0), bf16::from_f32(0.0076));
        let mut to = [bf16::ZERO];
        sum_block(&mut to, &[&[a], &[b]], SumOrder::LeftToRight);
        assert_eq!(to[0].to_f32(), 1.0);
        sum_block(&mut to, &[&[a], &[bf16::NAN]], SumOrder::LeftToRight);
        assert!(to[0].is_nan());
    }

    #[test]
    fn inputs_may_be_the_copies() {
        let array = |value: f32| {
            let values = vec![value; 100_000];
            NdArray::from_slice(Shape::new(&[100_000]), &values, Device::cpu(0)).unwrap()
        };
        let (to, a, b, c) = (array(0.0), array(1.0), array(2.0), array(4.0));
        sum_arrays(&to, &[a.clone(), b.clone(), c.clone()], &[c.clone(), a.clone()], SumOrder::InFours)
            .unwrap();
        for array in [&to, &a, &c] {
            assert!(array.read::<f32>().unwrap().iter().all(|x| *x == 7.0));
        }
        assert!(b.read::<f32>().unwrap().iter().all(|x| *x == 2.0));
    }
}
