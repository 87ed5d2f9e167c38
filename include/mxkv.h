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

/**
 * Makes an optimizer the update rule of a store; in a distributed store it runs on the servers. States of an earlier
 * one are forgotten. docs/optimizers.md lists names and parameters.
 *
 * @param name        sgd, adam, … in any case; an unknown name is an error that names the nearest known one
 * @param num_params  the number of keys and vals
 * @param keys, vals  parameters as text (momentum 0.9); also lr_scheduler and lr_scheduler.PARAM, lr_mult.KEY,
 *                    wd_mult.KEY, param_idx2name.INDEX and mxnet_1_9_1
 *
 * What the caller vouches for:
 * `name` is a NUL-terminated text; `keys` and `vals` hold `num_params` of them.
 */
MXNET_DLL
int mxkv_kvstore_set_optimizer(KVStoreHandle handle,
                               const char *name,
                               uint32_t num_params,
                               const char **keys,
                               const char **vals);

/**
 * As mxkv_kvstore_set_optimizer, from a description in JSON:
 * {"name": "sgd", "params": {"momentum": 0.9}, "lr_scheduler": {"name": "factor", "params": {"step": 100}}}
 *
 * @param json  the description; docs/optimizers.md lists its members
 *
 * What the caller vouches for:
 * `json` is a NUL-terminated text.
 */
MXNET_DLL
int mxkv_kvstore_set_optimizer_json(KVStoreHandle handle,
                                    const char *json);

/**
 * Changes the learning rate from the next push on. An error if a schedule decides it, or without an optimizer.
 *
 * What the caller vouches for:
 * Any values may be passed.
 */
MXNET_DLL
int mxkv_kvstore_set_learning_rate(KVStoreHandle handle,
                                   double rate);

/**
 * Changes the weight decay from the next push on.
 *
 * What the caller vouches for:
 * Any values may be passed.
 */
MXNET_DLL int mxkv_kvstore_set_wd(KVStoreHandle handle, double wd);

/**
 * Changes the factor on gradients from the next push on.
 *
 * What the caller vouches for:
 * Any values may be passed.
 */
MXNET_DLL int mxkv_kvstore_set_rescale_grad(KVStoreHandle handle, double rescale);

/**
 * Writes the optimizer with its rates, counts, schedule and the states of every key to a file; whoever reads it
 * meanwhile sees the old content or the new. Waits for updates under way.
 *
 * @param fname  a path
 *
 * What the caller vouches for:
 * `fname` is a NUL-terminated text.
 */
MXNET_DLL
int mxkv_kvstore_save_optimizer_states(KVStoreHandle handle,
                                       const char *fname);

/**
 * Takes over what mxkv_kvstore_save_optimizer_states wrote, or what MXNet's Python package saved (nothing in it is
 * executed). Without an optimizer on the store it takes that of the file too; one of another name is an error. After
 * an error nothing has changed.
 *
 * @param fname  a path
 *
 * What the caller vouches for:
 * `fname` is a NUL-terminated text.
 */
MXNET_DLL
int mxkv_kvstore_load_optimizer_states(KVStoreHandle handle,
                                       const char *fname);

/**
 * The content of the file that mxkv_kvstore_save_optimizer_states would write.
 *
 * @param out_size  receives the number of bytes
 * @param out_buf   receives the bytes, valid until the next call on this thread that returns bytes
 *
 * What the caller vouches for:
 * `out_size` and `out_buf` are writable.
 */
MXNET_DLL
int mxkv_kvstore_save_optimizer_states_to_buffer(KVStoreHandle handle,
                                                 size_t *out_size,
                                                 const char **out_buf);

/**
 * As mxkv_kvstore_load_optimizer_states, from memory.
 *
 * @param buf   `size` bytes, read during the call
 *
 * What the caller vouches for:
 * `buf` points to `size` readable bytes.
 */
MXNET_DLL
int mxkv_kvstore_load_optimizer_states_from_buffer(KVStoreHandle handle,
                                                   const void *buf,
                                                   size_t size);

#ifdef __cplusplus
}
#endif

#endif
