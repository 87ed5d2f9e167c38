//! Reductions: `sum`, `mean`, `max`, `norm`, `argmax`, …

use crate::array::{DType, Element, NdArray, Shape, Storage};
use crate::base::Result;
use crate::base::config::Env;
use crate::dispatch;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::reduce::{
    AbsSum, Max, Min, NanProduct, NanSum, Norm, Product, Reducer, Sum, reduce,
};
use crate::ops::kernels::storage::{cast_into, converted};
use crate::ops::kernels::strided::View;
use crate::ops::operator::{Definition, Plan};
use crate::ops::param::{Kind, Param, optional};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const KEEPDIMS: Param = optional(
    "keepdims",
    Kind::Bool,
    "0",
    "If this is set to `True`, the reduced axes are left in the result as dimension with size one.",
);
const AXES: &[Param] = &[
    optional("axis", Kind::ShapeOrNone, "None", "The axis or axes along which to perform the reduction."),
    KEEPDIMS,
    optional(
        "exclude",
        Kind::Bool,
        "0",
        "Whether to perform reduction on axis that are NOT in axis instead.",
    ),
];
const ONE_AXIS: &[Param] =
    &[optional("axis", Kind::IntOrNone, "None", "The axis along which to perform the reduction."), KEEPDIMS];

macro_rules! over_axes {
    ($name:literal, $aliases:expr, $reducer:ident, $infer:ident, $doc:literal) => {
        Definition {
            name: $name,
            aliases: $aliases,
            doc: concat!($doc, " Over all axes, or those given; exclude means all others."),
            params: AXES,
            infer: $infer,
            kernel: |call| {
                let (data, out) = (call.input(0)?, call.output(0)?);
                let reduced = axes(&call.attrs, data.shape())?;
                dispatch!(out.dtype(), T => run::<T, _>(&$reducer, data, out, &reduced))
            },
            ..Definition::DEFAULT
        }
    };
}

pub static OPERATORS: &[Definition] = &[
    over_axes!(
        "sum",
        &["_sparse_sum", "sum_axis"],
        Sum,
        reduced_shape,
        "The sum, calculated in the element type."
    ),
    over_axes!("nansum", &[], NanSum, reduced_shape, "The sum of all but NaN."),
    over_axes!("prod", &[], Product, reduced_shape, "The product, calculated in the element type."),
    over_axes!("nanprod", &[], NanProduct, reduced_shape, "The product of all but NaN."),
    over_axes!("max", &["max_axis"], Max, extreme_shape, "The largest element; NaN wins."),
    over_axes!("min", &["min_axis"], Min, extreme_shape, "The smallest element; NaN wins."),
    Definition {
        name: "mean",
        aliases: &["_sparse_mean"],
        doc: "The sum divided by the number of elements, in the element type.",
        params: AXES,
        infer: reduced_shape,
        kernel: mean,
        ..Definition::DEFAULT
    },
    Definition {
        name: "norm",
        aliases: &["_sparse_norm"],
        doc: "The norm of order 1 (sum of absolute values) or 2 (root of the sum of squares).",
        params: &[
            optional("ord", Kind::Int, "2", "Order of the norm. Currently ord=1 and ord=2 is supported."),
            optional(
                "axis",
                Kind::ShapeOrNone,
                "None",
                "The axis or axes along which to perform the reduction.",
            ),
            optional(
                "out_dtype",
                Kind::DTypeOrNone(&["float16", "float32", "float64", "int32", "int64", "int8"]),
                "None",
                "The data type of the output.",
            ),
            KEEPDIMS,
        ],
        infer: norm_shape,
        kernel: norm,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_square_sum",
        doc: "The sum of squares over an axis of a row_sparse matrix; with keepdims over axis 1 it stays row_sparse.",
        params: AXES,
        infer: reduced_shape,
        plan: |attrs, query| {
            let by_rows = axes(attrs, query.input(0)?.shape())? == [false, true] && attrs.bool("keepdims")?;
            let rows = query.input(0)?.storage() == Storage::RowSparse;
            Ok(if by_rows && rows { Plan::Direct(smallvec![Storage::RowSparse]) } else { Plan::Dense })
        },
        kernel: square_sum,
        ..Definition::DEFAULT
    },
    Definition {
        name: "argmax",
        doc: "The place of the largest element along an axis, the first of several; NaN counts as largest.",
        params: ONE_AXIS,
        infer: searched_shape,
        kernel: |call| search(call, |best, x| !(best >= x)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "argmin",
        doc: "The place of the smallest element along an axis, the first of several; NaN counts as smallest.",
        params: ONE_AXIS,
        infer: searched_shape,
        kernel: |call| search(call, |best, x| !(best <= x)),
        ..Definition::DEFAULT
    },
    Definition {
        name: "argmax_channel",
        doc: "argmax along the second axis, that of the channels; along the only one of a vector.",
        infer: |query| {
            let data = query.input(0)?;
            let rank = data.shape().rank();
            crate::ensure!(
                rank > 0 && data.size() > 0,
                Shape,
                "data: attempt to search an empty sequence of shape {}",
                data.shape()
            );
            let channels = channel_axis(data.shape());
            let others = data.shape().dims().iter().enumerate().filter(|(axis, _)| *axis != channels);
            let kept: Shape = others.map(|(_, dim)| *dim).collect();
            let shape = if rank == 1 { Shape::new(&[1]) } else { kept };
            Ok(smallvec![Meta::new(shape, data.dtype())])
        },
        kernel: |call| search(call, |best, x| !(best >= x)),
        ..Definition::DEFAULT
    },
];

/// For each axis whether it is reduced.
fn axes(attrs: &Attrs, shape: &Shape) -> Result<Vec<bool>> {
    let Some(given) = attrs.shape("axis")?.filter(|axes| axes.rank() > 0) else {
        return Ok(vec![true; shape.rank()]);
    };
    let exclude = attrs.has("exclude") && attrs.bool("exclude")?;
    let mut reduced = vec![exclude; shape.rank()];
    for axis in given.dims() {
        let place = shape.axis("axis", *axis)?;
        crate::ensure!(reduced[place] == exclude, InvalidArgument, "Reduction axes have duplicates {given}");
        reduced[place] = !exclude;
    }
    Ok(reduced)
}

/// Never without axes, not even under numpy's shapes.
fn shape_without(query: &Query<'_>, shape: &Shape, reduced: &[bool]) -> Result<Shape> {
    let keep = query.attrs.bool("keepdims")?;
    let made: Shape = shape
        .dims()
        .iter()
        .zip(reduced)
        .filter(|(_, reduced)| keep || !**reduced)
        .map(|(dim, reduced)| if *reduced { 1 } else { *dim })
        .collect();
    Ok(if made.rank() == 0 { Shape::new(&[1]) } else { made })
}

fn reduced_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let reduced = axes(query.attrs, data.shape())?;
    Ok(smallvec![Meta::new(shape_without(query, data.shape(), &reduced)?, data.dtype())])
}

fn extreme_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    crate::ensure!(data.size() > 0, Shape, "data: an empty array has no extreme, got shape {}", data.shape());
    reduced_shape(query)
}

/// The axes that stay and those that are reduced, as views.
pub(super) fn views(shape: &Shape, reduced: &[bool]) -> (View, View) {
    let whole = View::whole(shape);
    let pick =
        |wanted: bool| -> Vec<usize> { (0..reduced.len()).filter(|axis| reduced[*axis] == wanted).collect() };
    (whole.permuted(&pick(false)), whole.permuted(&pick(true)))
}

fn run<T: Number, R: Reducer<T, Out = T>>(
    reducer: &R,
    data: &NdArray,
    out: &NdArray,
    reduced: &[bool],
) -> Result<()> {
    let (kept, over) = views(data.shape(), reduced);
    reduce(reducer, &mut out.write::<T>()?, &data.read::<T>()?, &kept, &over);
    Ok(())
}

fn mean(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let reduced = axes(&call.attrs, data.shape())?;
    let count = data.size().checked_div(out.size()).unwrap_or(0);
    dispatch!(out.dtype(), T => {
        run::<T, _>(&Sum, data, out, &reduced)?;
        let count = T::from_f64(count as f64);
        for x in out.write::<T>()?.iter_mut() {
            *x = Number::div(*x, count);
        }
        Ok(())
    })
}

fn norm_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let ord = query.attrs.int("ord")?;
    crate::ensure!(matches!(ord, 1 | 2), InvalidArgument, "norm only supports ord=1 and ord=2, got {ord}");
    let reduced = axes(query.attrs, data.shape())?;
    let dtype = query.attrs.dtype("out_dtype")?.unwrap_or(data.dtype());
    Ok(smallvec![Meta::new(shape_without(query, data.shape(), &reduced)?, dtype)])
}

fn norm(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let reduced = axes(&call.attrs, data.shape())?;
    let first_order = call.attrs.int("ord")? == 1;
    let safe = Env::process().switch("MXNET_SAFE_ACCUMULATION");
    let wide = match data.dtype() {
        dtype if !safe => dtype,
        DType::Float16 | DType::Bfloat16 => DType::Float32,
        DType::Float32 => DType::Float64,
        dtype if dtype.is_float() => dtype,
        _ => DType::Int64,
    };
    let sum_up = |data: &NdArray, out: &NdArray| {
        dispatch!(wide, T => if first_order {
            run::<T, _>(&AbsSum, data, out, &reduced)
        } else {
            run::<T, _>(&Norm, data, out, &reduced)
        })
    };
    if wide == data.dtype() && wide == out.dtype() {
        return sum_up(data, out);
    }
    let result = NdArray::new(out.shape().clone(), wide, out.device())?;
    sum_up(&converted(data, wide)?, &result)?;
    cast_into(&result, out)
}

fn square_sum(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    if data.storage() == Storage::RowSparse {
        return crate::ops::kernels::sparse::map_rows(data, out, |from, to, width| {
            dispatch!(from.dtype, T => {
                let source = from.elements::<T>()?;
                for (row, sum) in source.chunks_exact(width.max(1)).zip(to.elements_mut::<T>()?) {
                    *sum = row.iter().fold(T::zero(), |sum, x| Number::add(sum, Number::mul(*x, *x)));
                }
                Ok(())
            })
        });
    }
    let squares = NdArray::new(data.shape().clone(), data.dtype(), data.device())?;
    let reduced = axes(&call.attrs, data.shape())?;
    dispatch!(data.dtype(), T => {
        for (out, x) in squares.write::<T>()?.iter_mut().zip(data.read::<T>()?.iter()) {
            *out = Number::mul(*x, *x);
        }
        run::<T, _>(&Sum, &squares, out, &reduced)
    })
}

fn searched_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let reduced: Vec<bool> = match query.attrs.optional_int("axis")? {
        None => vec![true; data.shape().rank()],
        Some(axis) => {
            let axis = data.shape().axis("axis", axis)?;
            (0..data.shape().rank()).map(|other| other == axis).collect()
        }
    };
    let searched = data.shape().dims().iter().zip(&reduced).filter(|(_, reduced)| **reduced);
    crate::ensure!(
        searched.clone().all(|(dim, _)| *dim > 0),
        Shape,
        "data: attempt to search an empty sequence of shape {}",
        data.shape()
    );
    Ok(smallvec![Meta::new(shape_without(query, data.shape(), &reduced)?, data.dtype())])
}

/// Where `argmax_channel` searches.
fn channel_axis(shape: &Shape) -> usize {
    usize::from(shape.rank() > 1)
}

/// The number of the best element of each vector along `axis` (the channels if the operator has no such parameter).
pub(super) fn search(call: &Invocation, better: fn(f64, f64) -> bool) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let axis = if call.attrs.has("axis") {
        call.attrs.optional_int("axis")?
    } else {
        Some(channel_axis(data.shape()) as i64)
    };
    let (length, step) = match axis {
        None => (data.size(), 1),
        Some(_) if data.shape().rank() == 0 => (1, 1),
        Some(axis) => {
            let axis = data.shape().axis("axis", axis)?;
            (data.shape().dims()[axis] as usize, data.shape().strides()[axis])
        }
    };
    let places: Vec<usize> = dispatch!(data.dtype(), T => {
        let source = data.read::<T>()?;
        (0..out.size()).map(|number| {
            let start = number / step * length * step + number % step;
            let (mut best, mut place) = (source[start].to_f64(), 0);
            for index in 1..length {
                let x = source[start + index * step].to_f64();
                if !best.is_nan() && better(best, x) {
                    (best, place) = (x, index);
                }
            }
            place
        })
        .collect()
    });
    dispatch!(out.dtype(), T => {
        for (out, place) in out.write::<T>()?.iter_mut().zip(places) {
            *out = T::from_i64(place as i64);
        }
        Ok(())
    })
}
