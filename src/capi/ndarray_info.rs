//! What an array is: shape, types, place, address.

#![expect(unsafe_code, reason = "writes through the caller's pointers")]

use super::args::out;
use super::boundary::boundary;
use super::objects::{array, maybe_array};
use super::scratch;
use super::types::NDArrayHandle;
use crate::array::{Shape, np_shape};
use crate::base::Result;
use libc::{c_int, c_void};

/// The storage type: 0 default, 1 row_sparse, 2 csr; -1 for a handle without an array.
///
/// # Safety
/// `out_storage_type` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetStorageType(
    handle: NDArrayHandle,
    out_storage_type: *mut c_int,
) -> c_int {
    boundary("MXNDArrayGetStorageType", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_storage_type", out_storage_type) }?;
        out.set(maybe_array("handle", handle)?.map_or(-1, |array| array.storage() as c_int));
        Ok(())
    })
}

/// The code of the element type; -1 for a handle without an array.
///
/// # Safety
/// `out_dtype` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetDType(handle: NDArrayHandle, out_dtype: *mut c_int) -> c_int {
    boundary("MXNDArrayGetDType", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_dtype", out_dtype) }?;
        out.set(maybe_array("handle", handle)?.map_or(-1, |array| array.dtype().code()));
        Ok(())
    })
}

/// Where the array lives; type 0 and id 0 for a handle without an array.
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetContext(
    handle: NDArrayHandle,
    out_dev_type: *mut c_int,
    out_dev_id: *mut c_int,
) -> c_int {
    boundary("MXNDArrayGetContext", || {
        // SAFETY: the caller vouches for both.
        let (kind, id) = unsafe { (out("out_dev_type", out_dev_type)?, out("out_dev_id", out_dev_id)?) };
        let device = maybe_array("handle", handle)?.map(|array| array.device());
        kind.set(device.map_or(0, |device| device.kind as c_int));
        id.set(device.map_or(0, |device| device.id));
        Ok(())
    })
}

/// The shape, as unsigned numbers. A handle without an array has none.
///
/// @param out_dim    receives the number of dimensions
/// @param out_pdata  receives the extents, valid until the next call on this thread that returns a shape
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetShape(
    handle: NDArrayHandle,
    out_dim: *mut u32,
    out_pdata: *mut *const u32,
) -> c_int {
    boundary("MXNDArrayGetShape", || {
        // SAFETY: the caller vouches for both.
        let (rank, dims) = unsafe { (out("out_dim", out_dim)?, out("out_pdata", out_pdata)?) };
        let shape = maybe_array("handle", handle)?.map(|array| array.shape().clone()).unwrap_or_default();
        rank.set(shape.rank() as u32);
        dims.set(scratch::shape32(dims32(&shape)?).cast());
        Ok(())
    })
}

/// The shape.
///
/// @param out_dim    receives the number of dimensions; a handle without an array gives 0, or -1 with numpy's shapes
/// @param out_pdata  receives the extents, valid until the next call on this thread that returns a shape
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetShapeEx(
    handle: NDArrayHandle,
    out_dim: *mut c_int,
    out_pdata: *mut *const c_int,
) -> c_int {
    boundary("MXNDArrayGetShapeEx", || {
        // SAFETY: the caller vouches for both.
        let (rank, dims) = unsafe { (out("out_dim", out_dim)?, out("out_pdata", out_pdata)?) };
        let shape = shape_of(handle)?;
        rank.set(rank_of(shape.as_ref()));
        dims.set(scratch::shape32(dims32(&shape.unwrap_or_default())?));
        Ok(())
    })
}

/// As MXNDArrayGetShapeEx, with extents of 64 bits.
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetShapeEx64(
    handle: NDArrayHandle,
    out_dim: *mut c_int,
    out_pdata: *mut *const i64,
) -> c_int {
    boundary("MXNDArrayGetShapeEx64", || {
        // SAFETY: the caller vouches for both.
        let (rank, dims) = unsafe { (out("out_dim", out_dim)?, out("out_pdata", out_pdata)?) };
        let shape = shape_of(handle)?;
        rank.set(rank_of(shape.as_ref()));
        dims.set(scratch::shape64(shape.unwrap_or_default().dims().to_vec()));
        Ok(())
    })
}

fn shape_of(handle: NDArrayHandle) -> Result<Option<Shape>> {
    Ok(maybe_array("handle", handle)?.map(|array| array.shape().clone()))
}

/// With numpy's shapes a rank of 0 is a scalar, so "no shape" needs another number.
fn rank_of(shape: Option<&Shape>) -> c_int {
    match shape {
        Some(shape) => c_int::try_from(shape.rank()).unwrap_or(c_int::MAX),
        None => -c_int::from(np_shape::is_on()),
    }
}

fn dims32(shape: &Shape) -> Result<Vec<c_int>> {
    let narrow = |dim: &i64| {
        c_int::try_from(*dim).map_err(|_| {
            crate::err!(
                Shape,
                "handle: extent {dim} does not fit into 32 bits; ask with MXNDArrayGetShapeEx64"
            )
        })
    };
    shape.dims().iter().map(narrow).collect()
}

/// The address of the first element; of the stored values if the array is sparse. Does not wait for queued work on
/// the array, so call MXNDArrayWaitToRead or MXNDArrayWaitToWrite first; an operator that is using the array at this
/// moment runs to its end before the call returns, or the call fails after a minute.
///
/// @param out_pdata  receives the address. That of a dense array is valid until the last handle of the array and of
///                   those that share its storage is freed, that of a sparse one only until it is written
///
/// # Safety
/// `out_pdata` is writable. Whoever uses the address keeps to the array's size, and to the times at which no work
/// on the array is unfinished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetData(handle: NDArrayHandle, out_pdata: *mut *mut c_void) -> c_int {
    boundary("MXNDArrayGetData", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { out("out_pdata", out_pdata) }?;
        out.set(array("handle", handle)?.address()?.cast());
        Ok(())
    })
}
