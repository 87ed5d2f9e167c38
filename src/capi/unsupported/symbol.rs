//! Symbolic graphs through MXNet's own names: building, composing, inferring, saving.
//!
//! The listing and description of operators (`MXSymbolListAtomicSymbolCreators`, `MXSymbolGetAtomicSymbolInfo`)
//! belong to the operator registry and work.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{AtomicSymbolCreator, NDArrayHandle, SymbolHandle};
use libc::{c_char, c_int};

/// The graph that recording made of an array; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradGetSymbol(handle: NDArrayHandle, out: *mut SymbolHandle) -> c_int {
    boundary("MXAutogradGetSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// One operator of a graph as a graph of its own; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGenAtomicSymbolFromSymbol(
    sym_handle: SymbolHandle,
    ret_sym_handle: *mut SymbolHandle,
) -> c_int {
    boundary("MXGenAtomicSymbolFromSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("symbolic graphs")
    })
}

/// A second handle on a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXShallowCopySymbol(src: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("MXShallowCopySymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Connects a graph to its inputs; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXSymbolCompose(
    sym: SymbolHandle,
    name: *const c_char,
    num_args: u32,
    keys: *mut *const c_char,
    args: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolCompose", || absent("symbolic graphs"))
}

/// A deep copy of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCopy(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolCopy", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// A graph of one operator; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCreateAtomicSymbol(
    creator: AtomicSymbolCreator,
    num_param: u32,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolCreateAtomicSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Reads a graph from a JSON file; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCreateFromFile(fname: *const c_char, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolCreateFromFile", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Reads a graph from JSON text; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCreateFromJSON(json: *const c_char, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolCreateFromJSON", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Several graphs as one with all their outputs; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCreateGroup(
    num_symbols: u32,
    symbols: *mut SymbolHandle,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolCreateGroup", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// A named input of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCreateVariable(name: *const c_char, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolCreateVariable", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Separates a marked part of a graph from the rest; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolCutSubgraph(
    sym: SymbolHandle,
    inputs: *mut *mut SymbolHandle,
    input_size: *mut c_int,
) -> c_int {
    boundary("MXSymbolCutSubgraph", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(inputs);
            clear(input_size);
        }
        absent("symbolic graphs")
    })
}

/// Frees a graph. Null is accepted, as there is nothing to free; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXSymbolFree(symbol: SymbolHandle) -> c_int {
    boundary("MXSymbolFree", || absent_free("symbol", symbol, "symbolic graphs"))
}

/// Reads one attribute of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetAttr(
    symbol: SymbolHandle,
    key: *const c_char,
    out: *mut *const c_char,
    success: *mut c_int,
) -> c_int {
    boundary("MXSymbolGetAttr", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
            clear(success);
        }
        absent("symbolic graphs")
    })
}

/// The direct inputs of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetChildren(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolGetChildren", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The variables a graph reads; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetInputSymbols(
    sym: SymbolHandle,
    inputs: *mut *mut SymbolHandle,
    input_size: *mut c_int,
) -> c_int {
    boundary("MXSymbolGetInputSymbols", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(inputs);
            clear(input_size);
        }
        absent("symbolic graphs")
    })
}

/// A graph whose outputs are all inner results; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetInternals(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("MXSymbolGetInternals", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The name of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetName(
    symbol: SymbolHandle,
    out: *mut *const c_char,
    success: *mut c_int,
) -> c_int {
    boundary("MXSymbolGetName", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
            clear(success);
        }
        absent("symbolic graphs")
    })
}

/// The number of results of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetNumOutputs(symbol: SymbolHandle, output_count: *mut u32) -> c_int {
    boundary("MXSymbolGetNumOutputs", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(output_count);
        }
        absent("symbolic graphs")
    })
}

/// One result of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGetOutput(
    symbol: SymbolHandle,
    index: u32,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolGetOutput", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The gradient graph; MXNet never implemented it either.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolGrad(
    sym: SymbolHandle,
    num_wrt: u32,
    wrt: *mut *const c_char,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolGrad", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Shapes in a graph from those of its inputs; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShape(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const u32,
    arg_shape_data: *const u32,
    in_shape_size: *mut u32,
    in_shape_ndim: *mut *const u32,
    in_shape_data: *mut *mut *const u32,
    out_shape_size: *mut u32,
    out_shape_ndim: *mut *const u32,
    out_shape_data: *mut *mut *const u32,
    aux_shape_size: *mut u32,
    aux_shape_ndim: *mut *const u32,
    aux_shape_data: *mut *mut *const u32,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShape", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// As `MXSymbolInferShape`, with -1 for an unknown size; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShapeEx(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const u32,
    arg_shape_data: *const c_int,
    in_shape_size: *mut u32,
    in_shape_ndim: *mut *const c_int,
    in_shape_data: *mut *mut *const c_int,
    out_shape_size: *mut u32,
    out_shape_ndim: *mut *const c_int,
    out_shape_data: *mut *mut *const c_int,
    aux_shape_size: *mut u32,
    aux_shape_ndim: *mut *const c_int,
    aux_shape_data: *mut *mut *const c_int,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShapeEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// As `MXSymbolInferShapeEx` in 64 bits; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShapeEx64(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const i64,
    arg_shape_data: *const i64,
    in_shape_size: *mut usize,
    in_shape_ndim: *mut *const c_int,
    in_shape_data: *mut *mut *const i64,
    out_shape_size: *mut usize,
    out_shape_ndim: *mut *const c_int,
    out_shape_data: *mut *mut *const i64,
    aux_shape_size: *mut usize,
    aux_shape_ndim: *mut *const c_int,
    aux_shape_data: *mut *mut *const i64,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShapeEx64", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// Shapes in a graph as far as they are known; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShapePartial(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const u32,
    arg_shape_data: *const u32,
    in_shape_size: *mut u32,
    in_shape_ndim: *mut *const u32,
    in_shape_data: *mut *mut *const u32,
    out_shape_size: *mut u32,
    out_shape_ndim: *mut *const u32,
    out_shape_data: *mut *mut *const u32,
    aux_shape_size: *mut u32,
    aux_shape_ndim: *mut *const u32,
    aux_shape_data: *mut *mut *const u32,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShapePartial", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// As `MXSymbolInferShapePartial`, with -1 for an unknown size; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShapePartialEx(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const u32,
    arg_shape_data: *const c_int,
    in_shape_size: *mut u32,
    in_shape_ndim: *mut *const c_int,
    in_shape_data: *mut *mut *const c_int,
    out_shape_size: *mut u32,
    out_shape_ndim: *mut *const c_int,
    out_shape_data: *mut *mut *const c_int,
    aux_shape_size: *mut u32,
    aux_shape_ndim: *mut *const c_int,
    aux_shape_data: *mut *mut *const c_int,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShapePartialEx", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// As `MXSymbolInferShapePartialEx` in 64 bits; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferShapePartialEx64(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_ind_ptr: *const i64,
    arg_shape_data: *const i64,
    in_shape_size: *mut usize,
    in_shape_ndim: *mut *const c_int,
    in_shape_data: *mut *mut *const i64,
    out_shape_size: *mut usize,
    out_shape_ndim: *mut *const c_int,
    out_shape_data: *mut *mut *const i64,
    aux_shape_size: *mut usize,
    aux_shape_ndim: *mut *const c_int,
    aux_shape_data: *mut *mut *const i64,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferShapePartialEx64", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_shape_size);
            clear(in_shape_ndim);
            clear(in_shape_data);
            clear(out_shape_size);
            clear(out_shape_ndim);
            clear(out_shape_data);
            clear(aux_shape_size);
            clear(aux_shape_ndim);
            clear(aux_shape_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// Element types in a graph from those of its inputs; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferType(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_type_data: *const c_int,
    in_type_size: *mut u32,
    in_type_data: *mut *const c_int,
    out_type_size: *mut u32,
    out_type_data: *mut *const c_int,
    aux_type_size: *mut u32,
    aux_type_data: *mut *const c_int,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferType", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_type_size);
            clear(in_type_data);
            clear(out_type_size);
            clear(out_type_data);
            clear(aux_type_size);
            clear(aux_type_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// Element types in a graph as far as they are known; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolInferTypePartial(
    sym: SymbolHandle,
    num_args: u32,
    keys: *mut *const c_char,
    arg_type_data: *const c_int,
    in_type_size: *mut u32,
    in_type_data: *mut *const c_int,
    out_type_size: *mut u32,
    out_type_data: *mut *const c_int,
    aux_type_size: *mut u32,
    aux_type_data: *mut *const c_int,
    complete: *mut c_int,
) -> c_int {
    boundary("MXSymbolInferTypePartial", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(in_type_size);
            clear(in_type_data);
            clear(out_type_size);
            clear(out_type_data);
            clear(aux_type_size);
            clear(aux_type_data);
            clear(complete);
        }
        absent("symbolic graphs")
    })
}

/// Names of the inputs of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListArguments(
    symbol: SymbolHandle,
    out_size: *mut u32,
    out_str_array: *mut *mut *const c_char,
) -> c_int {
    boundary("MXSymbolListArguments", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out_str_array);
        }
        absent("symbolic graphs")
    })
}

/// All attributes in a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListAttr(
    symbol: SymbolHandle,
    out_size: *mut u32,
    out: *mut *mut *const c_char,
) -> c_int {
    boundary("MXSymbolListAttr", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The attributes of the last node of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListAttrShallow(
    symbol: SymbolHandle,
    out_size: *mut u32,
    out: *mut *mut *const c_char,
) -> c_int {
    boundary("MXSymbolListAttrShallow", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Names of the auxiliary states of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListAuxiliaryStates(
    symbol: SymbolHandle,
    out_size: *mut u32,
    out_str_array: *mut *mut *const c_char,
) -> c_int {
    boundary("MXSymbolListAuxiliaryStates", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out_str_array);
        }
        absent("symbolic graphs")
    })
}

/// Names of the results of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolListOutputs(
    symbol: SymbolHandle,
    out_size: *mut u32,
    out_str_array: *mut *mut *const c_char,
) -> c_int {
    boundary("MXSymbolListOutputs", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out_str_array);
        }
        absent("symbolic graphs")
    })
}

/// A graph as text for people; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolPrint(symbol: SymbolHandle, out_str: *mut *const c_char) -> c_int {
    boundary("MXSymbolPrint", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_str);
        }
        absent("symbolic graphs")
    })
}

/// A graph without its precision casts; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolRemoveAmpCast(
    sym_handle: SymbolHandle,
    ret_sym_handle: *mut SymbolHandle,
) -> c_int {
    boundary("MXSymbolRemoveAmpCast", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(ret_sym_handle);
        }
        absent("symbolic graphs")
    })
}

/// Writes a graph to a JSON file; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXSymbolSaveToFile(symbol: SymbolHandle, fname: *const c_char) -> c_int {
    boundary("MXSymbolSaveToFile", || absent("symbolic graphs"))
}

/// A graph as JSON text; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSymbolSaveToJSON(symbol: SymbolHandle, out_json: *mut *const c_char) -> c_int {
    boundary("MXSymbolSaveToJSON", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_json);
        }
        absent("symbolic graphs")
    })
}

/// Sets one attribute of a graph; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXSymbolSetAttr(symbol: SymbolHandle, key: *const c_char, value: *const c_char) -> c_int {
    boundary("MXSymbolSetAttr", || absent("symbolic graphs"))
}
