//! Subgraph backends: handing parts of a symbolic graph to another library.

use super::{absent, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{NDArrayHandle, SymbolHandle};
use libc::{c_char, c_int};

/// Groups the named operators of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXBuildSubgraphByOpNames(
    sym_handle: SymbolHandle,
    prop_name: *const c_char,
    num_ops: u32,
    op_names: *mut *const c_char,
    ret_sym_handle: *mut SymbolHandle,
) -> c_int {
    boundary("MXBuildSubgraphByOpNames", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("subgraph backends")
    })
}

/// Rewrites a graph for a backend; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGenBackendSubgraph(
    sym_handle: SymbolHandle,
    backend: *const c_char,
    ret_sym_handle: *mut SymbolHandle,
) -> c_int {
    boundary("MXGenBackendSubgraph", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("subgraph backends")
    })
}

/// Rewrites a graph and its parameters for a backend; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXOptimizeForBackend(
    sym_handle: SymbolHandle,
    backend_name: *const c_char,
    dev_type: c_int,
    ret_sym_handle: *mut SymbolHandle,
    args_len: u32,
    in_args_handle: *mut NDArrayHandle,
    aux_len: u32,
    in_aux_handle: *mut NDArrayHandle,
    num_options: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    num_input_shapes: u32,
    input_shape_names: *mut *const c_char,
    input_shape_data: *const i64,
    input_shape_idx: *const u32,
    num_input_dtypes: u32,
    input_dtype_names: *mut *const c_char,
    input_dtypes: *const c_int,
    num_input_stypes: u32,
    input_stype_names: *mut *const c_char,
    input_stypes: *const c_int,
    skip_infer: bool,
    new_args_cnt: *mut c_int,
    new_args_handle: *mut *mut NDArrayHandle,
    new_arg_names_handle: *mut *mut *mut c_char,
    new_aux_cnt: *mut c_int,
    new_aux_handle: *mut *mut NDArrayHandle,
    new_aux_names_handle: *mut *mut *mut c_char,
) -> c_int {
    boundary("MXOptimizeForBackend", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
            clear(new_args_cnt);
            clear(new_args_handle);
            clear(new_arg_names_handle);
            clear(new_aux_cnt);
            clear(new_aux_handle);
            clear(new_aux_names_handle);
        }
        absent("subgraph backends")
    })
}

/// Forgets the operator names of a grouping; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXRemoveSubgraphPropertyOpNames(prop_name: *const c_char) -> c_int {
    boundary("MXRemoveSubgraphPropertyOpNames", || absent("subgraph backends"))
}

/// Forgets the operator names of a backend; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXRemoveSubgraphPropertyOpNamesV2(prop_name: *const c_char) -> c_int {
    boundary("MXRemoveSubgraphPropertyOpNamesV2", || absent("subgraph backends"))
}

/// Names the operators of a grouping; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXSetSubgraphPropertyOpNames(
    prop_name: *const c_char,
    num_ops: u32,
    op_names: *mut *const c_char,
) -> c_int {
    boundary("MXSetSubgraphPropertyOpNames", || absent("subgraph backends"))
}

/// Names the operators of a backend; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXSetSubgraphPropertyOpNamesV2(
    prop_name: *const c_char,
    num_ops: u32,
    op_names: *mut *const c_char,
) -> c_int {
    boundary("MXSetSubgraphPropertyOpNamesV2", || absent("subgraph backends"))
}
