//! Sums of sixteen-bit floats. They are added as float32 and rounded, which gives the correctly rounded sum:
//! float32 has more than twice the digits. Converting whole slices lets the processor's conversion
//! instructions work on eight at a time.

use super::sum::{Order, Summand};
use ::half::slice::HalfFloatSliceExt;
use ::half::{bf16, f16};

/// Elements converted at once.
const BATCH: usize = 256;

macro_rules! half_summand {
    ($type:ty) => {
        impl Summand for $type {
            #[inline]
            fn plus(self, other: Self) -> Self {
                <$type>::from_f32(self.to_f32() + other.to_f32())
            }

            fn add(into: &mut [Self], from: &[Self]) {
                let (mut a, mut b) = ([0f32; BATCH], [0f32; BATCH]);
                for (into, from) in into.chunks_mut(BATCH).zip(from.chunks(BATCH)) {
                    let (a, b) = (&mut a[..into.len()], &mut b[..from.len()]);
                    into.convert_to_f32_slice(a);
                    from.convert_to_f32_slice(b);
                    f32::add(a, b);
                    into.convert_from_f32_slice(a);
                }
            }

            fn sum_group(out: &mut [Self], a: &[Self], group: &[&[Self]], order: Order) {
                if order == Order::LeftToRight {
                    out.copy_from_slice(a);
                    group.iter().for_each(|member| Self::add(out, member));
                } else {
                    out.copy_from_slice(group[0]);
                    group[1..].iter().for_each(|member| Self::add(out, member));
                    Self::add(out, a);
                }
            }
        }
    };
}

half_summand!(f16);
half_summand!(bf16);
