//! Sparse arrays: making them, their parts, their invariants.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{dims_in, out, slice_in};
use super::boundary::boundary;
use super::ndarray::shape32;
use super::objects::{ArrayObject, array, new_handle};
use super::runtime::runtime;
use super::types::NDArrayHandle;
use crate::array::{Csr, DType, Device, NdArray, Part, RowSparse, Shape, Storage};
use crate::base::Result;
use crate::engine::Operation;
use crate::{bail, ensure};
use libc::c_int;
use std::borrow::Cow;

/// Makes a sparse array. Its parts have the lengths that the index shapes say, filled with zeros, or none at all
/// if `delay_alloc` is not 0.
///
/// @param storage_type  1 row_sparse, 2 csr
/// @param shape     `ndim` extents
/// @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
/// @param dtype     the code of the element type
/// @param num_aux   the number of index lists: 1 for row_sparse (the rows), 2 for csr (indptr, columns); 0 takes int64
/// @param aux_type  their element types
/// @param aux_ndims  the rank of each, 1
/// @param aux_shape  their shapes, one after the other
/// @param out       receives the array; owned, free with MXNDArrayFree
///
/// # Safety
/// The lists have the lengths said, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateSparseEx(
    storage_type: c_int,
    shape: *const u32,
    ndim: u32,
    dev_type: c_int,
    dev_id: c_int,
    delay_alloc: c_int,
    dtype: c_int,
    num_aux: u32,
    aux_type: *mut c_int,
    aux_ndims: *mut u32,
    aux_shape: *const u32,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateSparseEx", || {
        // SAFETY: the caller vouches for all of them.
        let (out, shape, types, ranks) = unsafe {
            let out = self::out("out", out)?;
            let num_aux = aux_count(num_aux)?;
            (
                out,
                dims_in("shape", shape, ndim)?,
                slice_in("aux_type", aux_type, num_aux)?,
                slice_in("aux_ndims", aux_ndims, num_aux)?,
            )
        };
        let total = aux_total(ranks.iter().map(|rank| i64::from(*rank)))?;
        // SAFETY: the caller vouches for as many elements as the ranks say.
        let lengths = unsafe { slice_in("aux_shape", aux_shape, total)? };
        let holder = Holder {
            storage: Storage::from_code(storage_type)?,
            shape: shape32(shape),
            device: Device::from_codes(dev_type, dev_id)?,
            dtype: DType::from_code(dtype)?,
        };
        let lengths: Vec<i64> = lengths.iter().map(|length| i64::from(*length)).collect();
        out.set(holder.make(types, &lengths, delay_alloc != 0)?);
        Ok(())
    })
}

/// As MXNDArrayCreateSparseEx, with extents of 64 bits.
///
/// # Safety
/// The lists have the lengths said, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateSparseEx64(
    storage_type: c_int,
    shape: *const i64,
    ndim: c_int,
    dev_type: c_int,
    dev_id: c_int,
    delay_alloc: c_int,
    dtype: c_int,
    num_aux: u32,
    aux_type: *mut c_int,
    aux_ndims: *mut c_int,
    aux_shape: *const i64,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateSparseEx64", || {
        // SAFETY: the caller vouches for all of them.
        let (out, shape, types, ranks) = unsafe {
            let out = self::out("out", out)?;
            let num_aux = aux_count(num_aux)?;
            (
                out,
                dims_in("shape", shape, ndim)?,
                slice_in("aux_type", aux_type, num_aux)?,
                slice_in("aux_ndims", aux_ndims, num_aux)?,
            )
        };
        let total = aux_total(ranks.iter().map(|rank| i64::from(*rank)))?;
        // SAFETY: the caller vouches for as many elements as the ranks say.
        let lengths = unsafe { slice_in("aux_shape", aux_shape, total)? };
        let holder = Holder {
            storage: Storage::from_code(storage_type)?,
            shape: Shape::new(shape),
            device: Device::from_codes(dev_type, dev_id)?,
            dtype: DType::from_code(dtype)?,
        };
        out.set(holder.make(types, lengths, delay_alloc != 0)?);
        Ok(())
    })
}

fn aux_count(num_aux: u32) -> Result<usize> {
    ensure!(num_aux <= 2, InvalidArgument, "num_aux: expected at most 2 index lists, got {num_aux}");
    Ok(num_aux as usize)
}

/// The number of extents of all index shapes; each has rank 1.
fn aux_total(ranks: impl Iterator<Item = i64>) -> Result<usize> {
    let mut total = 0;
    for rank in ranks {
        ensure!(rank == 1, InvalidArgument, "aux_ndims: expected index lists of one dimension, got {rank}");
        total += 1;
    }
    Ok(total)
}

/// A sparse array that is to be made.
struct Holder {
    storage: Storage,
    shape: Shape,
    device: Device,
    dtype: DType,
}

impl Holder {
    fn make(self, aux_types: &[c_int], aux_lengths: &[i64], empty: bool) -> Result<NDArrayHandle> {
        self.shape.check()?;
        let wanted = match self.storage {
            Storage::Dense => bail!(StorageType, "storage_type: expected 1 (row_sparse) or 2 (csr), got 0"),
            Storage::RowSparse => 1,
            Storage::Csr => 2,
        };
        ensure!(
            aux_types.is_empty() || aux_types.len() == wanted,
            InvalidArgument,
            "num_aux: expected {wanted} for {}, got {}",
            self.storage.name(),
            aux_types.len()
        );
        let part = |i: usize| {
            let dtype = aux_types.get(i).map_or(Ok(DType::Int64), |code| DType::from_code(*code))?;
            let length = aux_lengths.get(i).copied().filter(|_| !empty).unwrap_or(0);
            Part::zeros(dtype, Shape::new(&[length]))
        };
        let array = match self.storage {
            Storage::Csr => {
                ensure!(
                    self.shape.rank() == 2,
                    Shape,
                    "shape: expected two dimensions for csr, got {}",
                    self.shape
                );
                let (indptr, indices) = (part(0)?, part(1)?);
                let values = Part::zeros(self.dtype, indices.shape.clone())?;
                NdArray::from_csr(Csr { indptr, indices, values }, self.shape, self.device)?
            }
            _ => {
                ensure!(
                    self.shape.rank() > 0,
                    Shape,
                    "shape: expected at least one dimension for row_sparse, got a scalar"
                );
                let indices = part(0)?;
                let values = Part::zeros(self.dtype, self.shape.with_rows(indices.len()))?;
                NdArray::from_row_sparse(RowSparse { indices, values }, self.shape, self.device)?
            }
        };
        new_handle(array)
    }
}

/// The element type of an index list: row_sparse has list 0, csr lists 0 (indptr) and 1 (columns).
///
/// # Safety
/// `out_type` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetAuxType(handle: NDArrayHandle, i: u32, out_type: *mut c_int) -> c_int {
    boundary("MXNDArrayGetAuxType", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_type", out_type) }?;
        let array = array("handle", handle)?;
        let operation = reading("GetAuxType", &array);
        let index = i as usize;
        out.set(operation.run(|array| Ok(array.part_dtype(Some(index))?.code()))?);
        Ok(())
    })
}

/// A dense copy of an index list. Waits for unfinished work on the array.
///
/// @param out  receives the copy; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetAuxNDArray(
    handle: NDArrayHandle,
    i: u32,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayGetAuxNDArray", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let array = array("handle", handle)?;
        let index = i as usize;
        out.set(new_handle(reading("GetAuxNDArray", &array).run(|array| array.part_copy(Some(index)))?)?);
        Ok(())
    })
}

/// A dense copy of the stored values; of the array itself if it is dense. Waits for unfinished work on it.
///
/// @param out  receives the copy; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetDataNDArray(handle: NDArrayHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayGetDataNDArray", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let array = array("handle", handle)?;
        out.set(new_handle(reading("GetDataNDArray", &array).run(|array| array.part_copy(None))?)?);
        Ok(())
    })
}

/// Checks the invariants of a sparse array. Waits for unfinished work on it.
///
/// @param full_check  looks at every index, not only at the shapes
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArraySyncCheckFormat(handle: NDArrayHandle, full_check: bool) -> c_int {
    boundary("MXNDArraySyncCheckFormat", || {
        let array = array("handle", handle)?;
        reading("CheckFormat", &array).run(|array| array.check_format(full_check))
    })
}

/// Work that reads one array, on this thread.
struct Reading<'a>(&'static str, &'a NdArray);

fn reading<'a>(name: &'static str, array: &'a NdArray) -> Reading<'a> {
    Reading(name, array)
}

impl Reading<'_> {
    fn run<R: Send>(self, work: impl FnOnce(&NdArray) -> Result<R> + Send) -> Result<R> {
        let Reading(name, array) = self;
        let operation = Operation {
            name: Cow::Borrowed(name),
            reads: &[array.var()],
            writes: &[],
            priority: 0,
            bytes: array.byte_len(),
        };
        runtime()?.engine.run_here(&operation, || work(array))
    }
}

/// Copies the elements of a dense array, or the stored values of a sparse one, into another array, converting the
/// element type; waits until it is done.
///
/// A dense target takes the source's shape, with new storage if it had another. A part of a sparse target takes
/// the source's length if it is empty; otherwise the lengths must be equal.
///
/// @param i  -1 for the values, otherwise the number of an index list of a sparse target
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArraySyncCopyFromNDArray(
    handle_dst: NDArrayHandle,
    handle_src: NDArrayHandle,
    i: c_int,
) -> c_int {
    boundary("MXNDArraySyncCopyFromNDArray", || {
        let (target, source) = (array("handle_dst", handle_dst)?, array("handle_src", handle_src)?);
        ensure!(i >= -1, InvalidArgument, "i: expected -1 or the number of an index list, got {i}");
        if target.shares_storage(&source) {
            return Ok(());
        }
        let part = usize::try_from(i).ok();
        ensure!(
            part.is_none() || !target.is_dense(),
            StorageType,
            "i: a dense array has no index lists, but {i} was asked for"
        );
        if !target.is_dense() || target.shape() == source.shape() && source.is_dense() {
            return copy_part(&source, &target, part);
        }
        let shape = reading("GetDataShape", &source).run(NdArray::values_shape)?;
        let replacement = NdArray::new(shape, target.dtype(), target.device())?;
        runtime()?.engine.wait_to_write(target.var())?;
        copy_part(&source, &replacement, None)?;
        let replace = |object: &mut ArrayObject| object.array.replace(replacement);
        let old = runtime()?.arrays.change("handle_dst", handle_dst, replace)?;
        // Freeing foreign memory runs foreign code, which must not find the lock held.
        drop(old);
        Ok(())
    })
}

fn copy_part(source: &NdArray, target: &NdArray, part: Option<usize>) -> Result<()> {
    let operation = Operation {
        name: Cow::Borrowed("SyncCopyFromNDArray"),
        reads: &[source.var()],
        writes: &[target.var()],
        priority: 0,
        bytes: source.byte_len().saturating_add(target.byte_len()),
    };
    runtime()?.engine.run_here(&operation, || target.fill_part(part, source))
}
