//! From C arguments to Rust values. NULL is reported with the argument's name and never read; a length of
//! zero accepts any pointer; text must be UTF-8.

#![expect(unsafe_code, reason = "reads what the caller's pointers refer to")]

use crate::array::MOST_DIMS;
use crate::base::Result;
use std::ffi::{CStr, c_char};

/// `len` elements that the caller passes in, borrowed for the call.
///
/// # Safety
/// Unless `len` is 0 or `start` is null, `start` points to `len` readable elements that nobody changes during
/// the call.
pub(super) unsafe fn slice_in<'a, T>(argument: &str, start: *const T, len: usize) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    check_pointer(argument, start)?;
    crate::ensure!(
        len.checked_mul(size_of::<T>()).is_some_and(|bytes| bytes <= isize::MAX as usize),
        InvalidArgument,
        "{argument}: {len} elements are more than memory can hold"
    );
    // SAFETY: the caller vouches for `len` elements behind a non-null pointer.
    Ok(unsafe { std::slice::from_raw_parts(start, len) })
}

/// `len` elements that the caller lets us write.
///
/// # Safety
/// Unless `len` is 0 or `start` is null, `start` points to `len` initialised, writable elements that nobody
/// else uses during the call.
pub(super) unsafe fn slice_out<'a, T>(argument: &str, start: *mut T, len: usize) -> Result<&'a mut [T]> {
    if len == 0 {
        return Ok(&mut []);
    }
    check_pointer(argument, start)?;
    crate::ensure!(
        len.checked_mul(size_of::<T>()).is_some_and(|bytes| bytes <= isize::MAX as usize),
        InvalidArgument,
        "{argument}: {len} elements are more than memory can hold"
    );
    // SAFETY: the caller vouches for `len` elements behind a non-null pointer.
    Ok(unsafe { std::slice::from_raw_parts_mut(start, len) })
}

/// A text argument, borrowed for the call.
///
/// # Safety
/// `text` is null or points to a NUL-terminated string that nobody changes during the call.
pub(super) unsafe fn text_in<'a>(argument: &str, text: *const c_char) -> Result<&'a str> {
    check_pointer(argument, text)?;
    // SAFETY: the caller vouches for the terminator behind a non-null pointer.
    let bytes = unsafe { CStr::from_ptr(text) };
    bytes.to_str().map_err(|error| crate::err!(InvalidArgument, "{argument}: expected UTF-8 text, {error}"))
}

/// `len` text arguments, borrowed for the call.
///
/// # Safety
/// As `slice_in` for the list, as `text_in` for each text.
pub(super) unsafe fn texts_in<'a>(
    argument: &str,
    texts: *const *const c_char,
    len: usize,
) -> Result<Vec<&'a str>> {
    // SAFETY: passed on from the caller.
    let pointers = unsafe { slice_in(argument, texts, len)? };
    let mut found = Vec::with_capacity(len.min(1024));
    for (i, text) in pointers.iter().enumerate() {
        // The name with the index is made only when it is needed: keys of every push come this way.
        // SAFETY: passed on from the caller.
        found.push(unsafe {
            text_in(argument, *text).or_else(|_| text_in(&format!("{argument}[{i}]"), *text))
        }?);
    }
    Ok(found)
}

/// `len` text arguments of any encoding, borrowed for the call.
///
/// # Safety
/// As `slice_in` for the list; each text is null or NUL-terminated and nobody changes it during the call.
pub(super) unsafe fn bytes_in<'a>(
    argument: &str,
    texts: *const *const c_char,
    len: usize,
) -> Result<Vec<&'a [u8]>> {
    // SAFETY: passed on from the caller.
    let pointers = unsafe { slice_in(argument, texts, len)? };
    let read = |(i, text): (usize, &*const c_char)| {
        check_pointer(&format!("{argument}[{i}]"), *text)?;
        // SAFETY: the caller vouches for the terminator behind a non-null pointer.
        Ok(unsafe { CStr::from_ptr(*text) }.to_bytes())
    };
    pointers.iter().enumerate().map(read).collect()
}

/// The extents of an array, `ndim` of them.
///
/// # Safety
/// As `slice_in`.
pub(super) unsafe fn dims_in<'a, T>(
    argument: &str,
    start: *const T,
    ndim: impl TryInto<usize> + Copy + std::fmt::Display,
) -> Result<&'a [T]> {
    let number = count("ndim", ndim)?;
    crate::ensure!(
        number <= MOST_DIMS,
        InvalidArgument,
        "ndim: expected at most {MOST_DIMS} dimensions, got {ndim}"
    );
    // SAFETY: passed on from the caller.
    unsafe { slice_in(argument, start, number) }
}

/// A place for a result. Look for it before doing the work, so that nothing is half done when it is missing.
/// It holds zero or null until then: some bindings read it without looking at the return code.
///
/// # Safety
/// `place` is null or points to memory that may be written as a `T` during the call; all zero bytes are a `T`.
pub(super) unsafe fn out<'a, T>(argument: &str, place: *mut T) -> Result<Out<'a, T>> {
    check_pointer(argument, place)?;
    // SAFETY: not null, aligned, and the caller vouches for the rest.
    unsafe { place.write_bytes(0, 1) };
    Ok(Out { place, lifetime: std::marker::PhantomData })
}

/// Where one result goes. The memory may be uninitialised before the write.
pub(super) struct Out<'a, T> {
    place: *mut T,
    lifetime: std::marker::PhantomData<&'a mut T>,
}

impl<T> Out<'_, T> {
    pub(super) fn set(self, value: T) {
        // SAFETY: `out` checked for null and its caller vouched for the rest.
        unsafe { self.place.write(value) }
    }
}

fn check_pointer<T>(argument: &str, pointer: *const T) -> Result<()> {
    crate::ensure!(!pointer.is_null(), InvalidArgument, "{argument}: expected a pointer, got NULL");
    crate::ensure!(
        pointer.is_aligned(),
        InvalidArgument,
        "{argument}: {pointer:p} is not aligned to {} bytes",
        align_of::<T>()
    );
    Ok(())
}

/// A count that C passes as a signed number.
pub(super) fn count(argument: &str, value: impl TryInto<usize> + Copy + std::fmt::Display) -> Result<usize> {
    value.try_into().map_err(|_| crate::err!(InvalidArgument, "{argument}: expected a count, got {value}"))
}
