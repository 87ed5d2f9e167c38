//! Questions about GPUs. There are none: this is a CPU library.

use super::{absent, clear};
use crate::capi::boundary::boundary;
use libc::c_int;

/// Free and total memory of a GPU in MiB; an error without one.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetGPUMemoryInformation(
    dev: c_int,
    free_mem: *mut c_int,
    total_mem: *mut c_int,
) -> c_int {
    boundary("MXGetGPUMemoryInformation", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(free_mem);
            clear(total_mem);
        }
        absent("GPUs")
    })
}

/// Free and total memory of a GPU in bytes; an error without one.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetGPUMemoryInformation64(
    dev: c_int,
    free_mem: *mut u64,
    total_mem: *mut u64,
) -> c_int {
    boundary("MXGetGPUMemoryInformation64", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(free_mem);
            clear(total_mem);
        }
        absent("GPUs")
    })
}
