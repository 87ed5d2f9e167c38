//! Packed functions and objects of MXNet's second C interface, and its bridge to TVM. mxkv has none
//! (`capi::runtime_func` lists zero of them).

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{MXNetFunctionHandle, MXNetObjectHandle, MXNetValue, TVMFunctionHandle};
use libc::c_int;

/// Calls a packed function; there is none.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNetFuncCall(
    func: MXNetFunctionHandle,
    arg_values: *mut MXNetValue,
    type_codes: *mut c_int,
    num_args: c_int,
    ret_val: *mut MXNetValue,
    ret_type_code: *mut c_int,
) -> c_int {
    boundary("MXNetFuncCall", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_val);
            clear(ret_type_code);
        }
        absent("packed functions and TVM")
    })
}

/// Frees a packed function. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXNetFuncFree(func: MXNetFunctionHandle) -> c_int {
    boundary("MXNetFuncFree", || absent_free("func", func, "packed functions and TVM"))
}

/// Frees an object. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXNetObjectFree(obj: MXNetObjectHandle) -> c_int {
    boundary("MXNetObjectFree", || absent_free("obj", obj, "packed functions and TVM"))
}

/// Registers a function with TVM; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXTVMBridge(pregister: TVMFunctionHandle) -> c_int {
    boundary("MXTVMBridge", || absent("packed functions and TVM"))
}
