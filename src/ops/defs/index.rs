//! Operators that pick or set elements by number.

use crate::array::{Csr, DType, Element, NdArray, Part, RowSparse, Shape, Storage};
use crate::base::Result;
use crate::dispatch;
use crate::ops::kernels::index::{Outside, block_starts, places, take_rows};
use crate::ops::kernels::sparse::{Elements, Rows};
use crate::ops::kernels::storage::{copy_of, elements_as, to_dense};
use crate::ops::kernels::strided::copy_elements;
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::param::{DTYPES_NO_BOOL, Kind, optional, required};
use crate::ops::{Inputs, Invocation, Meta, Query};
use smallvec::{SmallVec, smallvec};
use std::collections::HashMap;

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "take",
        aliases: &["_npi_take"],
        doc: "The slices of a along axis at the given places; numbers outside are clipped, wrapped, or an error.",
        inputs: Inputs::Fixed(&["a", "indices"]),
        params: &[
            optional("axis", Kind::Int, "0", "The axis of input array to be taken."),
            optional(
                "mode",
                Kind::Enum(&["clip", "raise", "wrap"]),
                "clip",
                "Specify how out-of-bound indices bahave.",
            ),
        ],
        infer: take_shape,
        plan: |attrs, query| {
            let data = query.input(0)?;
            let rows = data.storage() == Storage::Csr
                && query.input(1)?.is_dense()
                && query.input(1)?.shape().rank() == 1
                && data.shape().axis("axis", attrs.int("axis")?)? == 0;
            Ok(if rows { Plan::Direct(smallvec![Storage::Csr]) } else { Plan::Dense })
        },
        kernel: |call| {
            let (data, indices) = (call.input(0)?, call.input(1)?);
            let axis = data.shape().axis("axis", call.attrs.int("axis")?)?;
            if data.storage() == Storage::Csr {
                let rows =
                    places(indices, data.shape().rows(), Outside::from_name(call.attrs.text("mode")?))?;
                return take_csr(data, call.output(0)?, &rows);
            }
            take_along(call, data, indices, axis, Outside::from_name(call.attrs.text("mode")?))
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "Embedding",
        aliases: &["_npx_embedding", "_sparse_Embedding", "_contrib_SparseEmbedding"],
        doc: "The rows of weight at the given places; numbers outside are clipped.",
        inputs: Inputs::Fixed(&["data", "weight"]),
        params: &[
            required("input_dim", Kind::Int, "Vocabulary size of the input indices."),
            required("output_dim", Kind::Int, "Dimension of the embedding vectors."),
            optional("dtype", Kind::DType(DTYPES_NO_BOOL), "float32", "Data type of weight."),
            optional(
                "sparse_grad",
                Kind::Bool,
                "0",
                "Compute row sparse gradient in the backward calculation.",
            ),
        ],
        infer: embedding_shape,
        kernel: |call| take_along(call, call.input(1)?, call.input(0)?, 0, Outside::Clip),
        ..Definition::DEFAULT
    },
    Definition {
        name: "batch_take",
        doc: "a[i, indices[i]] for each row i of a matrix; numbers outside are clipped.",
        inputs: Inputs::Fixed(&["a", "indices"]),
        infer: |query| {
            let (a, indices) = (query.input(0)?, query.input(1)?);
            crate::ensure!(
                a.shape().rank() == 2 && indices.size() == a.shape().rows(),
                Shape,
                "indices: expected one for each row of a matrix, got {} for {}",
                indices.shape(),
                a.shape()
            );
            query.require_dtype(1, DType::Int32)?;
            Ok(smallvec![Meta::new(indices.shape().clone(), a.dtype())])
        },
        kernel: |call| pick_along(call, 1, Outside::Clip),
        ..Definition::DEFAULT
    },
    Definition {
        name: "pick",
        aliases: &["_npx_pick", "choose_element_0index"],
        doc: "The element number index along axis, of each vector along that axis.",
        inputs: Inputs::Fixed(&["data", "index"]),
        params: &[
            optional("axis", Kind::IntOrNone, "-1", "The axis to picking the elements."),
            optional(
                "keepdims",
                Kind::Bool,
                "0",
                "If true, the axis where we pick the elements is left in the result as dimension with size one.",
            ),
            optional(
                "mode",
                Kind::Enum(&["clip", "wrap"]),
                "clip",
                "Specify how out-of-bound indices behave.",
            ),
        ],
        infer: pick_shape,
        kernel: pick,
        ..Definition::DEFAULT
    },
    Definition {
        name: "one_hot",
        aliases: &["_npx_one_hot"],
        doc: "A new last axis of extent depth, on_value at the place index and off_value elsewhere.",
        inputs: Inputs::Fixed(&["indices"]),
        params: &[
            required("depth", Kind::Int, "Depth of the one hot dimension."),
            optional(
                "on_value",
                Kind::Double,
                "1",
                "The value assigned to the locations represented by indices.",
            ),
            optional(
                "off_value",
                Kind::Double,
                "0",
                "The value assigned to the locations not represented by indices.",
            ),
            optional("dtype", Kind::DType(DTYPES_NO_BOOL), "float32", "DType of the output"),
        ],
        infer: |query| {
            let depth = query.attrs.int("depth")?;
            crate::ensure!(depth >= 0, InvalidArgument, "depth: expected a count, got {depth}");
            let dims = query.input(0)?.shape().dims().iter().copied().chain([depth]);
            let dtype = query.attrs.dtype("dtype")?.unwrap_or(DType::Float32);
            Ok(smallvec![Meta::new(dims.collect(), dtype)])
        },
        kernel: |call| {
            one_hot(
                call.input(0)?,
                call.output(0)?,
                call.attrs.double("on_value")?,
                call.attrs.double("off_value")?,
            )
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_onehot_encode",
        array_type: "NDArray",
        doc: "Row i of out becomes the unit vector number lhs[i].",
        inputs: Inputs::Fixed(&["lhs", "rhs"]),
        infer: |query| {
            let (lhs, rhs) = (query.input(0)?, query.input(1)?);
            crate::ensure!(
                lhs.shape().rank() == 1 && rhs.shape().rank() == 2 && lhs.size() == rhs.shape().rows(),
                Shape,
                "lhs: expected one place for each row of a matrix, got shape {} for {}",
                lhs.shape(),
                rhs.shape()
            );
            Ok(smallvec![Meta::of(rhs)])
        },
        kernel: |call| one_hot(call.input(0)?, call.output(0)?, 1.0, 0.0),
        ..Definition::DEFAULT
    },
    Definition {
        name: "fill_element_0index",
        array_type: "NDArray",
        doc: "lhs, but element rhs[i] of row i is mhs[i].",
        inputs: Inputs::Fixed(&["lhs", "mhs", "rhs"]),
        infer: |query| {
            let lhs = query.input(0)?;
            for (index, name) in [(1, "mhs"), (2, "rhs")] {
                let other = query.input(index)?;
                crate::ensure!(
                    lhs.shape().rank() == 2 && other.shape().dims() == [lhs.shape().rows() as i64],
                    Shape,
                    "{name}: expected one element for each row of a matrix, got shape {} for {}",
                    other.shape(),
                    lhs.shape()
                );
            }
            Ok(smallvec![Meta::of(lhs)])
        },
        kernel: fill_elements,
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "gather_nd",
        aliases: &["_npi_gather_nd", "_npx_gather_nd"],
        doc: "The blocks of data at the indices that the columns of indices give for its first axes.",
        inputs: Inputs::Fixed(&["data", "indices"]),
        infer: |query| {
            let (data, indices) = (query.input(0)?, query.input(1)?);
            let depth = indices.shape().rows();
            require_columns(indices)?;
            crate::ensure!(
                depth <= data.shape().rank(),
                Shape,
                "indices: expected at most {} rows, got shape {}",
                data.shape().rank(),
                indices.shape()
            );
            let dims = indices.shape().dims()[1..].iter().chain(&data.shape().dims()[depth..]).copied();
            let shape: Shape = dims.collect();
            let shape = if shape.rank() == 0 && !query.numpy_shape { Shape::new(&[1]) } else { shape };
            Ok(smallvec![Meta::new(shape, data.dtype())])
        },
        kernel: |call| {
            let (data, out) = (call.input(0)?, call.output(0)?);
            let (starts, block) = block_starts(data.shape().dims(), call.input(1)?, Outside::RaiseFromEnd)?;
            let row = block * data.dtype().size();
            let source = data.read_bytes()?;
            let mut target = out.write_bytes()?;
            for (start, target) in starts.iter().zip(target.chunks_exact_mut(row.max(1))) {
                target.copy_from_slice(&source[start * data.dtype().size()..][..row]);
            }
            Ok(())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "scatter_nd",
        doc: "Zeros of the given shape with the blocks of data at the indices given by the columns of indices.",
        inputs: Inputs::Fixed(&["data", "indices"]),
        params: &[required("shape", Kind::Shape, "Shape of output.")],
        infer: |query| {
            require_columns(query.input(1)?)?;
            let shape = query.attrs.shape("shape")?.unwrap_or_default();
            Ok(smallvec![Meta::new(shape, query.input(0)?.dtype())])
        },
        kernel: |call| {
            let out = call.output(0)?;
            out.write_bytes()?.fill(0);
            put_blocks(call.input(0)?, call.input(1)?, out)
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_scatter_set_nd",
        aliases: &["_npi_scatter_set_nd"],
        doc: "lhs with the blocks of rhs at the indices given by the columns of indices.",
        inputs: Inputs::Fixed(&["lhs", "rhs", "indices"]),
        params: &[required("shape", Kind::Shape, "Shape of output.")],
        infer: |query| {
            query.require_dtype(1, query.input(0)?.dtype())?;
            require_columns(query.input(2)?)?;
            crate::ops::same_as_first(query)
        },
        kernel: |call| {
            let out = call.output(0)?;
            let rhs = call.input(1)?;
            let rhs = if rhs.shares_storage(out) { copy_of(rhs)? } else { rhs.clone() };
            let indices = call.input(2)?;
            let indices = if indices.shares_storage(out) { copy_of(indices)? } else { indices.clone() };
            copy_elements(call.input(0)?, out)?;
            put_blocks(&rhs, &indices, out)
        },
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "where",
        aliases: &["_sparse_where"],
        doc: "x where condition is not 0, else y. A vector as condition chooses whole rows.",
        inputs: Inputs::Fixed(&["condition", "x", "y"]),
        infer: where_shape,
        kernel: choose,
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_boolean_mask",
        aliases: &["_npi_boolean_mask"],
        doc: "The slices of data along axis 0 where index is not 0.",
        inputs: Inputs::Fixed(&["data", "index"]),
        params: &[optional(
            "axis",
            Kind::Int,
            "0",
            "An integer that represents the axis in NDArray to mask from.",
        )],
        waits: true,
        infer: |query| {
            let (data, index) = (query.input(0)?, query.input(1)?);
            crate::ensure!(query.attrs.int("axis")? == 0, InvalidArgument, "axis: only 0 is supported");
            crate::ensure!(
                index.shape().rank() == 1 && data.shape().rank() > 0 && index.size() == data.shape().rows(),
                Shape,
                "index: expected a vector of {} elements, got shape {}",
                data.shape().rows(),
                index.shape()
            );
            Ok(smallvec![Meta::new(data.shape().with_rows(chosen(index)?.len()), data.dtype())])
        },
        kernel: |call| {
            let data = call.input(0)?;
            let rows = chosen(call.input(1)?)?;
            take_rows(data, call.output(0)?, &rows, 1, data.shape().rows(), data.shape().row_size())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_contrib_index_copy",
        doc: "old_tensor with the rows at index_vector replaced by those of new_tensor.",
        inputs: Inputs::Fixed(&["old_tensor", "index_vector", "new_tensor"]),
        infer: index_copy_shape,
        kernel: |call| {
            let (old, out) = (call.input(0)?, call.output(0)?);
            let rows = places(call.input(1)?, old.shape().rows(), Outside::Raise)?;
            copy_elements(old, out)?;
            put_rows(call.input(2)?, out, rows.into_iter(), old.shape().row_size())
        },
        ..Definition::DEFAULT
    },
    Definition {
        name: "_sparse_retain",
        doc: "The given rows of a row_sparse array, in the given order; zeros for rows that it does not hold.",
        inputs: Inputs::Fixed(&["data", "indices"]),
        plan: |_, query| {
            let rows = query.input(0)?.storage() == Storage::RowSparse;
            crate::ensure!(
                rows,
                StorageType,
                "data: expected a row_sparse array, got {}",
                query.input(0)?.storage().name()
            );
            Ok(Plan::Direct(smallvec![Storage::RowSparse]))
        },
        makes_sparse: true,
        kernel: retain,
        ..Definition::DEFAULT
    },
];

/// The columns of indices are indices of blocks.
fn require_columns(indices: &NdArray) -> Result<()> {
    crate::ensure!(
        indices.shape().rank() > 1,
        Shape,
        "indices: expected two dimensions or more, got shape {}",
        indices.shape()
    );
    Ok(())
}

/// One row of new_tensor, of the rows and the type of old_tensor, for each index.
fn index_copy_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (old, index, new) = (query.input(0)?, query.input(1)?, query.input(2)?);
    query.require_dtype(2, old.dtype())?;
    crate::ensure!(
        index.shape().rank() == 1,
        Shape,
        "index_vector: expected one dimension, got shape {}",
        index.shape()
    );
    crate::ensure!(
        old.shape().rank() > 0 && new.shape() == &old.shape().with_rows(index.size()),
        Shape,
        "new_tensor: expected a row like those of {} for each of {} indices, got shape {}",
        old.shape(),
        index.size(),
        new.shape()
    );
    Ok(smallvec![Meta::of(old)])
}

fn take_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (data, indices) = (query.input(0)?, query.input(1)?);
    let axis = data.shape().axis("axis", query.attrs.int("axis")?)?;
    let dims = data.shape().dims();
    let shape: Shape =
        dims[..axis].iter().chain(indices.shape().dims()).chain(&dims[axis + 1..]).copied().collect();
    Ok(smallvec![Meta::new(shape, data.dtype())])
}

fn embedding_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (data, weight) = (query.input(0)?, query.input(1)?);
    let expected = Shape::new(&[query.attrs.int("input_dim")?, query.attrs.int("output_dim")?]);
    crate::ensure!(
        weight.shape() == &expected,
        Shape,
        "Incompatible attr in node Embedding at 1-th input: expected {expected}, got {}",
        weight.shape()
    );
    let dims = data.shape().dims().iter().chain(&expected.dims()[1..]).copied();
    Ok(smallvec![Meta::new(dims.collect(), weight.dtype())])
}

fn take_along(
    call: &Invocation,
    data: &NdArray,
    indices: &NdArray,
    axis: usize,
    outside: Outside,
) -> Result<()> {
    let dims = data.shape().dims();
    let extent = |dims: &[i64]| dims.iter().map(|dim| *dim as usize).product::<usize>();
    let places = places(indices, dims[axis] as usize, outside)?;
    take_rows(
        data,
        call.output(0)?,
        &places,
        extent(&dims[..axis]),
        dims[axis] as usize,
        extent(&dims[axis + 1..]),
    )
}

/// The given rows of a csr array, in the given order.
fn take_csr(data: &NdArray, out: &NdArray, rows: &[usize]) -> Result<()> {
    let made = {
        let parts = data.read_csr()?;
        let stored = Elements::of(&parts, data.shape())?;
        let positions: Vec<usize> = rows.iter().flat_map(|row| stored.row(*row)).collect();
        let mut starts = vec![0i64];
        for row in rows {
            starts.push(starts[starts.len() - 1] + stored.row(*row).len() as i64);
        }
        let columns: Vec<i64> = positions.iter().map(|position| stored.columns[*position] as i64).collect();
        let size = data.dtype().size();
        let mut values = Part::new(data.dtype(), Shape::new(&[positions.len() as i64]))?;
        for (position, target) in positions.iter().zip(values.bytes.chunks_exact_mut(size)) {
            target.copy_from_slice(&parts.values.bytes[position * size..][..size]);
        }
        Csr { indptr: Part::indices(&starts)?, indices: Part::indices(&columns)?, values }
    };
    *out.write_csr()? = made;
    Ok(())
}

fn pick_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (data, index) = (query.input(0)?, query.input(1)?);
    let Some(axis) = query.attrs.optional_int("axis")? else {
        return Ok(smallvec![Meta::new(index.shape().clone(), data.dtype())]);
    };
    let axis = data.shape().axis("axis", axis)?;
    let mut kept: SmallVec<[i64; 4]> = data.shape().dims().into();
    kept[axis] = 1;
    let mut dropped = kept.clone();
    dropped.remove(axis);
    if dropped.is_empty() {
        dropped.push(1);
    }
    let fits = [kept.as_slice(), dropped.as_slice()].contains(&index.shape().dims());
    crate::ensure!(
        fits,
        Shape,
        "index: expected the shape of data, {}, without axis {axis}, got {}",
        data.shape(),
        index.shape()
    );
    let dims = if query.attrs.bool("keepdims")? { kept } else { dropped };
    Ok(smallvec![Meta::new(Shape::from(dims), data.dtype())])
}

fn pick(call: &Invocation) -> Result<()> {
    let outside = Outside::from_name(call.attrs.text("mode")?);
    let data = call.input(0)?;
    match call.attrs.optional_int("axis")? {
        Some(axis) => pick_along(call, data.shape().axis("axis", axis)?, outside),
        None => {
            let places = places(call.input(1)?, data.size(), outside)?;
            take_rows(data, call.output(0)?, &places, 1, data.size(), 1)
        }
    }
}

/// One element of each vector of input 0 along `axis`, at the places of input 1.
fn pick_along(call: &Invocation, axis: usize, outside: Outside) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let length = data.shape().dims()[axis] as usize;
    let step = data.shape().strides()[axis];
    let vectors = places(call.input(1)?, length, outside)?;
    let flat: Vec<usize> = vectors
        .into_iter()
        .enumerate()
        .map(|(number, place)| (number / step * length + place) * step + number % step)
        .collect();
    take_rows(data, out, &flat, 1, data.size(), 1)
}

fn one_hot(indices: &NdArray, out: &NdArray, on: f64, off: f64) -> Result<()> {
    let depth = out.shape().dims().last().copied().unwrap_or(1);
    let numbers: Vec<i64> = elements_as(indices)?;
    dispatch!(out.dtype(), T => {
        let mut target = out.write::<T>()?;
        target.fill(T::from_f64(off));
        for (row, number) in target.chunks_exact_mut(depth.max(1) as usize).zip(numbers) {
            if (0..depth).contains(&number) {
                row[number as usize] = T::from_f64(on);
            }
        }
        Ok(())
    })
}

fn fill_elements(call: &Invocation) -> Result<()> {
    let (lhs, values, out) = (call.input(0)?, call.input(1)?, call.output(0)?);
    let width = out.shape().row_size();
    let columns = places(call.input(2)?, width, Outside::Raise)?;
    let values: Vec<f64> = elements_as(values)?;
    copy_elements(lhs, out)?;
    dispatch!(out.dtype(), T => {
        let mut target = out.write::<T>()?;
        for ((row, column), value) in target.chunks_exact_mut(width.max(1)).zip(columns).zip(values) {
            row[column] = T::from_f64(value);
        }
        Ok(())
    })
}

fn put_blocks(data: &NdArray, indices: &NdArray, out: &NdArray) -> Result<()> {
    let (starts, block) = block_starts(out.shape().dims(), indices, Outside::RaiseFromEnd)?;
    crate::ensure!(
        data.size() == starts.len() * block,
        Shape,
        "data: expected {} blocks of {block} elements, got shape {}",
        starts.len(),
        data.shape()
    );
    let rows: Vec<usize> = starts.iter().map(|start| start / block.max(1)).collect();
    put_rows(data, out, rows.into_iter(), block)
}

fn put_rows(data: &NdArray, out: &NdArray, rows: impl Iterator<Item = usize>, width: usize) -> Result<()> {
    let row_bytes = width * data.dtype().size();
    let (source, mut target) = (data.read_bytes()?, out.write_bytes()?);
    for (row, source) in rows.zip(source.chunks_exact(row_bytes.max(1))) {
        target[row * row_bytes..][..row_bytes].copy_from_slice(source);
    }
    Ok(())
}

fn where_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let (condition, x, y) = (query.input(0)?, query.input(1)?, query.input(2)?);
    crate::ensure!(
        x.shape() == y.shape() && x.dtype() == y.dtype(),
        Shape,
        "y: expected {} of {} as x, got {} of {}",
        x.shape(),
        x.dtype(),
        y.shape(),
        y.dtype()
    );
    let rows = condition.shape().rank() == 1 && condition.size() == x.shape().rows();
    crate::ensure!(
        condition.shape() == x.shape() || rows,
        Shape,
        "condition: expected shape {} or one element for each row, got {}",
        x.shape(),
        condition.shape()
    );
    Ok(smallvec![Meta::of(x)])
}

fn choose(call: &Invocation) -> Result<()> {
    let (condition, out) = (call.input(0)?, call.output(0)?);
    let row = out.size() / condition.size().max(1) * out.dtype().size();
    let (x, y, mut target) = (call.input(1)?.read_bytes()?, call.input(2)?.read_bytes()?, out.write_bytes()?);
    dispatch!(condition.dtype(), C => {
        let condition = condition.read::<C>()?;
        for (number, (condition, out)) in condition.iter().zip(target.chunks_exact_mut(row.max(1))).enumerate() {
            let source = if *condition == C::default() { &y } else { &x };
            out.copy_from_slice(&source[number * row..][..row]);
        }
    });
    Ok(())
}

/// The numbers of the elements that are not 0.
fn chosen(index: &NdArray) -> Result<Vec<usize>> {
    dispatch!(index.dtype(), I => {
        let elements = index.read::<I>()?;
        Ok(elements.iter().enumerate().filter(|(_, x)| **x != I::default()).map(|(number, _)| number).collect())
    })
}

fn retain(call: &Invocation) -> Result<()> {
    let (data, out) = (call.input(0)?, call.output(0)?);
    let wanted = places(&to_dense(call.input(1)?)?, data.shape().rows(), Outside::Raise)?;
    let made = {
        let parts = data.read_row_sparse()?;
        let stored = Rows::of(&parts, data.shape())?;
        if stored.rows.is_empty() {
            RowSparse::empty(data.dtype(), data.shape())?
        } else {
            let positions: HashMap<usize, usize> =
                stored.rows.iter().enumerate().map(|(position, row)| (*row, position)).collect();
            let row = stored.width * data.dtype().size();
            let mut values = Part::new(data.dtype(), data.shape().with_rows(wanted.len()))?;
            for (row_number, target) in wanted.iter().zip(values.bytes.chunks_exact_mut(row.max(1))) {
                match positions.get(row_number) {
                    Some(position) => target.copy_from_slice(&parts.values.bytes[position * row..][..row]),
                    None => target.fill(0),
                }
            }
            let rows: Vec<i64> = wanted.iter().map(|row| *row as i64).collect();
            RowSparse { indices: Part::indices(&rows)?, values }
        }
    };
    *out.write_row_sparse()? = made;
    Ok(())
}
