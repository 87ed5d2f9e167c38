/*
 * The C interface of MXNet's KVStore, arrays, operators and engine, as mxkv implements it. Sources written
 * for MXNet's header of this name compile with it unchanged.
 *
 * Unless it says otherwise, a function returns 0, or -1 with the reason in MXGetLastError(). Words about
 * ownership:
 *   borrowed           used during the call only; the library copies what it needs longer
 *   owned              the caller frees it, once, with the function named
 *   valid until ...    memory of the library; reading it later is an error of the caller
 * A handle is a number that the library checks, not an address: one that is null, freed, made up or of
 * another kind is reported as an error. Every function may be called from any thread.
 *
 * docs/c-api.md explains this at more length. This file is generated; the sources are src/capi.
 */
#ifndef MXNET_C_API_H_
#define MXNET_C_API_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef MXNET_DLL
#define MXNET_DLL
#endif

/* C++ callers may leave trailing arguments out where MXNet lets them. */
#ifdef __cplusplus
#define MXNET_EXTERN_C extern "C"
#define MXNET_DEFAULT(value) = value
#else
#define MXNET_EXTERN_C
#define MXNET_DEFAULT(value)
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef uint32_t mx_uint;
typedef float mx_float;
typedef int64_t dim_t;

typedef void *NDArrayHandle;
typedef void *KVStoreHandle;
typedef void *RecordIOHandle;
typedef void *ProfileHandle;
typedef void *AtomicSymbolCreator;
typedef const void *FunctionHandle;
typedef void *DataIterCreator;
typedef void *DLManagedTensorHandle;
typedef const void *ContextHandle;
typedef const void *EngineFnPropertyHandle;
typedef void *EngineVarHandle;

/* Kinds of object that this library never makes. */
#ifndef NNVM_C_API_H_
typedef void *SymbolHandle;
#endif
typedef void *AtomicSymbolHandle;
typedef void *ExecutorHandle;
typedef void *CachedOpHandle;
typedef void *DataIterHandle;
typedef void *RtcHandle;
typedef void *CudaModuleHandle;
typedef void *CudaKernelHandle;
typedef void *TVMFunctionHandle;

/*
 * The update rule of a store, called on the thread that pushes (on a server: on the thread in
 * MXKVStoreRunServer), with no lock held: it may call back into the library. The callee owns recv and local
 * and frees both with MXNDArrayFree; what it writes to local is stored.
 */
typedef void(MXKVStoreUpdater)(int key, NDArrayHandle recv, NDArrayHandle local, void *handle);
/* The same with a string key, which is valid during the call. */
typedef void(MXKVStoreStrUpdater)(const char *key, NDArrayHandle recv, NDArrayHandle local, void *handle);
/* Receives a command sent to a server, on the thread in MXKVStoreRunServer. body is valid during the call. */
typedef void(MXKVStoreServerController)(int head, const char *body, void *controller_handle);

/* Work for the engine: (run context, on_complete, parameter), done when on_complete was called. */
typedef void (*EngineAsyncFunc)(void *, void *, void *);
/* Work for the engine: (run context, parameter), done when it returns. */
typedef void (*EngineSyncFunc)(void *, void *);
/* Frees the parameter of such work; called exactly once, after its last use. */
typedef void (*EngineFuncParamDeleter)(void *);

typedef void (*ExecutorMonitorCallback)(const char *, NDArrayHandle, void *);
typedef void (*CachedOpMonitorCallback)(const char *, const char *, NDArrayHandle);

/* One build feature and whether the library has it. */
struct LibFeature {
  const char *name;
  bool enabled;
};
typedef struct LibFeature LibFeature;

/*
 * Callbacks of custom operators. They can be registered, as frontends do when they start, but are never
 * called: the operator that would is not part of this library.
 */
typedef int (*MXGenericCallback)(void);
struct MXCallbackList {
  int num_callbacks;
  int (**callbacks)(void);
  void **contexts;
};
typedef struct MXCallbackList MXCallbackList;

struct NativeOpInfo {
  void (*forward)(int, float **, int *, unsigned **, int *, void *);
  void (*backward)(int, float **, int *, unsigned **, int *, void *);
  void (*infer_shape)(int, int *, unsigned **, void *);
  void (*list_outputs)(char ***, void *);
  void (*list_arguments)(char ***, void *);
  void *p_forward;
  void *p_backward;
  void *p_infer_shape;
  void *p_list_outputs;
  void *p_list_arguments;
};
struct NDArrayOpInfo {
  bool (*forward)(int, void **, int *, void *);
  bool (*backward)(int, void **, int *, void *);
  bool (*infer_shape)(int, int *, unsigned **, void *);
  bool (*list_outputs)(char ***, void *);
  bool (*list_arguments)(char ***, void *);
  bool (*declare_backward_dependency)(const int *, const int *, const int *, int *, int **, void *);
  void *p_forward;
  void *p_backward;
  void *p_infer_shape;
  void *p_list_outputs;
  void *p_list_arguments;
  void *p_declare_backward_dependency;
};

enum CustomOpCallbacks { kCustomOpDelete, kCustomOpForward, kCustomOpBackward };
enum CustomOpPropCallbacks {
  kCustomOpPropDelete,
  kCustomOpPropListArguments,
  kCustomOpPropListOutputs,
  kCustomOpPropListAuxiliaryStates,
  kCustomOpPropInferShape,
  kCustomOpPropDeclareBackwardDependency,
  kCustomOpPropCreateOperator,
  kCustomOpPropInferType,
  kCustomOpPropInferStorageType,
  kCustomOpPropBackwardInferStorageType
};
enum CustomFunctionCallbacks { kCustomFunctionBackward, kCustomFunctionDelete };

typedef int (*CustomOpFBFunc)(int size, void **ptrs, int *tags, const int *reqs, const int is_train,
                              void *state);
typedef int (*CustomOpDelFunc)(void *state);
typedef int (*CustomOpListFunc)(char ***args, void *state);
typedef int (*CustomOpInferShapeFunc)(int num_input, int *ndims, int **shapes, void *state);
typedef int (*CustomOpInferStorageTypeFunc)(int num_input, int *stypes, void *state);
typedef int (*CustomOpBackwardInferStorageTypeFunc)(int num_input, int *stypes, int *tags, void *state);
typedef int (*CustomOpInferTypeFunc)(int num_input, int *types, void *state);
typedef int (*CustomOpBwdDepFunc)(const int *out_grad, const int *in_data, const int *out_data,
                                  int *num_deps, int **rdeps, void *state);
typedef int (*CustomOpCreateFunc)(const char *ctx, int num_inputs, unsigned **shapes, const int *ndims,
                                  const int *dtypes, struct MXCallbackList *ret, void *state);
typedef int (*CustomOpPropCreator)(const char *op_type, const int num_kwargs, const char **keys,
                                   const char **values, struct MXCallbackList *ret);
typedef int (*CustomFunctionBwdFunc)(int num_ograds, int num_igrads, void **ptrs, const int *reqs,
                                     const int is_train, void *state);
typedef int (*CustomFunctionDelFunc)(void *state);

/**
 * Gives arrays a gradient buffer each and says how a backward pass should write it.
 *
 * @param var_handles   `num_var` arrays
 * @param reqs_array    for each: 0 no gradient, 1 write, 2 write in place, 3 add
 * @param grad_handles  for each its buffer, which stays shared with the array
 *
 * What the caller vouches for:
 * Each list holds `num_var` elements.
 */
MXNET_DLL
int MXAutogradMarkVariables(uint32_t num_var,
                            NDArrayHandle *var_handles,
                            uint32_t *reqs_array,
                            NDArrayHandle *grad_handles);

/**
 * The gradient buffer of an array.
 *
 * @param out  receives a handle that shares the buffer; owned, free with MXNDArrayFree; null if there is none
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL
int MXNDArrayGetGrad(NDArrayHandle handle,
                     NDArrayHandle *out);

/**
 * Says whether the gradient of an array is new; trainers set 0 when they have used it.
 */
MXNET_DLL int MXNDArraySetGradState(NDArrayHandle handle, int state);

/**
 * Whether the gradient of an array is new.
 *
 * @param out  receives 1 or 0; 0 for an array that is not a marked variable
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXNDArrayGetGradState(NDArrayHandle handle, int *out);

/**
 * Runs a graph backward; always fails, as there is no graph.
 *
 * What the caller vouches for:
 * `output_handles` holds `num_output` elements.
 */
MXNET_DLL int MXAutogradComputeGradient(uint32_t num_output, NDArrayHandle *output_handles);

/**
 * Runs a graph backward; always fails, as there is no graph.
 *
 * What the caller vouches for:
 * `output_handles` holds `num_output` elements.
 */
MXNET_DLL
int MXAutogradBackward(uint32_t num_output,
                       NDArrayHandle *output_handles,
                       NDArrayHandle *ograd_handles,
                       int retain_graph);

/**
 * Runs a graph backward; always fails, as there is no graph.
 *
 * @param grad_handles, grad_stypes  receive null, where they are not null
 *
 * What the caller vouches for:
 * `output_handles` holds `num_output` elements; `grad_handles` and `grad_stypes` are null or writable.
 */
MXNET_DLL
int MXAutogradBackwardEx(uint32_t num_output,
                         NDArrayHandle *output_handles,
                         NDArrayHandle *ograd_handles,
                         uint32_t num_variables,
                         NDArrayHandle *var_handles,
                         int retain_graph,
                         int create_graph,
                         int is_train,
                         NDArrayHandle **grad_handles,
                         int **grad_stypes);

/**
 * Accepts the maker of a custom operator and forgets it.
 *
 * What the caller vouches for:
 * `op_type` is a NUL-terminated text.
 */
MXNET_DLL int MXCustomOpRegister(const char *op_type, CustomOpPropCreator creator);

/**
 * The data iterators that frontends know by name.
 *
 * @param out_size   receives their number
 * @param out_array  receives them; they and the list live as long as the process
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXListDataIters(uint32_t *out_size, DataIterCreator **out_array);

/**
 * The name of a data iterator. It takes no arguments, as it cannot be made.
 *
 * @param name, description  receive texts that live as long as the process
 * @param num_args           receives 0
 * @param arg_names, arg_type_infos, arg_descriptions  receive null
 *
 * What the caller vouches for:
 * All but `creator` are writable.
 */
MXNET_DLL
int MXDataIterGetIterInfo(DataIterCreator creator,
                          const char **name,
                          const char **description,
                          uint32_t *num_args,
                          const char ***arg_names,
                          const char ***arg_type_infos,
                          const char ***arg_descriptions);

/**
 * Queues a function that says itself when it is done; it needs no arrays.
 *
 * @param async_func  called once with (run context, on_complete, func_param). on_complete points to a
 *                    struct mxkv_on_complete (in C++: MXNet's CallbackOnComplete), to be copied and called once
 * @param deleter     null, or frees func_param: called once after its last use, also when this call fails
 * @param ctx_handle  points to { int dev_type; int dev_id; }, borrowed
 * @param const_vars_handle, mutable_vars_handle  of no use in C: their counts must be 0
 * @param prop_handle, wait  hints, ignored
 * @param priority    higher runs earlier
 * @param opr_name    null, or the name that the profiler shows
 *
 * What the caller vouches for:
 * The functions are callable from any thread with `func_param`; `ctx_handle` and `opr_name` are as said.
 */
MXNET_DLL
int MXEnginePushAsync(EngineAsyncFunc async_func,
                      void *func_param,
                      EngineFuncParamDeleter deleter,
                      ContextHandle ctx_handle,
                      EngineVarHandle const_vars_handle,
                      int num_const_vars,
                      EngineVarHandle mutable_vars_handle,
                      int num_mutable_vars,
                      EngineFnPropertyHandle prop_handle MXNET_DEFAULT(NULL),
                      int priority MXNET_DEFAULT(0),
                      const char *opr_name MXNET_DEFAULT(NULL),
                      bool wait MXNET_DEFAULT(false));

/**
 * Queues a function that is done when it returns; it needs no arrays.
 *
 * @param sync_func  called once with (run context, func_param)
 * The other arguments are those of MXEnginePushAsync.
 *
 * What the caller vouches for:
 * As for MXEnginePushAsync.
 */
MXNET_DLL
int MXEnginePushSync(EngineSyncFunc sync_func,
                     void *func_param,
                     EngineFuncParamDeleter deleter,
                     ContextHandle ctx_handle,
                     EngineVarHandle const_vars_handle,
                     int num_const_vars,
                     EngineVarHandle mutable_vars_handle,
                     int num_mutable_vars,
                     EngineFnPropertyHandle prop_handle MXNET_DEFAULT(NULL),
                     int priority MXNET_DEFAULT(0),
                     const char *opr_name MXNET_DEFAULT(NULL));

/**
 * As MXEnginePushAsync, for a function that reads and writes arrays: it runs when they are free, and who
 * waits for one that it writes waits until it is done.
 *
 * @param const_nds_handle    `num_const_nds` arrays it reads, borrowed
 * @param mutable_nds_handle  `num_mutable_nds` arrays it writes, borrowed
 *
 * What the caller vouches for:
 * As for MXEnginePushAsync; the lists hold as many handles as their counts say.
 */
MXNET_DLL
int MXEnginePushAsyncND(EngineAsyncFunc async_func,
                        void *func_param,
                        EngineFuncParamDeleter deleter,
                        ContextHandle ctx_handle,
                        NDArrayHandle *const_nds_handle,
                        int num_const_nds,
                        NDArrayHandle *mutable_nds_handle,
                        int num_mutable_nds,
                        EngineFnPropertyHandle prop_handle MXNET_DEFAULT(NULL),
                        int priority MXNET_DEFAULT(0),
                        const char *opr_name MXNET_DEFAULT(NULL),
                        bool wait MXNET_DEFAULT(false));

/**
 * As MXEnginePushSync, for a function that reads and writes arrays; see MXEnginePushAsyncND.
 *
 * What the caller vouches for:
 * As for MXEnginePushAsyncND.
 */
MXNET_DLL
int MXEnginePushSyncND(EngineSyncFunc sync_func,
                       void *func_param,
                       EngineFuncParamDeleter deleter,
                       ContextHandle ctx_handle,
                       NDArrayHandle *const_nds_handle,
                       int num_const_nds,
                       NDArrayHandle *mutable_nds_handle,
                       int num_mutable_nds,
                       EngineFnPropertyHandle prop_handle MXNET_DEFAULT(NULL),
                       int priority MXNET_DEFAULT(0),
                       const char *opr_name MXNET_DEFAULT(NULL));

/**
 * Reads a variable of the process environment.
 *
 * @param value  receives its text, valid until the next call on this thread that returns a text; or null
 *
 * What the caller vouches for:
 * `name` is a NUL-terminated text, `value` is writable.
 */
MXNET_DLL
int MXGetEnv(const char *name,
             const char **value);

/**
 * Sets or, with a null value, removes a variable of the process environment.
 *
 * What the caller vouches for:
 * `name` is a NUL-terminated text, `value` is null or one. No other thread reads the environment through C
 * meanwhile: that is a rule of the C library itself.
 */
MXNET_DLL
int MXSetEnv(const char *name,
             const char *value);

/**
 * The reason of the last failure on the calling thread, as "Type: text"; an empty text if there was none.
 * A call that succeeds does not change it.
 *
 * @return a text, valid until the next failure on this thread
 */
MXNET_DLL
const char *MXGetLastError(void);

/**
 * All functions.
 *
 * @param out_size   receives their number
 * @param out_array  receives the handles; they and the list live as long as the process
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXListFunctions(uint32_t *out_size, FunctionHandle **out_array);

/**
 * Looks a function up by name.
 *
 * @param out  receives the handle, null if there is no such function
 *
 * What the caller vouches for:
 * `name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXGetFunction(const char *name, FunctionHandle *out);

/**
 * What a function is called, does and takes; see MXSymbolGetAtomicSymbolInfo.
 *
 * What the caller vouches for:
 * All but `fun` and `return_type` are writable, `return_type` is null or writable.
 */
MXNET_DLL
int MXFuncGetInfo(FunctionHandle fun,
                  const char **name,
                  const char **description,
                  uint32_t *num_args,
                  const char ***arg_names,
                  const char ***arg_type_infos,
                  const char ***arg_descriptions,
                  const char **return_type MXNET_DEFAULT(NULL));

/**
 * How many arrays and numbers a function takes.
 *
 * @param num_use_vars, num_scalars, num_mutate_vars  receive the numbers of arrays read, numbers, arrays written
 * @param type_mask  receives 1 (arrays before numbers) + 4 (empty outputs are accepted), or 0
 *
 * What the caller vouches for:
 * All but `fun` are writable.
 */
MXNET_DLL
int MXFuncDescribe(FunctionHandle fun,
                   uint32_t *num_use_vars,
                   uint32_t *num_scalars,
                   uint32_t *num_mutate_vars,
                   int *type_mask);

/**
 * Calls a function.
 *
 * @param use_vars     as many arrays as MXFuncDescribe says, borrowed
 * @param scalar_args  as many numbers as it says
 * @param mutate_vars  the outputs, borrowed
 *
 * What the caller vouches for:
 * The three lists hold as many elements as MXFuncDescribe says.
 */
MXNET_DLL
int MXFuncInvoke(FunctionHandle fun,
                 NDArrayHandle *use_vars,
                 float *scalar_args,
                 NDArrayHandle *mutate_vars);

/**
 * Calls a function. None of them has parameters besides its numbers, so none may be given.
 *
 * What the caller vouches for:
 * As for MXFuncInvoke; `param_keys` holds `num_params` texts.
 */
MXNET_DLL
int MXFuncInvokeEx(FunctionHandle fun,
                   NDArrayHandle *use_vars,
                   float *scalar_args,
                   NDArrayHandle *mutate_vars,
                   int num_params,
                   char **param_keys,
                   char **param_vals);

/**
 * Accepts a wish for the number of OpenMP threads. The library has no OpenMP: as many threads as there
 * are cores share its large kernels, and the engine's lanes follow `MXNET_CPU_WORKER_NTHREADS`.
 */
MXNET_DLL
int MXSetNumOMPThreads(int thread_num);

/**
 * Remembers how many operators the calling thread would like to run as one. The engine runs small work at once
 * and needs no such grouping.
 *
 * @param prev_bulk_size  receives the previous value, 0 at first
 *
 * What the caller vouches for:
 * `prev_bulk_size` is writable.
 */
MXNET_DLL
int MXEngineSetBulkSize(int bulk_size,
                        int *prev_bulk_size);

/**
 * Gives memory that the library keeps for new arrays back to the operating system.
 *
 * @param dev_type, dev_id  the device; all processors' memory is one pool
 */
MXNET_DLL int MXStorageEmptyCache(int dev_type, int dev_id);

/**
 * The build features by MXNet's names, in MXNet's order.
 *
 * @param libFeature  receives the list, which lives as long as the process
 * @param size        receives its length
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXLibInfoFeatures(const LibFeature **libFeature, size_t *size);

/**
 * The MXNet release whose interface this is, as major * 10000 + minor * 100 + patch.
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXGetVersion(int *out);

/**
 * The number of GPUs: none.
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXGetGPUCount(int *out);

/**
 * Calls an operator; see MXImperativeInvokeEx.
 *
 * What the caller vouches for:
 * As for MXImperativeInvokeEx.
 */
MXNET_DLL
int MXImperativeInvoke(AtomicSymbolCreator creator,
                       int num_inputs,
                       NDArrayHandle *inputs,
                       int *num_outputs,
                       NDArrayHandle **outputs,
                       int num_params,
                       const char **param_keys,
                       const char **param_vals);

/**
 * Calls an operator. The work may still be going on when the call returns: whoever reads the outputs waits for
 * it, and learns of its errors.
 *
 * @param inputs       `num_inputs` arrays, borrowed; some operators write to some of them (optimizer states)
 * @param num_outputs  the number of outputs given, in `*outputs`; receives the number of outputs made
 * @param outputs      points to the given outputs, or to null. Then it receives the outputs made: each is owned,
 *                     free with MXNDArrayFree; the list is valid until the next call on this thread. A given
 *                     output made by MXNDArrayCreateNone becomes the result
 * @param param_keys, param_vals  `num_params` parameters by name; of a name given twice the first counts
 * @param out_stypes   receives the storage types of the outputs, given or made, valid until the next call on
 *                     this thread
 *
 * What the caller vouches for:
 * `inputs`, `param_keys` and `param_vals` hold as many elements as said, `num_outputs` and `outputs` are
 * readable and writable, `*outputs` is null or holds `*num_outputs` handles, `out_stypes` is writable.
 */
MXNET_DLL
int MXImperativeInvokeEx(AtomicSymbolCreator creator,
                         int num_inputs,
                         NDArrayHandle *inputs,
                         int *num_outputs,
                         NDArrayHandle **outputs,
                         int num_params,
                         const char **param_keys,
                         const char **param_vals,
                         const int **out_stypes);

/**
 * Makes a store.
 *
 * @param type  local, device, dist_sync, … in any case; an unknown name is an error that lists the known ones
 * @param out   receives the store; owned, free with MXKVStoreFree
 *
 * What the caller vouches for:
 * `type` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL
int MXKVStoreCreate(const char *type,
                    KVStoreHandle *out);

/**
 * Frees a store; null is ignored. Arrays that updaters kept stay valid. Works after MXNotifyShutdown.
 *
 * What the caller vouches for:
 * Any value may be passed: handles are checked.
 */
MXNET_DLL
int MXKVStoreFree(KVStoreHandle handle);

/**
 * The type name of a store, in lower case.
 *
 * @param type  receives a text that lives as long as the store
 *
 * What the caller vouches for:
 * `type` is writable.
 */
MXNET_DLL int MXKVStoreGetType(KVStoreHandle handle, const char **type);

/**
 * Sets the update rule, called for each pushed key on the thread that pushes. With string keys it gets their
 * number in the order of their init.
 *
 * @param updater         called with the key, the sum of the pushed values and the stored array, which it owns:
 *                        it frees both with MXNDArrayFree
 * @param updater_handle  passed on to each call
 *
 * What the caller vouches for:
 * `updater` can be called from any thread that pushes until it is replaced or the store is freed.
 */
MXNET_DLL
int MXKVStoreSetUpdater(KVStoreHandle handle,
                        MXKVStoreUpdater updater,
                        void *updater_handle);

/**
 * As MXKVStoreSetUpdater, with a second function that stores with string keys call instead.
 *
 * @param updater, str_updater  either may be null; a push that needs it then is an error
 * @param updater_handle        passed on to each call
 *
 * What the caller vouches for:
 * The functions can be called from any thread that pushes until they are replaced or the store is freed.
 */
MXNET_DLL
int MXKVStoreSetUpdaterEx(KVStoreHandle handle,
                          MXKVStoreUpdater updater,
                          MXKVStoreStrUpdater str_updater,
                          void *updater_handle);

/**
 * Compresses the gradients that are pushed from now on. Calling it again changes the threshold; what earlier
 * pushes left over is kept unless the type changes.
 *
 * @param num_params  the number of keys and values
 * @param keys, vals  `type` (2bit, 1bit, fp16 or bf16) and, of the first two, `threshold` (a number, default 0.5);
 *                    others are ignored
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num_params` NUL-terminated texts.
 */
MXNET_DLL
int MXKVStoreSetGradientCompression(KVStoreHandle handle,
                                    uint32_t num_params,
                                    const char **keys,
                                    const char **vals);

/**
 * Stores a copy of each value under its key. The first call with keys fixes whether a store has integer or string
 * keys. A key can be initialised once; when one cannot, those before it stay.
 *
 * @param num   the number of keys and values
 * @param keys  the keys
 * @param vals  dense, row_sparse or csr arrays, borrowed
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements.
 */
MXNET_DLL
int MXKVStoreInit(KVStoreHandle handle,
                  uint32_t num,
                  const int *keys,
                  NDArrayHandle *vals);

/**
 * Sums the values of each key and gives the sum to the update rule; without one it replaces the stored value. A
 * single dense value is not copied: the store then shares it with the caller.
 *
 * @param num       the number of keys and values
 * @param keys      may be repeated; worked on in ascending order (string keys: in the order of their init)
 * @param vals      dense or row_sparse arrays, borrowed
 * @param priority  higher is sooner; never changes a result
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements.
 */
MXNET_DLL
int MXKVStorePush(KVStoreHandle handle,
                  uint32_t num,
                  const int *keys,
                  NDArrayHandle *vals,
                  int priority);

/**
 * Copies the stored value of each key to its outs, converting the element type. Outs that are not dense are left
 * alone.
 *
 * @param num       the number of keys and outs
 * @param keys      may be repeated
 * @param vals      the outs: arrays of the shape of the stored value, borrowed
 * @param priority  higher is sooner
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements.
 */
MXNET_DLL
int MXKVStorePull(KVStoreHandle handle,
                  uint32_t num,
                  const int *keys,
                  NDArrayHandle *vals,
                  int priority);

/**
 * As MXKVStorePull, with a choice for outs that are not dense.
 *
 * @param ignore_sparse  true to leave them alone, false to convert the stored value to their storage type
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements.
 */
MXNET_DLL
int MXKVStorePullWithSparse(KVStoreHandle handle,
                            uint32_t num,
                            const int *keys,
                            NDArrayHandle *vals,
                            int priority,
                            bool ignore_sparse);

/**
 * Copies some rows of each key's row_sparse value.
 *
 * @param num       the number of keys, outs and lists of rows
 * @param keys      may be repeated
 * @param vals      the outs: row_sparse arrays of the shape of the stored value, borrowed
 * @param row_ids   for each out a dense array with row numbers, in any order, type and shape, also repeated; rows
 *                  that the store does not hold come back as zeros
 * @param priority  higher is sooner
 *
 * What the caller vouches for:
 * `keys`, `vals` and `row_ids` hold `num` elements.
 */
MXNET_DLL
int MXKVStorePullRowSparse(KVStoreHandle handle,
                           uint32_t num,
                           const int *keys,
                           NDArrayHandle *vals,
                           const NDArrayHandle *row_ids,
                           int priority);

/**
 * MXKVStoreInit of `vals`, then MXKVStorePull into `outs`.
 *
 * @param vnum, vkeys  the number of values and their keys
 * @param onum, okeys  the number of outs and their keys
 * @param vals, outs   arrays, borrowed
 * @param priority     higher is sooner
 *
 * What the caller vouches for:
 * `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`.
 */
MXNET_DLL
int MXKVStoreBroadcast(KVStoreHandle handle,
                       uint32_t vnum,
                       const int *vkeys,
                       uint32_t onum,
                       const int *okeys,
                       NDArrayHandle *vals,
                       NDArrayHandle *outs,
                       int priority);

/**
 * MXKVStorePush of `vals`, then MXKVStorePull into `outs`, which may be the same arrays. One sweep over memory does
 * both where possible.
 *
 * @param vnum, vkeys  the number of values and their keys
 * @param onum, okeys  the number of outs and their keys
 * @param vals, outs   arrays, borrowed
 * @param priority     higher is sooner
 *
 * What the caller vouches for:
 * `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`.
 */
MXNET_DLL
int MXKVStorePushPull(KVStoreHandle handle,
                      uint32_t vnum,
                      const int *vkeys,
                      uint32_t onum,
                      const int *okeys,
                      NDArrayHandle *vals,
                      NDArrayHandle *outs,
                      int priority);

/**
 * Sets variables that win over the process environment wherever DMLC_* and PS_* settings are read. Replaces
 * what an earlier call set.
 *
 * @param num_vars    the number of keys and values
 * @param keys, vals  copied
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num_vars` NUL-terminated texts.
 */
MXNET_DLL
int MXInitPSEnv(uint32_t num_vars,
                const char **keys,
                const char **vals);

/**
 * Whether this process is a worker: DMLC_ROLE is `worker` or not set.
 *
 * @param ret  receives 1 or 0
 *
 * What the caller vouches for:
 * `ret` is writable.
 */
MXNET_DLL int MXKVStoreIsWorkerNode(int *ret);

/**
 * Whether this process is a server: DMLC_ROLE is `server`.
 *
 * @param ret  receives 1 or 0
 *
 * What the caller vouches for:
 * `ret` is writable.
 */
MXNET_DLL int MXKVStoreIsServerNode(int *ret);

/**
 * Whether this process is the scheduler: DMLC_ROLE is `scheduler`.
 *
 * @param ret  receives 1 or 0
 *
 * What the caller vouches for:
 * `ret` is writable.
 */
MXNET_DLL int MXKVStoreIsSchedulerNode(int *ret);

/**
 * The number of this process among the workers (on a server: among the servers), from 0.
 *
 * @param ret  receives it
 *
 * What the caller vouches for:
 * `ret` is writable.
 */
MXNET_DLL int MXKVStoreGetRank(KVStoreHandle handle, int *ret);

/**
 * The number of workers.
 *
 * @param ret  receives it
 *
 * What the caller vouches for:
 * `ret` is writable.
 */
MXNET_DLL int MXKVStoreGetGroupSize(KVStoreHandle handle, int *ret);

/**
 * Waits until every worker has called it. Pushes and pulls need not be done.
 *
 * What the caller vouches for:
 * Any value may be passed: handles are checked.
 */
MXNET_DLL int MXKVStoreBarrier(KVStoreHandle handle);

/**
 * Whether the workers wait for each other when their stores are freed; they do unless told not to.
 *
 * @param barrier_before_exit  0 for not
 *
 * What the caller vouches for:
 * Any value may be passed: handles are checked.
 */
MXNET_DLL int MXKVStoreSetBarrierBeforeExit(KVStoreHandle handle, int barrier_before_exit);

/**
 * On a server or the scheduler: serves until the workers are done. A local store returns at once.
 *
 * @param controller         called on this thread with each command of the workers; NULL: the server reads the
 *                           optimizers that they send itself, executing nothing, and runs its own
 * @param controller_handle  passed on to each call
 *
 * What the caller vouches for:
 * `controller` can be called until this function returns.
 */
MXNET_DLL
int MXKVStoreRunServer(KVStoreHandle handle,
                       MXKVStoreServerController controller,
                       void *controller_handle);

/**
 * Sends a command to every server and waits until all have answered. A local store has no servers.
 *
 * @param cmd_id    0 reaches the controller of the server; 1 to 5 have a meaning of their own
 * @param cmd_body  copied
 *
 * What the caller vouches for:
 * `cmd_body` is a NUL-terminated text.
 */
MXNET_DLL
int MXKVStoreSendCommmandToServers(KVStoreHandle handle,
                                   int cmd_id,
                                   const char *cmd_body);

/**
 * The number of nodes that are dead. A local store has none. The cluster has one limit of silence for all, set by
 * `PS_HEARTBEAT_TIMEOUT`; the timeout given here only says, if it is zero, that nobody counts.
 *
 * @param node_id      a group (1 the scheduler, 2 the servers, 4 the workers, or a sum of these) or one node
 * @param number       receives it
 * @param timeout_sec  0: no node counts; anything else: those that the cluster knows to be dead
 *
 * What the caller vouches for:
 * `number` is writable.
 */
MXNET_DLL
int MXKVStoreGetNumDeadNode(KVStoreHandle handle,
                            int node_id,
                            int *number,
                            int timeout_sec MXNET_DEFAULT(60));

/**
 * As MXKVStoreInit, with string keys.
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements, the keys NUL-terminated.
 */
MXNET_DLL
int MXKVStoreInitEx(KVStoreHandle handle,
                    uint32_t num,
                    const char **keys,
                    NDArrayHandle *vals);

/**
 * As MXKVStorePush, with string keys.
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements, the keys NUL-terminated.
 */
MXNET_DLL
int MXKVStorePushEx(KVStoreHandle handle,
                    uint32_t num,
                    const char **keys,
                    NDArrayHandle *vals,
                    int priority);

/**
 * As MXKVStorePull, with string keys.
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements, the keys NUL-terminated.
 */
MXNET_DLL
int MXKVStorePullEx(KVStoreHandle handle,
                    uint32_t num,
                    const char **keys,
                    NDArrayHandle *vals,
                    int priority);

/**
 * As MXKVStorePullWithSparse, with string keys.
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num` elements, the keys NUL-terminated.
 */
MXNET_DLL
int MXKVStorePullWithSparseEx(KVStoreHandle handle,
                              uint32_t num,
                              const char **keys,
                              NDArrayHandle *vals,
                              int priority,
                              bool ignore_sparse);

/**
 * As MXKVStorePullRowSparse, with string keys.
 *
 * What the caller vouches for:
 * `keys`, `vals` and `row_ids` hold `num` elements, the keys NUL-terminated.
 */
MXNET_DLL
int MXKVStorePullRowSparseEx(KVStoreHandle handle,
                             uint32_t num,
                             const char **keys,
                             NDArrayHandle *vals,
                             const NDArrayHandle *row_ids,
                             int priority);

/**
 * As MXKVStoreBroadcast, with string keys.
 *
 * What the caller vouches for:
 * `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`; the keys are NUL-terminated.
 */
MXNET_DLL
int MXKVStoreBroadcastEx(KVStoreHandle handle,
                         uint32_t vnum,
                         const char **vkeys,
                         uint32_t onum,
                         const char **okeys,
                         NDArrayHandle *vals,
                         NDArrayHandle *outs,
                         int priority);

/**
 * As MXKVStorePushPull, with string keys.
 *
 * What the caller vouches for:
 * `vkeys` and `vals` hold `vnum` elements, `okeys` and `outs` `onum`; the keys are NUL-terminated.
 */
MXNET_DLL
int MXKVStorePushPullEx(KVStoreHandle handle,
                        uint32_t vnum,
                        const char **vkeys,
                        uint32_t onum,
                        const char **okeys,
                        NDArrayHandle *vals,
                        NDArrayHandle *outs,
                        int priority);

/**
 * Turns recording on or off for the calling thread.
 *
 * @param prev  receives the previous setting, 0 or 1
 *
 * What the caller vouches for:
 * `prev` is writable.
 */
MXNET_DLL int MXAutogradSetIsRecording(int is_recording, int *prev);

/**
 * Whether the calling thread records.
 *
 * @param curr  receives the setting
 *
 * What the caller vouches for:
 * `curr` is writable.
 */
MXNET_DLL int MXAutogradIsRecording(bool *curr);

/**
 * Turns training on or off for the calling thread.
 *
 * @param prev  receives the previous setting, 0 or 1
 *
 * What the caller vouches for:
 * `prev` is writable.
 */
MXNET_DLL int MXAutogradSetIsTraining(int is_training, int *prev);

/**
 * Whether the calling thread trains.
 *
 * @param curr  receives the setting
 *
 * What the caller vouches for:
 * `curr` is writable.
 */
MXNET_DLL int MXAutogradIsTraining(bool *curr);

/**
 * How the calling thread reads shapes.
 *
 * @param curr  receives 0 for MXNet's first convention, 1 for numpy's in this thread, 2 for numpy's in all
 *
 * What the caller vouches for:
 * `curr` is writable.
 */
MXNET_DLL
int MXIsNumpyShape(int *curr);

/**
 * Sets how shapes are read; see `MXIsNumpyShape`. 0 ends the setting for all threads too.
 *
 * @param prev  receives 1 if numpy's convention held before, else 0
 *
 * What the caller vouches for:
 * `prev` is writable.
 */
MXNET_DLL int MXSetIsNumpyShape(int is_np_shape, int *prev);

/**
 * Makes a handle without an array: a place for the output of an operator.
 *
 * @param out  receives the handle; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXNDArrayCreateNone(NDArrayHandle *out);

/**
 * Makes a dense float32 array with unspecified content.
 *
 * @param shape  `ndim` extents
 * @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
 * @param delay_alloc  ignored: memory that was never touched costs nothing
 * @param out    receives the array; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `shape` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreate(const uint32_t *shape,
                    uint32_t ndim,
                    int dev_type,
                    int dev_id,
                    int delay_alloc,
                    NDArrayHandle *out);

/**
 * Makes a dense array with unspecified content.
 *
 * @param shape  `ndim` extents
 * @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
 * @param delay_alloc  ignored: memory that was never touched costs nothing
 * @param dtype  the code of the element type
 * @param out    receives the array; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `shape` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateEx(const uint32_t *shape,
                      uint32_t ndim,
                      int dev_type,
                      int dev_id,
                      int delay_alloc,
                      int dtype,
                      NDArrayHandle *out);

/**
 * As MXNDArrayCreateEx, with extents of 64 bits.
 *
 * What the caller vouches for:
 * `shape` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateEx64(const int64_t *shape,
                        int ndim,
                        int dev_type,
                        int dev_id,
                        int delay_alloc,
                        int dtype,
                        NDArrayHandle *out);

/**
 * Frees a handle. Its storage lives on while other handles or unfinished work use it. Null is accepted.
 */
MXNET_DLL
int MXNDArrayFree(NDArrayHandle handle);

/**
 * Makes a second handle for an array: same storage, same gradient buffer.
 *
 * @param out  receives the handle; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXShallowCopyNDArray(NDArrayHandle src, NDArrayHandle *out);

/**
 * Makes a second handle for an array: same storage, without a gradient buffer.
 *
 * @param out  receives the handle; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXNDArrayDetach(NDArrayHandle handle, NDArrayHandle *out);

/**
 * Fills a dense array from the caller's memory. Waits for unfinished work on the array and reports its failure.
 *
 * @param data  `size` elements of the array's type, row-major; borrowed
 * @param size  the number of elements, not bytes: that of the array
 *
 * What the caller vouches for:
 * `data` holds `size` elements.
 */
MXNET_DLL
int MXNDArraySyncCopyFromCPU(NDArrayHandle handle,
                             const void *data,
                             size_t size);

/**
 * Copies the elements of a dense array to the caller's memory. Waits for unfinished work on the array and
 * reports its failure.
 *
 * @param data  receives `size` elements of the array's type, row-major
 * @param size  the number of elements, not bytes: that of the array
 *
 * What the caller vouches for:
 * `data` has room for `size` elements.
 */
MXNET_DLL
int MXNDArraySyncCopyToCPU(NDArrayHandle handle,
                           void *data,
                           size_t size);

/**
 * Waits until all work submitted so far that writes the array has ended; reports its failure.
 */
MXNET_DLL int MXNDArrayWaitToRead(NDArrayHandle handle);

/**
 * Waits until all work submitted so far that reads or writes the array has ended; reports its failure.
 */
MXNET_DLL
int MXNDArrayWaitToWrite(NDArrayHandle handle);

/**
 * Waits until all work submitted so far has ended; reports the first failure that nobody was told of.
 */
MXNET_DLL
int MXNDArrayWaitAll(void);

/**
 * The storage type: 0 default, 1 row_sparse, 2 csr; -1 for a handle without an array.
 *
 * What the caller vouches for:
 * `out_storage_type` is writable.
 */
MXNET_DLL int MXNDArrayGetStorageType(NDArrayHandle handle, int *out_storage_type);

/**
 * The code of the element type; -1 for a handle without an array.
 *
 * What the caller vouches for:
 * `out_dtype` is writable.
 */
MXNET_DLL int MXNDArrayGetDType(NDArrayHandle handle, int *out_dtype);

/**
 * Where the array lives; type 0 and id 0 for a handle without an array.
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXNDArrayGetContext(NDArrayHandle handle, int *out_dev_type, int *out_dev_id);

/**
 * The shape, as unsigned numbers. A handle without an array has none.
 *
 * @param out_dim    receives the number of dimensions
 * @param out_pdata  receives the extents, valid until the next call on this thread that returns a shape
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL
int MXNDArrayGetShape(NDArrayHandle handle,
                      uint32_t *out_dim,
                      const uint32_t **out_pdata);

/**
 * The shape.
 *
 * @param out_dim    receives the number of dimensions; a handle without an array gives 0, or -1 with numpy's shapes
 * @param out_pdata  receives the extents, valid until the next call on this thread that returns a shape
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL
int MXNDArrayGetShapeEx(NDArrayHandle handle,
                        int *out_dim,
                        const int **out_pdata);

/**
 * As MXNDArrayGetShapeEx, with extents of 64 bits.
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXNDArrayGetShapeEx64(NDArrayHandle handle, int *out_dim, const int64_t **out_pdata);

/**
 * The address of the first element; of the stored values if the array is sparse. Does not wait for queued work on
 * the array, so call MXNDArrayWaitToRead or MXNDArrayWaitToWrite first; an operator that is using the array at this
 * moment runs to its end before the call returns, or the call fails after a minute.
 *
 * @param out_pdata  receives the address. That of a dense array is valid until the last handle of the array and of
 *                   those that share its storage is freed, that of a sparse one only until it is written
 *
 * What the caller vouches for:
 * `out_pdata` is writable. Whoever uses the address keeps to the array's size, and to the times at which no work
 * on the array is unfinished.
 */
MXNET_DLL
int MXNDArrayGetData(NDArrayHandle handle,
                     void **out_pdata);

/**
 * Saves arrays to a file. The file is replaced as a whole: a failure leaves the old one. Waits for unfinished
 * work on the arrays.
 *
 * @param fname     a path, or a file:// URI
 * @param num_args  the number of arrays
 * @param args      the arrays, borrowed
 * @param keys      their names, or null for none
 *
 * What the caller vouches for:
 * `fname` and each name are NUL-terminated; `args` and, unless null, `keys` hold `num_args` elements.
 */
MXNET_DLL
int MXNDArraySave(const char *fname,
                  uint32_t num_args,
                  NDArrayHandle *args,
                  const char **keys);

/**
 * Loads the arrays of a file.
 *
 * @param fname          a path, or a file:// URI
 * @param out_size       receives the number of arrays
 * @param out_arr        receives the arrays; each is owned, free with MXNDArrayFree; the list itself is valid until the
 *                       next call on this thread that returns handles
 * @param out_name_size  receives the number of names: that of the arrays, or 0
 * @param out_names      receives the names, valid until the next call on this thread that returns names
 *
 * What the caller vouches for:
 * `fname` is NUL-terminated, the others are writable.
 */
MXNET_DLL
int MXNDArrayLoad(const char *fname,
                  uint32_t *out_size,
                  NDArrayHandle **out_arr,
                  uint32_t *out_name_size,
                  const char ***out_names);

/**
 * Loads arrays from memory that holds the content of a file. See MXNDArrayLoad.
 *
 * @param ndarray_buffer  `size` bytes, borrowed
 *
 * What the caller vouches for:
 * `ndarray_buffer` holds `size` bytes, the others are writable.
 */
MXNET_DLL
int MXNDArrayLoadFromBuffer(const void *ndarray_buffer,
                            size_t size,
                            uint32_t *out_size,
                            NDArrayHandle **out_arr,
                            uint32_t *out_name_size,
                            const char ***out_names);

/**
 * The bytes of one array, for pickling and messages. Waits for unfinished work on it.
 *
 * @param out_size  receives the number of bytes
 * @param out_buf   receives the bytes, valid until the next call of this function on this thread
 *
 * What the caller vouches for:
 * `out_size` and `out_buf` are writable.
 */
MXNET_DLL int MXNDArraySaveRawBytes(NDArrayHandle handle, size_t *out_size, const char **out_buf);

/**
 * The array that MXNDArraySaveRawBytes made these bytes of.
 *
 * @param buf   `size` bytes, borrowed
 * @param out   receives the array; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `buf` holds `size` bytes, `out` is writable.
 */
MXNET_DLL int MXNDArrayLoadFromRawBytes(const void *buf, size_t size, NDArrayHandle *out);

/**
 * A DLPack tensor over the elements of a dense array, without a copy. Waits as MXNDArrayGetData does.
 *
 * @param out_dlpack  receives the tensor, which keeps the storage alive; the caller or whoever it hands it to runs
 *                    its deleter once, for instance with MXNDArrayCallDLPackDeleter
 *
 * What the caller vouches for:
 * `out_dlpack` is writable.
 */
MXNET_DLL
int MXNDArrayToDLPack(NDArrayHandle handle,
                      DLManagedTensorHandle *out_dlpack);

/**
 * An array over the memory of a DLPack tensor, without a copy. The tensor must be compact and on the cpu.
 *
 * @param dlpack      the tensor; taken over on success: its deleter runs when the last array over it is freed, on
 *                    any thread
 * @param out_handle  receives the array; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `dlpack` is a tensor that follows DLPack's rules, `out_handle` is writable.
 */
MXNET_DLL
int MXNDArrayFromDLPack(DLManagedTensorHandle dlpack,
                        NDArrayHandle *out_handle);

/**
 * As MXNDArrayFromDLPack.
 *
 * @param transient_handle  true if the structure lives only as long as the call: it is copied, and the deleter gets
 *                          the copy
 *
 * What the caller vouches for:
 * `dlpack` is a tensor that follows DLPack's rules, `out_handle` is writable.
 */
MXNET_DLL
int MXNDArrayFromDLPackEx(DLManagedTensorHandle dlpack,
                          bool transient_handle,
                          NDArrayHandle *out_handle);

/**
 * Runs the deleter of a DLPack tensor. Null is accepted.
 *
 * What the caller vouches for:
 * `dlpack` is null or a tensor that nobody uses afterwards.
 */
MXNET_DLL int MXNDArrayCallDLPackDeleter(DLManagedTensorHandle dlpack);

/**
 * The shared memory of a dense array, for one other process: it must receive a duplicate of the descriptor and
 * make an array of it. Of an array that is not on cpu_shared each call makes a copy there. Waits for unfinished work
 * on it.
 *
 * @param shared_pid  receives the number of this process
 * @param shared_id   receives an open descriptor, which belongs to the handle and is valid until that is freed; that
 *                    of a copy also only until the next call for the handle, so duplicate it before
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL
int MXNDArrayGetSharedMemHandle(NDArrayHandle handle,
                                int *shared_pid,
                                int *shared_id);

/**
 * The array that another process handed out with MXNDArrayGetSharedMemHandle; both see each other's writes.
 *
 * @param shared_pid  the number of that process; not needed
 * @param shared_id   a duplicate of its descriptor; taken over on success and closed with the last array
 * @param shape       `ndim` extents
 * @param dtype       the code of the element type
 * @param out         receives the array, on cpu_shared; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `shape` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateFromSharedMem(int shared_pid,
                                 int shared_id,
                                 const uint32_t *shape,
                                 uint32_t ndim,
                                 int dtype,
                                 NDArrayHandle *out);

/**
 * As MXNDArrayCreateFromSharedMem, with signed extents.
 *
 * What the caller vouches for:
 * `shape` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateFromSharedMemEx(int shared_pid,
                                   int shared_id,
                                   const int *shape,
                                   int ndim,
                                   int dtype,
                                   NDArrayHandle *out);

/**
 * Makes a sparse array. Its parts have the lengths that the index shapes say, filled with zeros, or none at all
 * if `delay_alloc` is not 0.
 *
 * @param storage_type  1 row_sparse, 2 csr
 * @param shape     `ndim` extents
 * @param dev_type, dev_id  1 cpu, 3 cpu_pinned or 5 cpu_shared; the id is kept and means nothing
 * @param dtype     the code of the element type
 * @param num_aux   the number of index lists: 1 for row_sparse (the rows), 2 for csr (indptr, columns); 0 takes int64
 * @param aux_type  their element types
 * @param aux_ndims  the rank of each, 1
 * @param aux_shape  their shapes, one after the other
 * @param out       receives the array; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * The lists have the lengths said, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateSparseEx(int storage_type,
                            const uint32_t *shape,
                            uint32_t ndim,
                            int dev_type,
                            int dev_id,
                            int delay_alloc,
                            int dtype,
                            uint32_t num_aux,
                            int *aux_type,
                            uint32_t *aux_ndims,
                            const uint32_t *aux_shape,
                            NDArrayHandle *out);

/**
 * As MXNDArrayCreateSparseEx, with extents of 64 bits.
 *
 * What the caller vouches for:
 * The lists have the lengths said, `out` is writable.
 */
MXNET_DLL
int MXNDArrayCreateSparseEx64(int storage_type,
                              const int64_t *shape,
                              int ndim,
                              int dev_type,
                              int dev_id,
                              int delay_alloc,
                              int dtype,
                              uint32_t num_aux,
                              int *aux_type,
                              int *aux_ndims,
                              const int64_t *aux_shape,
                              NDArrayHandle *out);

/**
 * The element type of an index list: row_sparse has list 0, csr lists 0 (indptr) and 1 (columns).
 *
 * What the caller vouches for:
 * `out_type` is writable.
 */
MXNET_DLL int MXNDArrayGetAuxType(NDArrayHandle handle, uint32_t i, int *out_type);

/**
 * A dense copy of an index list. Waits for unfinished work on the array.
 *
 * @param out  receives the copy; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXNDArrayGetAuxNDArray(NDArrayHandle handle, uint32_t i, NDArrayHandle *out);

/**
 * A dense copy of the stored values; of the array itself if it is dense. Waits for unfinished work on it.
 *
 * @param out  receives the copy; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL
int MXNDArrayGetDataNDArray(NDArrayHandle handle,
                            NDArrayHandle *out);

/**
 * Checks the invariants of a sparse array. Waits for unfinished work on it.
 *
 * @param full_check  looks at every index, not only at the shapes
 */
MXNET_DLL int MXNDArraySyncCheckFormat(NDArrayHandle handle, bool full_check);

/**
 * Copies the elements of a dense array, or the stored values of a sparse one, into another array, converting the
 * element type; waits until it is done.
 *
 * A dense target takes the source's shape, with new storage if it had another. A part of a sparse target takes
 * the source's length if it is empty; otherwise the lengths must be equal.
 *
 * @param i  -1 for the values, otherwise the number of an index list of a sparse target
 */
MXNET_DLL
int MXNDArraySyncCopyFromNDArray(NDArrayHandle handle_dst,
                                 NDArrayHandle handle_src,
                                 int i);

/**
 * Rows `slice_begin` to `slice_end` (exclusive) of a dense array, sharing its storage.
 *
 * @param out  receives the view; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL
int MXNDArraySlice(NDArrayHandle handle,
                   uint32_t slice_begin,
                   uint32_t slice_end,
                   NDArrayHandle *out);

/**
 * As MXNDArraySlice, with numbers of 64 bits.
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL
int MXNDArraySlice64(NDArrayHandle handle,
                     int64_t slice_begin,
                     int64_t slice_end,
                     NDArrayHandle *out);

/**
 * One row of a dense array with the first axis dropped, sharing its storage. A row of a vector has shape (1).
 *
 * @param out  receives the view; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL
int MXNDArrayAt(NDArrayHandle handle,
                uint32_t idx,
                NDArrayHandle *out);

/**
 * As MXNDArrayAt, with a number of 64 bits.
 *
 * What the caller vouches for:
 * `out` is writable.
 */
MXNET_DLL int MXNDArrayAt64(NDArrayHandle handle, int64_t idx, NDArrayHandle *out);

/**
 * Another shape over the elements of a dense array. It may have fewer elements: then it is the first of them.
 *
 * @param dims  `ndim` extents; 0 takes the array's own at this place, -1 (once) is worked out
 * @param out   receives the view; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `dims` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayReshape(NDArrayHandle handle,
                     int ndim,
                     int *dims,
                     NDArrayHandle *out);

/**
 * Another shape over the elements of a dense array. It may have fewer elements: then it is the first of them.
 *
 * @param dims     `ndim` extents or codes: 0 takes the array's own at this place, -1 (once) is worked out, -2 takes
 *                 all that remain, -3 merges two, -4 and two numbers split one
 * @param reverse  reads the codes from the right
 * @param out      receives the view; owned, free with MXNDArrayFree
 *
 * What the caller vouches for:
 * `dims` holds `ndim` elements, `out` is writable.
 */
MXNET_DLL
int MXNDArrayReshape64(NDArrayHandle handle,
                       int ndim,
                       int64_t *dims,
                       bool reverse,
                       NDArrayHandle *out);

/**
 * The names of all operators, aliases included, in byte order.
 *
 * @param out_size   receives their number
 * @param out_array  receives the names; they and the list live as long as the process
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXListAllOpNames(uint32_t *out_size, const char ***out_array);

/**
 * The same as NNListUniqueOps.
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXSymbolListAtomicSymbolCreators(uint32_t *out_size, AtomicSymbolCreator **out_array);

/**
 * The name of an operator, also if the handle was found by an alias.
 *
 * @param name  receives a text that lives as long as the process
 *
 * What the caller vouches for:
 * `name` is writable.
 */
MXNET_DLL int MXSymbolGetAtomicSymbolName(AtomicSymbolCreator creator, const char **name);

/**
 * What an operator is called, does and takes: its arrays first, then its parameters.
 *
 * @param name, description  receive texts
 * @param num_args           receives the number of arguments
 * @param arg_names, arg_type_infos, arg_descriptions  receive lists of that length
 * @param key_var_num_args   receives the name of the parameter that counts the arrays, empty if there is none
 * @param return_type        receives an empty text; may be null
 *
 * All texts and lists live as long as the process.
 *
 * What the caller vouches for:
 * All but `creator` and `return_type` are writable, `return_type` is null or writable.
 */
MXNET_DLL
int MXSymbolGetAtomicSymbolInfo(AtomicSymbolCreator creator,
                                const char **name,
                                const char **description,
                                uint32_t *num_args,
                                const char ***arg_names,
                                const char ***arg_type_infos,
                                const char ***arg_descriptions,
                                const char **key_var_num_args,
                                const char **return_type MXNET_DEFAULT(NULL));

/**
 * Makes a domain: the name under which others are grouped.
 *
 * @param out  receives the domain; owned, free with MXProfileDestroyHandle
 *
 * What the caller vouches for:
 * `domain` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXProfileCreateDomain(const char *domain, ProfileHandle *out);

/**
 * Makes a task: something that takes time, to be started and stopped.
 *
 * @param out  receives the task; owned, free with MXProfileDestroyHandle
 *
 * What the caller vouches for:
 * `task_name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXProfileCreateTask(ProfileHandle domain, const char *task_name, ProfileHandle *out);

/**
 * Makes a frame: one pass of something that repeats, to be started and stopped.
 *
 * @param out  receives the frame; owned, free with MXProfileDestroyHandle
 *
 * What the caller vouches for:
 * `frame_name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL
int MXProfileCreateFrame(ProfileHandle domain,
                         const char *frame_name,
                         ProfileHandle *out);

/**
 * Makes an event: something of one thread that takes time, to be started and stopped; in no domain.
 *
 * @param out  receives the event; owned, free with MXProfileDestroyHandle
 *
 * What the caller vouches for:
 * `event_name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXProfileCreateEvent(const char *event_name, ProfileHandle *out);

/**
 * Makes a counter, which starts at 0.
 *
 * @param out  receives the counter; owned, free with MXProfileDestroyHandle
 *
 * What the caller vouches for:
 * `counter_name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL
int MXProfileCreateCounter(ProfileHandle domain,
                           const char *counter_name,
                           ProfileHandle *out);

/**
 * Frees a domain, task, frame, event or counter. What belongs to a freed domain keeps its name. Null is
 * accepted.
 */
MXNET_DLL
int MXProfileDestroyHandle(ProfileHandle frame_handle);

/**
 * Starts a task, frame or event; one that is running starts anew.
 */
MXNET_DLL int MXProfileDurationStart(ProfileHandle duration_handle);

/**
 * Stops a task, frame or event; recorded if the profiler runs. One that was not started is left alone.
 */
MXNET_DLL
int MXProfileDurationStop(ProfileHandle duration_handle);

/**
 * Sets a counter; recorded if the profiler runs.
 */
MXNET_DLL int MXProfileSetCounter(ProfileHandle counter_handle, uint64_t value);

/**
 * Adds to a counter; recorded if the profiler runs.
 */
MXNET_DLL int MXProfileAdjustCounter(ProfileHandle counter_handle, int64_t value);

/**
 * Marks this moment; recorded if the profiler runs.
 *
 * @param scope  how far the mark reaches: global, process, thread, task or marker
 *
 * What the caller vouches for:
 * Both texts are NUL-terminated.
 */
MXNET_DLL
int MXProfileSetMarker(ProfileHandle domain,
                       const char *instant_marker_name,
                       const char *scope);

/**
 * Configures the profiler.
 *
 * @param keys, vals  `num_params` texts each: profile_all, profile_symbolic, profile_imperative, profile_memory,
 *                    profile_api, filename, continuous_dump, dump_period (seconds), aggregate_stats
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num_params` NUL-terminated texts.
 */
MXNET_DLL
int MXSetProfilerConfig(int num_params,
                        const char *const *keys,
                        const char *const *vals);

/**
 * Configures the profiler of this process or, with profile_process=server among the settings, of the servers.
 *
 * @param keys, vals     as for MXSetProfilerConfig
 * @param kvstoreHandle  the store whose servers are meant
 *
 * What the caller vouches for:
 * `keys` and `vals` hold `num_params` NUL-terminated texts.
 */
MXNET_DLL
int MXSetProcessProfilerConfig(int num_params,
                               const char *const *keys,
                               const char *const *vals,
                               KVStoreHandle kvstoreHandle);

/**
 * Runs (1) or stops (0) the profiler.
 */
MXNET_DLL int MXSetProfilerState(int state);

/**
 * Runs (1) or stops (0) the profiler of this process or of the servers.
 */
MXNET_DLL
int MXSetProcessProfilerState(int state,
                              int profile_process,
                              KVStoreHandle kvStoreHandle);

/**
 * Writes what was recorded since the last dump to the file.
 *
 * @param finished  not 0: stops the profiler; its next run starts the file anew
 */
MXNET_DLL int MXDumpProfile(int finished);

/**
 * As MXDumpProfile, for this process or for the servers, each of which writes a file of its own.
 */
MXNET_DLL int MXDumpProcessProfile(int finished, int profile_process, KVStoreHandle kvStoreHandle);

/**
 * Interrupts the recording (not 0) or goes on with it (0).
 */
MXNET_DLL int MXProfilePause(int paused);

/**
 * As MXProfilePause, for this process or for the servers.
 */
MXNET_DLL int MXProcessProfilePause(int paused, int profile_process, KVStoreHandle kvStoreHandle);

/**
 * The sums of what was recorded, as a table by total time; empty unless aggregate_stats is set.
 *
 * @param out_str  receives a text, valid until the next call on this thread that returns one
 * @param reset    not 0: starts the sums anew
 *
 * What the caller vouches for:
 * `out_str` is writable.
 */
MXNET_DLL int MXAggregateProfileStatsPrint(const char **out_str, int reset);

/**
 * The sums of what was recorded; empty unless aggregate_stats is set.
 *
 * @param out_str    receives a text, valid until the next call on this thread that returns one
 * @param reset      not 0: starts the sums anew
 * @param format     0 a table, 1 JSON
 * @param sort_by    0 total, 1 average, 2 minimum, 3 maximum, 4 count
 * @param ascending  not 0: the smallest first
 *
 * What the caller vouches for:
 * `out_str` is writable.
 */
MXNET_DLL
int MXAggregateProfileStatsPrintEx(const char **out_str,
                                   int reset,
                                   int format,
                                   int sort_by,
                                   int ascending);

/**
 * Creates a RecordIO file, or empties the one there is.
 *
 * @param uri  a path, or a file:// URI
 * @param out  receives the writer; owned, free with MXRecordIOWriterFree
 *
 * What the caller vouches for:
 * `uri` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXRecordIOWriterCreate(const char *uri, RecordIOHandle *out);

/**
 * Closes and frees a writer. Null is accepted.
 */
MXNET_DLL int MXRecordIOWriterFree(RecordIOHandle handle);

/**
 * Appends one record. It has reached the operating system when the call returns.
 *
 * @param buf   `size` bytes, borrowed
 * @param size  below 2^29
 *
 * What the caller vouches for:
 * `buf` holds `size` readable bytes.
 */
MXNET_DLL int MXRecordIOWriterWriteRecord(RecordIOHandle handle, const char *buf, size_t size);

/**
 * Where the next record will start.
 *
 * @param pos  receives the position
 *
 * What the caller vouches for:
 * `pos` is writable.
 */
MXNET_DLL int MXRecordIOWriterTell(RecordIOHandle handle, size_t *pos);

/**
 * Opens a RecordIO file.
 *
 * @param uri  a path, or a file:// URI
 * @param out  receives the reader; owned, free with MXRecordIOReaderFree
 *
 * What the caller vouches for:
 * `uri` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXRecordIOReaderCreate(const char *uri, RecordIOHandle *out);

/**
 * Closes and frees a reader, and with it the record it returned last. Null is accepted.
 */
MXNET_DLL int MXRecordIOReaderFree(RecordIOHandle handle);

/**
 * Reads the next record.
 *
 * @param buf   receives the record, valid until the next call with this reader; null at the end of the file
 * @param size  receives its bytes; 0 at the end of the file
 *
 * What the caller vouches for:
 * `buf` and `size` are writable.
 */
MXNET_DLL
int MXRecordIOReaderReadRecord(RecordIOHandle handle,
                               const char **buf,
                               size_t *size);

/**
 * Continues reading at a position, which must be the start of a record.
 */
MXNET_DLL int MXRecordIOReaderSeek(RecordIOHandle handle, size_t pos);

/**
 * Where the next record starts.
 *
 * @param pos  receives the position
 *
 * What the caller vouches for:
 * `pos` is writable.
 */
MXNET_DLL int MXRecordIOReaderTell(RecordIOHandle handle, size_t *pos);

/**
 * Waits for all unfinished work and reports a failure that nobody was told of; writes what the profiler has
 * recorded and not written yet. The library stays usable: objects may be freed afterwards.
 */
MXNET_DLL
int MXNotifyShutdown(void);

/**
 * Starts the random sequence anew: equal seeds give equal sequences.
 */
MXNET_DLL int MXRandomSeed(int seed);

/**
 * As MXRandomSeed: all processors share one sequence.
 *
 * @param dev_type, dev_id  the device
 */
MXNET_DLL int MXRandomSeedContext(int seed, int dev_type, int dev_id);

/**
 * Watches the nodes of a cached operator; out of scope.
 */
MXNET_DLL
int MXCachedOpRegisterOpHook(NDArrayHandle handle,
                             CachedOpMonitorCallback callback,
                             bool monitor_all);

/**
 * Makes a cached operator of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXCreateCachedOp(SymbolHandle handle, CachedOpHandle *out);

/**
 * As `MXCreateCachedOpEx`, optionally thread-safe; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXCreateCachedOpEX(SymbolHandle handle,
                       int num_flags,
                       const char **keys,
                       const char **vals,
                       CachedOpHandle *out,
                       bool thread_safe MXNET_DEFAULT(false));

/**
 * As `MXCreateCachedOp`, with flags; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXCreateCachedOpEx(SymbolHandle handle,
                       int num_flags,
                       const char **keys,
                       const char **vals,
                       CachedOpHandle *out);

/**
 * Frees a cached operator. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXFreeCachedOp(CachedOpHandle handle);

/**
 * Runs a cached operator; out of scope. The caller's outputs stay as they are.
 */
MXNET_DLL
int MXInvokeCachedOp(CachedOpHandle handle,
                     int num_inputs,
                     NDArrayHandle *inputs,
                     int *num_outputs,
                     NDArrayHandle **outputs);

/**
 * As `MXInvokeCachedOp`, with storage types; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXInvokeCachedOpEx(CachedOpHandle handle,
                       int num_inputs,
                       NDArrayHandle *inputs,
                       int *num_outputs,
                       NDArrayHandle **outputs,
                       const int **out_stypes);

/**
 * Rewinds an iterator; out of scope.
 */
MXNET_DLL int MXDataIterBeforeFirst(DataIterHandle handle);

/**
 * Makes an iterator; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXDataIterCreateIter(DataIterCreator handle,
                         uint32_t num_param,
                         const char **keys,
                         const char **vals,
                         DataIterHandle *out);

/**
 * Frees an iterator. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXDataIterFree(DataIterHandle handle);

/**
 * The data of the current batch; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXDataIterGetData(DataIterHandle handle, NDArrayHandle *out);

/**
 * The sample numbers of the current batch; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXDataIterGetIndex(DataIterHandle handle, uint64_t **out_index, uint64_t *out_size);

/**
 * The labels of the current batch; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXDataIterGetLabel(DataIterHandle handle, NDArrayHandle *out);

/**
 * The number of padding samples of the current batch; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXDataIterGetPadNum(DataIterHandle handle, int *pad);

/**
 * Moves to the next batch; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXDataIterNext(DataIterHandle handle, int *out);

/**
 * Runs a bound graph backward; out of scope.
 */
MXNET_DLL int MXExecutorBackward(ExecutorHandle handle, uint32_t len, NDArrayHandle *head_grads);

/**
 * As `MXExecutorBackward`, with the training flag; out of scope.
 */
MXNET_DLL
int MXExecutorBackwardEx(ExecutorHandle handle,
                         uint32_t len,
                         NDArrayHandle *head_grads,
                         int is_train);

/**
 * Binds a graph to arrays; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorBind(SymbolHandle symbol_handle,
                   int dev_type,
                   int dev_id,
                   uint32_t len,
                   NDArrayHandle *in_args,
                   NDArrayHandle *arg_grad_store,
                   uint32_t *grad_req_type,
                   uint32_t aux_states_len,
                   NDArrayHandle *aux_states,
                   ExecutorHandle *out);

/**
 * As `MXExecutorBindX`, sharing memory with another executor; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorBindEX(SymbolHandle symbol_handle,
                     int dev_type,
                     int dev_id,
                     uint32_t num_map_keys,
                     const char **map_keys,
                     const int *map_dev_types,
                     const int *map_dev_ids,
                     uint32_t len,
                     NDArrayHandle *in_args,
                     NDArrayHandle *arg_grad_store,
                     uint32_t *grad_req_type,
                     uint32_t aux_states_len,
                     NDArrayHandle *aux_states,
                     ExecutorHandle shared_exec,
                     ExecutorHandle *out);

/**
 * As `MXExecutorBind`, with a device per group of nodes; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorBindX(SymbolHandle symbol_handle,
                    int dev_type,
                    int dev_id,
                    uint32_t num_map_keys,
                    const char **map_keys,
                    const int *map_dev_types,
                    const int *map_dev_ids,
                    uint32_t len,
                    NDArrayHandle *in_args,
                    NDArrayHandle *arg_grad_store,
                    uint32_t *grad_req_type,
                    uint32_t aux_states_len,
                    NDArrayHandle *aux_states,
                    ExecutorHandle *out);

/**
 * Runs a bound graph; out of scope.
 */
MXNET_DLL int MXExecutorForward(ExecutorHandle handle, int is_train);

/**
 * Frees an executor. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXExecutorFree(ExecutorHandle handle);

/**
 * The graph an executor really runs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXExecutorGetOptimizedSymbol(ExecutorHandle handle, SymbolHandle *out);

/**
 * The result arrays of an executor; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXExecutorOutputs(ExecutorHandle handle, uint32_t *out_size, NDArrayHandle **out);

/**
 * An executor as text for people; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXExecutorPrint(ExecutorHandle handle, const char **out_str);

/**
 * An executor for other input shapes; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorReshape(int partial_shaping,
                      int allow_up_sizing,
                      int dev_type,
                      int dev_id,
                      uint32_t num_map_keys,
                      const char **map_keys,
                      const int *map_dev_types,
                      const int *map_dev_ids,
                      uint32_t num_provided_arg_shapes,
                      const char **provided_arg_shape_names,
                      const uint32_t *provided_arg_shape_data,
                      const uint32_t *provided_arg_shape_idx,
                      uint32_t *num_in_args,
                      NDArrayHandle **in_args,
                      NDArrayHandle **arg_grads,
                      uint32_t *num_aux_states,
                      NDArrayHandle **aux_states,
                      ExecutorHandle shared_exec,
                      ExecutorHandle *out);

/**
 * As `MXExecutorReshape`, with -1 for an unknown size; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorReshapeEx(int partial_shaping,
                        int allow_up_sizing,
                        int dev_type,
                        int dev_id,
                        uint32_t num_map_keys,
                        const char **map_keys,
                        const int *map_dev_types,
                        const int *map_dev_ids,
                        uint32_t num_provided_arg_shapes,
                        const char **provided_arg_shape_names,
                        const int *provided_arg_shape_data,
                        const uint32_t *provided_arg_shape_idx,
                        uint32_t *num_in_args,
                        NDArrayHandle **in_args,
                        NDArrayHandle **arg_grads,
                        uint32_t *num_aux_states,
                        NDArrayHandle **aux_states,
                        ExecutorHandle shared_exec,
                        ExecutorHandle *out);

/**
 * Watches the results of each node; out of scope.
 */
MXNET_DLL
int MXExecutorSetMonitorCallback(ExecutorHandle handle,
                                 ExecutorMonitorCallback callback,
                                 void *callback_handle);

/**
 * Watches the results and inputs of each node; out of scope.
 */
MXNET_DLL
int MXExecutorSetMonitorCallbackEX(ExecutorHandle handle,
                                   ExecutorMonitorCallback callback,
                                   void *callback_handle,
                                   bool monitor_all);

/**
 * Binds a graph to arrays it makes itself; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorSimpleBind(SymbolHandle symbol_handle,
                         int dev_type,
                         int dev_id,
                         uint32_t num_g2c_keys,
                         const char **g2c_keys,
                         const int *g2c_dev_types,
                         const int *g2c_dev_ids,
                         uint32_t provided_grad_req_list_len,
                         const char **provided_grad_req_names,
                         const char **provided_grad_req_types,
                         uint32_t num_provided_arg_shapes,
                         const char **provided_arg_shape_names,
                         const uint32_t *provided_arg_shape_data,
                         const uint32_t *provided_arg_shape_idx,
                         uint32_t num_provided_arg_dtypes,
                         const char **provided_arg_dtype_names,
                         const int *provided_arg_dtypes,
                         uint32_t num_provided_arg_stypes,
                         const char **provided_arg_stype_names,
                         const int *provided_arg_stypes,
                         uint32_t num_shared_arg_names,
                         const char **shared_arg_name_list,
                         int *shared_buffer_len,
                         const char **shared_buffer_name_list,
                         NDArrayHandle *shared_buffer_handle_list,
                         const char ***updated_shared_buffer_name_list,
                         NDArrayHandle **updated_shared_buffer_handle_list,
                         uint32_t *num_in_args,
                         NDArrayHandle **in_args,
                         NDArrayHandle **arg_grads,
                         uint32_t *num_aux_states,
                         NDArrayHandle **aux_states,
                         ExecutorHandle shared_exec_handle,
                         ExecutorHandle *out);

/**
 * As `MXExecutorSimpleBind`, with -1 for an unknown size; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorSimpleBindEx(SymbolHandle symbol_handle,
                           int dev_type,
                           int dev_id,
                           uint32_t num_g2c_keys,
                           const char **g2c_keys,
                           const int *g2c_dev_types,
                           const int *g2c_dev_ids,
                           uint32_t provided_grad_req_list_len,
                           const char **provided_grad_req_names,
                           const char **provided_grad_req_types,
                           uint32_t num_provided_arg_shapes,
                           const char **provided_arg_shape_names,
                           const int *provided_arg_shape_data,
                           const uint32_t *provided_arg_shape_idx,
                           uint32_t num_provided_arg_dtypes,
                           const char **provided_arg_dtype_names,
                           const int *provided_arg_dtypes,
                           uint32_t num_provided_arg_stypes,
                           const char **provided_arg_stype_names,
                           const int *provided_arg_stypes,
                           uint32_t num_shared_arg_names,
                           const char **shared_arg_name_list,
                           int *shared_buffer_len,
                           const char **shared_buffer_name_list,
                           NDArrayHandle *shared_buffer_handle_list,
                           const char ***updated_shared_buffer_name_list,
                           NDArrayHandle **updated_shared_buffer_handle_list,
                           uint32_t *num_in_args,
                           NDArrayHandle **in_args,
                           NDArrayHandle **arg_grads,
                           uint32_t *num_aux_states,
                           NDArrayHandle **aux_states,
                           ExecutorHandle shared_exec_handle,
                           ExecutorHandle *out);

/**
 * As `MXExecutorSimpleBindEx` in 64 bits; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXExecutorSimpleBindEx64(SymbolHandle symbol_handle,
                             int dev_type,
                             int dev_id,
                             uint32_t num_g2c_keys,
                             const char **g2c_keys,
                             const int *g2c_dev_types,
                             const int *g2c_dev_ids,
                             uint32_t provided_grad_req_list_len,
                             const char **provided_grad_req_names,
                             const char **provided_grad_req_types,
                             uint32_t num_provided_arg_shapes,
                             const char **provided_arg_shape_names,
                             const int64_t *provided_arg_shape_data,
                             const uint32_t *provided_arg_shape_idx,
                             uint32_t num_provided_arg_dtypes,
                             const char **provided_arg_dtype_names,
                             const int *provided_arg_dtypes,
                             uint32_t num_provided_arg_stypes,
                             const char **provided_arg_stype_names,
                             const int *provided_arg_stypes,
                             uint32_t num_shared_arg_names,
                             const char **shared_arg_name_list,
                             int *shared_buffer_len,
                             const char **shared_buffer_name_list,
                             NDArrayHandle *shared_buffer_handle_list,
                             const char ***updated_shared_buffer_name_list,
                             NDArrayHandle **updated_shared_buffer_handle_list,
                             uint32_t *num_in_args,
                             NDArrayHandle **in_args,
                             NDArrayHandle **arg_grads,
                             uint32_t *num_aux_states,
                             NDArrayHandle **aux_states,
                             ExecutorHandle shared_exec_handle,
                             ExecutorHandle *out);

/**
 * Records a function with its own backward callback; out of scope.
 */
MXNET_DLL
int MXCustomFunctionRecord(int num_inputs,
                           NDArrayHandle *inputs,
                           int num_outputs,
                           NDArrayHandle *outputs,
                           MXCallbackList *callbacks);

/**
 * Loads a library of operators; out of scope.
 */
MXNET_DLL int MXLoadLib(const char *path, unsigned int verbose);

/**
 * Free and total memory of a GPU in MiB; an error without one.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXGetGPUMemoryInformation(int dev, int *free_mem, int *total_mem);

/**
 * Free and total memory of a GPU in bytes; an error without one.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXGetGPUMemoryInformation64(int dev, uint64_t *free_mem, uint64_t *total_mem);

/**
 * Rewrites a graph to 8-bit operators; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXQuantizeSymbol(SymbolHandle sym_handle,
                     SymbolHandle *ret_sym_handle,
                     const int *dev_type,
                     uint32_t num_excluded_sym_names,
                     const char **excluded_sym_names,
                     uint32_t num_excluded_op_names,
                     const char **excluded_op_names,
                     uint32_t num_offline,
                     const char **offline_params,
                     const char *quantized_dtype,
                     bool calib_quantize,
                     const char *quantize_mode,
                     const char *quantize_granularity,
                     uint32_t *out_num_calib_names,
                     const char ***out_calib_names);

/**
 * Rewrites a graph to mixed precision; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXReducePrecisionSymbol(SymbolHandle sym_handle,
                            SymbolHandle *ret_sym_handle,
                            uint32_t num_args,
                            const int *arg_type_data,
                            uint32_t num_ind_ptr,
                            const int *ind_ptr,
                            const int *target_dtype,
                            int cast_optional_params,
                            uint32_t num_target_dtype_op_names,
                            uint32_t num_fp32_op_names,
                            uint32_t num_widest_dtype_op_names,
                            uint32_t num_conditional_fp32_op_names,
                            uint32_t num_excluded_symbols,
                            uint32_t num_model_params,
                            const char **target_dtype_op_names,
                            const char **fp32_op_names,
                            const char **widest_dtype_op_names,
                            const char **conditional_fp32_op_names,
                            const char **excluded_symbols,
                            const char **conditional_param_names,
                            const char **conditional_param_vals,
                            const char **model_param_names,
                            const char **arg_names);

/**
 * Puts value ranges into a quantised graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSetCalibTableToQuantizedSymbol(SymbolHandle qsym_handle,
                                     uint32_t num_layers,
                                     const char **layer_names,
                                     const float *low_quantiles,
                                     const float *high_quantiles,
                                     SymbolHandle *ret_sym_handle);

/**
 * Compiles a kernel (old interface); MXNet refuses it too.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXRtcCreate(char *name,
                uint32_t num_input,
                uint32_t num_output,
                char **input_names,
                char **output_names,
                NDArrayHandle *inputs,
                NDArrayHandle *outputs,
                char *kernel,
                RtcHandle *out);

/**
 * Launches a kernel; out of scope.
 */
MXNET_DLL
int MXRtcCudaKernelCall(CudaKernelHandle handle,
                        int dev_id,
                        void **args,
                        uint32_t grid_dim_x,
                        uint32_t grid_dim_y,
                        uint32_t grid_dim_z,
                        uint32_t block_dim_x,
                        uint32_t block_dim_y,
                        uint32_t block_dim_z,
                        uint32_t shared_mem);

/**
 * A kernel of a compiled module; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXRtcCudaKernelCreate(CudaModuleHandle handle,
                          const char *name,
                          int num_args,
                          int *is_ndarray,
                          int *is_const,
                          int *arg_types,
                          CudaKernelHandle *out);

/**
 * Frees a kernel. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXRtcCudaKernelFree(CudaKernelHandle handle);

/**
 * Compiles CUDA source; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXRtcCudaModuleCreate(const char *source,
                          int num_options,
                          const char **options,
                          int num_exports,
                          const char **exports,
                          CudaModuleHandle *out);

/**
 * Frees a compiled module. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXRtcCudaModuleFree(CudaModuleHandle handle);

/**
 * Frees a kernel (old interface). Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXRtcFree(RtcHandle handle);

/**
 * Launches a kernel (old interface); MXNet refuses it too.
 */
MXNET_DLL
int MXRtcPush(RtcHandle handle,
              uint32_t num_input,
              uint32_t num_output,
              NDArrayHandle *inputs,
              NDArrayHandle *outputs,
              uint32_t gridDimX,
              uint32_t gridDimY,
              uint32_t gridDimZ,
              uint32_t blockDimX,
              uint32_t blockDimY,
              uint32_t blockDimZ);

/**
 * Registers a function with TVM; out of scope.
 */
MXNET_DLL int MXTVMBridge(TVMFunctionHandle pregister);

/**
 * Groups the named operators of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXBuildSubgraphByOpNames(SymbolHandle sym_handle,
                             const char *prop_name,
                             uint32_t num_ops,
                             const char **op_names,
                             SymbolHandle *ret_sym_handle);

/**
 * Rewrites a graph for a backend; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXGenBackendSubgraph(SymbolHandle sym_handle,
                         const char *backend,
                         SymbolHandle *ret_sym_handle);

/**
 * Rewrites a graph and its parameters for a backend; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXOptimizeForBackend(SymbolHandle sym_handle,
                         const char *backend_name,
                         int dev_type,
                         SymbolHandle *ret_sym_handle,
                         uint32_t args_len,
                         NDArrayHandle *in_args_handle,
                         uint32_t aux_len,
                         NDArrayHandle *in_aux_handle,
                         uint32_t num_options,
                         const char **keys,
                         const char **vals,
                         uint32_t num_input_shapes,
                         const char **input_shape_names,
                         const int64_t *input_shape_data,
                         const uint32_t *input_shape_idx,
                         uint32_t num_input_dtypes,
                         const char **input_dtype_names,
                         const int *input_dtypes,
                         uint32_t num_input_stypes,
                         const char **input_stype_names,
                         const int *input_stypes,
                         bool skip_infer,
                         int *new_args_cnt,
                         NDArrayHandle **new_args_handle,
                         char ***new_arg_names_handle,
                         int *new_aux_cnt,
                         NDArrayHandle **new_aux_handle,
                         char ***new_aux_names_handle);

/**
 * Forgets the operator names of a grouping; out of scope.
 */
MXNET_DLL int MXRemoveSubgraphPropertyOpNames(const char *prop_name);

/**
 * Forgets the operator names of a backend; out of scope.
 */
MXNET_DLL int MXRemoveSubgraphPropertyOpNamesV2(const char *prop_name);

/**
 * Names the operators of a grouping; out of scope.
 */
MXNET_DLL
int MXSetSubgraphPropertyOpNames(const char *prop_name,
                                 uint32_t num_ops,
                                 const char **op_names);

/**
 * Names the operators of a backend; out of scope.
 */
MXNET_DLL
int MXSetSubgraphPropertyOpNamesV2(const char *prop_name,
                                   uint32_t num_ops,
                                   const char **op_names);

/**
 * The graph that recording made of an array; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXAutogradGetSymbol(NDArrayHandle handle, SymbolHandle *out);

/**
 * One operator of a graph as a graph of its own; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXGenAtomicSymbolFromSymbol(SymbolHandle sym_handle, SymbolHandle *ret_sym_handle);

/**
 * A second handle on a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXShallowCopySymbol(SymbolHandle src, SymbolHandle *out);

/**
 * Connects a graph to its inputs; out of scope.
 */
MXNET_DLL
int MXSymbolCompose(SymbolHandle sym,
                    const char *name,
                    uint32_t num_args,
                    const char **keys,
                    SymbolHandle *args);

/**
 * A deep copy of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCopy(SymbolHandle symbol, SymbolHandle *out);

/**
 * A graph of one operator; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolCreateAtomicSymbol(AtomicSymbolCreator creator,
                               uint32_t num_param,
                               const char **keys,
                               const char **vals,
                               SymbolHandle *out);

/**
 * Reads a graph from a JSON file; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCreateFromFile(const char *fname, SymbolHandle *out);

/**
 * Reads a graph from JSON text; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCreateFromJSON(const char *json, SymbolHandle *out);

/**
 * Several graphs as one with all their outputs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCreateGroup(uint32_t num_symbols, SymbolHandle *symbols, SymbolHandle *out);

/**
 * A named input of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCreateVariable(const char *name, SymbolHandle *out);

/**
 * Separates a marked part of a graph from the rest; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolCutSubgraph(SymbolHandle sym, SymbolHandle **inputs, int *input_size);

/**
 * Frees a graph. Null is accepted, as there is nothing to free; any other handle is an error.
 */
MXNET_DLL int MXSymbolFree(SymbolHandle symbol);

/**
 * Reads one attribute of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetAttr(SymbolHandle symbol, const char *key, const char **out, int *success);

/**
 * The direct inputs of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetChildren(SymbolHandle symbol, SymbolHandle *out);

/**
 * The variables a graph reads; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetInputSymbols(SymbolHandle sym, SymbolHandle **inputs, int *input_size);

/**
 * A graph whose outputs are all inner results; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetInternals(SymbolHandle symbol, SymbolHandle *out);

/**
 * The name of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetName(SymbolHandle symbol, const char **out, int *success);

/**
 * The number of results of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetNumOutputs(SymbolHandle symbol, uint32_t *output_count);

/**
 * One result of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGetOutput(SymbolHandle symbol, uint32_t index, SymbolHandle *out);

/**
 * The gradient graph; MXNet never implemented it either.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolGrad(SymbolHandle sym, uint32_t num_wrt, const char **wrt, SymbolHandle *out);

/**
 * Shapes in a graph from those of its inputs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShape(SymbolHandle sym,
                       uint32_t num_args,
                       const char **keys,
                       const uint32_t *arg_ind_ptr,
                       const uint32_t *arg_shape_data,
                       uint32_t *in_shape_size,
                       const uint32_t **in_shape_ndim,
                       const uint32_t ***in_shape_data,
                       uint32_t *out_shape_size,
                       const uint32_t **out_shape_ndim,
                       const uint32_t ***out_shape_data,
                       uint32_t *aux_shape_size,
                       const uint32_t **aux_shape_ndim,
                       const uint32_t ***aux_shape_data,
                       int *complete);

/**
 * As `MXSymbolInferShape`, with -1 for an unknown size; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShapeEx(SymbolHandle sym,
                         uint32_t num_args,
                         const char **keys,
                         const uint32_t *arg_ind_ptr,
                         const int *arg_shape_data,
                         uint32_t *in_shape_size,
                         const int **in_shape_ndim,
                         const int ***in_shape_data,
                         uint32_t *out_shape_size,
                         const int **out_shape_ndim,
                         const int ***out_shape_data,
                         uint32_t *aux_shape_size,
                         const int **aux_shape_ndim,
                         const int ***aux_shape_data,
                         int *complete);

/**
 * As `MXSymbolInferShapeEx` in 64 bits; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShapeEx64(SymbolHandle sym,
                           uint32_t num_args,
                           const char **keys,
                           const int64_t *arg_ind_ptr,
                           const int64_t *arg_shape_data,
                           size_t *in_shape_size,
                           const int **in_shape_ndim,
                           const int64_t ***in_shape_data,
                           size_t *out_shape_size,
                           const int **out_shape_ndim,
                           const int64_t ***out_shape_data,
                           size_t *aux_shape_size,
                           const int **aux_shape_ndim,
                           const int64_t ***aux_shape_data,
                           int *complete);

/**
 * Shapes in a graph as far as they are known; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShapePartial(SymbolHandle sym,
                              uint32_t num_args,
                              const char **keys,
                              const uint32_t *arg_ind_ptr,
                              const uint32_t *arg_shape_data,
                              uint32_t *in_shape_size,
                              const uint32_t **in_shape_ndim,
                              const uint32_t ***in_shape_data,
                              uint32_t *out_shape_size,
                              const uint32_t **out_shape_ndim,
                              const uint32_t ***out_shape_data,
                              uint32_t *aux_shape_size,
                              const uint32_t **aux_shape_ndim,
                              const uint32_t ***aux_shape_data,
                              int *complete);

/**
 * As `MXSymbolInferShapePartial`, with -1 for an unknown size; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShapePartialEx(SymbolHandle sym,
                                uint32_t num_args,
                                const char **keys,
                                const uint32_t *arg_ind_ptr,
                                const int *arg_shape_data,
                                uint32_t *in_shape_size,
                                const int **in_shape_ndim,
                                const int ***in_shape_data,
                                uint32_t *out_shape_size,
                                const int **out_shape_ndim,
                                const int ***out_shape_data,
                                uint32_t *aux_shape_size,
                                const int **aux_shape_ndim,
                                const int ***aux_shape_data,
                                int *complete);

/**
 * As `MXSymbolInferShapePartialEx` in 64 bits; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferShapePartialEx64(SymbolHandle sym,
                                  uint32_t num_args,
                                  const char **keys,
                                  const int64_t *arg_ind_ptr,
                                  const int64_t *arg_shape_data,
                                  size_t *in_shape_size,
                                  const int **in_shape_ndim,
                                  const int64_t ***in_shape_data,
                                  size_t *out_shape_size,
                                  const int **out_shape_ndim,
                                  const int64_t ***out_shape_data,
                                  size_t *aux_shape_size,
                                  const int **aux_shape_ndim,
                                  const int64_t ***aux_shape_data,
                                  int *complete);

/**
 * Element types in a graph from those of its inputs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferType(SymbolHandle sym,
                      uint32_t num_args,
                      const char **keys,
                      const int *arg_type_data,
                      uint32_t *in_type_size,
                      const int **in_type_data,
                      uint32_t *out_type_size,
                      const int **out_type_data,
                      uint32_t *aux_type_size,
                      const int **aux_type_data,
                      int *complete);

/**
 * Element types in a graph as far as they are known; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolInferTypePartial(SymbolHandle sym,
                             uint32_t num_args,
                             const char **keys,
                             const int *arg_type_data,
                             uint32_t *in_type_size,
                             const int **in_type_data,
                             uint32_t *out_type_size,
                             const int **out_type_data,
                             uint32_t *aux_type_size,
                             const int **aux_type_data,
                             int *complete);

/**
 * Names of the inputs of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolListArguments(SymbolHandle symbol,
                          uint32_t *out_size,
                          const char ***out_str_array);

/**
 * All attributes in a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolListAttr(SymbolHandle symbol, uint32_t *out_size, const char ***out);

/**
 * The attributes of the last node of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolListAttrShallow(SymbolHandle symbol, uint32_t *out_size, const char ***out);

/**
 * Names of the auxiliary states of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolListAuxiliaryStates(SymbolHandle symbol,
                                uint32_t *out_size,
                                const char ***out_str_array);

/**
 * Names of the results of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXSymbolListOutputs(SymbolHandle symbol,
                        uint32_t *out_size,
                        const char ***out_str_array);

/**
 * A graph as text for people; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolPrint(SymbolHandle symbol, const char **out_str);

/**
 * A graph without its precision casts; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolRemoveAmpCast(SymbolHandle sym_handle, SymbolHandle *ret_sym_handle);

/**
 * Writes a graph to a JSON file; out of scope.
 */
MXNET_DLL int MXSymbolSaveToFile(SymbolHandle symbol, const char *fname);

/**
 * A graph as JSON text; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXSymbolSaveToJSON(SymbolHandle symbol, const char **out_json);

/**
 * Sets one attribute of a graph; out of scope.
 */
MXNET_DLL int MXSymbolSetAttr(SymbolHandle symbol, const char *key, const char *value);

#ifdef __cplusplus
}
#endif

#endif
