//! Results that C functions return as pointers into memory of the library: valid until the next call on the
//! same thread that uses the same store. MXNet keeps the same five stores (shape, handles, types, string, names).

use std::cell::RefCell;
use std::ffi::{CString, c_char, c_int, c_void};

#[derive(Default)]
struct Stores {
    shape32: Vec<c_int>,
    shape64: Vec<i64>,
    handles: Vec<*mut c_void>,
    types: Vec<c_int>,
    bytes: Vec<u8>,
    names: [Names; 2],
}

/// Owned texts and the pointers to them.
#[derive(Default)]
struct Names {
    texts: Vec<CString>,
    pointers: Vec<*const c_char>,
}

/// Several lists of names can be returned by one call; each goes to its own list.
#[derive(Clone, Copy)]
pub(super) enum List {
    Names = 0,
    Text = 1,
}

thread_local!(static STORES: RefCell<Stores> = RefCell::default());

pub(super) fn shape32(dims: Vec<c_int>) -> *const c_int {
    STORES.with_borrow_mut(|stores| {
        stores.shape32 = dims;
        stores.shape32.as_ptr()
    })
}

pub(super) fn shape64(dims: Vec<i64>) -> *const i64 {
    STORES.with_borrow_mut(|stores| {
        stores.shape64 = dims;
        stores.shape64.as_ptr()
    })
}

pub(super) fn handles(handles: Vec<*mut c_void>) -> *mut *mut c_void {
    STORES.with_borrow_mut(|stores| {
        stores.handles = handles;
        stores.handles.as_mut_ptr()
    })
}

pub(super) fn types(types: Vec<c_int>) -> *mut c_int {
    STORES.with_borrow_mut(|stores| {
        stores.types = types;
        stores.types.as_mut_ptr()
    })
}

pub(super) fn bytes(bytes: Vec<u8>) -> *const c_char {
    STORES.with_borrow_mut(|stores| {
        stores.bytes = bytes;
        stores.bytes.as_ptr().cast()
    })
}

/// Texts lose what follows a NUL, as C would read them.
pub(super) fn names<T: AsRef<[u8]>>(list: List, texts: impl IntoIterator<Item = T>) -> *mut *const c_char {
    let texts: Vec<CString> = texts.into_iter().map(|text| c_text(text.as_ref())).collect();
    STORES.with_borrow_mut(|stores| {
        let names = &mut stores.names[list as usize];
        names.pointers = texts.iter().map(|text| text.as_ptr()).collect();
        names.texts = texts;
        names.pointers.as_mut_ptr()
    })
}

pub(super) fn text(text: &str) -> *const c_char {
    let pointers = names(List::Text, [text]);
    STORES.with_borrow(|stores| {
        debug_assert_eq!(stores.names[List::Text as usize].pointers.as_ptr(), pointers.cast_const());
        stores.names[List::Text as usize].texts[0].as_ptr()
    })
}

pub(super) fn c_text(bytes: &[u8]) -> CString {
    let until = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    CString::new(&bytes[..until]).unwrap_or_default()
}
