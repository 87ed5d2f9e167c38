//! What this library is: version, build features, devices.

#![expect(unsafe_code, reason = "writes through the caller's pointers")]

use super::args::out;
use super::boundary::boundary;
use super::types::LibFeature;
use libc::c_int;
use std::ffi::CStr;

/// The MXNet release whose C interface this is: 1.9.1.
const MXNET_VERSION: c_int = 10901;

/// MXNet's features in MXNet's order. True is what holds of this build: stores over several nodes, the profiler,
/// and the processor's vector units are looked for at run time. The frontends ask for `TVM_OP` and
/// `INT64_TENSOR_SIZE` by name.
static FEATURES: Features = Features([
    feature(c"CUDA", false),
    feature(c"CUDNN", false),
    feature(c"NCCL", false),
    feature(c"CUDA_RTC", false),
    feature(c"TENSORRT", false),
    feature(c"CPU_SSE", cfg!(target_arch = "x86_64")),
    feature(c"CPU_SSE2", cfg!(target_arch = "x86_64")),
    feature(c"CPU_SSE3", false),
    feature(c"CPU_SSE4_1", false),
    feature(c"CPU_SSE4_2", false),
    feature(c"CPU_SSE4A", false),
    feature(c"CPU_AVX", false),
    feature(c"CPU_AVX2", false),
    feature(c"OPENMP", false),
    feature(c"SSE", false),
    feature(c"F16C", false),
    feature(c"JEMALLOC", false),
    feature(c"BLAS_OPEN", false),
    feature(c"BLAS_ATLAS", false),
    feature(c"BLAS_MKL", false),
    feature(c"BLAS_APPLE", false),
    feature(c"LAPACK", false),
    feature(c"MKLDNN", false),
    feature(c"OPENCV", false),
    feature(c"CAFFE", false),
    feature(c"PROFILER", true),
    feature(c"DIST_KVSTORE", true),
    feature(c"CXX14", false),
    feature(c"INT64_TENSOR_SIZE", false),
    feature(c"SIGNAL_HANDLER", false),
    feature(c"DEBUG", cfg!(debug_assertions)),
    feature(c"TVM_OP", false),
]);

struct Features([LibFeature; 32]);

// SAFETY: constant texts that live as long as the process.
unsafe impl Sync for Features {}

const fn feature(name: &'static CStr, enabled: bool) -> LibFeature {
    LibFeature { name: name.as_ptr(), enabled }
}

/// The build features by MXNet's names, in MXNet's order.
///
/// @param libFeature  receives the list, which lives as long as the process
/// @param size        receives its length
///
/// # Safety
/// Both are writable.
#[unsafe(no_mangle)]
#[expect(non_snake_case, reason = "the argument's name in MXNet")]
pub unsafe extern "C" fn MXLibInfoFeatures(libFeature: *mut *const LibFeature, size: *mut usize) -> c_int {
    boundary("MXLibInfoFeatures", || {
        // SAFETY: the caller vouches for both.
        let (features, size) = unsafe { (out("libFeature", libFeature)?, out("size", size)?) };
        features.set(FEATURES.0.as_ptr());
        size.set(FEATURES.0.len());
        Ok(())
    })
}

/// The MXNet release whose interface this is, as major * 10000 + minor * 100 + patch.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetVersion(out: *mut c_int) -> c_int {
    boundary("MXGetVersion", || {
        // SAFETY: the caller vouches for it.
        let place = unsafe { self::out("out", out) }?;
        place.set(MXNET_VERSION);
        Ok(())
    })
}

/// The number of GPUs: none.
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXGetGPUCount(out: *mut c_int) -> c_int {
    boundary("MXGetGPUCount", || {
        // SAFETY: the caller vouches for it.
        let place = unsafe { self::out("out", out) }?;
        place.set(0);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_features_that_frontends_ask_for_are_listed() {
        let names = FEATURES.0.iter().map(|feature| {
            // SAFETY: the list holds constant texts.
            (unsafe { CStr::from_ptr(feature.name) }.to_str().unwrap(), feature.enabled)
        });
        let names: Vec<_> = names.collect();
        assert_eq!(names.len(), 32);
        assert!(names.contains(&("TVM_OP", false)) && names.contains(&("INT64_TENSOR_SIZE", false)));
        assert!(names.contains(&("DIST_KVSTORE", true)));
        assert_eq!(size_of::<LibFeature>(), 16);
    }
}
