//! From a record to an array.

#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "the bytes come from outside"
)]

use super::reader::Reader;
use super::{Shapes, V1, V2, V3};
use crate::array::{Csr, DType, Device, NdArray, Part, RowSparse, Shape, Storage};
use crate::base::Result;
use crate::{bail, ensure};
use std::io::Read;

/// One record. An empty one, which stands for a handle without an array, gives `None`.
pub(super) fn record<R: Read>(reader: &mut Reader<R>, shapes: Shapes) -> Result<Option<NdArray>> {
    let first = reader.u32("first word of the array")?;
    check_layout(first, shapes)?;
    match first {
        V2 | V3 => newer(reader, first, shapes),
        V1 => {
            let rank = reader.i32("number of dimensions")?;
            let Some(shape) = signed_shape(reader, rank, true)? else { return Ok(None) };
            dense_body(reader, shape).map(Some)
        }
        rank => {
            let shape = Shape::from(reader.dims32("dimensions", rank.into())?);
            dense_body(reader, shape).map(Some)
        }
    }
}

fn check_layout(first: u32, shapes: Shapes) -> Result<()> {
    let is_v3 = first == V3;
    ensure!(
        !is_v3 || shapes != Shapes::Legacy,
        Protocol,
        "the array was saved with numpy shapes (layout V3): turn them on to load it"
    );
    ensure!(
        is_v3 || shapes != Shapes::Numpy,
        Protocol,
        "the array was saved without numpy shapes: turn them off to load it"
    );
    Ok(())
}

fn newer<R: Read>(reader: &mut Reader<R>, version: u32, shapes: Shapes) -> Result<Option<NdArray>> {
    let numpy = shapes != Shapes::Legacy;
    let code = reader.i32("storage type")?;
    let storage = Storage::from_code(code)?;
    if storage != Storage::Dense {
        ensure!(
            !numpy && version == V2,
            Protocol,
            "a {} array cannot be loaded with numpy shapes",
            storage.name()
        );
        return sparse(reader, storage);
    }
    let rank = reader.i32("number of dimensions")?;
    let Some(shape) = signed_shape(reader, rank, numpy)? else { return Ok(None) };
    if !numpy && shape.rank() == 0 {
        return Ok(None);
    }
    dense_body(reader, shape).map(Some)
}

/// A shape with signed extents. With `unknown`, -1 for the rank or an extent means that there is no array.
fn signed_shape<R: Read>(reader: &mut Reader<R>, rank: i32, unknown: bool) -> Result<Option<Shape>> {
    if unknown && rank == -1 {
        return Ok(None);
    }
    let count = u64::try_from(rank)
        .map_err(|_| crate::err!(Protocol, "Invalid NDArray file format: {rank} dimensions"))?;
    let shape = Shape::from(reader.dims("dimensions", count)?);
    if unknown && shape.dims().contains(&-1) {
        return Ok(None);
    }
    shape.check()?;
    Ok(Some(shape))
}

/// What follows the shape of a dense array. The device is read and ignored: everything loads onto cpu(0).
fn dense_body<R: Read>(reader: &mut Reader<R>, shape: Shape) -> Result<NdArray> {
    let dtype = device_and_dtype(reader)?;
    let block = reader.elements("elements", &shape, dtype)?;
    NdArray::from_block(block, shape, dtype, Device::cpu(0))
}

fn device_and_dtype<R: Read>(reader: &mut Reader<R>) -> Result<DType> {
    reader.i32("device type")?;
    reader.i32("device id")?;
    DType::from_code(reader.i32("element type")?)
}

fn sparse<R: Read>(reader: &mut Reader<R>, storage: Storage) -> Result<Option<NdArray>> {
    let rank = reader.i32("number of stored dimensions")?;
    let stored = signed_shape(reader, rank, false)?.unwrap_or_default();
    let rank = reader.i32("number of dimensions")?;
    let shape = signed_shape(reader, rank, false)?.unwrap_or_default();
    if shape.rank() == 0 {
        return Ok(None);
    }
    let dtype = device_and_dtype(reader)?;
    match storage {
        Storage::Csr => csr(reader, &stored, shape, dtype).map(Some),
        _ => row_sparse(reader, &stored, shape, dtype).map(Some),
    }
}

/// The type and length of an index list. Its content comes after the values.
fn index_header<R: Read>(reader: &mut Reader<R>) -> Result<(DType, Shape)> {
    let dtype = DType::from_code(reader.i32("index type")?)?;
    ensure!(
        !dtype.is_float() && dtype != DType::Bool,
        Protocol,
        "Invalid NDArray file format: index type {dtype}"
    );
    let rank = reader.i32("number of index dimensions")?;
    ensure!(rank == 1, Protocol, "Invalid NDArray file format: an index list of {rank} dimensions");
    Ok((dtype, signed_shape(reader, rank, false)?.unwrap_or_default()))
}

fn part<R: Read>(reader: &mut Reader<R>, what: &str, shape: Shape, dtype: DType) -> Result<Part> {
    let bytes = reader.elements(what, &shape, dtype)?;
    Ok(Part { dtype, shape, bytes })
}

/// The index list decides how many rows are stored; the stored shape must only have the right rows.
fn row_sparse<R: Read>(
    reader: &mut Reader<R>,
    stored: &Shape,
    shape: Shape,
    dtype: DType,
) -> Result<NdArray> {
    let (index_type, index_shape) = index_header(reader)?;
    let rows = index_shape.size();
    ensure!(
        rows == 0 || stored.rank() > 0 && stored.dims().get(1..) == shape.dims().get(1..),
        Protocol,
        "Invalid NDArray file format: rows of a row_sparse array of shape {shape} stored with shape {stored}"
    );
    let values = part(reader, "values", shape.with_rows(rows), dtype)?;
    let indices = part(reader, "row numbers", index_shape, index_type)?;
    NdArray::from_row_sparse(RowSparse { indices, values }, shape, Device::cpu(0))
}

fn csr<R: Read>(reader: &mut Reader<R>, stored: &Shape, shape: Shape, dtype: DType) -> Result<NdArray> {
    if shape.rank() != 2 || stored.rank() != 1 {
        bail!(
            Protocol,
            "Invalid NDArray file format: a csr array of shape {shape} stored with shape {stored}"
        );
    }
    let (indptr_type, indptr_shape) = index_header(reader)?;
    let (index_type, index_shape) = index_header(reader)?;
    let values = part(reader, "values", index_shape.clone(), dtype)?;
    let indptr = part(reader, "row starts", indptr_shape, indptr_type)?;
    let indices = part(reader, "column numbers", index_shape, index_type)?;
    NdArray::from_csr(Csr { indptr, indices, values }, shape, Device::cpu(0))
}
