//! Cached operators: hybridised blocks of Gluon.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{CachedOpHandle, CachedOpMonitorCallback, NDArrayHandle, SymbolHandle};
use libc::{c_char, c_int};

/// Watches the nodes of a cached operator; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXCachedOpRegisterOpHook(
    handle: NDArrayHandle,
    callback: CachedOpMonitorCallback,
    monitor_all: bool,
) -> c_int {
    boundary("MXCachedOpRegisterOpHook", || absent("cached operators (hybridised blocks)"))
}

/// Makes a cached operator of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXCreateCachedOp(handle: SymbolHandle, out: *mut CachedOpHandle) -> c_int {
    boundary("MXCreateCachedOp", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("cached operators (hybridised blocks)")
    })
}

/// As `MXCreateCachedOpEx`, optionally thread-safe; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXCreateCachedOpEX(
    handle: SymbolHandle,
    num_flags: c_int,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    out: *mut CachedOpHandle,
    thread_safe: bool,
) -> c_int {
    boundary("MXCreateCachedOpEX", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("cached operators (hybridised blocks)")
    })
}

/// As `MXCreateCachedOp`, with flags; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXCreateCachedOpEx(
    handle: SymbolHandle,
    num_flags: c_int,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    out: *mut CachedOpHandle,
) -> c_int {
    boundary("MXCreateCachedOpEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("cached operators (hybridised blocks)")
    })
}

/// Frees a cached operator. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXFreeCachedOp(handle: CachedOpHandle) -> c_int {
    boundary("MXFreeCachedOp", || absent_free("handle", handle, "cached operators (hybridised blocks)"))
}

/// Runs a cached operator; out of scope. The caller's outputs stay as they are.
#[unsafe(no_mangle)]
pub extern "C" fn MXInvokeCachedOp(
    handle: CachedOpHandle,
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: *mut c_int,
    outputs: *mut *mut NDArrayHandle,
) -> c_int {
    boundary("MXInvokeCachedOp", || absent("cached operators (hybridised blocks)"))
}

/// As `MXInvokeCachedOp`, with storage types; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXInvokeCachedOpEx(
    handle: CachedOpHandle,
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: *mut c_int,
    outputs: *mut *mut NDArrayHandle,
    out_stypes: *mut *const c_int,
) -> c_int {
    boundary("MXInvokeCachedOpEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_stypes);
        }
        absent("cached operators (hybridised blocks)")
    })
}
