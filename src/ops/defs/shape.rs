//! Operators that give the same elements another shape.

use crate::array::{DType, NdArray, Shape, reshape_codes};
use crate::base::Result;
use crate::ops::kernels::strided::copy_elements;
use crate::ops::operator::{Definition, InPlace};
use crate::ops::param::{Kind, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

const SQUEEZE: Definition = Definition {
    doc: "Without the given axes, which have extent 1; without all such axes if none is given.",
    params: &[optional("axis", Kind::ShapeOrNone, "None", "Selects the axes to remove.")],
    kernel: same_elements,
    in_place: InPlace::Any,
    ..Definition::DEFAULT
};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "Reshape",
        aliases: &["reshape"],
        doc: "The elements of data under another shape. Codes: 0 keeps the extent, -1 infers it, -2 keeps all that \
              are left, -3 merges two, -4 splits one into the next two. With reverse they are read from the right.",
        params: &[
            optional("shape", Kind::Shape, "[]", "The target shape"),
            optional(
                "reverse",
                Kind::Bool,
                "0",
                "If true then the special values are inferred from right to left",
            ),
            optional("target_shape", Kind::Shape, "[]", "(Deprecated! Use shape instead.) Target new shape."),
            optional(
                "keep_highest",
                Kind::Bool,
                "0",
                "(Deprecated! Use shape instead.) Whether keep the highest dim unchanged.",
            ),
        ],
        infer: reshape,
        kernel: same_elements,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "Flatten",
        aliases: &["_npx_batch_flatten", "flatten"],
        doc: "Keeps the first axis and joins all others.",
        infer: |query| {
            let data = query.input(0)?;
            let (rows, width) = (data.shape().rows() as i64, data.shape().row_size() as i64);
            Ok(smallvec![Meta::new(Shape::new(&[rows, width]), data.dtype())])
        },
        kernel: same_elements,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "expand_dims",
        aliases: &["_npi_expand_dims"],
        doc: "A new axis of extent 1 in front of the axis number axis; negative numbers count from the end.",
        params: &[required("axis", Kind::Int, "Position where new axis is to be inserted.")],
        infer: expand_dims,
        kernel: same_elements,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "squeeze",
        infer: |query| {
            let meta = squeezed(query)?;
            // Never without axes, not even under numpy's shapes.
            Ok(smallvec![if meta.shape.rank() == 0 { Meta::new(Shape::new(&[1]), meta.dtype) } else { meta }])
        },
        ..SQUEEZE
    },
    Definition { name: "_np_squeeze", infer: |query| Ok(smallvec![squeezed(query)?]), ..SQUEEZE },
    Definition {
        name: "reshape_like",
        aliases: &["_npx_reshape_like"],
        doc: "The elements of lhs, with its axes lhs_begin to lhs_end replaced by those of rhs from rhs_begin to \
              rhs_end.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        params: &[
            optional("lhs_begin", Kind::IntOrNone, "None", "First axis of lhs to replace."),
            optional("lhs_end", Kind::IntOrNone, "None", "End of the axes of lhs to replace."),
            optional("rhs_begin", Kind::IntOrNone, "None", "First axis of rhs to take."),
            optional("rhs_end", Kind::IntOrNone, "None", "End of the axes of rhs to take."),
        ],
        infer: reshape_like,
        kernel: same_elements,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_identity_with_attr_like_rhs",
        doc: "A copy of lhs, with the shape of rhs.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        infer: |query| {
            let (lhs, rhs) = (query.input(0)?, query.input(1)?);
            same_size(query, lhs, rhs.shape().clone())
        },
        kernel: same_elements,
        ..Definition::DEFAULT
    },
    Definition {
        name: "shape_array",
        aliases: &["_npx_shape_array"],
        doc: "The shape of data as a vector of int64.",
        infer: |query| {
            let rank = query.input(0)?.shape().rank() as i64;
            Ok(smallvec![Meta::new(Shape::new(&[rank]), DType::Int64)])
        },
        kernel: |call| {
            call.output(0)?.write::<i64>()?.copy_from_slice(call.input(0)?.shape().dims());
            Ok(())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "size_array",
        doc: "The number of elements of data as an int64.",
        infer: |_| Ok(smallvec![Meta::new(Shape::new(&[1]), DType::Int64)]),
        kernel: |call| {
            call.output(0)?.write::<i64>()?.fill(call.input(0)?.size() as i64);
            Ok(())
        },
        ..Definition::DEFAULT
    },
];

fn same_elements(call: &Invocation) -> Result<()> {
    copy_elements(call.input(0)?, call.output(0)?)
}

/// Checks that `shape` has as many elements as `data`.
fn same_size(query: &Query<'_>, data: &NdArray, shape: Shape) -> Result<SmallVec<[Meta; 2]>> {
    crate::ensure!(
        shape.size() == data.size() && shape.dims().iter().all(|dim| *dim >= 0),
        Shape,
        "Target shape size is different to source. Target: {shape} Source: {} (operator {})",
        data.shape(),
        query.operator.name
    );
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn reshape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let codes = query.attrs.shape("shape")?.unwrap_or_default();
    if codes.rank() > 0 || query.numpy_shape {
        let shape = reshape_codes(data.shape(), codes.dims(), query.attrs.bool("reverse")?)?;
        return same_size(query, data, shape);
    }
    let mut target = query.attrs.shape("target_shape")?.unwrap_or_default();
    if target.rank() == 0 {
        return Ok(smallvec![Meta::of(query.given_output().unwrap_or(data))]);
    }
    if query.attrs.bool("keep_highest")?
        && let (Some(first), Some(rows)) = (target.dims_mut().first_mut(), data.shape().dims().first())
    {
        *first = *rows;
    }
    let known: i64 = target.dims().iter().filter(|dim| **dim != 0).product();
    let total = data.size() as i64;
    if let Some(open) = target.dims_mut().iter_mut().find(|dim| **dim == 0) {
        *open = if known == 0 { 0 } else { total / known };
    }
    same_size(query, data, target)
}

fn expand_dims(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let (axis, rank) = (query.attrs.int("axis")?, data.shape().rank() as i64);
    let place = if axis < 0 { axis + rank + 1 } else { axis };
    crate::ensure!(
        (0..=rank).contains(&place),
        Shape,
        "axis: expected {} to {rank} for an array of {rank} dimensions, got {axis}",
        -rank - 1
    );
    let mut dims: SmallVec<[i64; 4]> = data.shape().dims().into();
    dims.insert(place as usize, 1);
    Ok(smallvec![Meta::new(Shape::from(dims), data.dtype())])
}

fn squeezed(query: &Query<'_>) -> Result<Meta> {
    let data = query.input(0)?;
    let dims = data.shape().dims();
    let shape: Shape = match query.attrs.shape("axis")? {
        None => dims.iter().copied().filter(|dim| *dim != 1).collect(),
        Some(axes) => {
            let mut drop = vec![false; dims.len()];
            for axis in axes.dims() {
                let axis = data.shape().axis("axis", *axis)?;
                crate::ensure!(
                    dims[axis] == 1,
                    Shape,
                    "cannot select an axis to squeeze out which has size={} not equal to one",
                    dims[axis]
                );
                crate::ensure!(!drop[axis], InvalidArgument, "duplicate value in axis");
                drop[axis] = true;
            }
            dims.iter().zip(drop).filter(|(_, drop)| !drop).map(|(dim, _)| *dim).collect()
        }
    };
    Ok(Meta::new(shape, data.dtype()))
}

fn reshape_like(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (lhs, rhs) = (query.input(0)?, query.input(1)?);
    let (left, right) =
        (range(query.attrs, "lhs", lhs.shape().rank())?, range(query.attrs, "rhs", rhs.shape().rank())?);
    let shape: Shape = lhs.shape().dims()[..left.start]
        .iter()
        .chain(&rhs.shape().dims()[right])
        .chain(&lhs.shape().dims()[left.end..])
        .copied()
        .collect();
    same_size(query, lhs, shape)
}

/// The axes from `<side>_begin` to `<side>_end`.
fn range(attrs: &Attrs, side: &str, rank: usize) -> Result<std::ops::Range<usize>> {
    let bound = |name: String, default: usize| -> Result<usize> {
        let Some(value) = attrs.optional_int(&name)? else { return Ok(default) };
        let counted = if value < 0 { value + rank as i64 } else { value };
        usize::try_from(counted).ok().filter(|bound| *bound <= rank).ok_or_else(|| {
            crate::err!(Shape, "{name}: expected an axis of an array of {rank} dimensions, got {value}")
        })
    };
    let (begin, end) = (bound(format!("{side}_begin"), 0)?, bound(format!("{side}_end"), rank)?);
    crate::ensure!(begin <= end, Shape, "{side}_begin: {begin} lies behind {side}_end, {end}");
    Ok(begin..end)
}
