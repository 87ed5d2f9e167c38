//! Symbolic graphs through the names of NNVM, MXNet's graph library.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{GraphHandle, OpHandle, SymbolHandle};
use libc::{c_char, c_int, c_uint};

/// Orders one graph after another; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn NNAddControlDeps(handle: SymbolHandle, src_dep: SymbolHandle) -> c_int {
    boundary("NNAddControlDeps", || absent("symbolic graphs"))
}

/// Runs rewriting passes over a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGraphApplyPasses(
    src: GraphHandle,
    num_pass: c_uint,
    pass_names: *mut *const c_char,
    dst: *mut GraphHandle,
) -> c_int {
    boundary("NNGraphApplyPasses", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(dst);
        }
        absent("symbolic graphs")
    })
}

/// A graph that passes can rewrite; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGraphCreate(symbol: SymbolHandle, graph: *mut GraphHandle) -> c_int {
    boundary("NNGraphCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(graph);
        }
        absent("symbolic graphs")
    })
}

/// Frees such a graph. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn NNGraphFree(handle: GraphHandle) -> c_int {
    boundary("NNGraphFree", || absent_free("handle", handle, "symbolic graphs"))
}

/// Reads a graph-wide attribute; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGraphGetJSONAttr(
    handle: GraphHandle,
    key: *const c_char,
    json_out: *mut *const c_char,
    success: *mut c_int,
) -> c_int {
    boundary("NNGraphGetJSONAttr", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(json_out);
            clear(success);
        }
        absent("symbolic graphs")
    })
}

/// The symbol of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNGraphGetSymbol(graph: GraphHandle, symbol: *mut SymbolHandle) -> c_int {
    boundary("NNGraphGetSymbol", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(symbol);
        }
        absent("symbolic graphs")
    })
}

/// Sets a graph-wide attribute; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn NNGraphSetJSONAttr(
    handle: GraphHandle,
    key: *const c_char,
    json_value: *const c_char,
) -> c_int {
    boundary("NNGraphSetJSONAttr", || absent("symbolic graphs"))
}

/// Sets a graph-wide attribute that lists results; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn NNGraphSetNodeEntryListAttr_(
    handle: GraphHandle,
    key: *const c_char,
    list: SymbolHandle,
) -> c_int {
    boundary("NNGraphSetNodeEntryListAttr_", || absent("symbolic graphs"))
}

/// Connects a graph to its inputs; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn NNSymbolCompose(
    sym: SymbolHandle,
    name: *const c_char,
    num_args: c_uint,
    keys: *mut *const c_char,
    args: *mut SymbolHandle,
) -> c_int {
    boundary("NNSymbolCompose", || absent("symbolic graphs"))
}

/// A deep copy of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolCopy(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("NNSymbolCopy", || {
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
pub unsafe extern "C" fn NNSymbolCreateAtomicSymbol(
    op: OpHandle,
    num_param: c_uint,
    keys: *mut *const c_char,
    vals: *mut *const c_char,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("NNSymbolCreateAtomicSymbol", || {
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
pub unsafe extern "C" fn NNSymbolCreateGroup(
    num_symbols: c_uint,
    symbols: *mut SymbolHandle,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("NNSymbolCreateGroup", || {
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
pub unsafe extern "C" fn NNSymbolCreateVariable(name: *const c_char, out: *mut SymbolHandle) -> c_int {
    boundary("NNSymbolCreateVariable", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Frees a graph. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn NNSymbolFree(symbol: SymbolHandle) -> c_int {
    boundary("NNSymbolFree", || absent_free("symbol", symbol, "symbolic graphs"))
}

/// Reads one attribute of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolGetAttr(
    symbol: SymbolHandle,
    key: *const c_char,
    out: *mut *const c_char,
    success: *mut c_int,
) -> c_int {
    boundary("NNSymbolGetAttr", || {
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
pub unsafe extern "C" fn NNSymbolGetChildren(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("NNSymbolGetChildren", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// A graph whose outputs are all inner results; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolGetInternals(symbol: SymbolHandle, out: *mut SymbolHandle) -> c_int {
    boundary("NNSymbolGetInternals", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The number of results of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolGetNumOutputs(symbol: SymbolHandle, output_count: *mut c_uint) -> c_int {
    boundary("NNSymbolGetNumOutputs", || {
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
pub unsafe extern "C" fn NNSymbolGetOutput(
    symbol: SymbolHandle,
    index: c_uint,
    out: *mut SymbolHandle,
) -> c_int {
    boundary("NNSymbolGetOutput", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// The attributes of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolListAttrs(
    symbol: SymbolHandle,
    recursive_option: c_int,
    out_size: *mut c_uint,
    out: *mut *mut *const c_char,
) -> c_int {
    boundary("NNSymbolListAttrs", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out);
        }
        absent("symbolic graphs")
    })
}

/// Names of the inputs of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolListInputNames(
    symbol: SymbolHandle,
    option: c_int,
    out_size: *mut c_uint,
    out_str_array: *mut *mut *const c_char,
) -> c_int {
    boundary("NNSymbolListInputNames", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out_str_array);
        }
        absent("symbolic graphs")
    })
}

/// The inputs of a graph as graphs; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolListInputVariables(
    symbol: SymbolHandle,
    option: c_int,
    out_size: *mut c_uint,
    out_sym_array: *mut *mut SymbolHandle,
) -> c_int {
    boundary("NNSymbolListInputVariables", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_size);
            clear(out_sym_array);
        }
        absent("symbolic graphs")
    })
}

/// Names of the results of a graph; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNSymbolListOutputNames(
    symbol: SymbolHandle,
    out_size: *mut c_uint,
    out_str_array: *mut *mut *const c_char,
) -> c_int {
    boundary("NNSymbolListOutputNames", || {
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
pub unsafe extern "C" fn NNSymbolPrint(symbol: SymbolHandle, out_str: *mut *const c_char) -> c_int {
    boundary("NNSymbolPrint", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out_str);
        }
        absent("symbolic graphs")
    })
}

/// Sets attributes of a graph; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn NNSymbolSetAttrs(
    symbol: SymbolHandle,
    num_param: c_uint,
    keys: *mut *const c_char,
    values: *mut *const c_char,
) -> c_int {
    boundary("NNSymbolSetAttrs", || absent("symbolic graphs"))
}
