//! Arrays of other libraries and processes: DLPack and shared memory.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{dims_in, out};
use super::boundary::boundary;
use super::ndarray::shape32;
use super::objects::{array, new_handle};
use super::runtime::runtime;
use super::types::{DLManagedTensorHandle, NDArrayHandle};
use crate::array::dlpack::call_deleter;
use crate::array::{DType, NdArray, Shape};
use crate::base::Result;
use crate::engine::Operation;
use libc::c_int;
use std::borrow::Cow;

/// A DLPack tensor over the elements of a dense array, without a copy. Waits as MXNDArrayGetData does.
///
/// @param out_dlpack  receives the tensor, which keeps the storage alive; the caller or whoever it hands it to runs
///                    its deleter once, for instance with MXNDArrayCallDLPackDeleter
///
/// # Safety
/// `out_dlpack` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayToDLPack(
    handle: NDArrayHandle,
    out_dlpack: *mut DLManagedTensorHandle,
) -> c_int {
    boundary("MXNDArrayToDLPack", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_dlpack", out_dlpack) }?;
        out.set(array("handle", handle)?.to_dlpack()?.cast());
        Ok(())
    })
}

/// An array over the memory of a DLPack tensor, without a copy. The tensor must be compact and on the cpu.
///
/// @param dlpack      the tensor; taken over on success: its deleter runs when the last array over it is freed, on
///                    any thread
/// @param out_handle  receives the array; owned, free with MXNDArrayFree
///
/// # Safety
/// `dlpack` is a tensor that follows DLPack's rules, `out_handle` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayFromDLPack(
    dlpack: DLManagedTensorHandle,
    out_handle: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayFromDLPack", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_handle", out_handle) }?;
        // SAFETY: the caller vouches for the tensor.
        out.set(new_handle(
            unsafe { NdArray::from_dlpack(dlpack.cast(), false) }.map_err(|error| error.context("dlpack"))?,
        )?);
        Ok(())
    })
}

/// As MXNDArrayFromDLPack.
///
/// @param transient_handle  true if the structure lives only as long as the call: it is copied, and the deleter gets
///                          the copy
///
/// # Safety
/// `dlpack` is a tensor that follows DLPack's rules, `out_handle` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayFromDLPackEx(
    dlpack: DLManagedTensorHandle,
    transient_handle: bool,
    out_handle: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayFromDLPackEx", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_handle", out_handle) }?;
        // SAFETY: the caller vouches for the tensor.
        out.set(new_handle(
            unsafe { NdArray::from_dlpack(dlpack.cast(), transient_handle) }
                .map_err(|error| error.context("dlpack"))?,
        )?);
        Ok(())
    })
}

/// Runs the deleter of a DLPack tensor. Null is accepted.
///
/// # Safety
/// `dlpack` is null or a tensor that nobody uses afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCallDLPackDeleter(dlpack: DLManagedTensorHandle) -> c_int {
    boundary("MXNDArrayCallDLPackDeleter", || {
        // SAFETY: the caller vouches for the tensor.
        unsafe { call_deleter(dlpack.cast()) }
    })
}

/// The shared memory of a dense array, for one other process: it must receive a duplicate of the descriptor and
/// make an array of it. Of an array that is not on cpu_shared each call makes a copy there. Waits for unfinished work
/// on it.
///
/// @param shared_pid  receives the number of this process
/// @param shared_id   receives an open descriptor, which belongs to the handle and is valid until that is freed; that
///                    of a copy also only until the next call for the handle, so duplicate it before
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetSharedMemHandle(
    handle: NDArrayHandle,
    shared_pid: *mut c_int,
    shared_id: *mut c_int,
) -> c_int {
    boundary("MXNDArrayGetSharedMemHandle", || {
        // SAFETY: the caller vouches for both.
        let (pid, id) = unsafe { (out("shared_pid", shared_pid)?, out("shared_id", shared_id)?) };
        let array = array("handle", handle)?;
        let operation = Operation {
            name: Cow::Borrowed("GetSharedMemHandle"),
            reads: &[array.var()],
            writes: &[],
            priority: 0,
            bytes: array.byte_len(),
        };
        let shared = runtime()?.engine.run_here(&operation, || array.to_shared())?;
        id.set(shared.hand_out()?);
        pid.set(std::process::id().cast_signed());
        let kept = Box::new(shared);
        drop(runtime()?.arrays.change("handle", handle, |object| object.shared.replace(kept))?);
        Ok(())
    })
}

/// The array that another process handed out with MXNDArrayGetSharedMemHandle; both see each other's writes.
///
/// @param shared_pid  the number of that process; not needed
/// @param shared_id   a duplicate of its descriptor; taken over on success and closed with the last array
/// @param shape       `ndim` extents
/// @param dtype       the code of the element type
/// @param out         receives the array, on cpu_shared; owned, free with MXNDArrayFree
///
/// # Safety
/// `shape` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateFromSharedMem(
    shared_pid: c_int,
    shared_id: c_int,
    shape: *const u32,
    ndim: u32,
    dtype: c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateFromSharedMem", || {
        let _ = shared_pid;
        // SAFETY: the caller vouches for both.
        let (out, shape) = unsafe { (self::out("out", out)?, dims_in("shape", shape, ndim)?) };
        out.set(attach(shared_id, shape32(shape), dtype)?);
        Ok(())
    })
}

/// As MXNDArrayCreateFromSharedMem, with signed extents.
///
/// # Safety
/// `shape` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateFromSharedMemEx(
    shared_pid: c_int,
    shared_id: c_int,
    shape: *const c_int,
    ndim: c_int,
    dtype: c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateFromSharedMemEx", || {
        let _ = shared_pid;
        // SAFETY: the caller vouches for both.
        let (out, shape) = unsafe { (self::out("out", out)?, dims_in("shape", shape, ndim)?) };
        out.set(attach(shared_id, shape.iter().map(|dim| i64::from(*dim)).collect(), dtype)?);
        Ok(())
    })
}

fn attach(shared_id: c_int, shape: Shape, dtype: c_int) -> Result<NDArrayHandle> {
    new_handle(NdArray::attach(shared_id, shape, DType::from_code(dtype)?)?)
}
