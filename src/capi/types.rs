//! The C types of MXNet's headers. The headers under `include/` write them out in MXNet's own form (a callback
//! is a *function* type there); `tests/header` keeps both in step.

use libc::{c_char, c_int, c_void};

/// An n-dimensional array.
pub type NDArrayHandle = *mut c_void;
/// A key-value store.
pub type KVStoreHandle = *mut c_void;
/// An open RecordIO file, reader or writer.
pub type RecordIOHandle = *mut c_void;
/// A profiler object: domain, task, frame, event or counter.
pub type ProfileHandle = *mut c_void;
/// A registered operator, as the symbol functions name it.
pub type AtomicSymbolCreator = *mut c_void;
/// A registered operator, as NNVM names it.
pub type OpHandle = *mut c_void;
/// A function of the legacy registry.
pub type FunctionHandle = *const c_void;
/// The description of a data iterator.
pub type DataIterCreator = *mut c_void;
/// A tensor of the DLPack exchange format (`DLManagedTensor *`).
pub type DLManagedTensorHandle = *mut c_void;
/// Points to `{ int dev_type; int dev_id; }`.
pub type ContextHandle = *const c_void;
/// How the engine should treat a function.
pub type EngineFnPropertyHandle = *const c_void;
/// An array of engine variables.
pub type EngineVarHandle = *mut c_void;

// Kinds of object that mxkv never makes.
pub type SymbolHandle = *mut c_void;
pub type AtomicSymbolHandle = *mut c_void;
pub type GraphHandle = *mut c_void;
pub type ExecutorHandle = *mut c_void;
pub type CachedOpHandle = *mut c_void;
pub type DataIterHandle = *mut c_void;
pub type RtcHandle = *mut c_void;
pub type CudaModuleHandle = *mut c_void;
pub type CudaKernelHandle = *mut c_void;
pub type PredictorHandle = *mut c_void;
pub type NDListHandle = *mut c_void;
pub type MXNetFunctionHandle = *mut c_void;
pub type MXNetObjectHandle = *mut c_void;
pub type TVMFunctionHandle = *mut c_void;

/// The update rule of a store with integer keys. The callee owns `recv` and `local` and frees both.
pub type MXKVStoreUpdater =
    Option<unsafe extern "C" fn(key: c_int, recv: NDArrayHandle, local: NDArrayHandle, handle: *mut c_void)>;
/// The update rule of a store with string keys. The callee owns `recv` and `local` and frees both.
pub type MXKVStoreStrUpdater = Option<
    unsafe extern "C" fn(key: *const c_char, recv: NDArrayHandle, local: NDArrayHandle, handle: *mut c_void),
>;
/// Receives the commands sent to a server. `body` is valid during the call.
pub type MXKVStoreServerController =
    Option<unsafe extern "C" fn(head: c_int, body: *const c_char, controller_handle: *mut c_void)>;

/// Work for the engine that says itself when it is done, through `on_complete`.
pub type EngineAsyncFunc =
    Option<unsafe extern "C" fn(run_context: *mut c_void, on_complete: *mut c_void, param: *mut c_void)>;
/// Work for the engine that is done when it returns.
pub type EngineSyncFunc = Option<unsafe extern "C" fn(run_context: *mut c_void, param: *mut c_void)>;
/// Frees the parameter of such work.
pub type EngineFuncParamDeleter = Option<unsafe extern "C" fn(param: *mut c_void)>;

pub type ExecutorMonitorCallback =
    Option<unsafe extern "C" fn(name: *const c_char, array: NDArrayHandle, handle: *mut c_void)>;
pub type PredMonitorCallback = ExecutorMonitorCallback;
pub type CachedOpMonitorCallback =
    Option<unsafe extern "C" fn(name: *const c_char, op: *const c_char, array: NDArrayHandle)>;
pub type MXGenericCallback = Option<unsafe extern "C" fn() -> c_int>;
pub type CustomOpPropCreator = Option<
    unsafe extern "C" fn(
        op_type: *const c_char,
        num_kwargs: c_int,
        keys: *mut *const c_char,
        values: *mut *const c_char,
        ret: *mut MXCallbackList,
    ) -> c_int,
>;

/// The callbacks of a custom operator.
#[repr(C)]
pub struct MXCallbackList {
    pub num_callbacks: c_int,
    pub callbacks: *mut MXGenericCallback,
    pub contexts: *mut *mut c_void,
}

/// One build feature and whether this library has it.
#[repr(C)]
pub struct LibFeature {
    pub name: *const c_char,
    pub enabled: bool,
}

/// An argument of a packed function.
#[repr(C)]
#[derive(Clone, Copy)]
pub union MXNetValue {
    pub v_int64: i64,
    pub v_float64: f64,
    pub v_handle: *mut c_void,
    pub v_str: *const c_char,
    pub v_type: [u8; 4],
}
