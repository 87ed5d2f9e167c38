//! Quantisation and reduced precision of symbolic graphs.

use super::{absent, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::SymbolHandle;
use libc::{c_char, c_int};

/// Rewrites a graph to 8-bit operators; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXQuantizeSymbol(
    sym_handle: SymbolHandle,
    ret_sym_handle: *mut SymbolHandle,
    dev_type: *const c_int,
    num_excluded_sym_names: u32,
    excluded_sym_names: *mut *const c_char,
    num_excluded_op_names: u32,
    excluded_op_names: *mut *const c_char,
    num_offline: u32,
    offline_params: *mut *const c_char,
    quantized_dtype: *const c_char,
    calib_quantize: bool,
    quantize_mode: *const c_char,
    quantize_granularity: *const c_char,
    out_num_calib_names: *mut u32,
    out_calib_names: *mut *mut *const c_char,
) -> c_int {
    boundary("MXQuantizeSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
            clear(out_num_calib_names);
            clear(out_calib_names);
        }
        absent("quantisation of symbolic graphs")
    })
}

/// Rewrites a graph to mixed precision; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXReducePrecisionSymbol(
    sym_handle: SymbolHandle,
    ret_sym_handle: *mut SymbolHandle,
    num_args: u32,
    arg_type_data: *const c_int,
    num_ind_ptr: u32,
    ind_ptr: *const c_int,
    target_dtype: *const c_int,
    cast_optional_params: c_int,
    num_target_dtype_op_names: u32,
    num_fp32_op_names: u32,
    num_widest_dtype_op_names: u32,
    num_conditional_fp32_op_names: u32,
    num_excluded_symbols: u32,
    num_model_params: u32,
    target_dtype_op_names: *mut *const c_char,
    fp32_op_names: *mut *const c_char,
    widest_dtype_op_names: *mut *const c_char,
    conditional_fp32_op_names: *mut *const c_char,
    excluded_symbols: *mut *const c_char,
    conditional_param_names: *mut *const c_char,
    conditional_param_vals: *mut *const c_char,
    model_param_names: *mut *const c_char,
    arg_names: *mut *const c_char,
) -> c_int {
    boundary("MXReducePrecisionSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("quantisation of symbolic graphs")
    })
}

/// Puts value ranges into a quantised graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetCalibTableToQuantizedSymbol(
    qsym_handle: SymbolHandle,
    num_layers: u32,
    layer_names: *mut *const c_char,
    low_quantiles: *const f32,
    high_quantiles: *const f32,
    ret_sym_handle: *mut SymbolHandle,
) -> c_int {
    boundary("MXSetCalibTableToQuantizedSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("quantisation of symbolic graphs")
    })
}
