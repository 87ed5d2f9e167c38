//! The last error of each thread.
//!
//! The text has MXNet's shape, `Type: text`: frontends parse the leading word and choose an exception class by
//! it. The text stays valid until the next failure on the same thread; success does not clear it.

use crate::base::{Error, ErrorKind};
use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int};

thread_local! {
    static LAST: RefCell<(CString, c_int)> = RefCell::new((CString::default(), 0));
}

/// The exception class of a kind. MXNet programs and tests expect `MXNetError` for nearly everything; only
/// what stock MXNet itself reports under another name differs.
fn class_of(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotImplemented => "NotImplementedError",
        _ => "MXNetError",
    }
}

pub(super) fn set(error: &Error) {
    let text = format!("{}: {error}", class_of(error.kind())).replace('\0', "\u{fffd}");
    let text = CString::new(text).unwrap_or_default();
    LAST.with(|last| *last.borrow_mut() = (text, error.kind() as c_int));
}

/// Valid until the next failure on this thread; an empty text if there was none.
pub(super) fn pointer() -> *const c_char {
    LAST.with(|last| last.borrow().0.as_ptr())
}

/// The number of the kind of the last error, 0 if there was none.
pub(super) fn kind() -> c_int {
    LAST.with(|last| last.borrow().1)
}

#[cfg(test)]
pub(super) fn text() -> String {
    LAST.with(|last| last.borrow().0.to_string_lossy().into_owned())
}
