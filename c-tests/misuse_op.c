/* Misuse of operators by hand: the reason must name the operator's argument or parameter. */
#include <limits.h>
#include "check.h"

static NDArrayHandle array_of(uint32_t length, int dtype) {
  NDArrayHandle array;
  OK(MXNDArrayCreateEx(&length, 1, 1, 0, 0, dtype, &array));
  return array;
}

static int invoke(const char *name, int inputs, NDArrayHandle *in, const char *key, const char *value) {
  OpHandle op;
  NDArrayHandle *out = NULL;
  int count = 0;
  OK(NNGetOpHandle(name, &op));
  int result = MXImperativeInvoke(op, inputs, in, &count, &out, key ? 1 : 0, &key, &value);
  if (result == 0) {
    for (int i = 0; i < count; i++) OK(MXNDArrayFree(out[i]));
  }
  return result;
}

TEST(registry) {
  OpHandle op = &op;
  uint32_t count;
  const char *name = "x", **texts;
  FAILS(NNGetOpHandle("nosuchop", &op), "nosuchop");
  CHECK(op == NULL, "the output was not cleared");
  FAILS(NNGetOpHandle("sgd_updat", &op), "sgd_update");
  FAILS(NNGetOpHandle(NULL, &op), "op_name");
  FAILS(NNGetOpHandle("\xff\xfe", &op), "op_name");
  FAILS(NNGetOpHandle("sgd_update", NULL), "op_out");
  FAILS(MXListAllOpNames(NULL, &texts), "out_size");
  FAILS(MXListAllOpNames(&count, NULL), "out_array");
  FAILS(MXSymbolGetAtomicSymbolName(NULL, &name), "creator");
  CHECK(name == NULL, "the output was not cleared");
  FAILS(MXSymbolGetAtomicSymbolName(&op, &name), "creator");
  OK(NNGetOpHandle("sgd_update", &op));
  FAILS(MXSymbolGetAtomicSymbolName(op, NULL), "name");
  FAILS(MXNDArrayFree(op), "operator handle");
}

TEST(parameters) {
  NDArrayHandle in[] = {array_of(2, 0), array_of(2, 0)};
  FAILS(invoke("sgd_update", 2, in, NULL, NULL), "lr");
  FAILS(invoke("sgd_update", 2, in, "lr", "abc"), "lr");
  FAILS(invoke("sgd_update", 2, in, "lr", ""), "lr");
  FAILS(invoke("sgd_update", 2, in, "lr", "\xff"), "param_vals[0]");
  FAILS(invoke("sgd_update", 2, in, "lrr", "1"), "lrr");
  FAILS(invoke("sgd_update", 2, in, "\xff", "1"), "param_keys[0]");
  FAILS(invoke("sgd_update", 2, in, "lr", NULL), "param_vals[0]");
  FAILS(invoke("_zeros", 0, NULL, "shape", "(2 3)"), "shape");
  FAILS(invoke("_zeros", 0, NULL, "shape", "(-2,3)"), "shape");
  FAILS(invoke("_zeros", 0, NULL, "shape", "(99999999999999999999,3)"), "shape");
  FAILS(invoke("_zeros", 0, NULL, "shape", "(2147483647,2147483647)"), "");
  FAILS(invoke("_zeros", 0, NULL, "dtype", "complex64"), "dtype");
  const char *keys[] = {"shape", "ctx"}, *values[] = {"(2,3)", "moon(0)"};
  NDArrayHandle *out = NULL;
  OpHandle zeros;
  int count = 0;
  OK(NNGetOpHandle("_zeros", &zeros));
  FAILS(MXImperativeInvoke(zeros, 0, NULL, &count, &out, 2, keys, values), "moon(0)");
  OK(MXNDArrayFree(in[0]));
  OK(MXNDArrayFree(in[1]));
}

TEST(arrays) {
  NDArrayHandle in[] = {array_of(2, 0), array_of(3, 0), array_of(2, 4), NULL}, none, *out = NULL, given[3];
  int count = 0;
  OpHandle op;
  OK(MXNDArrayCreateNone(&none));
  FAILS(invoke("sgd_update", 1, in, "lr", "1"), "2 inputs");
  FAILS(invoke("sgd_update", -1, in, "lr", "1"), "num_inputs");
  FAILS(invoke("sgd_update", INT_MAX, in + 3, "lr", "1"), "input");
  FAILS(invoke("sgd_update", 2, in, "lr", "1"), "");
  in[1] = in[2];
  FAILS(invoke("sgd_update", 2, in, "lr", "1"), "");
  in[1] = NULL;
  FAILS(invoke("sgd_update", 2, in, "lr", "1"), "inputs[1]");
  in[1] = none;
  FAILS(invoke("sgd_update", 2, in, "lr", "1"), "inputs[1]");
  OK(NNGetOpHandle("_copyto", &op));
  FAILS(MXImperativeInvoke(NULL, 1, in, &count, &out, 0, NULL, NULL), "creator");
  FAILS(MXImperativeInvoke(in[0], 1, in, &count, &out, 0, NULL, NULL), "creator");
  FAILS(MXImperativeInvoke(op, 1, NULL, &count, &out, 0, NULL, NULL), "inputs");
  FAILS(MXImperativeInvoke(op, 1, in, NULL, &out, 0, NULL, NULL), "num_outputs");
  FAILS(MXImperativeInvoke(op, 1, in, &count, NULL, 0, NULL, NULL), "outputs");
  FAILS(MXImperativeInvoke(op, 1, in, &count, &out, -1, NULL, NULL), "num_params");
  FAILS(MXImperativeInvoke(op, 1, in, &count, &out, 1, NULL, NULL), "param_keys");
  given[0] = given[1] = given[2] = in[2], out = given, count = 3;
  FAILS(MXImperativeInvoke(op, 1, in, &count, &out, 0, NULL, NULL), "3");
  count = -1;
  FAILS(MXImperativeInvoke(op, 1, in, &count, &out, 0, NULL, NULL), "num_outputs");
  count = 1, given[0] = NULL;
  FAILS(MXImperativeInvoke(op, 1, in, &count, &out, 0, NULL, NULL), "outputs");
  OK(MXNDArrayFree(none));
  OK(MXNDArrayFree(in[0]));
  OK(MXNDArrayFree(in[2]));
}

TESTS(LISTED(registry), LISTED(parameters), LISTED(arrays))
