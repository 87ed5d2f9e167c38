//! Other shapes, other places: reshape, broadcast, rotate, concatenate, and where elements are not zero.

use super::super::join::{COUNTED, along, shape_along};
use crate::array::{DType, NdArray, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::number::Number;
use crate::ops::kernels::strided::{View, copy_elements, gather_view};
use crate::ops::operator::{Definition, InPlace, Inputs};
use crate::ops::param::{Kind, optional, required};
use crate::ops::{Attrs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_np_reshape",
        doc: "The elements of a under another shape; -1 stands for the one extent that follows from the others.",
        inputs: Inputs::Fixed(&["a"]),
        params: &[
            required("newshape", Kind::Shape, "The new shape."),
            optional("order", Kind::Str, "C", "The order of elements; only C, the last axis first."),
        ],
        infer: reshaped,
        kernel: |call| copy_elements(call.input(0)?, call.output(0)?),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_broadcast_to",
        doc: "The array repeated to a shape that may have more axes in front; -2 keeps an extent.",
        inputs: Inputs::Fixed(&["array"]),
        params: &[optional("shape", Kind::Shape, "[]", "The shape of the desired array.")],
        infer: broadcast_shape,
        kernel: broadcast,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_rot90",
        doc: "Rotates by 90 degrees k times, from the first of two axes towards the second.",
        params: &[
            optional("k", Kind::Int, "1", "How many times to rotate; negative numbers the other way round."),
            optional("axes", Kind::ShapeOrNone, "None", "The plane: two different axes."),
        ],
        infer: |query| {
            let data = query.input(0)?;
            let view = rotated(query.attrs, data.shape())?;
            let shape = view.extents.iter().map(|extent| *extent as i64).collect();
            Ok(smallvec![Meta::new(shape, data.dtype())])
        },
        kernel: |call| {
            let data = call.input(0)?;
            gather_view(data, call.output(0)?, &rotated(&call.attrs, data.shape())?)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npi_concatenate",
        doc: "The arrays one after the other along axis; without axis, their elements as one vector.",
        inputs: COUNTED,
        params: &[
            required("num_args", Kind::Int, "Number of inputs to be concatenated."),
            optional("axis", Kind::IntOrNone, "0", "The axis along which arrays are joined."),
        ],
        // MXNet lists the parameters of Concat here, although it takes these.
        shown: Some(&[
            required("num_args", Kind::Int, "Number of inputs to be concatenated."),
            optional("dim", Kind::Int, "1", "The axis along which arrays are joined."),
        ]),
        infer: |query| match query.attrs.optional_int("axis")? {
            Some(axis) => shape_along(query, query.input(0)?.shape().axis("axis", axis)?),
            None => {
                let dtype = query.input(0)?.dtype();
                for index in 1..query.inputs.len() {
                    query.require_dtype(index, dtype)?;
                }
                let length = query.inputs.iter().map(|input| input.size() as i64).sum();
                Ok(smallvec![Meta::new(Shape::new(&[length]), dtype)])
            }
        },
        kernel: |call| {
            let out = call.output(0)?;
            match call.attrs.optional_int("axis")? {
                Some(axis) => along(&call.inputs, out, out.shape().axis("axis", axis)?),
                None => {
                    let flat: Vec<NdArray> = call.inputs.iter().map(flattened).collect::<Result<_>>()?;
                    along(&flat, out, 0)
                }
            }
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_npx_nonzero",
        aliases: &["_npi_nonzero"],
        doc: "The places of the elements that are not 0, a row of int64 each. A scalar counts as a vector.",
        inputs: Inputs::Fixed(&["x"]),
        waits: true,
        infer: |query| {
            let x = query.input(0)?;
            let shape = [places(x)?.len() as i64, x.shape().rank().max(1) as i64];
            Ok(smallvec![Meta::new(Shape::new(&shape), DType::Int64)])
        },
        kernel: nonzero,
        ..Definition::DEFAULT
    },
];

fn reshaped(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let a = query.input(0)?;
    let order = query.attrs.text("order")?;
    crate::ensure!(order == "C", InvalidArgument, "order: only C is supported, got '{order}'");
    let mut shape = query.attrs.shape("newshape")?.unwrap_or_default();
    let mismatch = || crate::err!(Shape, "Cannot reshape array of size {} into shape {shape}", a.size());
    let open: Vec<usize> = (0..shape.rank()).filter(|axis| shape.dims()[*axis] < 0).collect();
    crate::ensure!(
        open.len() <= 1 && open.iter().all(|axis| shape.dims()[*axis] == -1),
        InvalidArgument,
        "newshape: expected at most one -1 and no other negative extent, got {shape}"
    );
    if let [axis] = open[..] {
        let known: usize = shape.dims().iter().filter(|dim| **dim >= 0).map(|dim| *dim as usize).product();
        let rest = a.size().checked_div(known).ok_or_else(mismatch)?;
        shape.dims_mut()[axis] = rest as i64;
    }
    if shape.size() != a.size() {
        crate::bail!(Shape, "Cannot reshape array of size {} into shape {shape}", a.size());
    }
    Ok(smallvec![Meta::new(shape, a.dtype())])
}

fn broadcast_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let array = query.input(0)?;
    let own = array.shape();
    let mut shape = query.attrs.shape("shape")?.unwrap_or_default();
    let mut fits = own.rank() <= shape.rank();
    if fits {
        let new = shape.rank() - own.rank();
        for (dim, own) in shape.dims_mut()[new..].iter_mut().zip(own.dims()) {
            if *dim == -2 {
                *dim = *own;
            }
            fits &= *dim == *own || *own == 1;
        }
    }
    fits &= shape.dims().iter().all(|dim| *dim >= 0);
    crate::ensure!(fits, Shape, "shape {own} is not broadcastable to {shape}");
    Ok(smallvec![Meta::new(shape, array.dtype())])
}

fn broadcast(call: &Invocation) -> Result<()> {
    let (array, out) = (call.input(0)?, call.output(0)?);
    gather_view(array, out, &View::repeated(array.shape(), out.shape()))
}

fn rotated(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let axes = attrs.shape("axes")?.unwrap_or_default();
    let [first, second] = *axes.dims() else {
        crate::bail!(InvalidArgument, "axes: expected two axes, got {axes}")
    };
    let (first, second) = (shape.axis("axes", first)?, shape.axis("axes", second)?);
    crate::ensure!(first != second, InvalidArgument, "axes: expected two different axes, got {axes}");
    let mut view = View::whole(shape);
    let turns = attrs.int("k")?.rem_euclid(4);
    let reverse = |view: &mut View, axis: usize| {
        let extent = view.extents[axis];
        view.narrow(axis, extent as isize - 1, -1, extent);
    };
    if turns >= 2 {
        reverse(&mut view, first);
    }
    if turns == 1 || turns == 2 {
        reverse(&mut view, second);
    }
    if turns % 2 == 1 {
        let mut order: Vec<usize> = (0..shape.rank()).collect();
        order.swap(first, second);
        view = view.permuted(&order);
    }
    Ok(view)
}

fn flattened(array: &NdArray) -> Result<NdArray> {
    array.view_as(Shape::new(&[array.size() as i64]))
}

/// The numbers of the elements that are not 0.
fn places(x: &NdArray) -> Result<Vec<usize>> {
    dispatch!(x.dtype(), T => {
        let elements = x.read::<T>()?;
        Ok(elements.iter().enumerate().filter(|(_, x)| !x.is_zero()).map(|(place, _)| place).collect())
    })
}

fn nonzero(call: &Invocation) -> Result<()> {
    let (x, out) = (call.input(0)?, call.output(0)?);
    let (places, strides) = (places(x)?, x.shape().strides());
    let rank = strides.len().max(1);
    let mut target = out.write::<i64>()?;
    crate::ensure!(target.len() == places.len() * rank, Internal, "x changed while it was searched");
    for (row, place) in target.chunks_exact_mut(rank).zip(places) {
        let mut rest = place;
        row.fill(0);
        for (index, stride) in row.iter_mut().zip(&strides) {
            *index = (rest / stride.max(&1)) as i64;
            rest %= stride.max(&1);
        }
    }
    Ok(())
}
