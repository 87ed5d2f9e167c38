//! Asking why a call failed.

#![expect(unsafe_code, reason = "exports functions and reads the caller's text")]

use super::args::text_in;
use super::boundary::boundary;
use super::last_error;
use libc::{c_char, c_int};

/// The reason of the last failure on the calling thread, as "Type: text"; an empty text if there was none.
/// A call that succeeds does not change it.
///
/// @return a text, valid until the next failure on this thread
#[unsafe(no_mangle)]
pub extern "C" fn MXGetLastError() -> *const c_char {
    last_error::pointer()
}

/// The same as MXGetLastError.
///
/// @return a text, valid until the next failure on this thread
#[unsafe(no_mangle)]
pub extern "C" fn NNGetLastError() -> *const c_char {
    last_error::pointer()
}

/// Makes a text the last error of the calling thread. Null is ignored.
///
/// # Safety
/// `msg` is null or a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn NNAPISetLastError(msg: *const c_char) {
    if !msg.is_null() {
        boundary("NNAPISetLastError", || {
            // SAFETY: the caller vouches for the text.
            last_error::set_text(unsafe { text_in("msg", msg) }?);
            Ok(())
        });
    }
}

/// The kind of the last failure on the calling thread, as a number that never changes its meaning; 0 if there
/// was none. docs/c-api.md lists the numbers.
///
/// @return the number, not a status
#[unsafe(no_mangle)]
pub extern "C" fn mxkv_last_error_kind() -> c_int {
    last_error::kind()
}

/// The version of this library, as in MXKV_VERSION.
///
/// @return a text that lives as long as the process
#[unsafe(no_mangle)]
pub extern "C" fn mxkv_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
