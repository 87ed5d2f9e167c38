//! Conversion between element types.

use super::dtype::{DType, Element};

/// Converts elements, given as bytes, as C does. Both hold the same number of them. All conversions between
/// types that are known at run time come here: the loops for every pair of types exist once.
pub fn convert_bytes(from: DType, source: &[u8], to: DType, target: &mut [u8]) {
    if from == to {
        return target.copy_from_slice(source);
    }
    crate::dispatch!(from, A => crate::dispatch!(to, B => {
        convert_slice::<A, B>(bytemuck::cast_slice(source), bytemuck::cast_slice_mut(target));
    }));
}

/// Converts as C does; equal types are copied as bytes.
pub fn convert_slice<A: Element, B: Element>(from: &[A], to: &mut [B]) {
    if A::DTYPE == B::DTYPE {
        bytemuck::cast_slice_mut::<B, u8>(to).copy_from_slice(bytemuck::cast_slice(from));
        return;
    }
    // By way of a double a large integer would be rounded twice.
    let is_integer = !A::DTYPE.is_float();
    for (to, from) in to.iter_mut().zip(from) {
        *to = if is_integer { B::from_i64(from.to_i64()) } else { B::from_f64(from.to_f64()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};

    #[test]
    fn large_integers_are_rounded_once() {
        // Just above the middle of two floats; a double drops the last bit, and then it is the middle.
        let above = [(1i64 << 60) + (1 << 36) + 1, -(1 << 60) - (1 << 36) - 1];
        let (mut floats, mut cut) = ([0f32; 2], [bf16::ZERO; 2]);
        convert_slice(&above, &mut floats);
        assert_eq!(floats, [1_152_921_642_045_800_448.0, -1_152_921_642_045_800_448.0]);
        // Rounded to a float and then cut.
        convert_slice(&[(1i64 << 60) - (1 << 35) + 1, (1 << 60) - (1 << 35) - 1], &mut cut);
        assert_eq!(cut.map(bf16::to_bits), [0x5d80, 0x5d7f]);
        let mut halves = [f16::ZERO; 3];
        convert_slice(&[2049i64, 65_520, -3], &mut halves);
        assert_eq!(halves, [2048.0, f32::INFINITY, -3.0].map(f16::from_f32));
    }
}
