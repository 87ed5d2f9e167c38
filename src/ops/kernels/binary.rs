//! Functions of two elements, over arrays: element by element, with a scalar, and broadcasting.
//!
//! A [`Kernel`] is the one loop that a function needs for each of the four types that are calculated in; elements
//! of other types are converted in blocks. What surrounds the loops exists once: it sees bytes and a [`DType`].

use super::number::Number;
use crate::array::{Bool, DType, Shape};
use crate::engine::for_each_chunk;
use bytemuck::{Pod, cast_slice, cast_slice_mut};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// A function of two elements.
pub trait Function: Sized + 'static {
    /// Integers must not be given a zero as second element.
    const DIVIDES: bool = false;
    /// What only one of two csr arrays stores does not count: zero times anything.
    const MEETS: bool = false;
    fn apply<T: Number>(a: T, b: T) -> T;
    const KERNEL: &'static Kernel = &Kernel {
        f32: each::<Self, f32>,
        f64: each::<Self, f64>,
        i32: each::<Self, i32>,
        i64: each::<Self, i64>,
        divides: Self::DIVIDES,
        meets: Self::MEETS,
    };
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

/// `out[i] = f(a[i], b[i])`; all slices have one length.
type Loop<T> = fn(out: &mut [T], a: &[T], b: &[T]);

/// A function as loops over arrays.
pub struct Kernel {
    f32: Loop<f32>,
    f64: Loop<f64>,
    i32: Loop<i32>,
    i64: Loop<i64>,
    pub divides: bool,
    pub meets: bool,
}

fn each<F: Function, T: Number>(out: &mut [T], a: &[T], b: &[T]) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out = F::apply(*a, *b);
    }
}

impl Kernel {
    /// The function of all elements of slices of one length, given as their bytes.
    ///
    /// The narrow types are calculated in wider ones that give the same after C's conversion back: 8 bits in
    /// int32, which wraps alike; float16 and bfloat16 in float32, as MXNet does; bool, which is 0 or 1, in
    /// float32, where whatever is not zero stays so.
    pub fn run(&self, dtype: DType, out: &mut [u8], a: &[u8], b: &[u8]) {
        match dtype {
            DType::Float32 => (self.f32)(cast_slice_mut(out), cast_slice(a), cast_slice(b)),
            DType::Float64 => (self.f64)(cast_slice_mut(out), cast_slice(a), cast_slice(b)),
            DType::Int32 => (self.i32)(cast_slice_mut(out), cast_slice(a), cast_slice(b)),
            DType::Int64 => (self.i64)(cast_slice_mut(out), cast_slice(a), cast_slice(b)),
            DType::Float16 => through::<f16, f32>(out, a, b, self.f32),
            DType::Bfloat16 => through::<bf16, f32>(out, a, b, self.f32),
            DType::Uint8 => through::<u8, i32>(out, a, b, self.i32),
            DType::Int8 => through::<i8, i32>(out, a, b, self.i32),
            DType::Bool => through::<Bool, f32>(out, a, b, self.f32),
        }
    }
}

fn through<T: Through<W>, W: Number>(out: &mut [u8], a: &[u8], b: &[u8], run: Loop<W>) {
    let (mut x, mut y, mut z) = ([W::zero(); BLOCK], [W::zero(); BLOCK], [W::zero(); BLOCK]);
    let (a, b): (&[T], &[T]) = (cast_slice(a), cast_slice(b));
    for ((out, a), b) in cast_slice_mut(out).chunks_mut(BLOCK).zip(a.chunks(BLOCK)).zip(b.chunks(BLOCK)) {
        let n = out.len();
        T::widen(a, &mut x[..n]);
        T::widen(b, &mut y[..n]);
        run(&mut z[..n], &x[..n], &y[..n]);
        T::narrow(&z[..n], out);
    }
}

/// Elements that are worked on at once where a copy on the stack is needed.
const BLOCK: usize = 512;

/// A type whose slices are converted to a wider one, worked on, and converted back.
pub trait Through<W>: Pod {
    fn widen(from: &[Self], to: &mut [W]);
    fn narrow(from: &[W], to: &mut [Self]);
}

impl Through<f32> for f16 {
    fn widen(from: &[f16], to: &mut [f32]) {
        from.convert_to_f32_slice(to);
    }
    fn narrow(from: &[f32], to: &mut [f16]) {
        to.convert_from_f32_slice(from);
    }
}

impl Through<f32> for bf16 {
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

macro_rules! through {
    ($narrow:ty, $wide:ty, $widen:expr, $narrowed:expr) => {
        impl Through<$wide> for $narrow {
            fn widen(from: &[$narrow], to: &mut [$wide]) {
                let widen: fn($narrow) -> $wide = $widen;
                to.iter_mut().zip(from).for_each(|(to, from)| *to = widen(*from));
            }
            fn narrow(from: &[$wide], to: &mut [$narrow]) {
                let narrow: fn($wide) -> $narrow = $narrowed;
                to.iter_mut().zip(from).for_each(|(to, from)| *to = narrow(*from));
            }
        }
    };
}

through!(u8, i32, |x| x.into(), |x| x as u8);
through!(i8, i32, |x| x.into(), |x| x as i8);
through!(Bool, f32, |x| f32::from(u8::from(x.0 != 0)), |x| Bool(u8::from(x != 0.0)));

/// One of the two arguments for every element of the output.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// As many elements as the output has.
    Slice(&'a [u8]),
    /// The output itself, before the call.
    Output,
    /// This one element each time.
    Scalar(&'a [u8]),
}

/// Room for a block of an operand that does not lie in memory as the loop needs it.
#[derive(Clone, Copy)]
struct Room([u64; 256]);

impl Room {
    const EMPTY: Room = Room([0; 256]);
    const SIZE: usize = 8 * 256;

    /// Repeats a scalar as often as blocks of `len` bytes need it.
    fn prepare(&mut self, operand: Operand<'_>, len: usize) {
        let Operand::Scalar(element) = operand else { return };
        let room = &mut cast_slice_mut(&mut self.0)[..len.min(Room::SIZE)];
        let mut filled = element.len().min(room.len());
        room[..filled].copy_from_slice(&element[..filled]);
        while filled < room.len() {
            let more = filled.min(room.len() - filled);
            room.copy_within(..more, filled);
            filled += more;
        }
    }

    /// What goes with `out`, a block that starts at `first`.
    fn part<'a>(&'a mut self, operand: Operand<'a>, first: usize, out: &[u8]) -> &'a [u8] {
        if let Operand::Slice(bytes) = operand {
            return &bytes[first..first + out.len()];
        }
        let room = &mut cast_slice_mut(&mut self.0)[..out.len()];
        if let Operand::Output = operand {
            room.copy_from_slice(out);
        }
        room
    }
}

/// out = f(a, b), all of element type `dtype`
pub fn elementwise(kernel: &Kernel, dtype: DType, out: &mut [u8], a: Operand<'_>, b: Operand<'_>) {
    let part = |operand, first, len| match operand {
        Operand::Slice(bytes) => Operand::Slice(&bytes[first..first + len]),
        other => other,
    };
    for_each_chunk(out, |first, chunk| {
        let (a, b) = (part(a, first, chunk.len()), part(b, first, chunk.len()));
        piece(kernel, dtype, chunk, a, b, &mut [Room::EMPTY; 2]);
    });
}

fn piece(
    kernel: &Kernel,
    dtype: DType,
    out: &mut [u8],
    a: Operand<'_>,
    b: Operand<'_>,
    [left, right]: &mut [Room; 2],
) {
    if let (Operand::Slice(a), Operand::Slice(b)) = (a, b) {
        return kernel.run(dtype, out, a, b);
    }
    left.prepare(a, out.len());
    right.prepare(b, out.len());
    for (number, block) in out.chunks_mut(Room::SIZE).enumerate() {
        let first = number * Room::SIZE;
        let (a, b) = (left.part(a, first, block), right.part(b, first, block));
        kernel.run(dtype, block, a, b);
    }
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
pub fn broadcast(
    kernel: &Kernel,
    dtype: DType,
    plan: &Broadcast,
    out: &mut [u8],
    a: Operand<'_>,
    b: Operand<'_>,
) {
    let size = dtype.size();
    let inner = *plan.extents.last().unwrap_or(&1);
    let (inner_a, inner_b) = (plan.a.last().copied().unwrap_or(0), plan.b.last().copied().unwrap_or(0));
    if inner == 0 {
        return;
    }
    let part = |operand, first: usize, step, length| match operand {
        Operand::Slice(bytes) if step == 0 => Operand::Scalar(&bytes[first * size..][..size]),
        Operand::Slice(bytes) => Operand::Slice(&bytes[first * size..][..length * size]),
        other => other,
    };
    for_each_chunk(out, |first, chunk| {
        let mut rooms = [Room::EMPTY; 2];
        let (first, elements) = (first / size, chunk.len() / size);
        let mut rows = Rows::new(plan, first / inner);
        let (mut done, mut column) = (0, first % inner);
        while done < elements {
            let length = (inner - column).min(elements - done);
            let a = part(a, rows.a + column * inner_a, inner_a, length);
            let b = part(b, rows.b + column * inner_b, inner_b, length);
            piece(kernel, dtype, &mut chunk[done * size..][..length * size], a, b, &mut rooms);
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
