//! Operators on a rectangular part of an array: `slice`, `slice_axis`, `_slice_assign`, …

use crate::array::{Csr, Element, NdArray, Part, Shape, Storage};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::sparse::Elements;
use crate::ops::kernels::storage::copy_of;
use crate::ops::kernels::strided::{View, copy_elements, gather_view, scatter_value, scatter_view};
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const BEGIN: Param =
    required("begin", Kind::Shape, "starting indices for the slice operation, supports negative indices.");
const END: Param =
    required("end", Kind::Shape, "ending indices for the slice operation, supports negative indices.");
const STEP: Param =
    optional("step", Kind::Shape, "[]", "step for the slice operation, supports negative values.");

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "slice",
        aliases: &["_npi_slice", "_npx_slice", "_sparse_slice", "crop"],
        doc: "A copy of the elements begin, begin + step, … before end along each axis. None means the whole axis; \
              negative numbers count from the end; missing axes are taken whole.",
        params: &[BEGIN, END, STEP],
        infer: |query| meta_of(query, part(query.attrs, query.input(0)?.shape())?),
        plan: keep_csr,
        kernel: slice,
        ..Definition::DEFAULT
    },
    Definition {
        name: "slice_axis",
        doc: "A copy of the elements begin to end (exclusive) along one axis.",
        params: &[
            required("axis", Kind::Int, "Axis along which to be sliced, supports negative indexes."),
            required("begin", Kind::Int, "The beginning index along the axis, supports negative indexes."),
            required("end", Kind::IntOrNone, "The ending index along the axis, supports negative indexes."),
        ],
        infer: |query| meta_of(query, along_axis(query.attrs, query.input(0)?.shape())?),
        kernel: |call| {
            let data = call.input(0)?;
            gather_view(data, call.output(0)?, &along_axis(&call.attrs, data.shape())?)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "slice_like",
        doc: "The first elements of data along axes (all by default), as many as shape_like has.",
        inputs: Inputs::Fixed(&["data", "shape_like"]),
        params: &[optional("axes", Kind::Shape, "[]", "List of axes on which input data will be sliced.")],
        infer: |query| meta_of(query, like(query.attrs, query.input(0)?.shape(), query.input(1)?.shape())?),
        kernel: |call| {
            let data = call.input(0)?;
            gather_view(data, call.output(0)?, &like(&call.attrs, data.shape(), call.input(1)?.shape())?)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_slice_assign",
        aliases: &["_crop_assign", "_npi_slice_assign"],
        doc: "lhs with the part that begin, end and step name replaced by rhs.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        params: &[BEGIN, END, STEP],
        infer: assign_shape,
        kernel: assign,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_slice_assign_scalar",
        aliases: &["_crop_assign_scalar", "_npi_slice_assign_scalar"],
        doc: "data with the part that begin, end and step name filled with a number.",
        params: &[
            optional("scalar", Kind::Double, "0", "The scalar value for assignment."),
            BEGIN,
            END,
            STEP,
        ],
        infer: |query| {
            part(query.attrs, query.input(0)?.shape())?;
            crate::ops::same_as_first(query)
        },
        kernel: assign_scalar,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
];

fn meta_of(query: &Query<'_>, view: View) -> Result<SmallVec<[Meta; 2]>> {
    let shape: Shape = view.extents.iter().map(|extent| *extent as i64).collect();
    Ok(smallvec![Meta::new(shape, query.input(0)?.dtype())])
}

/// First element, step and number of elements of a slice of an axis, Python's way.
fn range(length: i64, begin: Option<i64>, end: Option<i64>, step: i64) -> (isize, isize, usize) {
    let counted = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let first = begin.map_or(if step > 0 { 0 } else { length - 1 }, |begin| counted(begin).clamp(low, high));
    let last = end.map_or(if step > 0 { length } else { -1 }, |end| counted(end).clamp(low, high));
    let span = if step > 0 { last - first } else { first - last };
    let count = if span <= 0 { 0 } else { (span - 1) / step.abs() + 1 };
    (first as isize, step as isize, count as usize)
}

/// The part that `begin`, `end` and `step` name.
fn part(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let (begin, end) = (attrs.tuple("begin")?.unwrap_or(&[]), attrs.tuple("end")?.unwrap_or(&[]));
    let step = attrs.tuple("step")?.unwrap_or(&[]);
    crate::ensure!(
        begin.len() <= shape.rank() && begin.len() == end.len(),
        InvalidArgument,
        "begin: expected one entry for each axis of shape {shape} and as many in end, got {} and {}",
        begin.len(),
        end.len()
    );
    crate::ensure!(
        step.is_empty() || step.len() == begin.len(),
        InvalidArgument,
        "step: expected as many entries as in begin, {}, got {}",
        begin.len(),
        step.len()
    );
    let mut view = View::whole(shape);
    for (axis, (begin, end)) in begin.iter().zip(end).enumerate() {
        let step = step.get(axis).copied().flatten().unwrap_or(1);
        crate::ensure!(step != 0, InvalidArgument, "slice op step[{axis}] cannot be 0");
        let (first, step, count) = range(shape.dims()[axis], *begin, *end, step);
        view.narrow(axis, first, step, count);
    }
    Ok(view)
}

fn along_axis(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let axis = shape.axis("axis", attrs.int("axis")?)?;
    let length = shape.dims()[axis];
    let counted = |index: i64| if index < 0 { index + length } else { index };
    let begin = counted(attrs.int("begin")?);
    let end = attrs.optional_int("end")?.map_or(length, counted);
    crate::ensure!(
        (0 <= begin && begin < end && end <= length) || (length == 0 && begin == 0 && end == 0),
        InvalidArgument,
        "Invalid begin, end, get begin={begin}, end={end} for an axis of {length}"
    );
    let mut view = View::whole(shape);
    view.narrow(axis, begin as isize, 1, (end - begin) as usize);
    Ok(view)
}

fn like(attrs: &Attrs, shape: &Shape, like: &Shape) -> Result<View> {
    let axes = attrs.shape("axes")?.unwrap_or_default();
    let mut view = View::whole(shape);
    let mut cut = |axis: usize, extent: i64| {
        crate::ensure!(
            extent <= shape.dims()[axis],
            Shape,
            "Slice axis {axis} of shape_like exceeds data: {extent} of {}",
            shape.dims()[axis]
        );
        view.narrow(axis, 0, 1, extent as usize);
        Ok(())
    };
    if axes.rank() == 0 {
        crate::ensure!(
            shape.rank() == like.rank(),
            Shape,
            "shape_like: expected as many dimensions as data has, {}, got {}",
            shape.rank(),
            like.rank()
        );
        for (axis, extent) in like.dims().iter().enumerate() {
            cut(axis, *extent)?;
        }
    }
    for axis in axes.dims() {
        let (own, other) = (shape.axis("axes", *axis)?, like.axis("axes", *axis)?);
        cut(own, like.dims()[other])?;
    }
    Ok(view)
}

/// csr stays csr unless elements are skipped.
fn keep_csr(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let plain = attrs.tuple("step")?.unwrap_or(&[]).iter().all(|step| step.unwrap_or(1) == 1);
    let csr = query.input(0)?.storage() == Storage::Csr;
    Ok(if csr && plain { Plan::Direct(smallvec![Storage::Csr]) } else { Plan::Dense })
}

fn slice(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let view = part(&call.attrs, data.shape())?;
    if data.storage() == Storage::Csr {
        let columns = data.shape().dims().get(1).copied().unwrap_or(1).max(1) as usize;
        let start = view.start as usize;
        return slice_csr(data, out, start / columns, start % columns);
    }
    gather_view(data, out, &view)
}

fn slice_csr(data: &NdArray, out: &NdArray, first_row: usize, first_column: usize) -> Result<()> {
    let [rows, columns] = out.shape().dims() else {
        crate::bail!(Shape, "csr array: expected two dimensions, got shape {}", out.shape())
    };
    let made = {
        let parts = data.read_csr()?;
        let stored = Elements::of(&parts, data.shape())?;
        let size = data.dtype().size();
        let inside = first_column..first_column + *columns as usize;
        let (mut starts, mut indices, mut values) = (vec![0i64], vec![], vec![]);
        for row in first_row..first_row + *rows as usize {
            for position in stored.row(row).filter(|position| inside.contains(&stored.columns[*position])) {
                indices.push((stored.columns[position] - first_column) as i64);
                values.extend_from_slice(&parts.values.bytes[position * size..][..size]);
            }
            starts.push(indices.len() as i64);
        }
        let mut kept = Part::new(data.dtype(), Shape::new(&[indices.len() as i64]))?;
        kept.bytes.copy_from_slice(&values);
        Csr { indptr: Part::indices(&starts)?, indices: Part::indices(&indices)?, values: kept }
    };
    *out.write_csr()? = made;
    Ok(())
}

fn assign_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (lhs, rhs) = (query.input(0)?, query.input(1)?);
    query.require_dtype(1, lhs.dtype())?;
    let view = part(query.attrs, lhs.shape())?;
    let expected: Shape = view.extents.iter().map(|extent| *extent as i64).collect();
    crate::ensure!(
        rhs.shape() == &expected,
        Shape,
        "Shape inconsistent, Provided = {}, inferred shape={expected}",
        rhs.shape()
    );
    crate::ops::same_as_first(query)
}

fn assign(call: &Invocation) -> Result<()> {
    let (lhs, rhs, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let values = if rhs.shares_storage(out) { copy_of(rhs)? } else { rhs.clone() };
    copy_elements(lhs, out)?;
    scatter_view(&values, out, &part(&call.attrs, out.shape())?)
}

fn assign_scalar(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    copy_elements(data, out)?;
    let (view, value) = (part(&call.attrs, out.shape())?, call.attrs.double("scalar")?);
    dispatch!(out.dtype(), T => scatter_value(&mut out.write::<T>()?, &view, T::from_f64(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// As Python's slices: every index, tried one by one.
        #[test]
        fn ranges_are_pythons(
            length in 0i64..7,
            begin in proptest::option::of(-9i64..9),
            end in proptest::option::of(-9i64..9),
            step in prop_oneof![-3i64..0, 1i64..4],
        ) {
            let counted = |index: i64| if index < 0 { index + length } else { index };
            let start = begin.map_or(if step > 0 { 0 } else { length - 1 }, |begin| {
                let begin = counted(begin);
                if step > 0 { begin.max(0) } else { begin.min(length - 1) }
            });
            let mut expected = vec![];
            let mut index = start;
            while index >= 0 && index < length {
                let stops = end.is_some_and(|end| {
                    if step > 0 { index >= counted(end) } else { index <= counted(end).max(-1) }
                });
                if stops {
                    break;
                }
                expected.push(index);
                index += step;
            }
            let (first, step, count) = range(length, begin, end, step);
            let found: Vec<i64> = (0..count as i64).map(|n| first as i64 + n * step as i64).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
