#include "check.h"
#include <nnvm/c_api.h>

static NDArrayHandle array_of(uint32_t length, const float *values) {
  NDArrayHandle array;
  OK(MXNDArrayCreateEx(&length, 1, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, values, length));
  return array;
}

static void holds(NDArrayHandle array, const float *expected, size_t count) {
  float got[16];
  OK(MXNDArraySyncCopyToCPU(array, got, count));
  for (size_t i = 0; i < count; i++) CHECK(got[i] == expected[i], "element %zu: %g, %g", i, got[i], expected[i]);
}

static OpHandle operator_called(const char *name) {
  OpHandle op;
  OK(NNGetOpHandle(name, &op));
  return op;
}

TEST(names_and_descriptions) {
  uint32_t count = 0, unsigned_count = 0, creators_count = 0;
  const char **names = NULL, **nn_names = NULL;
  AtomicSymbolCreator *creators = NULL;
  OK(MXListAllOpNames(&count, &names));
  OK(NNListAllOpNames(&unsigned_count, &nn_names));
  EQUALS(count, unsigned_count);
  for (uint32_t i = 1; i < count; i++) CHECK(strcmp(names[i - 1], names[i]) < 0, "%s, %s", names[i - 1], names[i]);
  OK(MXSymbolListAtomicSymbolCreators(&creators_count, &creators));
  CHECK(creators_count > 0 && creators_count <= count, "%u of %u", creators_count, count);
  for (uint32_t i = 0; i < creators_count; i++) {
    const char *name = NULL, *description = NULL, **arguments, **types, **descriptions, *key = NULL, *result;
    uint32_t arguments_count = 0;
    OK(MXSymbolGetAtomicSymbolInfo(creators[i], &name, &description, &arguments_count, &arguments, &types,
                                   &descriptions, &key, &result));
    CHECK(name && description && key, "operator %u is not described", i);
    for (uint32_t k = 0; k < arguments_count; k++)
      CHECK(arguments[k] && types[k] && descriptions[k], "argument %u of %s is not described", k, name);
    /* The JVM passes null for the last. */
    OK(MXSymbolGetAtomicSymbolInfo(creators[i], &name, &description, &arguments_count, &arguments, &types,
                                   &descriptions, &key, NULL));
  }
}

TEST(results_are_made_or_written) {
  float values[] = {1, 2, 3};
  NDArrayHandle array = array_of(3, values), *outputs = NULL, given[1];
  const char *keys[] = {"scalar"}, *texts[] = {"1.5"};
  const int *stypes = NULL;
  int count = 0;
  OpHandle plus = operator_called("_plus_scalar");
  OK(MXImperativeInvokeEx(plus, 1, &array, &count, &outputs, 1, keys, texts, &stypes));
  EQUALS(count, 1);
  EQUALS(stypes[0], 0);
  NDArrayHandle made = outputs[0];
  holds(made, (float[]){2.5, 3.5, 4.5}, 3);
  given[0] = array;
  outputs = given;
  OK(MXImperativeInvoke(plus, 1, &made, &count, &outputs, 1, keys, texts));
  CHECK(outputs == given, "another list came back");
  holds(array, (float[]){4, 5, 6}, 3);
  OK(MXNDArrayFree(made));
  OK(MXNDArrayFree(array));
}

TEST(states_are_written_in_place) {
  NDArrayHandle in[] = {array_of(2, (float[]){1, 1}), array_of(2, (float[]){2, 4}), array_of(2, (float[]){0, 0})};
  NDArrayHandle *out = in;
  const char *keys[] = {"lr", "momentum"}, *values[] = {"0.5", "0.9"};
  int count = 1;
  OK(MXImperativeInvoke(operator_called("sgd_mom_update"), 3, in, &count, &out, 2, keys, values));
  holds(in[2], (float[]){-1, -2}, 2);
  holds(in[0], (float[]){0, -1}, 2);
  for (int i = 0; i < 3; i++) OK(MXNDArrayFree(in[i]));
}

TESTS(LISTED(names_and_descriptions), LISTED(results_are_made_or_written), LISTED(states_are_written_in_place))
