/*
 * The part of the C interface that carries the names of NNVM, MXNet's graph library: finding and describing
 * operators works, graphs are not part of mxkv. This file is generated; the sources are src/capi.
 */
#ifndef NNVM_C_API_H_
#define NNVM_C_API_H_

#ifndef NNVM_DLL
#define NNVM_DLL
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int nn_uint;

/* A registered operator. */
typedef void *OpHandle;

/* Kinds of object that this library never makes. */
#ifndef MXNET_C_API_H_
typedef void *SymbolHandle;
#endif
typedef void *GraphHandle;

