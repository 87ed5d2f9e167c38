//! The switches of a thread: recording, training, numpy shapes.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::out;
use super::boundary::boundary;
use crate::array::{grad_mode, np_shape};
use crate::ensure;
use libc::c_int;

/// Turns recording on or off for the calling thread.
///
/// @param prev  receives the previous setting, 0 or 1
///
/// # Safety
/// `prev` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradSetIsRecording(is_recording: c_int, prev: *mut c_int) -> c_int {
    boundary("MXAutogradSetIsRecording", || {
        // SAFETY: the caller vouches for `prev`.
        let prev = unsafe { out("prev", prev) }?;
        prev.set(grad_mode::set_recording(is_recording != 0).into());
        Ok(())
    })
}

/// Whether the calling thread records.
///
/// @param curr  receives the setting
///
/// # Safety
/// `curr` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradIsRecording(curr: *mut bool) -> c_int {
    boundary("MXAutogradIsRecording", || {
        // SAFETY: the caller vouches for `curr`.
        let curr = unsafe { out("curr", curr) }?;
        curr.set(grad_mode::is_recording());
        Ok(())
    })
}

/// Turns training on or off for the calling thread.
///
/// @param prev  receives the previous setting, 0 or 1
///
/// # Safety
/// `prev` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradSetIsTraining(is_training: c_int, prev: *mut c_int) -> c_int {
    boundary("MXAutogradSetIsTraining", || {
        // SAFETY: the caller vouches for `prev`.
        let prev = unsafe { out("prev", prev) }?;
        prev.set(grad_mode::set_training(is_training != 0).into());
        Ok(())
    })
}

/// Whether the calling thread trains.
///
/// @param curr  receives the setting
///
/// # Safety
/// `curr` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradIsTraining(curr: *mut bool) -> c_int {
    boundary("MXAutogradIsTraining", || {
        // SAFETY: the caller vouches for `curr`.
        let curr = unsafe { out("curr", curr) }?;
        curr.set(grad_mode::is_training());
        Ok(())
    })
}

/// How the calling thread reads shapes.
///
/// @param curr  receives 0 for MXNet's first convention, 1 for numpy's in this thread, 2 for numpy's in all
///
/// # Safety
/// `curr` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXIsNumpyShape(curr: *mut c_int) -> c_int {
    boundary("MXIsNumpyShape", || {
        // SAFETY: the caller vouches for `curr`.
        let curr = unsafe { out("curr", curr) }?;
        curr.set(np_shape::get());
        Ok(())
    })
}

/// Sets how shapes are read; see `MXIsNumpyShape`. 0 ends the setting for all threads too.
///
/// @param prev  receives 1 if numpy's convention held before, else 0
///
/// # Safety
/// `prev` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXSetIsNumpyShape(is_np_shape: c_int, prev: *mut c_int) -> c_int {
    boundary("MXSetIsNumpyShape", || {
        // SAFETY: the caller vouches for `prev`.
        let prev = unsafe { out("prev", prev) }?;
        let before = np_shape::is_on();
        ensure!(
            np_shape::set(is_np_shape),
            InvalidArgument,
            "is_np_shape: expected 0 (off), 1 (this thread) or 2 (all threads), got {is_np_shape}"
        );
        prev.set(before.into());
        Ok(())
    })
}
