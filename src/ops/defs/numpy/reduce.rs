//! Reductions with numpy's axes: `None` means all, an empty tuple none; the result of all is a scalar.

use super::super::creation::fill;
use super::super::reduce::{search, views};
use crate::array::{DType, Element, NdArray, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::reduce::{Max, Min, Product, Reducer, Sum, reduce};
use crate::ops::kernels::storage::{cast_into, converted};
use crate::ops::kernels::strided::View;
use crate::ops::operator::{Definition, Inputs};
use crate::ops::param::{Kind, Param, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const AXIS: Param = optional(
    "axis",
    Kind::ShapeOrNone,
    "None",
    "The axis or axes to reduce. None means all, an empty tuple none.",
);
const KEEPDIMS: Param =
    optional("keepdims", Kind::Bool, "0", "Leave the reduced axes in the result with extent one.");
const INITIAL: Param = optional("initial", Kind::DoubleOrNone, "None", "Must be None.");
const ACCUMULATOR: Param = optional(
    "dtype",
    Kind::DTypeOrNone(&["bool", "float16", "float32", "float64", "int32", "int64", "int8"]),
    "None",
    "The type of the result.",
);
const ONE_AXIS: &[Param] =
    &[optional("axis", Kind::IntOrNone, "None", "The axis along which to search."), KEEPDIMS];
const A: Inputs = Inputs::Fixed(&["a"]);

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_np_sum",
        doc: "The sum over axes; narrow types are added in wider ones. Bool is counted, in int64.",
        inputs: A,
        params: &[AXIS, ACCUMULATOR, KEEPDIMS, INITIAL],
        infer: |query| reduced(query, if_not_bool),
        kernel: |call| accumulate(call, Sum),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_np_prod",
        aliases: &["_np_product"],
        doc: "The product over axes; narrow types are multiplied in wider ones. Of bool, in int64. Of an empty array, \
              0, as in MXNet.",
        inputs: A,
        params: &[AXIS, ACCUMULATOR, KEEPDIMS, INITIAL],
        infer: |query| reduced(query, if_not_bool),
        kernel: |call| accumulate(call, Product),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_mean",
        doc: "The sum over axes divided by the number of elements; of integers, in float32.",
        inputs: A,
        params: &[AXIS, ACCUMULATOR, KEEPDIMS, INITIAL],
        infer: |query| reduced(query, |dtype| if dtype.is_float() { dtype } else { DType::Float32 }),
        kernel: mean,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_np_max",
        aliases: &["_np_amax"],
        doc: "The largest element over axes; NaN wins.",
        inputs: A,
        params: &[AXIS, KEEPDIMS, INITIAL],
        infer: |query| not_of_nothing(query).and_then(|()| reduced(query, |dtype| dtype)),
        kernel: |call| dispatch!(call.output(0)?.dtype(), T => run::<T, _>(call, &Max)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_np_min",
        aliases: &["_np_amin"],
        doc: "The smallest element over axes; NaN wins.",
        inputs: A,
        params: &[AXIS, KEEPDIMS, INITIAL],
        infer: |query| not_of_nothing(query).and_then(|()| reduced(query, |dtype| dtype)),
        kernel: |call| dispatch!(call.output(0)?.dtype(), T => run::<T, _>(call, &Min)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_argmax",
        doc: "The place of the largest element along an axis or of all, as int64; the first of several, or of NaN.",
        params: ONE_AXIS,
        infer: searched,
        kernel: |call| search(call, |best, x| !(best >= x)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_argmin",
        doc: "The place of the smallest element along an axis or of all, as int64; the first of several, or of NaN.",
        params: ONE_AXIS,
        infer: searched,
        kernel: |call| search(call, |best, x| !(best <= x)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_np_cumsum",
        aliases: &["cumsum"],
        doc: "The sums of the elements so far along an axis; without axis, of the flattened array.",
        inputs: A,
        params: &[
            optional("axis", Kind::IntOrNone, "None", "The axis along which to sum."),
            optional(
                "dtype",
                Kind::DTypeOrNone(&["float16", "float32", "float64", "int32", "int64", "int8"]),
                "None",
                "The type of the result, in which is added.",
            ),
        ],
        infer: |query| {
            let a = query.input(0)?;
            let shape = match query.attrs.optional_int("axis")? {
                None => Shape::new(&[a.size() as i64]),
                Some(axis) => a.shape().axis("axis", axis).map(|_| a.shape().clone())?,
            };
            Ok(smallvec![Meta::new(shape, query.attrs.dtype("dtype")?.unwrap_or(if_not_bool(a.dtype())))])
        },
        kernel: cumulate,
        ..Definition::DEFAULT
    },
];

/// Sums and products of bool are counts.
fn if_not_bool(dtype: DType) -> DType {
    if dtype == DType::Bool { DType::Int64 } else { dtype }
}

/// For each axis whether it is reduced.
pub(super) fn axes(attrs: &Attrs, shape: &Shape) -> Result<Vec<bool>> {
    let Some(given) = attrs.shape("axis")? else { return Ok(vec![true; shape.rank()]) };
    let mut reduced = vec![false; shape.rank()];
    for axis in given.dims() {
        if shape.rank() == 0 && matches!(axis, 0 | -1) {
            continue;
        }
        let place = shape.axis("axis", *axis)?;
        crate::ensure!(!reduced[place], InvalidArgument, "Reduction axes have duplicates {given}");
        reduced[place] = true;
    }
    Ok(reduced)
}

pub(super) fn shape_without(shape: &Shape, reduced: &[bool], keep: bool) -> Shape {
    let kept = shape.dims().iter().zip(reduced).filter(|(_, reduced)| keep || !**reduced);
    kept.map(|(dim, reduced)| if *reduced { 1 } else { *dim }).collect()
}

fn reduced(query: &Query<'_>, default: fn(DType) -> DType) -> Result<SmallVec<[Meta; 2]>> {
    let (a, attrs) = (query.input(0)?, query.attrs);
    crate::ensure!(
        attrs.optional_double("initial")?.is_none(),
        Unsupported,
        "initial: operator {} has no starting values, expected None",
        query.operator.name
    );
    let shape = shape_without(a.shape(), &axes(attrs, a.shape())?, attrs.bool("keepdims")?);
    let asked = if attrs.has("dtype") { attrs.dtype("dtype")? } else { None };
    Ok(smallvec![Meta::new(shape, asked.unwrap_or_else(|| default(a.dtype())))])
}

fn not_of_nothing(query: &Query<'_>) -> Result<()> {
    let shape = query.input(0)?.shape();
    let reduced = axes(query.attrs, shape)?;
    crate::ensure!(
        shape.dims().iter().zip(reduced).all(|(dim, reduced)| *dim != 0 || !reduced),
        Shape,
        "a: zero-size array of shape {shape} to reduction operation {} which has no identity",
        query.operator.name
    );
    Ok(())
}

fn run<T: Number, R: Reducer<T, Out = T>>(call: &Invocation, reducer: &R) -> Result<()> {
    let (a, out) = (call.input(0)?, call.output(0)?);
    let (kept, over) = views(a.shape(), &axes(&call.attrs, a.shape())?);
    reduce(reducer, &mut out.write::<T>()?, &a.read::<T>()?, &kept, &over);
    Ok(())
}

/// Where the elements are gathered: MXNet's accumulator for a type, unless in and out are the same wide float.
fn accumulator(from: DType, to: DType) -> DType {
    match from {
        DType::Float16 | DType::Bfloat16 => DType::Float32,
        DType::Float32 if to == DType::Float32 => DType::Float32,
        DType::Float32 | DType::Float64 => DType::Float64,
        _ => DType::Int64,
    }
}

/// Reduces in the accumulator's type and converts the results.
fn accumulate<R>(call: &Invocation, reducer: R) -> Result<()>
where
    R: Reducer<f32, Out = f32> + Reducer<f64, Out = f64> + Reducer<i64, Out = i64>,
{
    let (a, out) = (call.input(0)?, call.output(0)?);
    if a.size() == 0 {
        return fill(out, 0.0);
    }
    let (kept, over) = views(a.shape(), &axes(&call.attrs, a.shape())?);
    let wide = accumulator(a.dtype(), out.dtype());
    let result = if wide == out.dtype() {
        out.clone()
    } else {
        NdArray::new(out.shape().clone(), wide, out.device())?
    };
    match wide {
        DType::Float32 => fold::<f32, _>(reducer, a, &result, &kept, &over)?,
        DType::Float64 => fold::<f64, _>(reducer, a, &result, &kept, &over)?,
        _ => fold::<i64, _>(reducer, a, &result, &kept, &over)?,
    }
    cast_into(&result, out)
}

fn fold<W: Number, R: Reducer<W, Out = W>>(
    reducer: R,
    a: &NdArray,
    out: &NdArray,
    kept: &View,
    over: &View,
) -> Result<()> {
    reduce(&reducer, &mut out.write::<W>()?, &converted(a, W::DTYPE)?.read::<W>()?, kept, over);
    Ok(())
}

fn mean(call: &Invocation) -> Result<()> {
    let (a, out) = (call.input(0)?, call.output(0)?);
    accumulate(call, Sum)?;
    let count = a.size().checked_div(out.size()).unwrap_or(0);
    if count == 0 {
        return Ok(());
    }
    dispatch!(out.dtype(), T => {
        let count = T::from_f64(count as f64);
        for x in out.write::<T>()?.iter_mut() {
            *x = Number::div(*x, count);
        }
        Ok(())
    })
}

fn searched(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let reduced: Vec<bool> = match query.attrs.optional_int("axis")? {
        None => vec![true; data.shape().rank()],
        Some(axis) if data.shape().rank() == 0 && matches!(axis, 0 | -1) => vec![],
        Some(axis) => {
            let axis = data.shape().axis("axis", axis)?;
            (0..data.shape().rank()).map(|other| other == axis).collect()
        }
    };
    let empty = data.shape().dims().iter().zip(&reduced).any(|(dim, reduced)| *dim == 0 && *reduced);
    crate::ensure!(!empty, Shape, "data: attempt to search an empty sequence of shape {}", data.shape());
    let shape = shape_without(data.shape(), &reduced, query.attrs.bool("keepdims")?);
    Ok(smallvec![Meta::new(shape, DType::Int64)])
}

fn cumulate(call: &Invocation) -> Result<()> {
    let (a, out) = (call.input(0)?, call.output(0)?);
    let (length, step) = match call.attrs.optional_int("axis")? {
        None => (a.size(), 1),
        Some(axis) => {
            let axis = a.shape().axis("axis", axis)?;
            (a.shape().dims()[axis] as usize, a.shape().strides()[axis])
        }
    };
    if a.size() == 0 {
        return Ok(());
    }
    let source = converted(a, out.dtype())?;
    dispatch!(out.dtype(), T => {
        let (source, mut target) = (source.read::<T>()?, out.write::<T>()?);
        for block in 0..source.len() / (length * step) {
            let first = block * length * step;
            target[first..first + step].copy_from_slice(&source[first..first + step]);
            for place in first + step..first + length * step {
                target[place] = Number::add(target[place - step], source[place]);
            }
        }
        Ok(())
    })
}
