//! Work of the caller's, run by the engine in its turn.
//!
//! The functions run on a lane of the engine, in order with the operators that use the same arrays; never on the
//! caller's thread, since they may block (but in `NaiveEngine` mode everything does). They may call the library,
//! but must not wait for an array they hold.

#![expect(unsafe_code, reason = "exports functions, reads the caller's pointers and calls the caller back")]

mod foreign;

use super::args::{count, slice_in, text_in};
use super::boundary::boundary;
use super::objects::arrays;
use super::runtime::runtime;
use super::types::{
    ContextHandle, EngineAsyncFunc, EngineFnPropertyHandle, EngineFuncParamDeleter, EngineSyncFunc,
    EngineVarHandle, NDArrayHandle,
};
use crate::array::{Device, NdArray};
use crate::base::Result;
use crate::engine::{FOREIGN_WORK, Operation, Var};
use crate::{ensure, err};
pub(super) use foreign::Pending;
use foreign::{Parameter, RunContext};
use libc::{c_char, c_int, c_void};
use std::borrow::Cow;

/// Queues a function that says itself when it is done; it needs no arrays.
///
/// @param async_func  called once with (run context, on_complete, func_param). on_complete points to a
///                    struct mxkv_on_complete (in C++: MXNet's CallbackOnComplete), to be copied and called once
/// @param deleter     null, or frees func_param: called once after its last use, also when this call fails
/// @param ctx_handle  points to { int dev_type; int dev_id; }, borrowed
/// @param const_vars_handle, mutable_vars_handle  of no use in C: their counts must be 0
/// @param prop_handle, wait  hints, ignored
/// @param priority    higher runs earlier
/// @param opr_name    null, or the name that the profiler shows
///
/// # Safety
/// The functions are callable from any thread with `func_param`; `ctx_handle` and `opr_name` are as said.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "hints that change nothing here")]
pub unsafe extern "C" fn MXEnginePushAsync(
    async_func: EngineAsyncFunc,
    func_param: *mut c_void,
    deleter: EngineFuncParamDeleter,
    ctx_handle: ContextHandle,
    const_vars_handle: EngineVarHandle,
    num_const_vars: c_int,
    mutable_vars_handle: EngineVarHandle,
    num_mutable_vars: c_int,
    prop_handle: EngineFnPropertyHandle,
    priority: c_int,
    opr_name: *const c_char,
    wait: bool,
) -> c_int {
    let parameter = Parameter::new(func_param, deleter);
    boundary("MXEnginePushAsync", || {
        no_variables("num_const_vars", num_const_vars)?;
        no_variables("num_mutable_vars", num_mutable_vars)?;
        // SAFETY: the caller vouches for the context and the name.
        let call = unsafe { Call::new(ctx_handle, &[], &[], priority, opr_name) }?;
        call.start(async_func, parameter)
    })
}

/// Queues a function that is done when it returns; it needs no arrays.
///
/// @param sync_func  called once with (run context, func_param)
/// The other arguments are those of MXEnginePushAsync.
///
/// # Safety
/// As for MXEnginePushAsync.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "hints that change nothing here")]
pub unsafe extern "C" fn MXEnginePushSync(
    sync_func: EngineSyncFunc,
    func_param: *mut c_void,
    deleter: EngineFuncParamDeleter,
    ctx_handle: ContextHandle,
    const_vars_handle: EngineVarHandle,
    num_const_vars: c_int,
    mutable_vars_handle: EngineVarHandle,
    num_mutable_vars: c_int,
    prop_handle: EngineFnPropertyHandle,
    priority: c_int,
    opr_name: *const c_char,
) -> c_int {
    let parameter = Parameter::new(func_param, deleter);
    boundary("MXEnginePushSync", || {
        no_variables("num_const_vars", num_const_vars)?;
        no_variables("num_mutable_vars", num_mutable_vars)?;
        // SAFETY: the caller vouches for the context and the name.
        let call = unsafe { Call::new(ctx_handle, &[], &[], priority, opr_name) }?;
        call.run(sync_func, parameter)
    })
}

/// As MXEnginePushAsync, for a function that reads and writes arrays: it runs when they are free, and who
/// waits for one that it writes waits until it is done.
///
/// @param const_nds_handle    `num_const_nds` arrays it reads, borrowed
/// @param mutable_nds_handle  `num_mutable_nds` arrays it writes, borrowed
///
/// # Safety
/// As for MXEnginePushAsync; the lists hold as many handles as their counts say.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "hints that change nothing here")]
pub unsafe extern "C" fn MXEnginePushAsyncND(
    async_func: EngineAsyncFunc,
    func_param: *mut c_void,
    deleter: EngineFuncParamDeleter,
    ctx_handle: ContextHandle,
    const_nds_handle: *mut NDArrayHandle,
    num_const_nds: c_int,
    mutable_nds_handle: *mut NDArrayHandle,
    num_mutable_nds: c_int,
    prop_handle: EngineFnPropertyHandle,
    priority: c_int,
    opr_name: *const c_char,
    wait: bool,
) -> c_int {
    let parameter = Parameter::new(func_param, deleter);
    boundary("MXEnginePushAsyncND", || {
        // SAFETY: the caller vouches for the lists, the context and the name.
        let (reads, writes) = unsafe {
            (
                slice_in("const_nds_handle", const_nds_handle, count("num_const_nds", num_const_nds)?)?,
                slice_in(
                    "mutable_nds_handle",
                    mutable_nds_handle,
                    count("num_mutable_nds", num_mutable_nds)?,
                )?,
            )
        };
        let (reads, writes) = (arrays("const_nds_handle", reads)?, arrays("mutable_nds_handle", writes)?);
        // SAFETY: the caller vouches for the context and the name.
        let call = unsafe { Call::new(ctx_handle, &reads, &writes, priority, opr_name) }?;
        call.start(async_func, parameter)
    })
}

/// As MXEnginePushSync, for a function that reads and writes arrays; see MXEnginePushAsyncND.
///
/// # Safety
/// As for MXEnginePushAsyncND.
#[unsafe(no_mangle)]
#[expect(unused_variables, reason = "hints that change nothing here")]
pub unsafe extern "C" fn MXEnginePushSyncND(
    sync_func: EngineSyncFunc,
    func_param: *mut c_void,
    deleter: EngineFuncParamDeleter,
    ctx_handle: ContextHandle,
    const_nds_handle: *mut NDArrayHandle,
    num_const_nds: c_int,
    mutable_nds_handle: *mut NDArrayHandle,
    num_mutable_nds: c_int,
    prop_handle: EngineFnPropertyHandle,
    priority: c_int,
    opr_name: *const c_char,
) -> c_int {
    let parameter = Parameter::new(func_param, deleter);
    boundary("MXEnginePushSyncND", || {
        // SAFETY: the caller vouches for the lists.
        let (reads, writes) = unsafe {
            (
                slice_in("const_nds_handle", const_nds_handle, count("num_const_nds", num_const_nds)?)?,
                slice_in(
                    "mutable_nds_handle",
                    mutable_nds_handle,
                    count("num_mutable_nds", num_mutable_nds)?,
                )?,
            )
        };
        let (reads, writes) = (arrays("const_nds_handle", reads)?, arrays("mutable_nds_handle", writes)?);
        // SAFETY: the caller vouches for the context and the name.
        let call = unsafe { Call::new(ctx_handle, &reads, &writes, priority, opr_name) }?;
        call.run(sync_func, parameter)
    })
}

/// Engine variables are C++ objects of MXNet.
fn no_variables(argument: &str, value: c_int) -> Result<()> {
    ensure!(
        value == 0,
        Unsupported,
        "{argument}: expected 0, got {value}: engine variables come from MXNet's C++ interface only; name the \
         arrays instead (MXEnginePushAsyncND, MXEnginePushSyncND)"
    );
    Ok(())
}

/// What both kinds of function need.
struct Call<'a> {
    context: RunContext,
    reads: Vec<&'a Var>,
    writes: Vec<&'a Var>,
    priority: c_int,
    name: String,
}

impl<'a> Call<'a> {
    /// # Safety
    /// `ctx_handle` is null or points to two ints, `opr_name` is null or a NUL-terminated text.
    unsafe fn new(
        ctx_handle: ContextHandle,
        reads: &'a [NdArray],
        writes: &'a [NdArray],
        priority: c_int,
        opr_name: *const c_char,
    ) -> Result<Self> {
        // SAFETY: passed on from the caller.
        let (context, name) = unsafe {
            let name = if opr_name.is_null() { "function" } else { text_in("opr_name", opr_name)? };
            (slice_in("ctx_handle", ctx_handle.cast::<c_int>(), 2)?, name.to_owned())
        };
        let (kind, id) = (context[0], context[1]);
        Device::from_codes(kind, id).map_err(|error| error.context("ctx_handle"))?;
        Ok(Call {
            context: RunContext::new(kind, id),
            reads: reads.iter().map(NdArray::var).collect(),
            writes: writes.iter().map(NdArray::var).collect(),
            priority,
            name,
        })
    }

    fn operation(&self) -> Operation<'_> {
        Operation {
            name: Cow::Owned(self.name.clone()),
            reads: &self.reads,
            writes: &self.writes,
            priority: self.priority,
            bytes: FOREIGN_WORK,
        }
    }

    fn run(&self, function: EngineSyncFunc, parameter: Parameter) -> Result<()> {
        let function =
            function.ok_or_else(|| err!(InvalidArgument, "sync_func: expected a function, got NULL"))?;
        let context = self.context;
        runtime()?.engine.run(self.operation(), move || {
            foreign::call(function, context, &parameter);
            Ok(())
        })
    }

    fn start(&self, function: EngineAsyncFunc, parameter: Parameter) -> Result<()> {
        let function =
            function.ok_or_else(|| err!(InvalidArgument, "async_func: expected a function, got NULL"))?;
        let context = self.context;
        runtime()?.engine.start(self.operation(), move |completion| {
            foreign::start(function, context, parameter, completion);
        });
        Ok(())
    }
}
