/*
 * mxkv: MXNet's KVStore as one small library.
 *
 * This header brings in all of MXNet's functions and adds the library's own, whose names start with mxkv_.
 * This file is generated; the sources are src/capi.
 */
#ifndef MXKV_H_
#define MXKV_H_

#include "mxnet/c_api.h"
#include "mxnet/c_predict_api.h"
#include "mxnet/runtime/c_runtime_api.h"
#include "nnvm/c_api.h"

#define MXKV_VERSION "@VERSION@"
#define MXKV_VERSION_MAJOR @MAJOR@
#define MXKV_VERSION_MINOR @MINOR@
#define MXKV_VERSION_PATCH @PATCH@

#ifdef __cplusplus
extern "C" {
#endif

