//! Data iterators. Their names are listed (`capi::data_iter`), because the stock Python frontend does not
//! import without them; making one is out of scope.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{DataIterCreator, DataIterHandle, NDArrayHandle};
use libc::{c_char, c_int};

/// Rewinds an iterator; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXDataIterBeforeFirst(handle: DataIterHandle) -> c_int {
    boundary("MXDataIterBeforeFirst", || absent("data iterators"))
}

/// Makes an iterator; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterCreateIter(
    handle: DataIterCreator,
    num_param: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    out: *mut DataIterHandle,
) -> c_int {
    boundary("MXDataIterCreateIter", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("data iterators")
    })
}

/// Frees an iterator. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXDataIterFree(handle: DataIterHandle) -> c_int {
    boundary("MXDataIterFree", || absent_free("handle", handle, "data iterators"))
}

/// The data of the current batch; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterGetData(handle: DataIterHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXDataIterGetData", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("data iterators")
    })
}

/// The sample numbers of the current batch; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterGetIndex(
    handle: DataIterHandle,
    out_index: *mut *mut u64,
    out_size: *mut u64,
) -> c_int {
    boundary("MXDataIterGetIndex", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_index);
            clear(out_size);
        }
        absent("data iterators")
    })
}

/// The labels of the current batch; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterGetLabel(handle: DataIterHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXDataIterGetLabel", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("data iterators")
    })
}

/// The number of padding samples of the current batch; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterGetPadNum(handle: DataIterHandle, pad: *mut c_int) -> c_int {
    boundary("MXDataIterGetPadNum", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(pad);
        }
        absent("data iterators")
    })
}

/// Moves to the next batch; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXDataIterNext(handle: DataIterHandle, out: *mut c_int) -> c_int {
    boundary("MXDataIterNext", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("data iterators")
    })
}
