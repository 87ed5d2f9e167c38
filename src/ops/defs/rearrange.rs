//! Operators that move, drop or repeat elements along axes: transposes, flips, repetitions.

use crate::array::{Element, NdArray, Shape};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::strided::{View, gather_view, scatter, scatter_view};
use crate::ops::operator::Definition;
use crate::ops::param::{Kind, Param, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

/// The output of a view operator: the view decides the shape.
macro_rules! by_view {
    ($view:expr) => {
        |query: &Query<'_>| {
            let data = query.input(0)?;
            let view: View = $view(query.attrs, data.shape())?;
            let shape: Shape = view.extents.iter().map(|extent| *extent as i64).collect();
            Ok(smallvec![Meta::new(shape, data.dtype())])
        }
    };
}

macro_rules! kernel_by_view {
    ($view:expr) => {
        |call: &Invocation| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let view: View = $view(&call.attrs, data.shape())?;
            gather_view(data, out, &view)
        }
    };
}

const BLOCK_SIZE: &[Param] =
    &[required("block_size", Kind::Int, "Blocks of [block_size, block_size] are moved")];

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "transpose",
        aliases: &["_np_transpose"],
        doc: "The axes in the order that axes gives, reversed by default.",
        params: &[optional(
            "axes",
            Kind::Shape,
            "[]",
            "Target axis order. By default the axes will be inverted.",
        )],
        infer: by_view!(transposed),
        kernel: kernel_by_view!(transposed),
        ..Definition::DEFAULT
    },
    Definition {
        name: "SwapAxis",
        aliases: &["_npi_swapaxes", "swapaxes"],
        doc: "Two axes change places.",
        params: &[
            optional("dim1", Kind::Int, "0", "the first axis to be swapped."),
            optional("dim2", Kind::Int, "0", "the second axis to be swapped."),
        ],
        infer: by_view!(swapped),
        kernel: kernel_by_view!(swapped),
        ..Definition::DEFAULT
    },
    Definition {
        name: "reverse",
        aliases: &["_npi_flip", "flip"],
        doc: "The order along the given axes reversed.",
        params: &[required("axis", Kind::Shape, "The axis which to reverse elements.")],
        infer: by_view!(reversed),
        kernel: kernel_by_view!(reversed),
        ..Definition::DEFAULT
    },
    Definition {
        name: "tile",
        aliases: &["_npi_tile"],
        doc: "The whole array repeated reps times along each axis.",
        params: &[required("reps", Kind::Shape, "The number of times for repeating the tensor.")],
        infer: |query| {
            let data = query.input(0)?;
            Ok(smallvec![Meta::new(tiled_shape(query.attrs, data.shape())?, data.dtype())])
        },
        kernel: kernel_by_view!(tiled),
        ..Definition::DEFAULT
    },
    Definition {
        name: "repeat",
        aliases: &["_np_repeat"],
        doc: "Each element repeated along an axis; without axis, of the flattened array.",
        params: &[
            required("repeats", Kind::Int, "The number of repetitions for each element."),
            optional("axis", Kind::IntOrNone, "None", "The axis along which to repeat values."),
        ],
        infer: |query| {
            let data = query.input(0)?;
            Ok(smallvec![Meta::new(repeated_shape(query.attrs, data.shape())?, data.dtype())])
        },
        kernel: kernel_by_view!(repeated),
        ..Definition::DEFAULT
    },
    Definition {
        name: "depth_to_space",
        doc: "(n, b*b*c, h, w) becomes (n, c, h*b, w*b): blocks of channels become blocks of pixels.",
        params: BLOCK_SIZE,
        infer: |query| {
            let data = query.input(0)?;
            let [n, c, h, w, b] = four(query.attrs, data.shape())?;
            crate::ensure!(
                c % (b * b) == 0,
                Shape,
                "data: expected a number of channels that block_size^2 = {} divides, got {c}",
                b * b
            );
            Ok(smallvec![Meta::new(
                Shape::new(&[n, c / (b * b), h.saturating_mul(b), w.saturating_mul(b)]),
                data.dtype()
            )])
        },
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let [n, c, h, w, b] = four(&call.attrs, data.shape())?;
            let split = Shape::new(&[n, b, b, c / (b * b), h, w]);
            gather_view(data, out, &View::whole(&split).permuted(&[0, 3, 4, 1, 5, 2]))
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "space_to_depth",
        doc: "(n, c, h*b, w*b) becomes (n, b*b*c, h, w): blocks of pixels become blocks of channels.",
        params: BLOCK_SIZE,
        infer: |query| {
            let data = query.input(0)?;
            let [n, c, h, w, b] = four(query.attrs, data.shape())?;
            crate::ensure!(
                h % b == 0 && w % b == 0,
                Shape,
                "data: expected height and width that block_size = {b} divides, got {h} and {w}"
            );
            Ok(smallvec![Meta::new(Shape::new(&[n, c.saturating_mul(b * b), h / b, w / b]), data.dtype())])
        },
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let [n, c, h, w, b] = four(&call.attrs, data.shape())?;
            let split = Shape::new(&[n, c, h / b, b, w / b, b]);
            gather_view(data, out, &View::whole(&split).permuted(&[0, 3, 5, 1, 2, 4]))
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "diag",
        doc: "The k-th diagonal over axis1 and axis2; of a vector, the matrix with that diagonal.",
        params: &[
            optional("k", Kind::Int, "0", "Diagonal in question."),
            optional("axis1", Kind::Int, "0", "The first axis of the sub-arrays of interest."),
            optional("axis2", Kind::Int, "1", "The second axis of the sub-arrays of interest."),
        ],
        infer: diag_shape,
        kernel: diag,
        ..Definition::DEFAULT
    },
    Definition {
        name: "Pad",
        aliases: &["pad"],
        doc: "Adds elements around data along all but the first two axes: a constant, the edge, or a reflection.",
        params: &[
            required("mode", Kind::Enum(&["constant", "edge", "reflect"]), "Padding type to use."),
            required("pad_width", Kind::Shape, "Widths of the padding: before and after, for each axis."),
            optional(
                "constant_value",
                Kind::Double,
                "0",
                "The value used for padding when mode is constant.",
            ),
        ],
        infer: pad_shape,
        kernel: pad,
        ..Definition::DEFAULT
    },
    Definition {
        name: "broadcast_to",
        doc: "Axes of extent 1 repeated to the given extents; 0 keeps the extent.",
        params: &[optional("shape", Kind::Shape, "[]", "The shape of the desired array.")],
        infer: |query| {
            let data = query.input(0)?;
            let mut shape = query.attrs.shape("shape")?.unwrap_or_default();
            crate::ensure!(
                shape.rank() == data.shape().rank(),
                Shape,
                "Operand of shape {} cannot be broadcasted to {shape}",
                data.shape()
            );
            for (dim, own) in shape.dims_mut().iter_mut().zip(data.shape().dims()) {
                if *dim == 0 {
                    *dim = *own;
                }
            }
            repeated_to(data, shape)
        },
        kernel: repeat_to_output,
        ..Definition::DEFAULT
    },
    Definition {
        name: "broadcast_axis",
        aliases: &["broadcast_axes"],
        doc: "The given axes of extent 1 repeated to the given sizes.",
        params: &[
            optional("axis", Kind::Shape, "[]", "The axes to perform the broadcasting."),
            optional("size", Kind::Shape, "[]", "Target sizes of the broadcasting axes."),
        ],
        infer: |query| {
            let data = query.input(0)?;
            let (axes, sizes) = (
                query.attrs.shape("axis")?.unwrap_or_default(),
                query.attrs.shape("size")?.unwrap_or_default(),
            );
            crate::ensure!(
                axes.rank() == sizes.rank(),
                InvalidArgument,
                "size: expected one for each of the {} axes, got {}",
                axes.rank(),
                sizes.rank()
            );
            let mut shape = data.shape().clone();
            for (axis, size) in axes.dims().iter().zip(sizes.dims()) {
                let axis = shape.axis("axis", *axis)?;
                shape.dims_mut()[axis] = *size;
            }
            repeated_to(data, shape)
        },
        kernel: repeat_to_output,
        ..Definition::DEFAULT
    },
    Definition {
        name: "broadcast_like",
        doc: "lhs repeated to the shape of rhs, or along lhs_axes to the extents of rhs along rhs_axes.",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        params: &[
            optional(
                "lhs_axes",
                Kind::ShapeOrNone,
                "None",
                "Axes to perform broadcast on in the first input array",
            ),
            optional("rhs_axes", Kind::ShapeOrNone, "None", "Axes to copy from the second input array"),
        ],
        infer: broadcast_like,
        kernel: repeat_to_output,
        ..Definition::DEFAULT
    },
];

fn transposed(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let axes = attrs.shape("axes")?.unwrap_or_default();
    let rank = shape.rank();
    if axes.rank() == 0 {
        return Ok(View::whole(shape).permuted(&(0..rank).rev().collect::<Vec<_>>()));
    }
    let order: Vec<usize> =
        axes.dims().iter().map(|axis| shape.axis("axes", *axis)).collect::<Result<_>>()?;
    let mut seen = vec![false; rank];
    order.iter().for_each(|axis| seen[*axis] = true);
    crate::ensure!(
        order.len() == rank && seen.into_iter().all(|seen| seen),
        InvalidArgument,
        "axes: expected each axis of an array of {rank} dimensions once, got {axes}"
    );
    Ok(View::whole(shape).permuted(&order))
}

fn swapped(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let (a, b) = (shape.axis("dim1", attrs.int("dim1")?)?, shape.axis("dim2", attrs.int("dim2")?)?);
    let mut order: Vec<usize> = (0..shape.rank()).collect();
    order.swap(a, b);
    Ok(View::whole(shape).permuted(&order))
}

fn reversed(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let mut view = View::whole(shape);
    for axis in attrs.shape("axis")?.unwrap_or_default().dims() {
        let axis = shape.axis("axis", *axis)?;
        let extent = view.extents[axis];
        view.narrow(axis, extent as isize - 1, -1, extent);
    }
    Ok(view)
}

/// The repetitions and extents per axis, both filled up with ones in front.
fn tiles(attrs: &Attrs, shape: &Shape) -> Result<Vec<(usize, usize)>> {
    let reps = attrs.shape("reps")?.unwrap_or_default();
    crate::ensure!(
        reps.dims().iter().all(|rep| *rep >= 0),
        InvalidArgument,
        "reps: expected counts, got {reps}"
    );
    let rank = reps.rank().max(shape.rank());
    let at = |dims: &[i64], axis: usize| {
        (axis + dims.len()).checked_sub(rank).map_or(1, |own| dims[own].max(0) as usize)
    };
    Ok((0..rank).map(|axis| (at(reps.dims(), axis), at(shape.dims(), axis))).collect())
}

fn tiled_shape(attrs: &Attrs, shape: &Shape) -> Result<Shape> {
    Ok(tiles(attrs, shape)?.into_iter().map(|(rep, extent)| rep.saturating_mul(extent) as i64).collect())
}

fn tiled(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let mut view = View::default();
    let tiles = tiles(attrs, shape)?;
    let mut step: usize = tiles.iter().map(|tile| tile.1).product();
    for (rep, extent) in tiles {
        step = step.checked_div(extent).unwrap_or(0);
        view.push(rep, 0);
        view.push(extent, step as isize);
    }
    Ok(view)
}

fn repeats(attrs: &Attrs) -> Result<usize> {
    let repeats = attrs.int("repeats")?;
    usize::try_from(repeats)
        .map_err(|_| crate::err!(InvalidArgument, "repeats: expected a non-negative integer, got {repeats}"))
}

fn repeated_shape(attrs: &Attrs, shape: &Shape) -> Result<Shape> {
    let repeats = repeats(attrs)? as i64;
    match attrs.optional_int("axis")? {
        None => Ok(Shape::new(&[(shape.size() as i64).saturating_mul(repeats)])),
        Some(axis) => {
            let mut made = shape.clone();
            let axis = shape.axis("axis", axis)?;
            made.dims_mut()[axis] = made.dims()[axis].saturating_mul(repeats);
            Ok(made)
        }
    }
}

fn repeated(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let repeats = repeats(attrs)?;
    let Some(axis) = attrs.optional_int("axis")? else {
        let mut view = View::default();
        view.push(shape.size(), 1);
        view.push(repeats, 0);
        return Ok(view);
    };
    let mut view = View::whole(shape);
    let axis = shape.axis("axis", axis)?;
    view.extents.insert(axis + 1, repeats);
    view.steps.insert(axis + 1, 0);
    Ok(view)
}

/// n, c, h, w and the block size.
fn four(attrs: &Attrs, shape: &Shape) -> Result<[i64; 5]> {
    let block = attrs.int("block_size")?;
    crate::ensure!(block > 0, InvalidArgument, "block_size: expected a positive number, got {block}");
    match shape.dims() {
        [n, c, h, w] => Ok([*n, *c, *h, *w, block]),
        _ => Err(crate::err!(Shape, "data: expected four dimensions, got shape {shape}")),
    }
}

/// The places of the k-th diagonal of an array with at least two axes; the diagonal is the last axis.
fn diagonal(attrs: &Attrs, shape: &Shape) -> Result<View> {
    let k = attrs.int("k")?;
    let (one, two) = (shape.axis("axis1", attrs.int("axis1")?)?, shape.axis("axis2", attrs.int("axis2")?)?);
    crate::ensure!(one != two, InvalidArgument, "axis2: expected another axis than axis1, got {two} twice");
    let whole = View::whole(shape);
    let (rows, columns) = (shape.dims()[one], shape.dims()[two]);
    let length = if k >= 0 { rows.min(columns - k) } else { (rows + k).min(columns) };
    crate::ensure!(length >= 0, InvalidArgument, "k: diagonal {k} lies outside an array of shape {shape}");
    let mut view = View { start: whole.start, ..View::default() };
    for axis in (0..shape.rank()).filter(|axis| *axis != one && *axis != two) {
        view.push(whole.extents[axis], whole.steps[axis]);
    }
    // Nothing is read from an empty diagonal, which may begin behind the last element.
    if length > 0 {
        view.start += if k >= 0 { k as isize * whole.steps[two] } else { -k as isize * whole.steps[one] };
    }
    view.push(length as usize, whole.steps[one] + whole.steps[two]);
    Ok(view)
}

fn diag_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let shape = match data.shape().dims() {
        [] => crate::bail!(Shape, "data: expected at least one dimension, got a scalar"),
        [length] => {
            let side = length + query.attrs.int("k")?.abs();
            Shape::new(&[side, side])
        }
        _ => diagonal(query.attrs, data.shape())?.extents.iter().map(|extent| *extent as i64).collect(),
    };
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn diag(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    if data.shape().rank() > 1 {
        return gather_view(data, out, &diagonal(&call.attrs, data.shape())?);
    }
    out.write_bytes()?.fill(0);
    let (k, side) = (call.attrs.int("k")?, out.shape().rows() as i64);
    let mut view = View { start: if k >= 0 { k } else { -k * side } as isize, ..View::default() };
    view.push(data.size(), side as isize + 1);
    scatter_view(data, out, &view)
}

/// Before and after, for each axis.
fn pads(attrs: &Attrs, shape: &Shape) -> Result<Vec<(usize, usize)>> {
    let widths = attrs.shape("pad_width")?.unwrap_or_default();
    crate::ensure!(
        matches!(shape.rank(), 4 | 5),
        Shape,
        "data: expected four or five dimensions, got shape {shape}"
    );
    crate::ensure!(
        widths.rank() == 2 * shape.rank() && widths.dims().iter().all(|width| *width >= 0),
        InvalidArgument,
        "pad_width: expected {} widths of 0 or more, got {widths}",
        2 * shape.rank()
    );
    crate::ensure!(
        widths.dims().iter().take(4).all(|width| *width == 0),
        InvalidArgument,
        "pad_width: the first two axes cannot be padded, got {widths}"
    );
    Ok(widths.dims().chunks_exact(2).map(|pair| (pair[0] as usize, pair[1] as usize)).collect())
}

fn pad_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let pads = pads(query.attrs, data.shape())?;
    if query.attrs.text("mode")? == "reflect" {
        for ((before, after), dim) in pads.iter().zip(data.shape().dims()) {
            crate::ensure!(
                (*before as i64) < *dim && (*after as i64) < *dim,
                InvalidArgument,
                "pad_width: a reflection of {before} and {after} elements needs an axis longer than that, got {dim}"
            );
        }
    }
    let shape: Shape = data
        .shape()
        .dims()
        .iter()
        .zip(pads)
        .map(|(dim, (before, after))| {
            let widened = dim.checked_add_unsigned(before as u64)?.checked_add_unsigned(after as u64)?;
            widened.checked_mul(data.dtype().size() as i64).map(|_| widened)
        })
        .collect::<Option<_>>()
        .ok_or_else(|| crate::err!(InvalidArgument, "pad_width: the padded array would be too large"))?;
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn pad(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let pads = pads(&call.attrs, data.shape())?;
    let mut inside = View::whole(out.shape());
    for (axis, (before, _)) in pads.iter().enumerate() {
        inside.narrow(axis, *before as isize, 1, data.shape().dims()[axis] as usize);
    }
    if call.attrs.text("mode")? == "constant" {
        let value = call.attrs.double("constant_value")?;
        dispatch!(out.dtype(), T => {
            let mut target = out.write::<T>()?;
            target.fill(T::from_f64(value));
            return scatter(&mut target, &inside, &data.read::<T>()?);
        })
    }
    scatter_view(data, out, &inside)?;
    let reflect = call.attrs.text("mode")? == "reflect";
    for (axis, (before, after)) in pads.iter().enumerate() {
        extend(out, axis, *before, *after, reflect)?;
    }
    Ok(())
}

/// Fills the padding of one axis from what lies inside it; earlier axes are whole already.
fn extend(out: &NdArray, axis: usize, before: usize, after: usize, reflect: bool) -> Result<()> {
    let whole = View::whole(out.shape());
    let extent = whole.extents[axis];
    let (outer, step) = (whole.extents[..axis].iter().product::<usize>(), whole.steps[axis] as usize);
    let mut bytes = out.write_bytes()?;
    let row = step * out.dtype().size();
    let inside = before..extent - after;
    for block in 0..outer {
        let base = block * extent;
        let mut copy = |to: usize, from: usize| {
            let start = (base + from) * row;
            bytes.copy_within(start..start + row, (base + to) * row);
        };
        for number in 0..before {
            copy(number, if reflect { 2 * before - number } else { inside.start });
        }
        for number in inside.end..extent {
            copy(number, if reflect { 2 * (inside.end - 1) - number } else { inside.end - 1 });
        }
    }
    Ok(())
}

/// Checks that axes of extent 1 can be repeated to `shape`.
fn repeated_to(data: &NdArray, shape: Shape) -> Result<SmallVec<[Meta; 2]>> {
    let fits = data.shape().dims().iter().zip(shape.dims()).all(|(own, dim)| own == dim || *own == 1);
    crate::ensure!(
        fits && shape.rank() == data.shape().rank(),
        Shape,
        "Operand of shape {} cannot be broadcasted to {shape}",
        data.shape()
    );
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn broadcast_like(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (lhs, rhs) = (query.input(0)?, query.input(1)?);
    let (left, right) = (query.attrs.shape("lhs_axes")?, query.attrs.shape("rhs_axes")?);
    let (Some(left), Some(right)) = (left, right) else {
        return repeated_to(lhs, rhs.shape().clone());
    };
    crate::ensure!(
        left.rank() == right.rank() && left.rank() > 0,
        InvalidArgument,
        "rhs_axes: expected as many as lhs_axes and at least one, got {right} for {left}"
    );
    let mut shape = lhs.shape().clone();
    for (one, two) in left.dims().iter().zip(right.dims()) {
        let (one, two) = (shape.axis("lhs_axes", *one)?, rhs.shape().axis("rhs_axes", *two)?);
        shape.dims_mut()[one] = rhs.shape().dims()[two];
    }
    repeated_to(lhs, shape)
}

fn repeat_to_output(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    gather_view(data, out, &View::repeated(data.shape(), out.shape()))
}
