//! Making, sharing and freeing arrays.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{dims_in, out};
use super::boundary::boundary;
use super::objects::{ArrayObject, new_handle};
use super::runtime::runtime;
use super::types::NDArrayHandle;
use crate::array::{DType, Device, NdArray, Shape};
use crate::base::Result;
use libc::c_int;

/// Makes a handle without an array: a place for the output of an operator.
///
/// @param out  receives the handle; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateNone(out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayCreateNone", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        out.set(runtime()?.arrays.insert(ArrayObject::default())?);
        Ok(())
    })
}

/// Makes a dense float32 array with unspecified content.
///
/// @param shape  `ndim` extents
/// @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
/// @param delay_alloc  ignored: memory that was never touched costs nothing
/// @param out    receives the array; owned, free with MXNDArrayFree
///
/// # Safety
/// `shape` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreate(
    shape: *const u32,
    ndim: u32,
    dev_type: c_int,
    dev_id: c_int,
    delay_alloc: c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreate", || {
        let _ = delay_alloc;
        // SAFETY: the caller vouches for both.
        let (out, shape) = unsafe { (self::out("out", out)?, dims_in("shape", shape, ndim)?) };
        out.set(create(&shape32(shape), dev_type, dev_id, DType::Float32.code())?);
        Ok(())
    })
}

/// Makes a dense array with unspecified content.
///
/// @param shape  `ndim` extents
/// @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
/// @param delay_alloc  ignored: memory that was never touched costs nothing
/// @param dtype  the code of the element type
/// @param out    receives the array; owned, free with MXNDArrayFree
///
/// # Safety
/// `shape` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateEx(
    shape: *const u32,
    ndim: u32,
    dev_type: c_int,
    dev_id: c_int,
    delay_alloc: c_int,
    dtype: c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateEx", || {
        let _ = delay_alloc;
        // SAFETY: the caller vouches for both.
        let (out, shape) = unsafe { (self::out("out", out)?, dims_in("shape", shape, ndim)?) };
        out.set(create(&shape32(shape), dev_type, dev_id, dtype)?);
        Ok(())
    })
}

/// As MXNDArrayCreateEx, with extents of 64 bits.
///
/// # Safety
/// `shape` holds `ndim` elements, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayCreateEx64(
    shape: *const i64,
    ndim: c_int,
    dev_type: c_int,
    dev_id: c_int,
    delay_alloc: c_int,
    dtype: c_int,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayCreateEx64", || {
        let _ = delay_alloc;
        // SAFETY: the caller vouches for both.
        let (out, shape) = unsafe { (self::out("out", out)?, dims_in("shape", shape, ndim)?) };
        out.set(create(&Shape::new(shape), dev_type, dev_id, dtype)?);
        Ok(())
    })
}

fn create(shape: &Shape, dev_type: c_int, dev_id: c_int, dtype: c_int) -> Result<NDArrayHandle> {
    let device = Device::from_codes(dev_type, dev_id)?;
    new_handle(NdArray::new(shape.clone(), DType::from_code(dtype)?, device)?)
}

/// Extents of 32 bits, as the older calls pass them.
pub(super) fn shape32(dims: &[u32]) -> Shape {
    dims.iter().map(|dim| i64::from(*dim)).collect()
}

/// Frees a handle. Its storage lives on while other handles or unfinished work use it. Null is accepted.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArrayFree(handle: NDArrayHandle) -> c_int {
    boundary("MXNDArrayFree", || {
        if handle.is_null() { Ok(()) } else { runtime()?.arrays.remove("handle", handle).map(drop) }
    })
}

/// Makes a second handle for an array: same storage, same gradient buffer.
///
/// @param out  receives the handle; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXShallowCopyNDArray(src: NDArrayHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXShallowCopyNDArray", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let arrays = &runtime()?.arrays;
        out.set(arrays.insert(arrays.with("src", src, ArrayObject::shallow_copy)?)?);
        Ok(())
    })
}

/// Makes a second handle for an array: same storage, without a gradient buffer.
///
/// @param out  receives the handle; owned, free with MXNDArrayFree
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayDetach(handle: NDArrayHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayDetach", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let arrays = &runtime()?.arrays;
        let array = arrays.with("handle", handle, |object| object.array.clone())?;
        out.set(arrays.insert(ArrayObject::from(array))?);
        Ok(())
    })
}
