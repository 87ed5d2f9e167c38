/* Misuse of stores by hand: the reason must name the argument or the key. */
#include <limits.h>
#include "check.h"

static NDArrayHandle array_of(uint32_t length, int dtype) {
  NDArrayHandle array;
  float zeros[16] = {0};
  OK(MXNDArrayCreateEx(&length, 1, 1, 0, 0, dtype, &array));
  OK(MXNDArraySyncCopyFromCPU(array, zeros, length));
  return array;
}

static KVStoreHandle store_of(const char *type) {
  KVStoreHandle store;
  OK(MXKVStoreCreate(type, &store));
  return store;
}

TEST(types) {
  KVStoreHandle store = &store;
  const char *type = "x";
  FAILS(MXKVStoreCreate("locl", &store), "local");
  CHECK(store == NULL, "the output was not cleared");
  FAILS(MXKVStoreCreate("", &store), "type");
  FAILS(MXKVStoreCreate("\xff", &store), "type: expected UTF-8");
  FAILS(MXKVStoreCreate(NULL, &store), "type: expected a pointer, got NULL");
  FAILS(MXKVStoreCreate("local", NULL), "out: expected a pointer, got NULL");
  FAILS(MXKVStoreCreate("nccl", &store), "nccl");
  FAILS(MXKVStoreGetType(NULL, &type), "handle");
  CHECK(type == NULL, "the output was not cleared");
  store = store_of("LOCAL");
  FAILS(MXKVStoreGetType(store, NULL), "type");
  OK(MXKVStoreGetType(store, &type));
  SAME_TEXT(type, "local");
  OK(MXKVStoreFree(store));
  FAILS(MXKVStoreFree(store), "handle: this KVStore handle was freed");
  FAILS(MXKVStoreGetType(store, &type), "freed");
  OK(MXKVStoreFree(NULL));
}

TEST(keys) {
  KVStoreHandle store = store_of("local");
  NDArrayHandle array = array_of(2, 0), two[] = {array, array};
  int key = 3, twice[] = {7, 7};
  const char *name = "w", *bad = "\xff", *none = NULL;
  FAILS(MXKVStorePull(store, 1, &key, &array, 0), "3");
  FAILS(MXKVStorePush(store, 2, twice, two, 0), "7");
  OK(MXKVStoreInit(store, 1, &key, &array));
  FAILS(MXKVStoreInit(store, 1, &key, &array), "duplicate init of key 3");
  FAILS(MXKVStoreInit(store, 2, twice, two), "7");
  FAILS(MXKVStoreInitEx(store, 1, &name, &array), "key");
  FAILS(MXKVStorePushEx(store, 1, &bad, &array, 0), "keys[0]");
  FAILS(MXKVStorePushEx(store, 1, &none, &array, 0), "keys[0]");
  FAILS(MXKVStorePush(store, 1, NULL, &array, 0), "keys");
  FAILS(MXKVStorePush(store, UINT_MAX, NULL, &array, 0), "keys");
  FAILS(MXKVStoreInit(NULL, 1, &key, &array), "handle");
  FAILS(MXKVStoreInit(array, 1, &key, &array), "handle: expected a KVStore handle, got a NDArray handle");
  OK(MXKVStorePush(store, 0, NULL, NULL, 0));
  OK(MXKVStoreFree(store));
  OK(MXNDArrayFree(array));
}

TEST(values) {
  KVStoreHandle store = store_of("device");
  NDArrayHandle array = array_of(2, 0), longer = array_of(3, 0), none, freed = array_of(2, 0), csr;
  NDArrayHandle mixed[] = {array, longer}, broken[] = {array, NULL};
  uint32_t shape[] = {4, 2};
  int key = 1, keys[] = {1, 1};
  OK(MXNDArrayCreateNone(&none));
  OK(MXNDArrayFree(freed));
  OK(MXNDArrayCreateSparseEx(2, shape, 2, 1, 0, 1, 0, 0, NULL, NULL, NULL, &csr));
  FAILS(MXKVStoreInit(store, 1, &key, &none), "vals");
  OK(MXKVStoreInit(store, 1, &key, &array));
  FAILS(MXKVStorePush(store, 1, &key, &none, 0), "vals");
  FAILS(MXKVStorePush(store, 1, &key, &freed, 0), "freed");
  FAILS(MXKVStorePush(store, 1, &key, NULL, 0), "vals");
  FAILS(MXKVStorePush(store, 2, keys, broken, 0), "vals[1]");
  FAILS(MXKVStorePush(store, 2, keys, mixed, 0), "[3]");
  FAILS(MXKVStorePush(store, 1, &key, &csr, 0), "storage type");
  FAILS(MXKVStorePull(store, 1, &key, &longer, 0), "[3]");
  FAILS(MXKVStorePullRowSparse(store, 1, &key, &array, NULL, 0), "row_ids");
  FAILS(MXKVStorePullRowSparse(store, 1, &key, &array, &array, 0), "row_sparse");
  FAILS(MXKVStoreBroadcast(store, 1, &key, 1, &key, &array, &array, 0), "duplicate init of key 1");
  FAILS(MXKVStorePushPull(store, 1, &key, 1, &key, &array, NULL, 0), "outs");
  OK(MXNDArrayWaitAll());
  OK(MXNDArrayFree(csr));
  OK(MXNDArrayFree(none));
  OK(MXNDArrayFree(longer));
  OK(MXNDArrayFree(array));
  OK(MXKVStoreFree(store));
}

TEST(settings) {
  KVStoreHandle store = store_of("device");
  const char *type = "type", *two_bit = "2bit", *one_and_half = "1.5bit";
  const char *keys[] = {"type", "threshold"}, *values[] = {"2bit", "abc"}, *negative[] = {"2bit", "-1"};
  int value = 7;
  FAILS(MXKVStoreSetGradientCompression(store, 1, &type, &one_and_half), "1.5bit");
  FAILS(MXKVStoreSetGradientCompression(store, 2, keys, values), "threshold");
  FAILS(MXKVStoreSetGradientCompression(store, 2, keys, negative), "threshold must be greater than 0");
  FAILS(MXKVStoreSetGradientCompression(store, 0, NULL, NULL), "type");
  FAILS(MXKVStoreSetGradientCompression(store, 1, NULL, &two_bit), "keys");
  FAILS(MXKVStoreGetRank(store, NULL), "ret");
  FAILS(MXKVStoreGetRank(NULL, &value), "handle");
  CHECK(value == 0, "the output was not cleared");
  FAILS(MXKVStoreGetGroupSize(&value, &value), "handle");
  FAILS(MXKVStoreIsWorkerNode(NULL), "ret");
  FAILS(MXKVStoreBarrier(NULL), "handle");
  FAILS(MXKVStoreSetBarrierBeforeExit(NULL, 1), "handle");
  FAILS(MXKVStoreSendCommmandToServers(NULL, 0, "x"), "handle");
  FAILS(MXKVStoreSendCommmandToServers(store, 0, NULL), "cmd_body");
  FAILS(MXKVStoreGetNumDeadNode(store, 7, NULL, 60), "number");
  FAILS(MXKVStoreRunServer(NULL, NULL, NULL), "handle");
  FAILS(MXInitPSEnv(1, NULL, &type), "keys");
  FAILS(MXInitPSEnv(UINT_MAX, NULL, NULL), "keys");
  OK(MXKVStoreFree(store));
}

/* A null updater must not be called. */
TEST(null_updaters) {
  KVStoreHandle store = store_of("local");
  NDArrayHandle array = array_of(2, 0);
  int key = 1;
  OK(MXKVStoreInit(store, 1, &key, &array));
  if (MXKVStoreSetUpdater(store, NULL, NULL) == -1) CHECK(strstr(MXGetLastError(), "updater"), "%s", MXGetLastError());
  if (MXKVStorePush(store, 1, &key, &array, 0) == -1) CHECK(strstr(MXGetLastError(), "updater"), "%s", MXGetLastError());
  if (MXKVStoreSetUpdaterEx(store, NULL, NULL, NULL) == -1)
    CHECK(strstr(MXGetLastError(), "updater"), "%s", MXGetLastError());
  if (MXKVStorePush(store, 1, &key, &array, 0) == -1) CHECK(strstr(MXGetLastError(), "updater"), "%s", MXGetLastError());
  OK(MXNDArrayFree(array));
  OK(MXKVStoreFree(store));
}

/* The updater breaks the rules: frees twice, keeps, pushes to its own store, frees the store it is called by. */
static int nested = -7;
static void unruly(int key, NDArrayHandle recv, NDArrayHandle local, void *store) {
  static int depth;
  if (depth++ == 0) {
    int other = 2;
    nested = MXKVStorePush(store, 1, &other, &local, 0);
    MXKVStoreInit(store, 1, &key, &local);
    MXKVStoreFree(store);
  }
  OK(MXNDArrayFree(recv));
  FAILS(MXNDArrayFree(recv), "freed");
  OK(MXNDArrayFree(local));
  FAILS(MXNDArrayWaitToRead(local), "freed");
}

TEST(an_unruly_updater) {
  KVStoreHandle store = store_of("local");
  NDArrayHandle array = array_of(2, 0), two[] = {array, array};
  int keys[] = {1, 2};
  OK(MXKVStoreInit(store, 2, keys, two));
  OK(MXKVStoreSetUpdater(store, unruly, store));
  OK(MXKVStorePush(store, 1, keys, &array, 0));
  EQUALS(nested, 0);
  FAILS(MXKVStorePush(store, 1, keys, &array, 0), "freed");
  OK(MXNDArrayFree(array));
  OK(MXNDArrayWaitAll());
}

TESTS(LISTED(types), LISTED(keys), LISTED(values), LISTED(settings), LISTED(null_updaters), LISTED(an_unruly_updater))
