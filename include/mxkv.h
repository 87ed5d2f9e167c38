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

#define MXKV_VERSION "0.1.0"
#define MXKV_VERSION_MAJOR 0
#define MXKV_VERSION_MINOR 1
#define MXKV_VERSION_PATCH 0

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What an EngineAsyncFunc receives a pointer to, as its second argument. It is valid during the call: copy it.
 * When the work is done, call callback(engine, param, NULL), once, from any thread; with a pointer instead of
 * NULL the work has failed. A second call is ignored.
 */
struct mxkv_on_complete {
  void (*callback)(void *engine, void *param, const void *error);
  void *engine;
  void *param;
};

/**
 * The kind of the last failure on the calling thread, as a number that never changes its meaning; 0 if there
 * was none. docs/c-api.md lists the numbers.
 *
 * @return the number, not a status
 */
MXNET_DLL
int mxkv_last_error_kind(void);

/**
 * The version of this library, as in MXKV_VERSION.
 *
 * @return a text that lives as long as the process
 */
MXNET_DLL const char *mxkv_version(void);

#ifdef __cplusplus
}
#endif

#endif
