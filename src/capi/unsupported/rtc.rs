//! Run-time compilation of CUDA kernels.

use super::{absent, absent_free, clear};
use crate::capi::boundary::boundary;
use crate::capi::types::{CudaKernelHandle, CudaModuleHandle, NDArrayHandle, RtcHandle};
use libc::{c_char, c_int, c_void};

/// Compiles a kernel (old interface); MXNet refuses it too.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRtcCreate(
    name: *mut c_char,
    num_input: u32,
    num_output: u32,
    input_names: *mut *mut c_char,
    output_names: *mut *mut c_char,
    inputs: *mut NDArrayHandle,
    outputs: *mut NDArrayHandle,
    kernel: *mut c_char,
    out: *mut RtcHandle,
) -> c_int {
    boundary("MXRtcCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("run-time compiled CUDA kernels")
    })
}

/// Launches a kernel; out of scope.
#[unsafe(no_mangle)]
pub extern "C" fn MXRtcCudaKernelCall(
    handle: CudaKernelHandle,
    dev_id: c_int,
    args: *mut *mut c_void,
    grid_dim_x: u32,
    grid_dim_y: u32,
    grid_dim_z: u32,
    block_dim_x: u32,
    block_dim_y: u32,
    block_dim_z: u32,
    shared_mem: u32,
) -> c_int {
    boundary("MXRtcCudaKernelCall", || absent("run-time compiled CUDA kernels"))
}

/// A kernel of a compiled module; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRtcCudaKernelCreate(
    handle: CudaModuleHandle,
    name: *const c_char,
    num_args: c_int,
    is_ndarray: *mut c_int,
    is_const: *mut c_int,
    arg_types: *mut c_int,
    out: *mut CudaKernelHandle,
) -> c_int {
    boundary("MXRtcCudaKernelCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("run-time compiled CUDA kernels")
    })
}

/// Frees a kernel. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXRtcCudaKernelFree(handle: CudaKernelHandle) -> c_int {
    boundary("MXRtcCudaKernelFree", || absent_free("handle", handle, "run-time compiled CUDA kernels"))
}

/// Compiles CUDA source; out of scope.
///
/// # Safety
/// Each out parameter is null or writable; it is set to zero or null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXRtcCudaModuleCreate(
    source: *const c_char,
    num_options: c_int,
    options: *mut *const c_char,
    num_exports: c_int,
    exports: *mut *const c_char,
    out: *mut CudaModuleHandle,
) -> c_int {
    boundary("MXRtcCudaModuleCreate", || {
        // SAFETY: the caller vouches that each out parameter is null or writable.
        unsafe {
            clear(out);
        }
        absent("run-time compiled CUDA kernels")
    })
}

/// Frees a compiled module. Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXRtcCudaModuleFree(handle: CudaModuleHandle) -> c_int {
    boundary("MXRtcCudaModuleFree", || absent_free("handle", handle, "run-time compiled CUDA kernels"))
}

/// Frees a kernel (old interface). Null is accepted; any other handle is an error.
#[unsafe(no_mangle)]
pub extern "C" fn MXRtcFree(handle: RtcHandle) -> c_int {
    boundary("MXRtcFree", || absent_free("handle", handle, "run-time compiled CUDA kernels"))
}

/// Launches a kernel (old interface); MXNet refuses it too.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the arguments' names in MXNet")]
pub extern "C" fn MXRtcPush(
    handle: RtcHandle,
    num_input: u32,
    num_output: u32,
    inputs: *mut NDArrayHandle,
    outputs: *mut NDArrayHandle,
    gridDimX: u32,
    gridDimY: u32,
    gridDimZ: u32,
    blockDimX: u32,
    blockDimY: u32,
    blockDimZ: u32,
) -> c_int {
    boundary("MXRtcPush", || absent("run-time compiled CUDA kernels"))
}
