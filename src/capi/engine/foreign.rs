//! The caller's side of a pushed function: its parameter, what it receives, and how it says that it is done.

use crate::base::sync::{Arc, Mutex};
use crate::capi::boundary::boundary;
use crate::capi::runtime::runtime;
use crate::capi::types::EngineFuncParamDeleter;
use crate::engine::Completion;
use crate::err;
use libc::{c_int, c_void};
use std::ptr::null_mut;

/// MXNet's `RunContext`: where a function runs. Without a GPU there are no streams.
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct RunContext {
    dev_type: c_int,
    dev_id: c_int,
    stream: *mut c_void,
    aux_stream: *mut c_void,
    is_bulk: bool,
}

// SAFETY: the pointers are null.
unsafe impl Send for RunContext {}

impl RunContext {
    pub(super) fn new(dev_type: c_int, dev_id: c_int) -> Self {
        RunContext { dev_type, dev_id, stream: null_mut(), aux_stream: null_mut(), is_bulk: false }
    }
}

/// The caller's parameter with its deleter, which runs once: when this is dropped.
pub(super) struct Parameter {
    value: *mut c_void,
    deleter: EngineFuncParamDeleter,
}

// SAFETY: the caller of the exported functions vouches that the parameter may be used and freed on any thread;
// Rust code only passes the pointer on.
unsafe impl Send for Parameter {}
// SAFETY: as above.
unsafe impl Sync for Parameter {}

impl Parameter {
    pub(super) fn new(value: *mut c_void, deleter: EngineFuncParamDeleter) -> Self {
        Parameter { value, deleter }
    }
}

impl Drop for Parameter {
    fn drop(&mut self) {
        if let Some(deleter) = self.deleter.take() {
            // SAFETY: the caller vouches for the deleter, and nobody uses the parameter any more.
            unsafe { deleter(self.value) }
        }
    }
}

/// MXNet's `CallbackOnComplete`, laid out as there: C++ plugins copy it and call it through an inline function.
#[repr(C)]
struct OnComplete {
    callback: unsafe extern "C" fn(*mut c_void, *mut c_void, *const c_void),
    engine: *mut c_void,
    /// A handle, so that a second call is noticed and ignored.
    param: *mut c_void,
}

type SyncFunction = unsafe extern "C" fn(*mut c_void, *mut c_void);
type AsyncFunction = unsafe extern "C" fn(*mut c_void, *mut c_void, *mut c_void);

pub(super) fn call(function: SyncFunction, mut context: RunContext, parameter: &Parameter) {
    // SAFETY: the caller of the exported function vouches for it; the context lives until it returns.
    unsafe { function((&raw mut context).cast(), parameter.value) }
}

/// An asynchronous function that has not said yet that it is done. Until then it may use its parameter.
pub(in crate::capi) struct Pending {
    completion: Completion,
    parameter: Arc<Parameter>,
}

pub(super) fn start(
    function: AsyncFunction,
    mut context: RunContext,
    parameter: Parameter,
    completion: Completion,
) {
    let parameter = Arc::new(parameter);
    let pending = Arc::new(Mutex::new(Some(Pending { completion, parameter: parameter.clone() })));
    // Without a handle the completion is dropped here, which ends the task with an error.
    let Ok(param) = runtime().and_then(|runtime| runtime.completions.insert(pending)) else { return };
    let mut done = OnComplete { callback: on_complete, engine: null_mut(), param };
    // SAFETY: as for `call`; the function copies what it needs longer.
    unsafe { function((&raw mut context).cast(), (&raw mut done).cast(), parameter.value) }
}

/// Called by the function, once, from any thread. `error` is null or an error object of C++, which cannot be read
/// here.
unsafe extern "C" fn on_complete(_engine: *mut c_void, param: *mut c_void, error: *const c_void) {
    boundary("on_complete", || {
        let pending = runtime()?.completions.remove("on_complete", param)?.lock().take();
        if let Some(Pending { completion, parameter }) = pending {
            // Whoever waits for the function may count on its parameter being freed.
            drop(parameter);
            completion.done(if error.is_null() {
                Ok(())
            } else {
                Err(err!(Callback, "a function given to MXEnginePushAsync reported an error"))
            });
        }
        Ok(())
    });
}
