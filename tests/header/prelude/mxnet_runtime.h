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

