//! Functions of two elements, over arrays: element by element, with a scalar, and broadcasting.
//!
//! Each function of two elements has three loops for each element type (two slices, slice and scalar, scalar
//! and slice). What surrounds the loops exists once per type: it takes them as a [`Loops`].

use super::number::Number;
use crate::array::{DType, Shape};
use crate::engine::for_each_chunk;
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A function of two elements. Written for every type; float16 and bfloat16 use it at float32.
pub trait Function: 'static {
    /// Integers must not be given a zero as second element.
    const DIVIDES: bool = false;
    /// What only one of two csr arrays stores does not count: zero times anything.
    const MEETS: bool = false;
    fn apply<T: Number>(a: T, b: T) -> T;
}

macro_rules! functions {
    ($($(#[$doc:meta])* $name:ident $($divides:ident)? = |$a:ident, $b:ident| $body:expr;)*) => {
        $($(#[$doc])*
        pub struct $name;
        impl Function for $name {
            $(const $divides: bool = true;)?
            #[inline]
            fn apply<T: Number>($a: T, $b: T) -> T {
                $body
            }
        })*
    };
}

functions! {
    Add = |a, b| a.add(b);
    Sub = |a, b| a.sub(b);
    Mul MEETS = |a, b| a.mul(b);
    Div DIVIDES = |a, b| a.div(b);
    /// A scalar over an array, which MXNet divides in float32 whatever the type.
    ScalarDiv = |a, b| if T::DTYPE == DType::Float64 { a.div(b) } else { T::from_f32(a.to_f32() / b.to_f32()) };
    Mod = |a, b| a.modulo(b);
    Power = |a, b| a.power(b);
    Hypot = |a, b| a.hypot(b);
    /// The angle of the point (b, a).
    Arctan2 = |a, b| T::from_f64(a.to_f64().atan2(b.to_f64()));
    Maximum = |a, b| a.maximum(b);
    Minimum = |a, b| a.minimum(b);
    Equal = |a, b| T::truth(a == b);
    NotEqual = |a, b| T::truth(a != b);
    Greater = |a, b| T::truth(a > b);
    GreaterEqual = |a, b| T::truth(a >= b);
    Lesser = |a, b| T::truth(a < b);
    LesserEqual = |a, b| T::truth(a <= b);
    LogicalAnd = |a, b| T::truth(!a.is_zero() && !b.is_zero());
    LogicalOr = |a, b| T::truth(!a.is_zero() || !b.is_zero());
    LogicalXor = |a, b| T::truth(a.is_zero() != b.is_zero());
    /// For gradients of float types and losses: |a - b| small enough.
    SmoothL1 = |a, b| {
        let (x, sigma) = (a.to_f64(), b.to_f64());
        let squared = sigma * sigma;
        let edge = 1.0 / squared;
        T::from_f64(if x.abs() > edge { x.abs() - 0.5 * edge } else { 0.5 * x * x * squared })
    };
}

/// The loops of one function for one type. All slices of a call have one length.
pub struct Loops<T> {
    pub arrays: fn(out: &mut [T], a: &[T], b: &[T]),
    pub array_scalar: fn(out: &mut [T], a: &[T], b: T),
    pub scalar_array: fn(out: &mut [T], a: T, b: &[T]),
}

/// A type that loops can be made for.
pub trait Lane: Number {
    fn loops<F: Function>() -> Loops<Self>;
}

macro_rules! direct {
    ($($type:ty),*) => {
        $(impl Lane for $type {
            fn loops<F: Function>() -> Loops<Self> {
                Loops { arrays: arrays::<F, $type>, array_scalar: array_scalar::<F, $type>, scalar_array: scalar_array::<F, $type> }
            }
        })*
    };
}

direct!(f32, f64, u8, i8, i32, i64, crate::array::Bool);

fn arrays<F: Function, T: Number>(out: &mut [T], a: &[T], b: &[T]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = F::apply(*a, *b);
    }
}

fn array_scalar<F: Function, T: Number>(out: &mut [T], a: &[T], b: T) {
    for (out, a) in out.iter_mut().zip(a) {
        *out = F::apply(*a, b);
    }
}

fn scalar_array<F: Function, T: Number>(out: &mut [T], a: T, b: &[T]) {
    for (out, b) in out.iter_mut().zip(b) {
        *out = F::apply(a, *b);
    }
}

/// Elements that are worked on at once where a copy on the stack is needed.
const BLOCK: usize = 512;

/// A type whose slices are converted to float32, worked on, and converted back.
pub trait Half: Number {
    fn widen(from: &[Self], to: &mut [f32]);
    fn narrow(from: &[f32], to: &mut [Self]);
}

impl Half for f16 {
    fn widen(from: &[f16], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    fn narrow(from: &[f32], to: &mut [f16]) {
        to.convert_from_f32_slice(from);
    }
}

impl Half for bf16 {
    fn widen(from: &[bf16], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    /// MXNet cuts the lower bits off instead of rounding.
    fn narrow(from: &[f32], to: &mut [bf16]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = bf16::from_bits((from.to_bits() >> 16) as u16);
        }
    }
}

macro_rules! through_f32 {
    ($($type:ty),*) => {
        $(impl Lane for $type {
            fn loops<F: Function>() -> Loops<Self> {
                Loops {
                    arrays: |out, a, b| {
                        let (mut x, mut y, mut z) = ([0f32; BLOCK], [0f32; BLOCK], [0f32; BLOCK]);
                        for ((out, a), b) in out.chunks_mut(BLOCK).zip(a.chunks(BLOCK)).zip(b.chunks(BLOCK)) {
                            let n = out.len();
                            Half::widen(a, &mut x[..n]);
                            Half::widen(b, &mut y[..n]);
                            arrays::<F, f32>(&mut z[..n], &x[..n], &y[..n]);
                            Half::narrow(&z[..n], out);
                        }
                    },
                    array_scalar: |out, a, b| {
                        let (mut x, mut z) = ([0f32; BLOCK], [0f32; BLOCK]);
                        for (out, a) in out.chunks_mut(BLOCK).zip(a.chunks(BLOCK)) {
                            let n = out.len();
                            Half::widen(a, &mut x[..n]);
                            array_scalar::<F, f32>(&mut z[..n], &x[..n], b.to_f32());
                            Half::narrow(&z[..n], out);
                        }
                    },
                    scalar_array: |out, a, b| {
                        let (mut y, mut z) = ([0f32; BLOCK], [0f32; BLOCK]);
                        for (out, b) in out.chunks_mut(BLOCK).zip(b.chunks(BLOCK)) {
                            let n = out.len();
                            Half::widen(b, &mut y[..n]);
                            scalar_array::<F, f32>(&mut z[..n], a.to_f32(), &y[..n]);
                            Half::narrow(&z[..n], out);
                        }
                    },
                }
            }
        })*
    };
}

through_f32!(f16, bf16);

/// An operand of as many elements as the output.
#[derive(Clone, Copy)]
pub enum Operand<'a, T> {
    Slice(&'a [T]),
    /// The output itself, before the call.
    Output,
}

impl<'a, T: Number> Operand<'a, T> {
    /// The elements `first..first + out.len()`; those of the output go through `copy`.
    fn part<'b>(self, first: usize, out: &[T], copy: &'b mut [T; BLOCK]) -> &'b [T]
    where
        'a: 'b,
    {
        match self {
            Operand::Slice(slice) => &slice[first..first + out.len()],
            Operand::Output => {
                let copy = &mut copy[..out.len()];
                copy.copy_from_slice(out);
                copy
            }
        }
    }

    fn is_output(self) -> bool {
        matches!(self, Operand::Output)
    }
}

/// out = f(a, b)
pub fn elementwise<T: Lane>(loops: &Loops<T>, out: &mut [T], a: Operand<'_, T>, b: Operand<'_, T>) {
    for_each_chunk(out, |first, chunk| {
        if let (Operand::Slice(a), Operand::Slice(b)) = (a, b) {
            let end = first + chunk.len();
            return (loops.arrays)(chunk, &a[first..end], &b[first..end]);
        }
        let (mut copy_a, mut copy_b) = ([T::default(); BLOCK], [T::default(); BLOCK]);
        for (number, block) in chunk.chunks_mut(BLOCK).enumerate() {
            let first = first + number * BLOCK;
            let left = a.part(first, block, &mut copy_a);
            let right = b.part(first, block, &mut copy_b);
            (loops.arrays)(block, left, right);
        }
    });
}

/// out = f(a, scalar), or f(scalar, a) if `reversed`
pub fn with_scalar<T: Lane>(loops: &Loops<T>, out: &mut [T], a: Operand<'_, T>, scalar: T, reversed: bool) {
    let apply = |out: &mut [T], a: &[T]| {
        if reversed { (loops.scalar_array)(out, scalar, a) } else { (loops.array_scalar)(out, a, scalar) }
    };
    for_each_chunk(out, |first, chunk| {
        if let Operand::Slice(a) = a {
            let end = first + chunk.len();
            return apply(chunk, &a[first..end]);
        }
        let mut copy = [T::default(); BLOCK];
        for (number, block) in chunk.chunks_mut(BLOCK).enumerate() {
            let part = a.part(first + number * BLOCK, block, &mut copy);
            apply(block, part);
        }
    });
}

/// How two arrays of different shapes meet: the output's extents with the steps of both, joined where possible.
#[derive(Debug, PartialEq)]
pub struct Broadcast {
    /// Outermost first; never empty.
    pub extents: Vec<usize>,
    pub a: Vec<usize>,
    pub b: Vec<usize>,
}

impl Broadcast {
    /// For shapes that go together; see [`broadcast_shape`].
    pub fn new(out: &Shape, a: &Shape, b: &Shape) -> Self {
        let (a_steps, b_steps) = (steps(out, a), steps(out, b));
        let mut plan = Broadcast { extents: vec![], a: vec![], b: vec![] };
        for (axis, extent) in out.dims().iter().enumerate() {
            let extent = usize::try_from(*extent).unwrap_or(0);
            if extent == 1 {
                continue;
            }
            let (step_a, step_b) = (a_steps[axis], b_steps[axis]);
            if let (Some(last), Some(last_a), Some(last_b)) =
                (plan.extents.last_mut(), plan.a.last_mut(), plan.b.last_mut())
                && *last_a == step_a * extent
                && *last_b == step_b * extent
            {
                (*last, *last_a, *last_b) = (*last * extent, step_a, step_b);
                continue;
            }
            plan.extents.push(extent);
            plan.a.push(step_a);
            plan.b.push(step_b);
        }
        if plan.extents.is_empty() {
            plan = Broadcast { extents: vec![1], a: vec![0], b: vec![0] };
        }
        plan
    }
}

/// The step of `shape` along each axis of `out`; 0 where it is repeated.
fn steps(out: &Shape, shape: &Shape) -> Vec<usize> {
    let missing = out.rank() - shape.rank();
    let strides = shape.strides();
    (0..out.rank())
        .map(|axis| match axis.checked_sub(missing) {
            Some(own) if shape.dims()[own] != 1 => strides[own],
            _ => 0,
        })
        .collect()
}

/// The common shape of two shapes, numpy's way; `None` if there is none.
pub fn broadcast_shape(a: &Shape, b: &Shape) -> Option<Shape> {
    let rank = a.rank().max(b.rank());
    let extent = |shape: &Shape, axis: usize| {
        (axis + shape.rank()).checked_sub(rank).map_or(1, |own| shape.dims()[own])
    };
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (x, y) if x == y => Some(x),
            (1, y) => Some(y),
            (x, 1) => Some(x),
            _ => None,
        })
        .collect()
}

/// out = f(a, b), each repeated as `plan` says. An operand that is the output has the output's shape.
pub fn broadcast<T: Lane>(
    loops: &Loops<T>,
    plan: &Broadcast,
    out: &mut [T],
    a: Operand<'_, T>,
    b: Operand<'_, T>,
) {
    let inner = *plan.extents.last().unwrap_or(&1);
    let (inner_a, inner_b) = (plan.a.last().copied().unwrap_or(0), plan.b.last().copied().unwrap_or(0));
    if inner == 0 {
        return;
    }
    for_each_chunk(out, |first, chunk| {
        let (mut copy_a, mut copy_b) = ([T::default(); BLOCK], [T::default(); BLOCK]);
        let mut rows = Rows::new(plan, first / inner);
        let (mut done, mut column) = (0, first % inner);
        while done < chunk.len() {
            let mut length = (inner - column).min(chunk.len() - done);
            if a.is_output() || b.is_output() {
                length = length.min(BLOCK);
            }
            let block = &mut chunk[done..done + length];
            let at = |operand: Operand<'_, T>, row: usize, step: usize| match operand {
                Operand::Slice(_) => row + column * step,
                Operand::Output => first + done,
            };
            let (from_a, from_b) = (at(a, rows.a, inner_a), at(b, rows.b, inner_b));
            match (a, inner_a, b, inner_b) {
                (Operand::Slice(a), 0, _, 1..) => {
                    let right = b.part(from_b, &*block, &mut copy_b);
                    (loops.scalar_array)(block, a[from_a], right);
                }
                (_, 1.., Operand::Slice(b), 0) => {
                    let left = a.part(from_a, &*block, &mut copy_a);
                    (loops.array_scalar)(block, left, b[from_b]);
                }
                (Operand::Slice(a), 0, Operand::Slice(b), 0) => {
                    let (left, right) = (a[from_a], b[from_b]);
                    for out in block.iter_mut() {
                        (loops.array_scalar)(std::slice::from_mut(out), &[left], right);
                    }
                }
                _ => {
                    let left = a.part(from_a, &*block, &mut copy_a);
                    let right = b.part(from_b, &*block, &mut copy_b);
                    (loops.arrays)(block, left, right);
                }
            }
            done += length;
            column += length;
            if column == inner {
                column = 0;
                rows.advance();
            }
        }
    });
}

/// The place of the operands' rows (all axes but the innermost), one row after the other.
struct Rows<'a> {
    plan: &'a Broadcast,
    index: Vec<usize>,
    a: usize,
    b: usize,
}

impl<'a> Rows<'a> {
    fn new(plan: &'a Broadcast, row: usize) -> Self {
        let outer = plan.extents.len() - 1;
        let mut rows = Rows { plan, index: vec![0; outer], a: 0, b: 0 };
        let mut rest = row;
        for axis in (0..outer).rev() {
            let extent = plan.extents[axis].max(1);
            rows.index[axis] = rest % extent;
            rows.a += rows.index[axis] * plan.a[axis];
            rows.b += rows.index[axis] * plan.b[axis];
            rest /= extent;
        }
        rows
    }

    fn advance(&mut self) {
        for axis in (0..self.index.len()).rev() {
            let (step_a, step_b) = (self.plan.a[axis], self.plan.b[axis]);
            self.index[axis] += 1;
            self.a += step_a;
            self.b += step_b;
            if self.index[axis] < self.plan.extents[axis] {
                return;
            }
            self.a -= self.index[axis] * step_a;
            self.b -= self.index[axis] * step_b;
            self.index[axis] = 0;
        }
    }
}
