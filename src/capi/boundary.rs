//! The one guard at the door: every exported function runs its body in [`boundary`].

use super::last_error;
use super::runtime::call_span;
use crate::base::Result;
use crate::base::error::panic_text;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of the exported function `name`. An error or a panic in it becomes this thread's last error
/// and the return value -1; success is 0.
pub(super) fn boundary(name: &'static str, body: impl FnOnce() -> Result<()>) -> c_int {
    let mut body = Some(body);
    guarded(name, &mut || body.take().map_or(Ok(()), |body| body()))
}

/// The guard exists once, not once per exported function.
fn guarded(name: &'static str, body: &mut dyn FnMut() -> Result<()>) -> c_int {
    let _span = call_span(name);
    let result = catch_unwind(AssertUnwindSafe(body))
        .unwrap_or_else(|panic| Err(crate::err!(Internal, "{name} panicked: {}", panic_text(&*panic))));
    match result {
        Ok(()) => 0,
        Err(error) => {
            last_error::set(&error.context(name));
            -1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_panics_become_minus_one_and_a_text() {
        assert_eq!(boundary("MXTest", || Ok(())), 0);
        assert_eq!(boundary("MXTest", || Err(crate::err!(Shape, "bad shape"))), -1);
        assert_eq!(last_error::text(), "MXNetError: MXTest: bad shape");
        assert_eq!(boundary("MXTest", || panic!("oops")), -1);
        assert_eq!(last_error::text(), "MXNetError: MXTest: MXTest panicked: oops");
    }
}
