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

