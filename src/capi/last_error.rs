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
    store(&format!("{}: {error}", class_of(error.kind())), error.kind() as c_int);
}

/// A text that a caller gives, as it is.
pub(super) fn set_text(text: &str) {
    store(text, 0);
}

/// A thread that is ending has given its memory back already; what fails then has nobody left to ask why.
fn store(text: &str, kind: c_int) {
    let text = CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default();
    let _ = LAST.try_with(|last| *last.borrow_mut() = (text, kind));
}

/// Valid until the next failure on this thread; an empty text if there was none.
pub(super) fn pointer() -> *const c_char {
    LAST.try_with(|last| last.borrow().0.as_ptr()).unwrap_or(c"".as_ptr())
}

/// The number of the kind of the last error, 0 if there was none.
pub(super) fn kind() -> c_int {
    LAST.try_with(|last| last.borrow().1).unwrap_or(0)
}

#[cfg(test)]
pub(super) fn text() -> String {
    LAST.with(|last| last.borrow().0.to_string_lossy().into_owned())
}
