/*
 * MXNet's second C interface, of packed functions. mxkv has none: the list is empty. This file is generated;
 * the sources are src/capi.
 */
#ifndef MXNET_RUNTIME_C_RUNTIME_API_H_
#define MXNET_RUNTIME_C_RUNTIME_API_H_

#include "../c_api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An argument of a packed function. */
typedef union {
  int64_t v_int64;
  double v_float64;
  void *v_handle;
  const char *v_str;
  /* A DLDataType: code, bits, lanes. */
  uint8_t v_type[4];
} MXNetValue;

typedef void *MXNetFunctionHandle;
typedef void *MXNetObjectHandle;

/**
 * The names of all packed functions: none.
 *
 * @param out_size   receives 0
 * @param out_array  receives null
 *
 * What the caller vouches for:
 * Both are writable.
 */
MXNET_DLL int MXNetFuncListGlobalNames(int *out_size, const char ***out_array);

/**
 * Looks a packed function up.
 *
 * @param out  receives null: not found
 *
 * What the caller vouches for:
 * `name` is a NUL-terminated text, `out` is writable.
 */
MXNET_DLL int MXNetFuncGetGlobal(const char *name, MXNetFunctionHandle *out);

/**
 * Calls a packed function; there is none.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
MXNET_DLL
int MXNetFuncCall(MXNetFunctionHandle func,
                  MXNetValue *arg_values,
                  int *type_codes,
                  int num_args,
                  MXNetValue *ret_val,
                  int *ret_type_code);

/**
 * Frees a packed function. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXNetFuncFree(MXNetFunctionHandle func);

/**
 * Frees an object. Null is accepted; any other handle is an error.
 */
MXNET_DLL int MXNetObjectFree(MXNetObjectHandle obj);

#ifdef __cplusplus
}
#endif

#endif
