//! Settings that change speed or memory, never results.

#![expect(unsafe_code, reason = "writes through the caller's pointers")]

use super::args::out;
use super::boundary::boundary;
use crate::array::Device;
use crate::{ensure, mem};
use libc::c_int;
use std::cell::Cell;

thread_local!(static BULK_SIZE: Cell<c_int> = const { Cell::new(0) });

/// Accepts a wish for the number of OpenMP threads. The library has no OpenMP: as many threads as there
/// are cores share its large kernels, and the engine's lanes follow `MXNET_CPU_WORKER_NTHREADS`.
#[unsafe(no_mangle)]
pub extern "C" fn MXSetNumOMPThreads(thread_num: c_int) -> c_int {
    boundary("MXSetNumOMPThreads", || {
        ensure!(thread_num >= 0, InvalidArgument, "thread_num: expected a count, got {thread_num}");
        Ok(())
    })
}

/// Remembers how many operators the calling thread would like to run as one. The engine runs small work at once
/// and needs no such grouping.
///
/// @param prev_bulk_size  receives the previous value, 0 at first
///
/// # Safety
/// `prev_bulk_size` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXEngineSetBulkSize(bulk_size: c_int, prev_bulk_size: *mut c_int) -> c_int {
    boundary("MXEngineSetBulkSize", || {
        // SAFETY: the caller vouches for it.
        let previous = unsafe { out("prev_bulk_size", prev_bulk_size) }?;
        ensure!(bulk_size >= 0, InvalidArgument, "bulk_size: expected a count, got {bulk_size}");
        previous.set(BULK_SIZE.replace(bulk_size));
        Ok(())
    })
}

/// Gives memory that the library keeps for new arrays back to the operating system.
///
/// @param dev_type, dev_id  the device; all processors' memory is one pool
#[unsafe(no_mangle)]
pub extern "C" fn MXStorageEmptyCache(dev_type: c_int, dev_id: c_int) -> c_int {
    boundary("MXStorageEmptyCache", || {
        Device::from_codes(dev_type, dev_id)?;
        mem::release_cached();
        Ok(())
    })
}
