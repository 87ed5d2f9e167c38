//! Views: other shapes over the same elements. Writes through one are seen through all.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{dims_in, out};
use super::boundary::boundary;
use super::objects::{array, new_handle};
use super::types::NDArrayHandle;
use crate::array::{reshape_codes, reshape_legacy};
use libc::c_int;

/// Rows `slice_begin` to `slice_end` (exclusive) of a dense array, sharing its storage.
///
/// @param out  receives the view; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySlice(
    handle: NDArrayHandle,
    slice_begin: u32,
    slice_end: u32,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArraySlice", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        out.set(new_handle(array("handle", handle)?.slice(slice_begin.into(), slice_end.into())?)?);
        Ok(())
    })
}

/// As MXNDArraySlice, with numbers of 64 bits.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySlice64(
    handle: NDArrayHandle,
    slice_begin: i64,
    slice_end: i64,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArraySlice64", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        out.set(new_handle(array("handle", handle)?.slice(slice_begin, slice_end)?)?);
        Ok(())
    })
}

/// One row of a dense array with the first axis dropped, sharing its storage. A row of a vector has shape (1).
///
/// @param out  receives the view; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayAt(handle: NDArrayHandle, idx: u32, out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayAt", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        out.set(new_handle(array("handle", handle)?.at(idx.into())?)?);
        Ok(())
    })
}

/// As MXNDArrayAt, with a number of 64 bits.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayAt64(handle: NDArrayHandle, idx: i64, out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayAt64", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        out.set(new_handle(array("handle", handle)?.at(idx)?)?);
        Ok(())
    })
}

/// Another shape over the elements of a dense array. It may have fewer elements: then it is the first of them.
///
/// @param dims  `ndim` extents; 0 takes the array's own at this place, -1 (once) is worked out
/// @param out   receives the view; owned, free with MXNDArrayFree
///
/// # Safety
/// `dims` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayReshape(
    handle: NDArrayHandle,
    ndim: c_int,
    dims: *mut c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayReshape", || {
        // SAFETY: the caller vouches for both.
        let (out, dims) = unsafe { (self::out("out", out)?, dims_in("dims", dims, ndim)?) };
        let array = array("handle", handle)?;
        out.set(new_handle(array.view_as(reshape_legacy(array.shape(), dims)?)?)?);
        Ok(())
    })
}

/// Another shape over the elements of a dense array. It may have fewer elements: then it is the first of them.
///
/// @param dims     `ndim` extents or codes: 0 takes the array's own at this place, -1 (once) is worked out, -2 takes
///                 all that remain, -3 merges two, -4 and two numbers split one
/// @param reverse  reads the codes from the right
/// @param out      receives the view; owned, free with MXNDArrayFree
///
/// # Safety
/// `dims` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayReshape64(
    handle: NDArrayHandle,
    ndim: c_int,
    dims: *mut i64,
    reverse: bool,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayReshape64", || {
        // SAFETY: the caller vouches for both.
        let (out, dims) = unsafe { (self::out("out", out)?, dims_in("dims", dims, ndim)?) };
        let array = array("handle", handle)?;
        out.set(new_handle(array.view_as(reshape_codes(array.shape(), dims, reverse)?)?)?);
        Ok(())
    })
}
