//! Conversion between element types.

use super::dtype::Element;

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
