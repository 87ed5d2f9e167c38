//! Calling operators.

#![expect(unsafe_code, reason = "reads and writes through the caller's pointers")]

use super::args::{count, slice_in, texts_in};
use super::boundary::boundary;
use super::objects::{arrays, maybe_array, new_handle};
use super::op::operator;
use super::runtime::{Runtime, runtime};
use super::scratch;
use super::types::{AtomicSymbolCreator, NDArrayHandle};
use crate::array::{NdArray, np_shape};
use crate::base::Result;
use crate::ops::{Attrs, Invoker, Operator};
use libc::{c_char, c_int};
use smallvec::SmallVec;
use std::ffi::c_void;

/// Calls an operator; see MXImperativeInvokeEx.
///
/// # Safety
/// As for MXImperativeInvokeEx.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXImperativeInvoke(
    creator: AtomicSymbolCreator,
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: *mut c_int,
    outputs: *mut *mut NDArrayHandle,
    num_params: c_int,
    param_keys: *mut *const c_char,
    param_vals: *mut *const c_char,
) -> c_int {
    boundary("MXImperativeInvoke", || {
        let call =
            Call { creator, num_inputs, inputs, num_outputs, outputs, num_params, param_keys, param_vals };
        // SAFETY: the caller vouches for the arguments.
        unsafe { call.run() }.map(drop)
    })
}

/// Calls an operator. The work may still be going on when the call returns: whoever reads the outputs waits for
/// it, and learns of its errors.
///
/// @param inputs       `num_inputs` arrays, borrowed; some operators write to some of them (optimizer states)
/// @param num_outputs  the number of outputs given, in `*outputs`; receives the number of outputs made
/// @param outputs      points to the given outputs, or to null. Then it receives the outputs made: each is owned,
///                     free with MXNDArrayFree; the list is valid until the next call on this thread. A given
///                     output made by MXNDArrayCreateNone becomes the result
/// @param param_keys, param_vals  `num_params` parameters by name; of a name given twice the first counts
/// @param out_stypes   receives the storage types of the outputs, given or made, valid until the next call on
///                     this thread
///
/// # Safety
/// `inputs`, `param_keys` and `param_vals` hold as many elements as said, `num_outputs` and `outputs` are
/// readable and writable, `*outputs` is null or holds `*num_outputs` handles, `out_stypes` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn MXImperativeInvokeEx(
    creator: AtomicSymbolCreator,
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: *mut c_int,
    outputs: *mut *mut NDArrayHandle,
    num_params: c_int,
    param_keys: *mut *const c_char,
    param_vals: *mut *const c_char,
    out_stypes: *mut *const c_int,
) -> c_int {
    boundary("MXImperativeInvokeEx", || {
        // SAFETY: the caller vouches for `out_stypes`.
        let stypes = unsafe { super::args::out("out_stypes", out_stypes) }?;
        let call =
            Call { creator, num_inputs, inputs, num_outputs, outputs, num_params, param_keys, param_vals };
        // SAFETY: the caller vouches for the arguments.
        let results = unsafe { call.run() };
        // The JVM's glue reads the storage types of given outputs even after a failure.
        let types = match &results {
            Ok(results) => results.iter().map(|array| array.storage() as c_int).collect(),
            Err(_) => {
                // SAFETY: the caller vouches for the count; null and misaligned ones are refused.
                let given = unsafe { slice_in("num_outputs", num_outputs.cast_const(), 1) };
                vec![0; given.map_or(0, |count| count[0].clamp(0, 1 << 16)) as usize]
            }
        };
        stypes.set(scratch::types(types));
        results.map(drop)
    })
}

/// The arguments of a call, as they came.
struct Call {
    creator: AtomicSymbolCreator,
    num_inputs: c_int,
    inputs: *mut NDArrayHandle,
    num_outputs: *mut c_int,
    outputs: *mut *mut NDArrayHandle,
    num_params: c_int,
    param_keys: *mut *const c_char,
    param_vals: *mut *const c_char,
}

impl Call {
    /// # Safety
    /// As for `MXImperativeInvokeEx`.
    unsafe fn run(self) -> Result<SmallVec<[NdArray; 2]>> {
        let operator = operator("creator", self.creator)?;
        // SAFETY: the caller vouches for the pointers and counts.
        let (inputs, given, keys, values) = unsafe {
            (
                slice_in("inputs", self.inputs, count("num_inputs", self.num_inputs)?)?,
                self.given()?,
                texts_in("param_keys", self.param_keys, count("num_params", self.num_params)?)?,
                texts_in("param_vals", self.param_vals, count("num_params", self.num_params)?)?,
            )
        };
        let runtime = runtime()?;
        let inputs = arrays("inputs", inputs)?;
        let texts: SmallVec<[(&str, &str); 8]> = keys.into_iter().zip(values).collect();
        let attrs = Attrs::parse(operator, inputs.len(), &texts)?;
        match given {
            Some(handles) => invoke_into(runtime, operator, attrs, &inputs, handles),
            None => {
                let results = invoker(runtime).invoke(operator, attrs, &inputs, &[])?;
                let handles = new_handles(runtime, &results)?;
                // SAFETY: `given` checked both pointers for null, the caller vouches for the rest.
                unsafe {
                    *self.num_outputs = handles.len() as c_int;
                    *self.outputs = scratch::handles(handles);
                }
                Ok(results)
            }
        }
    }

    /// The outputs that the caller gave, if it gave any. `*num_outputs` means nothing without them: the stock
    /// Python frontend passes 1.
    unsafe fn given<'a>(&self) -> Result<Option<&'a [*mut c_void]>> {
        // SAFETY: the caller vouches for both; null is refused.
        let (number, list) = unsafe {
            (
                slice_in("num_outputs", self.num_outputs.cast_const(), 1)?,
                slice_in("outputs", self.outputs.cast_const(), 1)?,
            )
        };
        if list[0].is_null() {
            return Ok(None);
        }
        // SAFETY: the caller vouches for the elements.
        unsafe { slice_in("outputs", list[0].cast_const(), count("num_outputs", number[0])?) }.map(Some)
    }
}

fn invoker(runtime: &Runtime) -> Invoker<'_> {
    Invoker { engine: &runtime.engine, rng: &runtime.rng, numpy_shape: np_shape::is_on() }
}

/// Writes the results into given outputs; empty ones become the results.
pub(super) fn invoke_into(
    runtime: &Runtime,
    operator: &'static Operator,
    attrs: Attrs,
    inputs: &[NdArray],
    handles: &[*mut c_void],
) -> Result<SmallVec<[NdArray; 2]>> {
    let given: SmallVec<[Option<NdArray>; 2]> =
        handles.iter().map(|handle| maybe_array("outputs", *handle)).collect::<Result<_>>()?;
    let results = invoker(runtime).invoke(operator, attrs, inputs, &given)?;
    for ((handle, given), result) in handles.iter().zip(&given).zip(&results) {
        if given.is_none() {
            let result = Some(result.clone());
            drop(
                runtime
                    .arrays
                    .change("outputs", *handle, |object| std::mem::replace(&mut object.array, result))?,
            );
        }
    }
    Ok(results)
}

fn new_handles(runtime: &Runtime, results: &[NdArray]) -> Result<Vec<*mut c_void>> {
    let mut handles = Vec::with_capacity(results.len());
    for result in results {
        match new_handle(result.clone()) {
            Ok(handle) => handles.push(handle),
            Err(error) => {
                // The caller will not see those already made.
                for handle in handles {
                    let _ = runtime.arrays.remove("outputs", handle);
                }
                return Err(error);
            }
        }
    }
    Ok(handles)
}
