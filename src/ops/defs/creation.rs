//! Operators that make arrays: `_zeros`, `_ones`, `_full`, `_set_value`, `zeros_like`, …

use crate::array::{Csr, DType, Element, NdArray, Part, RowSparse, Storage};
use crate::base::Result;
use crate::dispatch;
use crate::engine::for_each_chunk;
use crate::ops::operator::{Definition, InPlace, Plan};
use crate::ops::param::{DTYPES, Kind, Param, optional, required};
use crate::ops::{Attrs, Inputs, Meta, Query};
use smallvec::{SmallVec, smallvec};

const SHAPE: Param = optional("shape", Kind::Shape, "[]", "The shape of the output.");
const CTX: Param = optional("ctx", Kind::Str, "", "Context of output, in format cpu(n).");
const DTYPE: Param = optional("dtype", Kind::DType(DTYPES), "float32", "Target data type.");

pub static OPERATORS: &[Definition] = &[
    Definition {
        name: "_zeros",
        aliases: &["_npi_zeros"],
        doc: "An array of zeros.",
        inputs: Inputs::Fixed(&[]),
        params: &[SHAPE, CTX, DTYPE],
        infer: from_shape,
        plan: as_given,
        kernel: |call| fill(call.output(0)?, 0.0),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_ones",
        aliases: &["_npi_ones"],
        doc: "An array of ones.",
        inputs: Inputs::Fixed(&[]),
        params: &[SHAPE, CTX, DTYPE],
        infer: from_shape,
        plan: as_given,
        kernel: |call| fill(call.output(0)?, 1.0),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_full",
        aliases: &["_npi_full"],
        doc: "An array of one value, converted to the element type as C does.",
        inputs: Inputs::Fixed(&[]),
        params: &[
            optional("shape", Kind::Shape, "None", "The shape of the output."),
            CTX,
            DTYPE,
            required("value", Kind::Double, "Value with which to fill newly created tensor."),
        ],
        infer: from_shape,
        plan: as_given,
        kernel: |call| fill(call.output(0)?, call.attrs.double("value")?),
        ..Definition::DEFAULT
    },
    Definition {
        name: "_set_value",
        doc: "Fills the given output with a float32 value.",
        inputs: Inputs::Fixed(&[]),
        params: &[optional("src", Kind::Real, "0", "The value.")],
        infer: like_given,
        needs_output: true,
        converts_dtype: true,
        plan: as_given,
        kernel: |call| set_value(call.output(0)?, call.attrs.float("src")?.into()),
        ..Definition::DEFAULT
    },
    Definition {
        name: "zeros_like",
        aliases: &["_sparse_zeros_like"],
        doc: "Zeros with the shape, element type and storage type of data.",
        plan: |_, query| Ok(Plan::Direct(smallvec![query.input(0)?.storage()])),
        kernel: |call| fill(call.output(0)?, 0.0),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
    Definition {
        name: "ones_like",
        doc: "Ones with the shape and element type of data.",
        kernel: |call| fill(call.output(0)?, 1.0),
        in_place: InPlace::Any,
        ..Definition::DEFAULT
    },
];

/// The shape comes from `shape`, or from the given output where `shape` is absent or empty.
pub(super) fn from_shape(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    // Without numpy shapes a rank of 0 means "not known".
    let asked = query
        .attrs
        .shape("shape")?
        .filter(|shape| shape.rank() > 0 || query.numpy_shape && query.given.is_empty());
    let shape = match (asked, query.given_output()) {
        (Some(shape), _) => shape,
        (None, Some(output)) => output.shape().clone(),
        (None, None) => crate::bail!(
            InvalidArgument,
            "shape: operator {} needs a shape or an output to fill",
            query.operator.name
        ),
    };
    let dtype = query.attrs.dtype("dtype")?.unwrap_or(DType::Float32);
    Ok(smallvec![Meta::new(shape, dtype)])
}

fn like_given(query: &Query<'_>) -> Result<SmallVec<[Meta; 2]>> {
    let output =
        query.given_output().ok_or_else(|| crate::err!(InvalidArgument, "out: an output is needed"))?;
    Ok(smallvec![Meta::of(output)])
}

fn as_given(_: &Attrs, query: &Query<'_>) -> Result<Plan> {
    let storage = query.given_output().map_or(Storage::Dense, |output| output.storage());
    Ok(Plan::Direct(smallvec![storage]))
}

/// Fills any array. A row_sparse one gets every row, also for zero: the caller assigned a value to all of it.
fn set_value(output: &NdArray, value: f64) -> Result<()> {
    if output.storage() == Storage::RowSparse { fill_all_rows(output, value) } else { fill(output, value) }
}

fn fill_all_rows(output: &NdArray, value: f64) -> Result<()> {
    let rows: Vec<i64> = (0..output.shape().rows() as i64).collect();
    let mut values = Part::new(output.dtype(), output.shape().clone())?;
    dispatch!(output.dtype(), T => values.elements_mut::<T>()?.fill(T::from_f64(value)));
    *output.write_row_sparse()? = RowSparse { indices: Part::indices(&rows)?, values };
    Ok(())
}

/// Fills any array. Zero leaves a sparse array without rows or elements; another value makes every row of a
/// row_sparse array present.
pub fn fill(output: &NdArray, value: f64) -> Result<()> {
    match output.storage() {
        Storage::Dense => dispatch!(output.dtype(), T => {
            let value = T::from_f64(value);
            for_each_chunk(&mut output.write::<T>()?, |_, chunk| chunk.fill(value));
            Ok(())
        }),
        Storage::RowSparse if value == 0.0 => {
            *output.write_row_sparse()? = RowSparse::empty(output.dtype(), output.shape())?;
            Ok(())
        }
        Storage::RowSparse => fill_all_rows(output, value),
        Storage::Csr if value == 0.0 => {
            let starts = vec![0; output.shape().rows() + 1];
            let empty = Csr::empty(output.dtype())?;
            *output.write_csr()? = Csr { indptr: Part::indices(&starts)?, ..empty };
            Ok(())
        }
        Storage::Csr => {
            Err(crate::err!(StorageType, "a csr array cannot be filled with {value}: only with 0"))
        }
    }
}
