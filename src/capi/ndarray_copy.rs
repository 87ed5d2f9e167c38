//! Copies between arrays and the caller's memory, and waiting.

#![expect(unsafe_code, reason = "reads and writes the caller's memory")]

use super::args::{slice_in, slice_out};
use super::boundary::boundary;
use super::objects::{array, maybe_array};
use super::runtime::runtime;
use super::types::NDArrayHandle;
use crate::array::NdArray;
use crate::base::Result;
use crate::engine::{Operation, for_each_chunk};
use libc::{c_int, c_void};
use std::borrow::Cow;

/// Fills a dense array from the caller's memory. Waits for unfinished work on the array and reports its failure.
///
/// @param data  `size` elements of the array's type, row-major; borrowed
/// @param size  the number of elements, not bytes: that of the array
///
/// # Safety
/// `data` holds `size` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySyncCopyFromCPU(
    handle: NDArrayHandle,
    data: *const c_void,
    size: usize,
) -> c_int {
    boundary("MXNDArraySyncCopyFromCPU", || {
        let array = array("handle", handle)?;
        check_size(&array, size)?;
        // SAFETY: the caller vouches for `size` elements, whose bytes these are.
        let data = unsafe { slice_in("data", data.cast::<u8>(), array.byte_len()) }?;
        let (engine, var) = (&runtime()?.engine, array.var());
        engine.run_here(&operation("SyncCopyFromCPU", &array, &[], &[var]), || {
            copy_chunks(data, &mut array.write_bytes()?);
            Ok(())
        })
    })
}

/// Copies the elements of a dense array to the caller's memory. Waits for unfinished work on the array and
/// reports its failure.
///
/// @param data  receives `size` elements of the array's type, row-major
/// @param size  the number of elements, not bytes: that of the array
///
/// # Safety
/// `data` has room for `size` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySyncCopyToCPU(
    handle: NDArrayHandle,
    data: *mut c_void,
    size: usize,
) -> c_int {
    boundary("MXNDArraySyncCopyToCPU", || {
        let array = array("handle", handle)?;
        check_size(&array, size)?;
        // SAFETY: the caller vouches for room for `size` elements, whose bytes these are.
        let data = unsafe { slice_out("data", data.cast::<u8>(), array.byte_len()) }?;
        let (engine, var) = (&runtime()?.engine, array.var());
        engine.run_here(&operation("SyncCopyToCPU", &array, &[var], &[]), || {
            copy_chunks(&array.read_bytes()?, data);
            Ok(())
        })
    })
}

fn check_size(array: &NdArray, size: usize) -> Result<()> {
    array.require_dense("copying size mismatch: a copy from or to memory")?;
    crate::ensure!(
        size == array.size(),
        InvalidArgument,
        "size: Memory size do not match: expected the {} elements of an array of shape {}, got {size}",
        array.size(),
        array.shape()
    );
    Ok(())
}

fn operation<'a>(
    name: &'static str,
    array: &NdArray,
    reads: &'a [&'a crate::engine::Var],
    writes: &'a [&'a crate::engine::Var],
) -> Operation<'a> {
    Operation { name: Cow::Borrowed(name), reads, writes, priority: 0, bytes: array.byte_len() }
}

fn copy_chunks(from: &[u8], to: &mut [u8]) {
    for_each_chunk(to, |first, chunk| chunk.copy_from_slice(&from[first..first + chunk.len()]));
}

/// Waits until all work submitted so far that writes the array has ended; reports its failure.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArrayWaitToRead(handle: NDArrayHandle) -> c_int {
    boundary("MXNDArrayWaitToRead", || match maybe_array("handle", handle)? {
        Some(array) => runtime()?.engine.wait_to_read(array.var()),
        None => Ok(()),
    })
}

/// Waits until all work submitted so far that reads or writes the array has ended; reports its failure.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArrayWaitToWrite(handle: NDArrayHandle) -> c_int {
    boundary("MXNDArrayWaitToWrite", || match maybe_array("handle", handle)? {
        Some(array) => runtime()?.engine.wait_to_write(array.var()),
        None => Ok(()),
    })
}

/// Waits until all work submitted so far has ended; reports the first failure that nobody was told of.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArrayWaitAll() -> c_int {
    boundary("MXNDArrayWaitAll", || runtime()?.engine.wait_all())
}
