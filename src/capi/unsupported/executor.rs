//! Executors: symbolic graphs bound to arrays and run.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{ExecutorHandle, ExecutorMonitorCallback, NDArrayHandle, SymbolHandle};
use libc::{c_char, c_int, c_void};

/// Runs a bound graph backward; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorBackward(
    handle: ExecutorHandle,
    len: u32,
    head_grads: *mut NDArrayHandle,
) -> c_int {
    boundary("MXExecutorBackward", || absent("executing symbolic graphs"))
}

/// As `MXExecutorBackward`, with the training flag; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorBackwardEx(
    handle: ExecutorHandle,
    len: u32,
    head_grads: *mut NDArrayHandle,
    is_train: c_int,
) -> c_int {
    boundary("MXExecutorBackwardEx", || absent("executing symbolic graphs"))
}

/// Binds a graph to arrays; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorBind(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    len: u32,
    in_args: *mut NDArrayHandle,
    arg_grad_store: *mut NDArrayHandle,
    grad_req_type: *mut u32,
    aux_states_len: u32,
    aux_states: *mut NDArrayHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorBind", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// As `MXExecutorBindX`, sharing memory with another executor; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorBindEX(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    num_map_keys: u32,
    map_keys: *mut *const c_char,
    map_dev_types: *const c_int,
    map_dev_ids: *const c_int,
    len: u32,
    in_args: *mut NDArrayHandle,
    arg_grad_store: *mut NDArrayHandle,
    grad_req_type: *mut u32,
    aux_states_len: u32,
    aux_states: *mut NDArrayHandle,
    shared_exec: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorBindEX", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// As `MXExecutorBind`, with a device per group of nodes; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorBindX(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    num_map_keys: u32,
    map_keys: *mut *const c_char,
    map_dev_types: *const c_int,
    map_dev_ids: *const c_int,
    len: u32,
    in_args: *mut NDArrayHandle,
    arg_grad_store: *mut NDArrayHandle,
    grad_req_type: *mut u32,
    aux_states_len: u32,
    aux_states: *mut NDArrayHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorBindX", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// Runs a bound graph; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorForward(handle: ExecutorHandle, is_train: c_int) -> c_int {
    boundary("MXExecutorForward", || absent("executing symbolic graphs"))
}

/// Frees an executor. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorFree(handle: ExecutorHandle) -> c_int {
    boundary("MXExecutorFree", || absent_free("handle", handle, "executing symbolic graphs"))
}

/// The graph an executor really runs; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorGetOptimizedSymbol(
    handle: ExecutorHandle,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("MXExecutorGetOptimizedSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// The result arrays of an executor; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorOutputs(
    handle: ExecutorHandle,
    out_size: *mut u32,
    out: *mut *mut NDArrayHandle,
) -> c_int {
    boundary("MXExecutorOutputs", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// An executor as text for people; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorPrint(handle: ExecutorHandle, out_str: *mut *const c_char) -> c_int {
    boundary("MXExecutorPrint", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_str);
        }
        absent("executing symbolic graphs")
    })
}

/// An executor for other input shapes; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorReshape(
    partial_shaping: c_int,
    allow_up_sizing: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_map_keys: u32,
    map_keys: *mut *const c_char,
    map_dev_types: *const c_int,
    map_dev_ids: *const c_int,
    num_provided_arg_shapes: u32,
    provided_arg_shape_names: *mut *const c_char,
    provided_arg_shape_data: *const u32,
    provided_arg_shape_idx: *const u32,
    num_in_args: *mut u32,
    in_args: *mut *mut NDArrayHandle,
    arg_grads: *mut *mut NDArrayHandle,
    num_aux_states: *mut u32,
    aux_states: *mut *mut NDArrayHandle,
    shared_exec: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorReshape", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(num_in_args);
            clear(in_args);
            clear(arg_grads);
            clear(num_aux_states);
            clear(aux_states);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// As `MXExecutorReshape`, with -1 for an unknown size; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorReshapeEx(
    partial_shaping: c_int,
    allow_up_sizing: c_int,
    dev_type: c_int,
    dev_id: c_int,
    num_map_keys: u32,
    map_keys: *mut *const c_char,
    map_dev_types: *const c_int,
    map_dev_ids: *const c_int,
    num_provided_arg_shapes: u32,
    provided_arg_shape_names: *mut *const c_char,
    provided_arg_shape_data: *const c_int,
    provided_arg_shape_idx: *const u32,
    num_in_args: *mut u32,
    in_args: *mut *mut NDArrayHandle,
    arg_grads: *mut *mut NDArrayHandle,
    num_aux_states: *mut u32,
    aux_states: *mut *mut NDArrayHandle,
    shared_exec: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorReshapeEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(num_in_args);
            clear(in_args);
            clear(arg_grads);
            clear(num_aux_states);
            clear(aux_states);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// Watches the results of each node; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorSetMonitorCallback(
    handle: ExecutorHandle,
    callback: ExecutorMonitorCallback,
    callback_handle: *mut c_void,
) -> c_int {
    boundary("MXExecutorSetMonitorCallback", || absent("executing symbolic graphs"))
}

/// Watches the results and inputs of each node; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXExecutorSetMonitorCallbackEX(
    handle: ExecutorHandle,
    callback: ExecutorMonitorCallback,
    callback_handle: *mut c_void,
    monitor_all: bool,
) -> c_int {
    boundary("MXExecutorSetMonitorCallbackEX", || absent("executing symbolic graphs"))
}

/// Binds a graph to arrays it makes itself; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorSimpleBind(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    num_g2c_keys: u32,
    g2c_keys: *mut *const c_char,
    g2c_dev_types: *const c_int,
    g2c_dev_ids: *const c_int,
    provided_grad_req_list_len: u32,
    provided_grad_req_names: *mut *const c_char,
    provided_grad_req_types: *mut *const c_char,
    num_provided_arg_shapes: u32,
    provided_arg_shape_names: *mut *const c_char,
    provided_arg_shape_data: *const u32,
    provided_arg_shape_idx: *const u32,
    num_provided_arg_dtypes: u32,
    provided_arg_dtype_names: *mut *const c_char,
    provided_arg_dtypes: *const c_int,
    num_provided_arg_stypes: u32,
    provided_arg_stype_names: *mut *const c_char,
    provided_arg_stypes: *const c_int,
    num_shared_arg_names: u32,
    shared_arg_name_list: *mut *const c_char,
    shared_buffer_len: *mut c_int,
    shared_buffer_name_list: *mut *const c_char,
    shared_buffer_handle_list: *mut NDArrayHandle,
    updated_shared_buffer_name_list: *mut *mut *const c_char,
    updated_shared_buffer_handle_list: *mut *mut NDArrayHandle,
    num_in_args: *mut u32,
    in_args: *mut *mut NDArrayHandle,
    arg_grads: *mut *mut NDArrayHandle,
    num_aux_states: *mut u32,
    aux_states: *mut *mut NDArrayHandle,
    shared_exec_handle: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorSimpleBind", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(updated_shared_buffer_name_list);
            clear(updated_shared_buffer_handle_list);
            clear(num_in_args);
            clear(in_args);
            clear(arg_grads);
            clear(num_aux_states);
            clear(aux_states);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// As `MXExecutorSimpleBind`, with -1 for an unknown size; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorSimpleBindEx(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    num_g2c_keys: u32,
    g2c_keys: *mut *const c_char,
    g2c_dev_types: *const c_int,
    g2c_dev_ids: *const c_int,
    provided_grad_req_list_len: u32,
    provided_grad_req_names: *mut *const c_char,
    provided_grad_req_types: *mut *const c_char,
    num_provided_arg_shapes: u32,
    provided_arg_shape_names: *mut *const c_char,
    provided_arg_shape_data: *const c_int,
    provided_arg_shape_idx: *const u32,
    num_provided_arg_dtypes: u32,
    provided_arg_dtype_names: *mut *const c_char,
    provided_arg_dtypes: *const c_int,
    num_provided_arg_stypes: u32,
    provided_arg_stype_names: *mut *const c_char,
    provided_arg_stypes: *const c_int,
    num_shared_arg_names: u32,
    shared_arg_name_list: *mut *const c_char,
    shared_buffer_len: *mut c_int,
    shared_buffer_name_list: *mut *const c_char,
    shared_buffer_handle_list: *mut NDArrayHandle,
    updated_shared_buffer_name_list: *mut *mut *const c_char,
    updated_shared_buffer_handle_list: *mut *mut NDArrayHandle,
    num_in_args: *mut u32,
    in_args: *mut *mut NDArrayHandle,
    arg_grads: *mut *mut NDArrayHandle,
    num_aux_states: *mut u32,
    aux_states: *mut *mut NDArrayHandle,
    shared_exec_handle: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorSimpleBindEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(updated_shared_buffer_name_list);
            clear(updated_shared_buffer_handle_list);
            clear(num_in_args);
            clear(in_args);
            clear(arg_grads);
            clear(num_aux_states);
            clear(aux_states);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}

/// As `MXExecutorSimpleBindEx` in 64 bits; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXExecutorSimpleBindEx64(
    symbol_handle: SymbolHandle,
    dev_type: c_int,
    dev_id: c_int,
    num_g2c_keys: u32,
    g2c_keys: *mut *const c_char,
    g2c_dev_types: *const c_int,
    g2c_dev_ids: *const c_int,
    provided_grad_req_list_len: u32,
    provided_grad_req_names: *mut *const c_char,
    provided_grad_req_types: *mut *const c_char,
    num_provided_arg_shapes: u32,
    provided_arg_shape_names: *mut *const c_char,
    provided_arg_shape_data: *const i64,
    provided_arg_shape_idx: *const u32,
    num_provided_arg_dtypes: u32,
    provided_arg_dtype_names: *mut *const c_char,
    provided_arg_dtypes: *const c_int,
    num_provided_arg_stypes: u32,
    provided_arg_stype_names: *mut *const c_char,
    provided_arg_stypes: *const c_int,
    num_shared_arg_names: u32,
    shared_arg_name_list: *mut *const c_char,
    shared_buffer_len: *mut c_int,
    shared_buffer_name_list: *mut *const c_char,
    shared_buffer_handle_list: *mut NDArrayHandle,
    updated_shared_buffer_name_list: *mut *mut *const c_char,
    updated_shared_buffer_handle_list: *mut *mut NDArrayHandle,
    num_in_args: *mut u32,
    in_args: *mut *mut NDArrayHandle,
    arg_grads: *mut *mut NDArrayHandle,
    num_aux_states: *mut u32,
    aux_states: *mut *mut NDArrayHandle,
    shared_exec_handle: ExecutorHandle,
    out: *mut ExecutorHandle,
) -> c_int {
    boundary("MXExecutorSimpleBindEx64", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(updated_shared_buffer_name_list);
            clear(updated_shared_buffer_handle_list);
            clear(num_in_args);
            clear(in_args);
            clear(arg_grads);
            clear(num_aux_states);
            clear(aux_states);
            clear(out);
        }
        absent("executing symbolic graphs")
    })
}
