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

