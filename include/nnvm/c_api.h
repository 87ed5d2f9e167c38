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

/**
 * The same as MXGetLastError.
 *
 * @return a text, valid until the next failure on this thread
 */
NNVM_DLL const char *NNGetLastError(void);

/**
 * Makes a text the last error of the calling thread. Null is ignored.
 *
 * What the caller vouches for:
 * `msg` is null or a NUL-terminated text.
 */
NNVM_DLL void NNAPISetLastError(const char *msg);

/**
 * The same as MXListAllOpNames.
 *
 * What the caller vouches for:
 * Both are writable.
 */
NNVM_DLL int NNListAllOpNames(unsigned int *out_size, const char ***out_array);

/**
 * All operators, each once.
 *
 * @param out_size   receives their number
 * @param out_array  receives the handles; they and the list live as long as the process
 *
 * What the caller vouches for:
 * Both are writable.
 */
NNVM_DLL int NNListUniqueOps(unsigned int *out_size, OpHandle **out_array);

/**
 * Looks an operator up by name or alias; the aliases of an operator have one handle.
 *
 * @param op_out  receives the handle, which lives as long as the process
 *
 * What the caller vouches for:
 * `op_name` is a NUL-terminated text, `op_out` is writable.
 */
NNVM_DLL int NNGetOpHandle(const char *op_name, OpHandle *op_out);

/**
 * What an operator is called, does and takes; see MXSymbolGetAtomicSymbolInfo.
 *
 * What the caller vouches for:
 * All but `op` and `return_type` are writable, `return_type` is null or writable.
 */
NNVM_DLL
int NNGetOpInfo(OpHandle op,
                const char **real_name,
                const char **description,
                unsigned int *num_doc_args,
                const char ***arg_names,
                const char ***arg_type_infos,
                const char ***arg_descriptions,
                const char **return_type);

/**
 * Orders one graph after another; out of scope.
 */
NNVM_DLL int NNAddControlDeps(SymbolHandle handle, SymbolHandle src_dep);

/**
 * Runs rewriting passes over a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNGraphApplyPasses(GraphHandle src,
                       unsigned int num_pass,
                       const char **pass_names,
                       GraphHandle *dst);

/**
 * A graph that passes can rewrite; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNGraphCreate(SymbolHandle symbol, GraphHandle *graph);

/**
 * Frees such a graph. Null is accepted; any other handle is an error.
 */
NNVM_DLL int NNGraphFree(GraphHandle handle);

/**
 * Reads a graph-wide attribute; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNGraphGetJSONAttr(GraphHandle handle,
                       const char *key,
                       const char **json_out,
                       int *success);

/**
 * The symbol of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNGraphGetSymbol(GraphHandle graph, SymbolHandle *symbol);

/**
 * Sets a graph-wide attribute; out of scope.
 */
NNVM_DLL int NNGraphSetJSONAttr(GraphHandle handle, const char *key, const char *json_value);

/**
 * Sets a graph-wide attribute that lists results; out of scope.
 */
NNVM_DLL int NNGraphSetNodeEntryListAttr_(GraphHandle handle, const char *key, SymbolHandle list);

/**
 * Connects a graph to its inputs; out of scope.
 */
NNVM_DLL
int NNSymbolCompose(SymbolHandle sym,
                    const char *name,
                    unsigned int num_args,
                    const char **keys,
                    SymbolHandle *args);

/**
 * A deep copy of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolCopy(SymbolHandle symbol, SymbolHandle *out);

/**
 * A graph of one operator; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolCreateAtomicSymbol(OpHandle op,
                               unsigned int num_param,
                               const char **keys,
                               const char **vals,
                               SymbolHandle *out);

/**
 * Several graphs as one with all their outputs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolCreateGroup(unsigned int num_symbols,
                        SymbolHandle *symbols,
                        SymbolHandle *out);

/**
 * A named input of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolCreateVariable(const char *name, SymbolHandle *out);

/**
 * Frees a graph. Null is accepted; any other handle is an error.
 */
NNVM_DLL int NNSymbolFree(SymbolHandle symbol);

/**
 * Reads one attribute of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolGetAttr(SymbolHandle symbol, const char *key, const char **out, int *success);

/**
 * The direct inputs of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolGetChildren(SymbolHandle symbol, SymbolHandle *out);

/**
 * A graph whose outputs are all inner results; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolGetInternals(SymbolHandle symbol, SymbolHandle *out);

/**
 * The number of results of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolGetNumOutputs(SymbolHandle symbol, unsigned int *output_count);

/**
 * One result of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolGetOutput(SymbolHandle symbol, unsigned int index, SymbolHandle *out);

/**
 * The attributes of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolListAttrs(SymbolHandle symbol,
                      int recursive_option,
                      unsigned int *out_size,
                      const char ***out);

/**
 * Names of the inputs of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolListInputNames(SymbolHandle symbol,
                           int option,
                           unsigned int *out_size,
                           const char ***out_str_array);

/**
 * The inputs of a graph as graphs; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolListInputVariables(SymbolHandle symbol,
                               int option,
                               unsigned int *out_size,
                               SymbolHandle **out_sym_array);

/**
 * Names of the results of a graph; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL
int NNSymbolListOutputNames(SymbolHandle symbol,
                            unsigned int *out_size,
                            const char ***out_str_array);

/**
 * A graph as text for people; out of scope.
 *
 * What the caller vouches for:
 * Each out parameter is null or writable; it is set to zero or null.
 */
NNVM_DLL int NNSymbolPrint(SymbolHandle symbol, const char **out_str);

/**
 * Sets attributes of a graph; out of scope.
 */
NNVM_DLL
int NNSymbolSetAttrs(SymbolHandle symbol,
                     unsigned int num_param,
                     const char **keys,
                     const char **values);

#ifdef __cplusplus
}
#endif

#endif
