//! Custom operators: registering one succeeds, because the stock Python frontend registers five while it is
//! imported; the operator `Custom` that would call them is not there.

#![expect(unsafe_code, reason = "reads the caller's text")]

use super::args::text_in;
use super::boundary::boundary;
use super::types::CustomOpPropCreator;
use crate::ensure;
use libc::{c_char, c_int};

/// Accepts the maker of a custom operator and forgets it.
///
/// # Safety
/// `op_type` is a NUL-terminated text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXCustomOpRegister(op_type: *const c_char, creator: CustomOpPropCreator) -> c_int {
    boundary("MXCustomOpRegister", || {
        // SAFETY: the caller vouches for it.
        unsafe { text_in("op_type", op_type) }?;
        ensure!(creator.is_some(), InvalidArgument, "creator: expected a function, got NULL");
        Ok(())
    })
}
