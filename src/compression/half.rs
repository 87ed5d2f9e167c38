//! `fp16` and `bf16`: each element in 16 bits, rounded to the nearest, ties to even. Nothing is kept for later.

use super::{Codec, Scheme};
use crate::array::DType;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// The element type that gradients travel in. Finite numbers beyond the range become infinite: 65520 and more in
/// float16, where 2^-25 and less becomes zero; bfloat16 has the range of float32 and a quarter of its digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    Float16,
    Bfloat16,
}

/// Elements that are converted at a time, so that packed bytes need no alignment.
const BLOCK: usize = 512;

impl Half {
    const ALL: [Half; 2] = [Half::Float16, Half::Bfloat16];

    pub fn dtype(self) -> DType {
        match self {
            Half::Float16 => DType::Float16,
            Half::Bfloat16 => DType::Bfloat16,
        }
    }

    /// The type whose packed bytes are an array of `dtype`, if there is one.
    pub fn of(dtype: DType) -> Option<Half> {
        Half::ALL.into_iter().find(|half| half.dtype() == dtype)
    }

    /// The one whose scheme has this name.
    pub fn named(name: &str) -> Option<Half> {
        Half::ALL.into_iter().find(|half| half.scheme().name() == name)
    }

    fn round<T: bytemuck::Pod>(from: &[f32], packed: &mut [u8])
    where
        [T]: HalfFloatSliceExt,
    {
        let mut block = [T::zeroed(); BLOCK];
        for (from, packed) in from.chunks(BLOCK).zip(packed.chunks_mut(2 * BLOCK)) {
            let block = &mut block[..from.len()];
            block.convert_from_f32_slice(from);
            packed.copy_from_slice(bytemuck::cast_slice(block));
        }
    }

    fn widen<T: bytemuck::Pod>(packed: &[u8], to: &mut [f32])
    where
        [T]: HalfFloatSliceExt,
    {
        let mut block = [T::zeroed(); BLOCK];
        for (packed, to) in packed.chunks(2 * BLOCK).zip(to.chunks_mut(BLOCK)) {
            let block = &mut block[..to.len()];
            bytemuck::cast_slice_mut::<T, u8>(block).copy_from_slice(&packed[..2 * to.len()]);
            block.convert_to_f32_slice(to);
        }
    }
}

impl Codec for Half {
    fn scheme(&self) -> Scheme {
        Scheme::Half(*self)
    }

    fn threshold(&self) -> Option<f32> {
        None
    }

    /// `residual` is neither read nor written and may be empty.
    fn encode(&self, gradient: &[f32], _residual: &mut [f32], packed: &mut [u8]) {
        match self {
            Half::Float16 => Half::round::<f16>(gradient, packed),
            Half::Bfloat16 => Half::round::<bf16>(gradient, packed),
        }
    }

    fn decode(&self, packed: &[u8], to: &mut [f32]) {
        match self {
            Half::Float16 => Half::widen::<f16>(packed, to),
            Half::Bfloat16 => Half::widen::<bf16>(packed, to),
        }
    }

    fn quantise(&self, gradient: &[f32], _residual: &mut [f32], to: &mut [f32]) {
        let mut packed = [0u8; 2 * BLOCK];
        for (gradient, to) in gradient.chunks(BLOCK).zip(to.chunks_mut(BLOCK)) {
            let packed = &mut packed[..2 * to.len()];
            self.encode(gradient, &mut [], packed);
            self.decode(packed, to);
        }
    }
}
