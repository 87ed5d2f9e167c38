#include <mxkv.h>
#include "check.h"

TEST(version) {
  int version = 0;
  OK(MXGetVersion(&version));
  EQUALS(version, 10901);
#ifndef REAL_MXNET
  SAME_TEXT(mxkv_version(), MXKV_VERSION);
#endif
}

TEST(features_that_frontends_ask_for) {
  const struct LibFeature *features = NULL;
  size_t size = 0, found = 0;
  OK(MXLibInfoFeatures(&features, &size));
  EQUALS(size, 32);
  SAME_TEXT(features[0].name, "CUDA");
  for (size_t i = 0; i < size; i++) {
    if (strcmp(features[i].name, "TVM_OP") == 0 || strcmp(features[i].name, "INT64_TENSOR_SIZE") == 0) {
      CHECK(!features[i].enabled, "%s is on", features[i].name);
      found++;
    }
    if (strcmp(features[i].name, "DIST_KVSTORE") == 0) {
      CHECK(features[i].enabled, "DIST_KVSTORE is off");
      found++;
    }
  }
  EQUALS(found, 3);
}

TEST(no_gpu) {
  int count = 7, free_mem = 7, total = 7;
  uint64_t free64 = 7, total64 = 7;
  OK(MXGetGPUCount(&count));
  EQUALS(count, 0);
  CHECK(MXGetGPUMemoryInformation(0, &free_mem, &total) == -1, "a GPU was found");
  CHECK(MXGetGPUMemoryInformation64(0, &free64, &total64) == -1, "a GPU was found");
}

TEST(hints_are_accepted) {
  int previous = 7;
  OK(MXSetNumOMPThreads(2));
  OK(MXEngineSetBulkSize(15, &previous));
  EQUALS(previous, 0);
  OK(MXEngineSetBulkSize(0, &previous));
  EQUALS(previous, 15);
#ifndef REAL_MXNET
  OK(MXStorageEmptyCache(1, 0));
  FAILS(MXSetNumOMPThreads(-1), "thread_num");
  FAILS(MXEngineSetBulkSize(-1, &previous), "bulk_size");
  FAILS(MXEngineSetBulkSize(1, NULL), "prev_bulk_size: expected a pointer, got NULL");
  FAILS(MXStorageEmptyCache(9, 0), "9");
#endif
}

TEST(data_iterators_are_listed) {
  static const char *const expected[] = {"CSVIter",         "ImageDetRecordIter",   "ImageRecordIter_v1",
                                         "ImageRecordUInt8Iter_v1", "ImageRecordIter", "ImageRecordUInt8Iter",
                                         "ImageRecordInt8Iter",     "LibSVMIter",      "MNISTIter"};
  uint32_t count = 0, arguments;
  DataIterCreator *creators = NULL;
  const char *name, *description, **names, **types, **descriptions;
  OK(MXListDataIters(&count, &creators));
  EQUALS(count, COUNT(expected));
  for (uint32_t i = 0; i < count; i++) {
    OK(MXDataIterGetIterInfo(creators[i], &name, &description, &arguments, &names, &types, &descriptions));
    SAME_TEXT(name, expected[i]);
    CHECK(description != NULL, "%s has no description", name);
  }
#ifndef REAL_MXNET
  FAILS(MXDataIterGetIterInfo(NULL, &name, &description, &arguments, &names, &types, &descriptions), "creator");
  CHECK(name == NULL && arguments == 0, "outputs were not cleared");
#endif
}

static int nothing(const char *type, int count, const char **keys, const char **values, struct MXCallbackList *list) {
  (void)type, (void)count, (void)keys, (void)values, (void)list;
  return 0;
}

TEST(custom_operators_can_be_registered) { OK(MXCustomOpRegister("c_test", nothing)); }

TEST(packed_functions_are_not_found) {
  MXNetFunctionHandle function = &function;
  OK(MXNetFuncGetGlobal("nosuch", &function));
  CHECK(function == NULL, "%p", function);
}

TESTS(LISTED(version), LISTED(features_that_frontends_ask_for), LISTED(no_gpu), LISTED(hints_are_accepted),
      LISTED(data_iterators_are_listed), LISTED(custom_operators_can_be_registered),
      LISTED(packed_functions_are_not_found))
