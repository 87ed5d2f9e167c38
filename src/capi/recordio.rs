//! RecordIO files.
//!
//! A reader or writer may be used by several threads; its calls follow one another. Positions are bytes from
//! the start of the file.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, slice_in, text_in};
use super::boundary::boundary;
use super::runtime::runtime;
use super::types::RecordIOHandle;
use crate::base::sync::{Arc, Mutex};
use crate::recordio::{Reader, Writer};
use libc::{c_char, c_int};
use std::ptr::null;

/// Creates a RecordIO file, or empties the one there is.
///
/// @param uri  a path, or a file:// URI
/// @param out  receives the writer; owned, free with MXRecordIOWriterFree
///
/// # Safety
/// `uri` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOWriterCreate(uri: *const c_char, out: *mut RecordIOHandle) -> c_int {
    boundary("MXRecordIOWriterCreate", || {
        // SAFETY: the caller vouches for both.
        let (uri, out) = unsafe { (text_in("uri", uri), self::out("out", out)?) };
        let writer = Arc::new(Mutex::new(Writer::create(uri?)?));
        out.set(runtime()?.record_writers.insert(writer)?);
        Ok(())
    })
}

/// Closes and frees a writer. Null is accepted.
#[unsafe(no_mangle)]
pub extern "C" fn MXRecordIOWriterFree(handle: RecordIOHandle) -> c_int {
    boundary("MXRecordIOWriterFree", || {
        if handle.is_null() { Ok(()) } else { runtime()?.record_writers.remove("handle", handle).map(drop) }
    })
}

/// Appends one record. It has reached the operating system when the call returns.
///
/// @param buf   `size` bytes, borrowed
/// @param size  below 2^29
///
/// # Safety
/// `buf` holds `size` readable bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOWriterWriteRecord(
    handle: RecordIOHandle,
    buf: *const c_char,
    size: usize,
) -> c_int {
    boundary("MXRecordIOWriterWriteRecord", || {
        let writer = runtime()?.record_writers.get("handle", handle)?;
        Writer::check_size(size)?;
        // SAFETY: the caller vouches for `size` bytes.
        let record = unsafe { slice_in("buf", buf.cast::<u8>(), size) }?;
        writer.lock().write(record)
    })
}

/// Where the next record will start.
///
/// @param pos  receives the position
///
/// # Safety
/// `pos` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOWriterTell(handle: RecordIOHandle, pos: *mut usize) -> c_int {
    boundary("MXRecordIOWriterTell", || {
        // SAFETY: the caller vouches for `pos`.
        let pos = unsafe { out("pos", pos) }?;
        pos.set(runtime()?.record_writers.get("handle", handle)?.lock().tell() as usize);
        Ok(())
    })
}

/// Opens a RecordIO file.
///
/// @param uri  a path, or a file:// URI
/// @param out  receives the reader; owned, free with MXRecordIOReaderFree
///
/// # Safety
/// `uri` is a NUL-terminated text, `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOReaderCreate(uri: *const c_char, out: *mut RecordIOHandle) -> c_int {
    boundary("MXRecordIOReaderCreate", || {
        // SAFETY: the caller vouches for both.
        let (uri, out) = unsafe { (text_in("uri", uri), self::out("out", out)?) };
        let reader = Arc::new(Mutex::new(Reader::open(uri?)?));
        out.set(runtime()?.record_readers.insert(reader)?);
        Ok(())
    })
}

/// Closes and frees a reader, and with it the record it returned last. Null is accepted.
#[unsafe(no_mangle)]
pub extern "C" fn MXRecordIOReaderFree(handle: RecordIOHandle) -> c_int {
    boundary("MXRecordIOReaderFree", || {
        if handle.is_null() { Ok(()) } else { runtime()?.record_readers.remove("handle", handle).map(drop) }
    })
}

/// Reads the next record.
///
/// @param buf   receives the record, valid until the next call with this reader; null at the end of the file
/// @param size  receives its bytes; 0 at the end of the file
///
/// # Safety
/// `buf` and `size` are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOReaderReadRecord(
    handle: RecordIOHandle,
    buf: *mut *const c_char,
    size: *mut usize,
) -> c_int {
    boundary("MXRecordIOReaderReadRecord", || {
        // SAFETY: the caller vouches for both.
        let (buf, size) = unsafe { (out("buf", buf)?, out("size", size)?) };
        let reader = runtime()?.record_readers.get("handle", handle)?;
        let mut reader = reader.lock();
        let record = reader.read()?;
        buf.set(record.map_or(null(), |record| record.as_ptr().cast()));
        size.set(record.map_or(0, <[u8]>::len));
        Ok(())
    })
}

/// Continues reading at a position, which must be the start of a record.
#[unsafe(no_mangle)]
pub extern "C" fn MXRecordIOReaderSeek(handle: RecordIOHandle, pos: usize) -> c_int {
    boundary("MXRecordIOReaderSeek", || {
        runtime()?.record_readers.get("handle", handle)?.lock().seek(pos as u64)
    })
}

/// Where the next record starts.
///
/// @param pos  receives the position
///
/// # Safety
/// `pos` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRecordIOReaderTell(handle: RecordIOHandle, pos: *mut usize) -> c_int {
    boundary("MXRecordIOReaderTell", || {
        // SAFETY: the caller vouches for `pos`.
        let pos = unsafe { out("pos", pos) }?;
        pos.set(runtime()?.record_readers.get("handle", handle)?.lock().tell() as usize);
        Ok(())
    })
}
