//! Functions of one element, over arrays.
//!
//! A function is written once for float32 and once for float64, in place. float16 and bfloat16 are calculated in
//! float32, integers in the type that MXNet uses for the function.

use super::binary::Through;
use super::number::Number;
use crate::array::{DType, Element};
use crate::engine::for_each_chunk;
use half::{bf16, f16};

/// One function in place.
pub struct Map {
    pub f32: fn(&mut [f32]),
    pub f64: fn(&mut [f64]),
    pub integers: Integers,
}

/// The type in which integers are calculated, before C's conversion back.
#[derive(Clone, Copy)]
pub enum Integers {
    /// Float32: MXNet's own helpers (squares, reciprocals) take everything but double as float.
    Single,
    /// Float64: the functions of the C library.
    Double,
    /// Exact.
    Whole(fn(&mut [i64])),
}

/// `map!(Double, x => x.sqrt())`
macro_rules! map {
    ($integers:ident, $x:ident => $body:expr) => {
        $crate::ops::kernels::unary::Map {
            f32: |values: &mut [f32]| {
                for value in values {
                    let $x: f32 = *value;
                    *value = $body;
                }
            },
            f64: |values: &mut [f64]| {
                for value in values {
                    let $x: f64 = *value;
                    *value = $body;
                }
            },
            integers: $crate::ops::kernels::unary::Integers::$integers,
        }
    };
    (whole $n:ident => $whole:expr, $x:ident => $body:expr) => {
        $crate::ops::kernels::unary::Map {
            integers: $crate::ops::kernels::unary::Integers::Whole(|values: &mut [i64]| {
                for value in values {
                    let $n: i64 = *value;
                    *value = $whole;
                }
            }),
            ..$crate::ops::kernels::unary::map!(Double, $x => $body)
        }
    };
}
pub(crate) use map;

const BLOCK: usize = 512;

impl Map {
    /// out = f(from); without `from`, of what is in `out`.
    pub fn apply<T: Number>(&self, from: Option<&[T]>, out: &mut [T]) {
        for_each_chunk(out, |first, chunk| {
            for (number, block) in chunk.chunks_mut(4 * BLOCK).enumerate() {
                if let Some(from) = from {
                    let first = first + number * 4 * BLOCK;
                    block.copy_from_slice(&from[first..first + block.len()]);
                }
                self.in_place(block);
            }
        });
    }

    fn in_place<T: Number>(&self, block: &mut [T]) {
        match (T::DTYPE, self.integers) {
            (DType::Float32, _) => (self.f32)(bytemuck::cast_slice_mut(block)),
            (DType::Float64, _) => (self.f64)(bytemuck::cast_slice_mut(block)),
            (DType::Float16, _) => self.through_f32::<f16>(bytemuck::cast_slice_mut(block)),
            (DType::Bfloat16, _) => self.through_f32::<bf16>(bytemuck::cast_slice_mut(block)),
            (_, Integers::Single) => through(block, self.f32, Number::to_f32, T::from_f32),
            (_, Integers::Double) => through(block, self.f64, Element::to_f64, T::from_f64),
            (_, Integers::Whole(f)) => through(block, f, Element::to_i64, T::from_i64),
        }
    }

    fn through_f32<T: Through<f32>>(&self, block: &mut [T]) {
        let mut wide = [0f32; BLOCK];
        for part in block.chunks_mut(BLOCK) {
            let wide = &mut wide[..part.len()];
            T::widen(part, wide);
            (self.f32)(wide);
            T::narrow(wide, part);
        }
    }
}

fn through<T: Number, W: Copy + Default>(block: &mut [T], f: fn(&mut [W]), to: fn(T) -> W, from: fn(W) -> T) {
    let mut wide = [W::default(); BLOCK];
    for part in block.chunks_mut(BLOCK) {
        let wide = &mut wide[..part.len()];
        for (wide, element) in wide.iter_mut().zip(part.iter()) {
            *wide = to(*element);
        }
        f(wide);
        for (element, wide) in part.iter_mut().zip(wide.iter()) {
            *element = from(*wide);
        }
    }
}
