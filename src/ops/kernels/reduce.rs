//! Reductions over any axes.
//!
//! Every output element is worked out from its inputs in row-major order by one [`Reducer`], as MXNet does, so
//! float results agree to the last bit. Where the outputs lie side by side in memory, many are worked on together.

use super::number::Number;
use super::strided::{Rows, View};
use crate::array::DType;
use crate::engine::for_each_chunk;
use bytemuck::Pod;

/// Folds elements of type `T` into one of type `Self::Out`.
pub trait Reducer<T>: Sync {
    type State: Copy;
    type Out;
    fn start(&self) -> Self::State;
    fn add(&self, state: &mut Self::State, value: T);
    fn finish(&self, state: Self::State) -> Self::Out;
}

/// A sum with the rounding errors carried along (Kahan 1965), every operation in the type of the elements.
pub struct Sum;
/// The same without NaN.
pub struct NanSum;
pub struct Product;
/// The same without NaN.
pub struct NanProduct;
/// NaN wins.
pub struct Max;
pub struct Min;
/// The sum of absolute values.
pub struct AbsSum;
/// The square root of the sum of squares, scaled by the largest so that nothing overflows.
pub struct Norm;

fn compensated<T: Number>((sum, residual): &mut (T, T), value: T) {
    if T::IS_INTEGER {
        *sum = sum.add(value);
        return;
    }
    let corrected = value.sub(*residual);
    let total = sum.add(corrected);
    // The narrow floats round only once here.
    *residual = if T::IS_HALF {
        let rest = T::from_f32((total.to_f32() - sum.to_f32()) - corrected.to_f32());
        // An overflowing sum stays infinite, although infinity less infinity is no number.
        if total.to_f32().is_infinite() { T::zero() } else { rest }
    } else {
        total.sub(*sum).sub(corrected)
    };
    *sum = total;
}

/// An infinite sum stays infinite, although infinity less infinity is no number.
fn compensated_to_infinity<T: Number>(state: &mut (T, T), value: T) {
    compensated(state, value);
    if state.1.is_nan() && !state.0.is_nan() {
        state.1 = T::zero();
    }
}

/// Adds to the sum of squares over the square of the largest element so far, and to that element. Narrow floats
/// are calculated in float32 and rounded at the end.
fn scaled_square<T: Number>(state: &mut (T, T), x: T) {
    if x.is_zero() {
        return;
    }
    let (sum, scale) = *state;
    let size = if x < T::zero() { x.neg() } else { x };
    *state = if T::IS_HALF {
        let (sum, wide, largest) = (sum.to_f32(), size.to_f32(), scale.to_f32());
        if scale < size {
            (T::from_f32(1.0 + sum * (largest / wide) * (largest / wide)), size)
        } else {
            (T::from_f32(sum + (wide / largest) * (wide / largest)), scale)
        }
    } else if scale < size {
        let ratio = scale.div(size);
        (T::one().add(sum.mul(ratio).mul(ratio)), size)
    } else {
        let ratio = size.div(scale);
        (sum.add(ratio.mul(ratio)), scale)
    };
}

fn unscaled_root<T: Number>((sum, scale): (T, T)) -> T {
    let root = sum.to_f64().sqrt();
    if T::DTYPE == DType::Float32 || T::IS_HALF {
        // The root of a float32 is the same in both types once it is rounded.
        T::from_f32(scale.to_f32() * root as f32)
    } else {
        T::from_f64(scale.to_f64() * root)
    }
}

macro_rules! reducer {
    ($name:ident, $state:ty, $start:expr, $add:expr, $finish:expr) => {
        impl<T: Number> Reducer<T> for $name {
            type State = $state;
            type Out = T;
            #[inline]
            fn start(&self) -> $state {
                $start
            }
            #[inline]
            fn add(&self, state: &mut $state, value: T) {
                let add: fn(&mut $state, T) = $add;
                add(state, value);
            }
            #[inline]
            fn finish(&self, state: $state) -> T {
                let finish: fn($state) -> T = $finish;
                finish(state)
            }
        }
    };
}

reducer!(Sum, (T, T), (T::zero(), T::zero()), compensated_to_infinity, |state| state.0);
reducer!(
    NanSum,
    (T, T),
    (T::zero(), T::zero()),
    |state, x| if !x.is_nan() {
        compensated(state, x)
    },
    |state| state.0
);
reducer!(Product, T, T::one(), |state, x| *state = state.mul(x), |state| state);
reducer!(
    NanProduct,
    T,
    T::one(),
    |state, x| if !x.is_nan() {
        *state = state.mul(x)
    },
    |state| state
);
reducer!(
    Max,
    T,
    T::LOWEST,
    |state, x| if !state.is_nan() && !(*state >= x) {
        *state = x
    },
    |state| state
);
reducer!(
    Min,
    T,
    T::HIGHEST,
    |state, x| if !state.is_nan() && !(*state <= x) {
        *state = x
    },
    |state| state
);
reducer!(
    AbsSum,
    (T, T),
    (T::zero(), T::zero()),
    |state, x| compensated(state, if x < T::zero() { x.neg() } else { x }),
    |state| state.0
);
reducer!(Norm, (T, T), (T::zero(), T::zero()), scaled_square, unscaled_root);

/// Outputs that are worked on together where they lie side by side.
const LANES: usize = 64;

/// out[i] = the reduction of the elements of `reduced`, moved to the i-th element of `kept`.
pub fn reduce<T: Pod + Sync, R: Reducer<T>>(
    reducer: &R,
    out: &mut [R::Out],
    from: &[T],
    kept: &View,
    reduced: &View,
) where
    R::Out: Pod,
{
    let fold = |out: &mut [u8], place: isize, step: isize, reduced: &View| {
        fold(reducer, bytemuck::cast_slice_mut(out), from, place, step, reduced);
    };
    let size = size_of::<R::Out>();
    walk(bytemuck::cast_slice_mut(out), size, &kept.joined(), &reduced.joined(), &fold);
}

/// Outputs, the place in the input of the first, the step to the next, and what is reduced for each.
type FoldRun<'a> = dyn Fn(&mut [u8], isize, isize, &View) + Sync + 'a;

/// Calls `fold` for runs of at most `LANES` outputs, each `size` bytes, with the place in the input of the first
/// and the step to the next.
fn walk(out: &mut [u8], size: usize, kept: &View, reduced: &View, fold: &FoldRun<'_>) {
    let inner = kept.extents.last().copied().unwrap_or(1).max(1);
    let step = kept.steps.last().copied().unwrap_or(0);
    for_each_chunk(out, |first, chunk| {
        let (first, count) = (first / size, chunk.len() / size);
        let mut rows = Rows::new(kept, first / inner);
        let (mut done, mut column) = (0, first % inner);
        while done < count {
            let length = (inner - column).min(count - done).min(LANES);
            let target = &mut chunk[done * size..][..length * size];
            fold(target, rows.place + column as isize * step, step, reduced);
            done += length;
            column += length;
            if column == inner {
                column = 0;
                rows.advance();
            }
        }
    });
}

/// All that is compiled for each reducer and type.
fn fold<T: Copy, R: Reducer<T>>(
    reducer: &R,
    out: &mut [R::Out],
    from: &[T],
    place: isize,
    step: isize,
    reduced: &View,
) {
    if step == 1 && out.len() > 1 {
        let mut states = [reducer.start(); LANES];
        let states = &mut states[..out.len()];
        visit(reduced, &mut |run, count, run_step| {
            for number in 0..count {
                let at = (place + run + number as isize * run_step) as usize;
                for (state, value) in states.iter_mut().zip(&from[at..at + out.len()]) {
                    reducer.add(state, *value);
                }
            }
        });
        for (out, state) in out.iter_mut().zip(states) {
            *out = reducer.finish(*state);
        }
        return;
    }
    for (number, out) in out.iter_mut().enumerate() {
        let place = place + number as isize * step;
        let mut state = reducer.start();
        visit(reduced, &mut |run, count, run_step| {
            let mut at = place + run;
            for _ in 0..count {
                reducer.add(&mut state, from[at as usize]);
                at += run_step;
            }
        });
        *out = reducer.finish(state);
    }
}

/// Every run of places of a view along its innermost axis, in row-major order: its first place, how many there
/// are, and the step from one to the next.
fn visit(view: &View, run: &mut dyn FnMut(isize, usize, isize)) {
    let inner = view.extents.last().copied().unwrap_or(1);
    let step = view.steps.last().copied().unwrap_or(0);
    let mut rows = Rows::new(view, 0);
    for _ in 0..view.size() / inner.max(1) {
        run(rows.place, inner, step);
        rows.advance();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Shape;
    use proptest::prelude::*;

    proptest! {
        /// Against the definition: each output from its own inputs in row-major order.
        #[test]
        fn any_axes(dims in proptest::collection::vec((0i64..5, any::<bool>()), 1..5), values in any::<[i16; 8]>()) {
            let shape: Shape = dims.iter().map(|(dim, _)| *dim).collect();
            let from: Vec<i32> = (0..shape.size()).map(|i| i as i32 * 31 + i32::from(values[i % 8])).collect();
            let whole = View::whole(&shape);
            let axes = |reduced: bool| -> Vec<usize> {
                (0..dims.len()).filter(|axis| dims[*axis].1 == reduced).collect()
            };
            let (kept, reduced) = (whole.permuted(&axes(false)), whole.permuted(&axes(true)));
            let mut out = vec![0; kept.size()];
            reduce(&Sum, &mut out, &from, &kept, &reduced);
            let mut expected = vec![0i32; kept.size()];
            for (number, value) in from.iter().enumerate() {
                let (mut rest, mut index) = (number, vec![0; dims.len()]);
                for axis in (0..dims.len()).rev() {
                    index[axis] = rest % dims[axis].0 as usize;
                    rest /= dims[axis].0 as usize;
                }
                let place = axes(false).iter().fold(0, |place, axis| place * dims[*axis].0 as usize + index[*axis]);
                expected[place] = expected[place].wrapping_add(*value);
            }
            prop_assert_eq!(out, expected);
        }
    }

    #[test]
    fn sums_carry_their_rounding_errors() {
        let from = vec![0.1f32; 1_000_000];
        let mut out = [0.0f32];
        let all = View::whole(&Shape::new(&[1_000_000]));
        reduce(&Sum, &mut out, &from, &View::default(), &all);
        assert_eq!(out[0], 100_000.0);
    }
}
