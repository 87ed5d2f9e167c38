/*
 * The predict API: running saved models, which is not part of mxkv, so these functions fail with a message
 * that says so. This file is generated; the sources are src/capi.
 */
#ifndef MXNET_C_PREDICT_API_H_
#define MXNET_C_PREDICT_API_H_

#include "c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef void *PredictorHandle;
typedef void *NDListHandle;
typedef void (*PredMonitorCallback)(const char *, NDArrayHandle, void *);

/**
 * Reads the arrays that go with a model; out of scope. `MXNDArrayLoadFromBuffer` reads the same bytes.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXNDListCreate(const char *nd_file_bytes,
                   int nd_file_size,
                   NDListHandle *out,
                   uint32_t *out_length);

/**
 * One array of such a list; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXNDListGet(NDListHandle handle,
                uint32_t index,
                const char **out_key,
                const float **out_data,
                const uint32_t **out_shape,
                uint32_t *out_ndim);

/**
 * Frees such a list. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXNDListFree(NDListHandle handle);

/**
 * Loads a model for prediction; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredCreate(const char *symbol_json_str,
                 const void *param_bytes,
                 int param_size,
                 int dev_type,
                 int dev_id,
                 uint32_t num_input_nodes,
                 const char **input_keys,
                 const uint32_t *input_shape_indptr,
                 const uint32_t *input_shape_data,
                 PredictorHandle *out);

/**
 * As `MXPredCreate`, with element types; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredCreateEx(const char *symbol_json_str,
                   const void *param_bytes,
                   int param_size,
                   int dev_type,
                   int dev_id,
                   uint32_t num_input_nodes,
                   const char **input_keys,
                   const uint32_t *input_shape_indptr,
                   const uint32_t *input_shape_data,
                   uint32_t num_provided_arg_dtypes,
                   const char **provided_arg_dtype_names,
                   const int *provided_arg_dtypes,
                   PredictorHandle *out);

/**
 * One predictor per thread with shared parameters; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredCreateMultiThread(const char *symbol_json_str,
                            const void *param_bytes,
                            int param_size,
                            int dev_type,
                            int dev_id,
                            uint32_t num_input_nodes,
                            const char **input_keys,
                            const uint32_t *input_shape_indptr,
                            const uint32_t *input_shape_data,
                            int num_threads,
                            PredictorHandle *out);

/**
 * As `MXPredCreate`, with chosen inner results; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredCreatePartialOut(const char *symbol_json_str,
                           const void *param_bytes,
                           int param_size,
                           int dev_type,
                           int dev_id,
                           uint32_t num_input_nodes,
                           const char **input_keys,
                           const uint32_t *input_shape_indptr,
                           const uint32_t *input_shape_data,
                           uint32_t num_output_nodes,
                           const char **output_keys,
                           PredictorHandle *out);

/**
 * Runs a predictor; out of scope.
 */
MXNET_DLL int MXPredForward(PredictorHandle handle);

/**
 * Frees a predictor. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXPredFree(PredictorHandle handle);

/**
 * Copies a result of a predictor; out of scope.
 */
MXNET_DLL int MXPredGetOutput(PredictorHandle handle, uint32_t index, float *data, uint32_t size);

/**
 * The shape of a result of a predictor; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredGetOutputShape(PredictorHandle handle,
                         uint32_t index,
                         uint32_t **shape_data,
                         uint32_t *shape_ndim);

/**
 * The element type of a result of a predictor; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXPredGetOutputType(PredictorHandle handle, uint32_t out_index, int *out_dtype);

/**
 * Runs a predictor up to a step; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL int MXPredPartialForward(PredictorHandle handle, int step, int *step_left);

/**
 * A predictor for other input shapes; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXPredReshape(uint32_t num_input_nodes,
                  const char **input_keys,
                  const uint32_t *input_shape_indptr,
                  const uint32_t *input_shape_data,
                  PredictorHandle handle,
                  PredictorHandle *out);

/**
 * Sets an input of a predictor; out of scope.
 */
MXNET_DLL
int MXPredSetInput(PredictorHandle handle,
                   const char *key,
                   const float *data,
                   uint32_t size);

/**
 * Watches the nodes of a predictor; out of scope.
 */
MXNET_DLL
int MXPredSetMonitorCallback(PredictorHandle handle,
                             PredMonitorCallback callback,
                             void *callback_handle,
                             bool monitor_all);

#ifdef __cplusplus
}
#endif

#endif
