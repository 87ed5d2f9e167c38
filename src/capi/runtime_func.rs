//! Packed functions: the second C interface of MXNet. There are none here, which its frontends accept; calling
//! one is refused (`unsupported::runtime`).

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, text_in};
use super::boundary::boundary;
use super::types::MXNetFunctionHandle;
use libc::{c_char, c_int};
use std::ptr::null_mut;

/// The names of all packed functions: none.
///
/// @param out_size   receives 0
/// @param out_array  receives null
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNetFuncListGlobalNames(
    out_size: *mut c_int,
    out_array: *mut *mut *const c_char,
) -> c_int {
    boundary("MXNetFuncListGlobalNames", || {
        // SAFETY: the caller vouches for both.
        let (out_size, out_array) = unsafe { (out("out_size", out_size)?, out("out_array", out_array)?) };
        out_size.set(0);
        out_array.set(null_mut());
        Ok(())
    })
}

/// Looks a packed function up.
///
/// @param out  receives null: not found
///
/// # Safety
/// `name` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNetFuncGetGlobal(name: *const c_char, out: *mut MXNetFunctionHandle) -> c_int {
    boundary("MXNetFuncGetGlobal", || {
        // SAFETY: the caller vouches for both.
        let (out, _) = unsafe { (self::out("out", out)?, text_in("name", name)?) };
        out.set(null_mut());
        Ok(())
    })
}
