//! Operators that put arrays together and take them apart: `Concat`, `stack`, `SliceChannel`, `add_n`.

use crate::array::{Csr, DType, NdArray, Part, Shape, Storage};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::binary::{self, Function, Operand};
use crate::ops::kernels::sparse::{Elements, Rows, sum_rows};
use crate::ops::kernels::storage::cast_into;
use crate::ops::kernels::strided::{View, gather_view, scatter_view};
use crate::ops::operator::{Definition, Plan};
use crate::ops::param::{Kind, optional, required};
use crate::ops::{Attrs, Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};

pub(super) const COUNTED: Inputs =
    Inputs::Variadic { name: "data", count: Some("num_args"), per_count: 1, extra: 0 };

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "Concat",
        aliases: &["_sparse_concat", "concat"],
        doc: "The arrays one after the other along dim. All have one element type and, but for dim, one shape.",
        inputs: COUNTED,
        params: &[
            required("num_args", Kind::Int, "Number of inputs to be concated."),
            optional("dim", Kind::Int, "1", "the dimension to be concated."),
        ],
        infer: concat_shape,
        plan: concat_plan,
        kernel: concat,
        ..Definition::DEFAULT
    },
    Definition {
        name: "stack",
        aliases: &["_npi_stack"],
        doc: "The arrays along a new axis. All have one element type and shape.",
        inputs: COUNTED,
        params: &[
            optional(
                "axis",
                Kind::Int,
                "0",
                "The axis in the result array along which the input arrays are stacked.",
            ),
            required("num_args", Kind::Int, "Number of inputs to be stacked."),
        ],
        infer: stack_shape,
        kernel: |call| {
            let out = call.output(0)?;
            let axis = out.shape().axis("axis", call.attrs.int("axis")?)?;
            for (number, input) in call.inputs.iter().enumerate() {
                let mut view = View::whole(out.shape());
                view.narrow(axis, number as isize, 1, 1);
                scatter_view(input, out, &view)?;
            }
            Ok(())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "SliceChannel",
        aliases: &["split"],
        doc: "data in num_outputs equal parts along axis, which squeeze_axis removes if each part has extent 1.",
        params: &[
            required(
                "num_outputs",
                Kind::Int,
                "Number of splits. Note that this should evenly divide the length of the axis.",
            ),
            optional("axis", Kind::Int, "1", "Axis along which to split."),
            optional(
                "squeeze_axis",
                Kind::Bool,
                "0",
                "If true, removes the axis with length 1 from the shapes of the outputs.",
            ),
        ],
        outputs: |attrs, _| count(attrs, "num_outputs"),
        infer: |query| {
            split_shapes(query, &even_bounds(query.attrs, "num_outputs", query.input(0)?.shape())?)
        },
        kernel: |call| {
            let bounds = even_bounds(&call.attrs, "num_outputs", call.input(0)?.shape())?;
            split(call, &bounds)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_split_v2",
        aliases: &["_npi_split"],
        doc: "data in parts along axis: sections equal ones, or parts that begin at the given indices.",
        params: &[
            required(
                "indices",
                Kind::Shape,
                "Indices of splits. The elements should denote the boundaries of at which split is performed along the `axis`.",
            ),
            optional("axis", Kind::Int, "1", "Axis along which to split."),
            optional(
                "squeeze_axis",
                Kind::Bool,
                "0",
                "If true, removes the axis with length 1 from the shapes of the outputs.",
            ),
            optional(
                "sections",
                Kind::Int,
                "0",
                "Number of sections if equally splitted. Default to 0 which means split by indices.",
            ),
        ],
        outputs: |attrs, _| match attrs.int("sections")? {
            0 => Ok(attrs.shape("indices")?.unwrap_or_default().rank()),
            _ => count(attrs, "sections"),
        },
        infer: |query| split_shapes(query, &bounds(query.attrs, query.input(0)?.shape())?),
        kernel: |call| {
            let bounds = bounds(&call.attrs, call.input(0)?.shape())?;
            split(call, &bounds)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "add_n",
        aliases: &["ElementWiseSum", "_sparse_ElementWiseSum", "_sparse_add_n"],
        doc: "The sum of arrays of one shape: a + (b + (c + d)) up to four, more from left to right.",
        inputs: Inputs::Variadic { name: "args", count: Some("num_args"), per_count: 1, extra: 0 },
        params: &[optional("num_args", Kind::Int, "0", "Number of inputs to be summed.")],
        shown: Some(&[]),
        infer: |query| {
            crate::ensure!(
                !query.inputs.is_empty(),
                InvalidArgument,
                "args: expected at least one array, got none"
            );
            crate::ops::elementwise(query)
        },
        plan: |_, query| {
            let rows = query.inputs.iter().all(|input| input.storage() == Storage::RowSparse);
            Ok(if rows { Plan::Direct(smallvec![Storage::RowSparse]) } else { Plan::Dense })
        },
        kernel: add_n,
        ..Definition::DEFAULT
    },
    Definition {
        name: "amp_multicast",
        doc: "Converts float arrays to the widest of their types, or with cast_narrow to the narrowest.",
        inputs: Inputs::Variadic { name: "data", count: Some("num_outputs"), per_count: 1, extra: 0 },
        params: &[
            required(
                "num_outputs",
                Kind::Int,
                "Number of input/output pairs to be casted to the widest type.",
            ),
            optional("cast_narrow", Kind::Bool, "0", "Whether to cast to the narrowest type"),
        ],
        outputs: |_, inputs| Ok(inputs),
        infer: multicast,
        kernel: |call| {
            for (input, output) in call.inputs.iter().zip(&call.outputs) {
                cast_into(input, output)?;
            }
            Ok(())
        },
        ..Definition::DEFAULT
    },
];

fn count(attrs: &Attrs, name: &str) -> Result<usize> {
    let value = attrs.int(name)?;
    usize::try_from(value)
        .ok()
        .filter(|value| *value > 0)
        .ok_or_else(|| crate::err!(InvalidArgument, "{name}: expected a positive number, got {value}"))
}

fn concat_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let axis = query.input(0)?.shape().axis("dim", query.attrs.int("dim")?)?;
    shape_along(query, axis)
}

/// The inputs one after the other along an axis.
pub(super) fn shape_along(query: &Query<'_>, axis: usize) -> Result<SmallVec<[Meta; 2]>> {
    let first = query.input(0)?;
    let mut shape = first.shape().clone();
    for (number, input) in query.inputs.iter().enumerate().skip(1) {
        query.require_dtype(number, first.dtype())?;
        let fits = input.shape().rank() == shape.rank()
            && (0..shape.rank()).all(|i| i == axis || input.shape().dims()[i] == shape.dims()[i]);
        crate::ensure!(
            fits,
            Shape,
            "Incompatible input shape: expected {} but for axis {axis}, got {} as input {number}",
            first.shape(),
            input.shape()
        );
        let (sum, extent) = (shape.dims()[axis], input.shape().dims()[axis]);
        shape.dims_mut()[axis] = sum.checked_add(extent).ok_or_else(|| {
            crate::err!(Shape, "data: {sum} and {extent} elements along axis {axis} are too many")
        })?;
    }
    Ok(smallvec![Meta::new(shape, first.dtype())])
}

fn concat_plan(attrs: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let csr = query.inputs.iter().all(|input| input.storage() == Storage::Csr);
    let by_rows = query.input(0)?.shape().axis("dim", attrs.int("dim")?)? == 0;
    Ok(if csr && by_rows { Plan::Direct(smallvec![Storage::Csr]) } else { Plan::Dense })
}

fn concat(call: &Invocation) -> Result<()> {
    let out = call.output(0)?;
    if call.input(0)?.storage() == Storage::Csr {
        return concat_csr(&call.inputs, out);
    }
    along(&call.inputs, out, out.shape().axis("dim", call.attrs.int("dim")?)?)
}

/// Writes dense arrays one after the other along an axis.
pub(super) fn along(inputs: &[NdArray], out: &NdArray, axis: usize) -> Result<()> {
    let mut begin = 0;
    for input in inputs {
        let extent = input.shape().dims()[axis];
        let mut view = View::whole(out.shape());
        view.narrow(axis, begin as isize, 1, extent as usize);
        scatter_view(input, out, &view)?;
        begin += extent;
    }
    Ok(())
}

fn concat_csr(inputs: &[NdArray], out: &NdArray) -> Result<()> {
    let (mut starts, mut indices, mut values) = (vec![0i64], Vec::<i64>::new(), vec![]);
    for input in inputs {
        let parts = input.read_csr()?;
        let stored = Elements::of(&parts, input.shape())?;
        let before = indices.len();
        values.extend_from_slice(&parts.values.bytes);
        indices.extend(stored.columns.iter().map(|column| *column as i64));
        starts.extend(stored.starts.iter().skip(1).map(|start| (before + start) as i64));
    }
    let mut all = Part::new(out.dtype(), Shape::new(&[indices.len() as i64]))?;
    all.bytes.copy_from_slice(&values);
    *out.write_csr()? =
        Csr { indptr: Part::indices(&starts)?, indices: Part::indices(&indices)?, values: all };
    Ok(())
}

fn stack_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    for index in 1..query.inputs.len() {
        query.require_same(index)?;
    }
    let first = query.input(0)?;
    let mut dims: SmallVec<[i64; 4]> = first.shape().dims().into();
    dims.push(1);
    let axis = Shape::from(dims.clone()).axis("axis", query.attrs.int("axis")?)?;
    dims.pop();
    dims.insert(axis, query.inputs.len() as i64);
    Ok(smallvec![Meta::new(Shape::from(dims), first.dtype())])
}

/// Where each of the equal parts begins, and where the last ends.
fn even_bounds(attrs: &Attrs, name: &str, shape: &Shape) -> Result<Vec<i64>> {
    let parts = count(attrs, name)? as i64;
    let length = shape.dims()[shape.axis("axis", attrs.int("axis")?)?];
    crate::ensure!(
        length % parts == 0,
        Shape,
        "{name}: {parts} parts cannot be equal on an axis of length {length}"
    );
    Ok((0..=parts).map(|part| part * (length / parts)).collect())
}

fn bounds(attrs: &Attrs, shape: &Shape) -> Result<Vec<i64>> {
    if attrs.int("sections")? > 0 {
        return even_bounds(attrs, "sections", shape);
    }
    let length = shape.dims()[shape.axis("axis", attrs.int("axis")?)?];
    let indices = attrs.shape("indices")?.unwrap_or_default();
    let bounds: Vec<i64> = indices.dims().iter().copied().chain([length]).collect();
    crate::ensure!(
        bounds.is_sorted() && bounds[0] >= 0,
        InvalidArgument,
        "indices: expected ascending numbers from 0 to {length}, got {indices}"
    );
    Ok(bounds)
}

fn split_shapes(query: &Query<'_>, bounds: &[i64]) -> Result<SmallVec<[Meta; 2]>> {
    let data = query.input(0)?;
    let axis = data.shape().axis("axis", query.attrs.int("axis")?)?;
    let squeeze = query.attrs.bool("squeeze_axis")?;
    bounds
        .windows(2)
        .map(|ends| {
            let extent = (ends[1] - ends[0]).max(0);
            crate::ensure!(
                !squeeze || extent == 1,
                Shape,
                "squeeze_axis: the parts must have extent 1 along axis {axis}, got {extent}"
            );
            let mut dims: SmallVec<[i64; 4]> = data.shape().dims().into();
            if squeeze {
                dims.remove(axis);
            } else {
                dims[axis] = extent;
            }
            if dims.is_empty() && !query.numpy_shape {
                dims.push(1);
            }
            Ok(Meta::new(Shape::from(dims), data.dtype()))
        })
        .collect()
}

fn split(call: &Invocation, bounds: &[i64]) -> Result<()> {
    let data = call.input(0)?;
    let axis = data.shape().axis("axis", call.attrs.int("axis")?)?;
    for (output, ends) in call.outputs.iter().zip(bounds.windows(2)) {
        let mut view = View::whole(data.shape());
        view.narrow(axis, ends[0] as isize, 1, (ends[1] - ends[0]).max(0) as usize);
        gather_view(data, output, &view)?;
    }
    Ok(())
}

/// MXNet adds up to this many arrays from the right, a + (b + (c + d)), and more from the left.
const SUMMED_FROM_THE_RIGHT: usize = 4;

fn add_n(call: &Invocation) -> Result<()> {
    let (out, add) = (call.output(0)?, binary::Add::KERNEL);
    if out.storage() == Storage::RowSparse {
        return add_rows(&call.inputs, out);
    }
    let dtype = out.dtype();
    let views: Vec<_> = call.inputs.iter().map(NdArray::read_bytes).collect::<Result<_>>()?;
    let mut target = out.write_bytes()?;
    match &views[..] {
        [] => return call.input(0).map(drop),
        [only] => target.copy_from_slice(only),
        [others @ .., last] if views.len() <= SUMMED_FROM_THE_RIGHT => {
            target.copy_from_slice(last);
            for input in others.iter().rev() {
                binary::elementwise(add, dtype, &mut target, Operand::Slice(input), Operand::Output);
            }
        }
        [first, second, others @ ..] => {
            let (first, second) = (Operand::Slice(first), Operand::Slice(second));
            binary::elementwise(add, dtype, &mut target, first, second);
            for input in others {
                binary::elementwise(add, dtype, &mut target, Operand::Output, Operand::Slice(input));
            }
        }
    }
    Ok(())
}

fn add_rows(inputs: &[NdArray], out: &NdArray) -> Result<()> {
    let sum = {
        let parts = inputs.iter().map(NdArray::read_row_sparse).collect::<Result<Vec<_>>>()?;
        parts.iter().try_for_each(|part| Rows::of(part, out.shape()).map(drop))?;
        let numbers = parts.iter().map(|part| part.indices.to_i64()).collect::<Result<Vec<_>>>()?;
        dispatch!(out.dtype(), T => {
            let elements = parts.iter().map(|part| part.values.elements::<T>()).collect::<Result<Vec<_>>>()?;
            let rows: Vec<_> = numbers.iter().map(Vec::as_slice).zip(elements).collect();
            sum_rows(out.shape(), &rows)?
        })
    };
    *out.write_row_sparse()? = sum;
    Ok(())
}

fn multicast(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let narrow = query.attrs.bool("cast_narrow")?;
    let floats = query.inputs.iter().map(NdArray::dtype).filter(|dtype| dtype.is_float());
    let chosen: Option<DType> = if narrow {
        floats.min_by_key(|dtype| dtype.size())
    } else {
        floats.max_by_key(|dtype| dtype.size())
    };
    Ok(query
        .inputs
        .iter()
        .map(|input| {
            let dtype = chosen.filter(|_| input.dtype().is_float()).unwrap_or(input.dtype());
            Meta::new(input.shape().clone(), dtype)
        })
        .collect())
}
