//! Operators that come from outside: extension libraries and functions differentiated by callbacks.

use super::absent;
use crate::capi::boundary::boundary;
use crate::capi::types::{MXCallbackList, NDArrayHandle};
use libc::{c_char, c_int, c_uint};

/// Records a function with its own backward callback; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXCustomFunctionRecord(
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: c_int,
    outputs: *mut NDArrayHandle,
    callbacks: *mut MXCallbackList,
) -> c_int {
    boundary("MXCustomFunctionRecord", || absent("operators from extension libraries or callbacks"))
}

/// Loads a library of operators; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXLoadLib(path: *const c_char, verbose: c_uint) -> c_int {
    boundary("MXLoadLib", || absent("operators from extension libraries or callbacks"))
}
