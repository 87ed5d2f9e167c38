//! The predict API: running a saved model, and the lists of arrays that go with one. (Array files themselves are
//! read with `MXNDArrayLoad` and `MXNDArrayLoadFromBuffer`.)

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{NDListHandle, PredMonitorCallback, PredictorHandle};
use libc::{c_char, c_int, c_void};

/// Reads the arrays that go with a model; out of scope. `MXNDArrayLoadFromBuffer` reads the same bytes.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDListCreate(
    nd_file_bytes: *const c_char,
    nd_file_size: c_int,
    out: *mut NDListHandle,
    out_length: *mut u32,
) -> c_int {
    boundary("MXNDListCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
            clear(out_length);
        }
        absent("predict API to run saved models")
    })
}

/// One array of such a list; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDListGet(
    handle: NDListHandle,
    index: u32,
    out_key: *mut *const c_char,
    out_data: *mut *const f32,
    out_shape: *mut *const u32,
    out_ndim: *mut u32,
) -> c_int {
    boundary("MXNDListGet", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_key);
            clear(out_data);
            clear(out_shape);
            clear(out_ndim);
        }
        absent("predict API to run saved models")
    })
}

/// Frees such a list. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDListFree(handle: NDListHandle) -> c_int {
    boundary("MXNDListFree", || absent_free("handle", handle, "predict API to run saved models"))
}

/// Loads a model for prediction; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredCreate(
    symbol_json_str: *const c_char,
    param_bytes: *const c_void,
    param_size: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_input_nodes: u32,
    input_keys: *mut *const c_char,
    input_shape_indptr: *const u32,
    input_shape_data: *const u32,
    out: *mut PredictorHandle,
) -> c_int {
    boundary("MXPredCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("predict API to run saved models")
    })
}

/// As `MXPredCreate`, with element types; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredCreateEx(
    symbol_json_str: *const c_char,
    param_bytes: *const c_void,
    param_size: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_input_nodes: u32,
    input_keys: *mut *const c_char,
    input_shape_indptr: *const u32,
    input_shape_data: *const u32,
    num_provided_arg_dtypes: u32,
    provided_arg_dtype_names: *mut *const c_char,
    provided_arg_dtypes: *const c_int,
    out: *mut PredictorHandle,
) -> c_int {
    boundary("MXPredCreateEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("predict API to run saved models")
    })
}

/// One predictor per thread with shared parameters; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredCreateMultiThread(
    symbol_json_str: *const c_char,
    param_bytes: *const c_void,
    param_size: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_input_nodes: u32,
    input_keys: *mut *const c_char,
    input_shape_indptr: *const u32,
    input_shape_data: *const u32,
    num_threads: c_int,
    out: *mut PredictorHandle,
) -> c_int {
    boundary("MXPredCreateMultiThread", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("predict API to run saved models")
    })
}

/// As `MXPredCreate`, with chosen inner results; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredCreatePartialOut(
    symbol_json_str: *const c_char,
    param_bytes: *const c_void,
    param_size: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_input_nodes: u32,
    input_keys: *mut *const c_char,
    input_shape_indptr: *const u32,
    input_shape_data: *const u32,
    num_output_nodes: u32,
    output_keys: *mut *const c_char,
    out: *mut PredictorHandle,
) -> c_int {
    boundary("MXPredCreatePartialOut", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("predict API to run saved models")
    })
}

/// Runs a predictor; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXPredForward(handle: PredictorHandle) -> c_int {
    boundary("MXPredForward", || absent("predict API to run saved models"))
}

/// Frees a predictor. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXPredFree(handle: PredictorHandle) -> c_int {
    boundary("MXPredFree", || absent_free("handle", handle, "predict API to run saved models"))
}

/// Copies a result of a predictor; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXPredGetOutput(handle: PredictorHandle, index: u32, data: *mut f32, size: u32) -> c_int {
    boundary("MXPredGetOutput", || absent("predict API to run saved models"))
}

/// The shape of a result of a predictor; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredGetOutputShape(
    handle: PredictorHandle,
    index: u32,
    shape_data: *mut *mut u32,
    shape_ndim: *mut u32,
) -> c_int {
    boundary("MXPredGetOutputShape", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(shape_data);
            clear(shape_ndim);
        }
        absent("predict API to run saved models")
    })
}

/// The element type of a result of a predictor; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredGetOutputType(
    handle: PredictorHandle,
    out_index: u32,
    out_dtype: *mut c_int,
) -> c_int {
    boundary("MXPredGetOutputType", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_dtype);
        }
        absent("predict API to run saved models")
    })
}

/// Runs a predictor up to a step; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredPartialForward(
    handle: PredictorHandle,
    step: c_int,
    step_left: *mut c_int,
) -> c_int {
    boundary("MXPredPartialForward", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(step_left);
        }
        absent("predict API to run saved models")
    })
}

/// A predictor for other input shapes; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXPredReshape(
    num_input_nodes: u32,
    input_keys: *mut *const c_char,
    input_shape_indptr: *const u32,
    input_shape_data: *const u32,
    handle: PredictorHandle,
    out: *mut PredictorHandle,
) -> c_int {
    boundary("MXPredReshape", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("predict API to run saved models")
    })
}

/// Sets an input of a predictor; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXPredSetInput(
    handle: PredictorHandle,
    key: *const c_char,
    data: *const f32,
    size: u32,
) -> c_int {
    boundary("MXPredSetInput", || absent("predict API to run saved models"))
}

/// Watches the nodes of a predictor; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXPredSetMonitorCallback(
    handle: PredictorHandle,
    callback: PredMonitorCallback,
    callback_handle: *mut c_void,
    monitor_all: bool,
) -> c_int {
    boundary("MXPredSetMonitorCallback", || absent("predict API to run saved models"))
}
