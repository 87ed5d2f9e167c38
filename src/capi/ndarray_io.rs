//! Saving and loading arrays.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{bytes_in, out, slice_in, text_in};
use super::boundary::boundary;
use super::objects::{ArrayObject, array, arrays};
use super::runtime::runtime;
use super::scratch::{self, List as Scratch};
use super::types::NDArrayHandle;
use crate::array::format::{List, Shapes, load_buffer, load_file, load_raw, save_file, save_raw};
use crate::base::Result;
use crate::base::uri::local_path;
use libc::{c_char, c_int, c_void};
use std::path::Path;

/// Saves arrays to a file. The file is replaced as a whole: a failure leaves the old one. Waits for unfinished
/// work on the arrays.
///
/// @param fname     a path, or a file:// URI
/// @param num_args  the number of arrays
/// @param args      the arrays, borrowed
/// @param keys      their names, or null for none
///
/// # Safety
/// `fname` and each name are NUL-terminated; `args` and, unless null, `keys` hold `num_args` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySave(
    fname: *const c_char,
    num_args: u32,
    args: *mut NDArrayHandle,
    keys: *mut *const c_char,
) -> c_int {
    boundary("MXNDArraySave", || {
        let count = num_args as usize;
        let names = if keys.is_null() { 0 } else { count };
        // SAFETY: the caller vouches for all of them.
        let (fname, args, keys) = unsafe {
            (text_in("fname", fname)?, slice_in("args", args, count)?, bytes_in("keys", keys, names)?)
        };
        let path = Path::new(local_path("fname", fname)?);
        save_file(&runtime()?.engine, path, &arrays("args", args)?, &keys, Shapes::current())
    })
}

/// Loads the arrays of a file.
///
/// @param fname          a path, or a file:// URI
/// @param out_size       receives the number of arrays
/// @param out_arr        receives the arrays; each is owned, free with MXNDArrayFree; the list itself is valid until the
///                       next call on this thread that returns handles
/// @param out_name_size  receives the number of names: that of the arrays, or 0
/// @param out_names      receives the names, valid until the next call on this thread that returns names
///
/// # Safety
/// `fname` is NUL-terminated, the others are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayLoad(
    fname: *const c_char,
    out_size: *mut u32,
    out_arr: *mut *mut NDArrayHandle,
    out_name_size: *mut u32,
    out_names: *mut *mut *const c_char,
) -> c_int {
    boundary("MXNDArrayLoad", || {
        // SAFETY: the caller vouches for all of them.
        let (size, arr, name_size, names, fname) = unsafe {
            (
                out("out_size", out_size)?,
                out("out_arr", out_arr)?,
                out("out_name_size", out_name_size)?,
                out("out_names", out_names)?,
                text_in("fname", fname)?,
            )
        };
        let list = load_file(Path::new(local_path("fname", fname)?), Shapes::current())?;
        let handles = hand_out(&list)?;
        size.set(handles.len() as u32);
        arr.set(scratch::handles(handles));
        name_size.set(list.names.len() as u32);
        names.set(scratch::names(Scratch::Names, &list.names));
        Ok(())
    })
}

/// Loads arrays from memory that holds the content of a file. See MXNDArrayLoad.
///
/// @param ndarray_buffer  `size` bytes, borrowed
///
/// # Safety
/// `ndarray_buffer` holds `size` bytes, the others are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayLoadFromBuffer(
    ndarray_buffer: *const c_void,
    size: usize,
    out_size: *mut u32,
    out_arr: *mut *mut NDArrayHandle,
    out_name_size: *mut u32,
    out_names: *mut *mut *const c_char,
) -> c_int {
    boundary("MXNDArrayLoadFromBuffer", || {
        // SAFETY: the caller vouches for all of them.
        let (out_size, arr, name_size, names, bytes) = unsafe {
            (
                out("out_size", out_size)?,
                out("out_arr", out_arr)?,
                out("out_name_size", out_name_size)?,
                out("out_names", out_names)?,
                slice_in("ndarray_buffer", ndarray_buffer.cast::<u8>(), size)?,
            )
        };
        let list = load_buffer(bytes, Shapes::current())?;
        let handles = hand_out(&list)?;
        out_size.set(handles.len() as u32);
        arr.set(scratch::handles(handles));
        name_size.set(list.names.len() as u32);
        names.set(scratch::names(Scratch::Names, &list.names));
        Ok(())
    })
}

/// Handles for all arrays of a list; on failure those already made are taken back.
fn hand_out(list: &List) -> Result<Vec<NDArrayHandle>> {
    let table = &runtime()?.arrays;
    let mut handles = Vec::with_capacity(list.arrays.len());
    for array in &list.arrays {
        match table.insert(ArrayObject::from(array.clone())) {
            Ok(handle) => handles.push(handle),
            Err(error) => {
                for handle in handles {
                    table.remove("handle", handle)?;
                }
                return Err(error);
            }
        }
    }
    Ok(handles)
}

/// The bytes of one array, for pickling and messages. Waits for unfinished work on it.
///
/// @param out_size  receives the number of bytes
/// @param out_buf   receives the bytes, valid until the next call of this function on this thread
///
/// # Safety
/// `out_size` and `out_buf` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArraySaveRawBytes(
    handle: NDArrayHandle,
    out_size: *mut usize,
    out_buf: *mut *const c_char,
) -> c_int {
    boundary("MXNDArraySaveRawBytes", || {
        // SAFETY: the caller vouches for both.
        let (size, buf) = unsafe { (out("out_size", out_size)?, out("out_buf", out_buf)?) };
        let bytes = save_raw(&runtime()?.engine, &array("handle", handle)?, Shapes::current())?;
        size.set(bytes.len());
        buf.set(scratch::bytes(bytes));
        Ok(())
    })
}

/// The array that MXNDArraySaveRawBytes made these bytes of.
///
/// @param buf   `size` bytes, borrowed
/// @param out   receives the array; owned, free with MXNDArrayFree
///
/// # Safety
/// `buf` holds `size` bytes, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayLoadFromRawBytes(
    buf: *const c_void,
    size: usize,
    out: *mut NDArrayHandle,
) -> c_int {
    boundary("MXNDArrayLoadFromRawBytes", || {
        // SAFETY: the caller vouches for both.
        let (out, bytes) = unsafe { (self::out("out", out)?, slice_in("buf", buf.cast::<u8>(), size)?) };
        let array = load_raw(bytes, Shapes::current())?;
        out.set(runtime()?.arrays.insert(ArrayObject::from(array))?);
        Ok(())
    })
}
