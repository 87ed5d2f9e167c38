//! The functions of MXNet that mxkv exports but does not implement, one file per area of MXNet.
//!
//! They exist so that no program dies on a missing symbol. Each sets its out parameters to zero or null, because
//! some bindings read them before they look at the return code, and fails with one message that says what mxkv
//! is and where the rest can be had. Freeing null succeeds, as it does for every kind of object.

#![expect(unsafe_code, reason = "exports functions and writes through the caller's pointers")]
#![expect(unused_variables, reason = "the signatures are MXNet's; nothing here reads the arguments")]

mod cached_op;
mod data_iter;
mod executor;
mod extension;
mod gpu;
mod nnvm;
mod predict;
mod quantize;
mod rtc;
mod runtime;
mod subgraph;
mod symbol;

use crate::base::Result;
use crate::{bail, ensure};
use libc::c_void;

/// The error of every function here; `what` names the area in the plural.
fn absent(what: &str) -> Result<()> {
    bail!(
        Unsupported,
        "mxkv has no {what}: it is MXNet's KVStore with arrays and their operators as one small library, without \
         symbolic graphs. The full libmxnet has them, alone or under mxkv in overlay mode"
    )
}

/// Frees an object of a kind that is never made here: only null can be given back.
fn absent_free(argument: &str, handle: *const c_void, what: &str) -> Result<()> {
    ensure!(
        handle.is_null(),
        InvalidArgument,
        "{argument}: {handle:p} is no handle of this library: mxkv has no {what}"
    );
    Ok(())
}

/// Sets an out parameter to zero or null, if there is one.
///
/// # Safety
/// `out` is null, or a `T` may be written there and all zero bytes are a `T`.
unsafe fn clear<T>(out: *mut T) {
    if !out.is_null() && out.is_aligned() {
        // SAFETY: not null, and the caller vouches for the rest.
        unsafe { out.write_bytes(0, 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outs_are_cleared_and_the_message_says_what_mxkv_is() {
        let mut value = 7u32;
        // SAFETY: null, or a live integer.
        unsafe {
            clear(std::ptr::null_mut::<u32>());
            clear(&raw mut value);
        }
        assert_eq!(value, 0);
        let text = absent("symbolic graphs").unwrap_err().to_string();
        assert!(text.starts_with("mxkv has no symbolic graphs: it is MXNet's KVStore"), "{text}");
        assert!(absent_free("symbol", std::ptr::null(), "symbolic graphs").is_ok());
        let freed = absent_free("symbol", std::ptr::without_provenance(16), "symbolic graphs");
        assert!(freed.unwrap_err().to_string().starts_with("symbol: 0x10 is no handle of this library"));
    }
}
