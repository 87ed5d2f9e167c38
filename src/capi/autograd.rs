//! Gradients of arrays. Buffers and flags work, for programs and frontends that compute gradients themselves;
//! running a graph backward does not, because recording keeps none.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{out, slice_in};
use super::boundary::boundary;
use super::objects::{ArrayObject, Gradient, array, arrays, new_handle};
use super::runtime::runtime;
use super::types::NDArrayHandle;
use crate::base::Result;
use crate::{bail, ensure};
use libc::c_int;
use std::ptr::null_mut;

/// Gives arrays a gradient buffer each and says how a backward pass should write it.
///
/// @param var_handles   `num_var` arrays
/// @param reqs_array    for each: 0 no gradient, 1 write, 2 write in place, 3 add
/// @param grad_handles  for each its buffer, which stays shared with the array
///
/// # Safety
/// Each list holds `num_var` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradMarkVariables(
    num_var: u32,
    var_handles: *mut NDArrayHandle,
    reqs_array: *mut u32,
    grad_handles: *mut NDArrayHandle,
) -> c_int {
    boundary("MXAutogradMarkVariables", || {
        let count = num_var as usize;
        // SAFETY: the caller vouches for `num_var` elements in each.
        let (variables, requests, gradients) = unsafe {
            (
                slice_in("var_handles", var_handles, count)?,
                slice_in("reqs_array", reqs_array, count)?,
                slice_in("grad_handles", grad_handles, count)?,
            )
        };
        // All of them are looked at before one is changed.
        arrays("var_handles", variables)?;
        let buffers = arrays("grad_handles", gradients)?;
        if let Some((i, request)) = requests.iter().enumerate().find(|(_, request)| **request > 3) {
            bail!(
                InvalidArgument,
                "reqs_array[{i}]: expected 0 (null), 1 (write), 2 (in place) or 3 (add), got {request}"
            );
        }
        let table = &runtime()?.arrays;
        for (variable, buffer) in variables.iter().zip(buffers) {
            let gradient = Box::new(Gradient { buffer, fresh: false });
            drop(table.change("var_handles", *variable, |object| object.gradient.replace(gradient))?);
        }
        Ok(())
    })
}

/// The gradient buffer of an array.
///
/// @param out  receives a handle that shares the buffer; owned, free with MXNDArrayFree; null if there is none
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetGrad(handle: NDArrayHandle, out: *mut NDArrayHandle) -> c_int {
    boundary("MXNDArrayGetGrad", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let buffer_of =
            |object: &ArrayObject| object.gradient.as_ref().map(|gradient| gradient.buffer.clone());
        let buffer = runtime()?.arrays.with("handle", handle, buffer_of)?;
        out.set(buffer.map_or(Ok(null_mut()), new_handle)?);
        Ok(())
    })
}

/// Says whether the gradient of an array is new; trainers set 0 when they have used it.
#[unsafe(no_mangle)]
pub extern "C" fn MXNDArraySetGradState(handle: NDArrayHandle, state: c_int) -> c_int {
    boundary("MXNDArraySetGradState", || {
        let is_marked = runtime()?.arrays.change("handle", handle, |object| {
            object.gradient.as_mut().map(|gradient| gradient.fresh = state != 0).is_some()
        })?;
        ensure!(
            is_marked,
            InvalidArgument,
            "handle: this NDArray has not been marked as a variable (MXAutogradMarkVariables)"
        );
        Ok(())
    })
}

/// Whether the gradient of an array is new.
///
/// @param out  receives 1 or 0; 0 for an array that is not a marked variable
///
/// # Safety
/// `out` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXNDArrayGetGradState(handle: NDArrayHandle, out: *mut c_int) -> c_int {
    boundary("MXNDArrayGetGradState", || {
        // SAFETY: the caller vouches for it.
        let out = unsafe { self::out("out", out) }?;
        let is_fresh = |object: &ArrayObject| object.gradient.as_ref().is_some_and(|gradient| gradient.fresh);
        out.set(runtime()?.arrays.with("handle", handle, is_fresh)?.into());
        Ok(())
    })
}

/// Runs a graph backward; always fails, as there is no graph.
///
/// # Safety
/// `output_handles` holds `num_output` elements.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXAutogradComputeGradient(
    num_output: u32,
    output_handles: *mut NDArrayHandle,
) -> c_int {
    boundary("MXAutogradComputeGradient", || {
        // SAFETY: passed on from the caller.
        unsafe { no_graph(num_output, output_handles) }
    })
}

/// Runs a graph backward; always fails, as there is no graph.
///
/// # Safety
/// `output_handles` holds `num_output` elements.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "the signature is MXNet's")]
pub unsafe extern "C" fn MXAutogradBackward(
    num_output: u32,
    output_handles: *mut NDArrayHandle,
    ograd_handles: *mut NDArrayHandle,
    retain_graph: c_int,
) -> c_int {
    boundary("MXAutogradBackward", || {
        // SAFETY: passed on from the caller.
        unsafe { no_graph(num_output, output_handles) }
    })
}

/// Runs a graph backward; always fails, as there is no graph.
///
/// @param grad_handles, grad_stypes  receive null, where they are not null
///
/// # Safety
/// `output_handles` holds `num_output` elements; `grad_handles` and `grad_stypes` are null or writable.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "the signature is MXNet's")]
pub unsafe extern "C" fn MXAutogradBackwardEx(
    num_output: u32,
    output_handles: *mut NDArrayHandle,
    ograd_handles: *mut NDArrayHandle,
    num_variables: u32,
    var_handles: *mut NDArrayHandle,
    retain_graph: c_int,
    create_graph: c_int,
    is_train: c_int,
    grad_handles: *mut *mut NDArrayHandle,
    grad_stypes: *mut *mut c_int,
) -> c_int {
    boundary("MXAutogradBackwardEx", || {
        // SAFETY: null is refused below, and the caller vouches for the rest. Looking for a place clears it.
        unsafe {
            if !grad_handles.is_null() {
                out("grad_handles", grad_handles)?;
            }
            if !grad_stypes.is_null() {
                out("grad_stypes", grad_stypes)?;
            }
            no_graph(num_output, output_handles)
        }
    })
}

/// # Safety
/// `output_handles` holds `num_output` elements.
unsafe fn no_graph(num_output: u32, output_handles: *mut NDArrayHandle) -> Result<()> {
    // SAFETY: passed on from the caller.
    let outputs = unsafe { slice_in("output_handles", output_handles, num_output as usize) }?;
    ensure!(!outputs.is_empty(), InvalidArgument, "num_output: expected at least 1, got 0");
    for (i, output) in outputs.iter().enumerate() {
        array(&format!("output_handles[{i}]"), *output)?;
    }
    bail!(
        Unsupported,
        "output_handles: Cannot differentiate node because it is not in a computational graph. mxkv records no \
         graphs: compute the gradients, write them to the buffers (MXNDArrayGetGrad) and push those, or use the \
         full libmxnet"
    )
}
