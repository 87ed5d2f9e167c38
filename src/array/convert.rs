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
    let through_integers = !A::DTYPE.is_float() && !B::DTYPE.is_float();
    for (to, from) in to.iter_mut().zip(from) {
        *to = if through_integers { B::from_i64(from.to_i64()) } else { B::from_f64(from.to_f64()) };
    }
}
