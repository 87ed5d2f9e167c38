/*
 * Makes, uses and frees objects over and over: memory must stop growing. Run under valgrind or the leak
 * sanitizer it also shows what was lost; on its own it compares the resident memory after a warm-up and at
 * the end.
 */
#include "check.h"

static int under_a_checker(void) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  return 1;
#endif
#endif
  return getenv("MXKV_UNDER_VALGRIND") != NULL;
}

static long resident_kilobytes(void) {
  long pages = 0, unused;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file != NULL && fscanf(file, "%ld %ld", &unused, &pages) == 2, "no /proc/self/statm");
  fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void grows_not(const char *what, void (*cycle)(void)) {
  int cycles = under_a_checker() ? 20 : 2000;
  for (int i = 0; i < cycles; i++) cycle();
  long before = resident_kilobytes();
  for (int i = 0; i < 2 * cycles; i++) cycle();
  long after = resident_kilobytes();
  printf("   %s: %ld KB, then %ld KB\n", what, before, after);
  CHECK(under_a_checker() || after - before < 1024, "%s: grew from %ld to %ld KB", what, before, after);
}

static void arrays(void) {
  uint32_t shape[] = {16, 8};
  NDArrayHandle array, slice, copy, reshaped;
  int dims[] = {8, -1};
  float data[128] = {1};
  const char *bytes;
  size_t size;
  OK(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, data, 128));
  OK(MXNDArraySlice(array, 1, 5, &slice));
  OK(MXNDArrayReshape(array, 2, dims, &reshaped));
  OK(MXNDArraySaveRawBytes(slice, &size, &bytes));
  OK(MXNDArrayLoadFromRawBytes(bytes, size, &copy));
  OK(MXNDArraySyncCopyToCPU(copy, data, 32));
  FAILS(MXNDArraySyncCopyToCPU(copy, data, 31), "size");
  OK(MXNDArrayFree(copy));
  OK(MXNDArrayFree(reshaped));
  OK(MXNDArrayFree(slice));
  OK(MXNDArrayFree(array));
}

static void add(int key, NDArrayHandle recv, NDArrayHandle local, void *handle) {
  (void)key, (void)handle;
  float data[128];
  OK(MXNDArraySyncCopyToCPU(recv, data, 128));
  OK(MXNDArraySyncCopyFromCPU(local, data, 128));
  OK(MXNDArrayFree(recv));
  OK(MXNDArrayFree(local));
}

static void stores(void) {
  uint32_t shape[] = {128};
  NDArrayHandle values[2];
  KVStoreHandle store;
  const char *names[] = {"weight"};
  int keys[] = {3, 3};
  OK(MXKVStoreCreate("local", &store));
  for (int i = 0; i < 2; i++) OK(MXNDArrayCreateEx(shape, 1, 1, i, 0, 0, &values[i]));
  OK(MXKVStoreInit(store, 1, keys, values));
  OK(MXKVStorePush(store, 2, keys, values, 0));
  OK(MXKVStorePull(store, 2, keys, values, 0));
  OK(MXKVStoreSetUpdater(store, add, NULL));
  OK(MXKVStorePush(store, 2, keys, values, 0));
  OK(MXKVStorePull(store, 1, keys, values, 0));
  FAILS(MXKVStoreInitEx(store, 1, names, values), "key");
  OK(MXNDArrayWaitAll());
  for (int i = 0; i < 2; i++) OK(MXNDArrayFree(values[i]));
  OK(MXKVStoreFree(store));
}

static void operators(void) {
  OpHandle zeros;
  NDArrayHandle *outputs = NULL;
  int count = 0;
  const char *keys[] = {"shape", "ctx", "dtype"}, *values[] = {"(4, 5)", "cpu(0)", "float32"};
  OK(NNGetOpHandle("_zeros", &zeros));
  OK(MXImperativeInvoke(zeros, 0, NULL, &count, &outputs, 3, keys, values));
  EQUALS(count, 1);
  OK(MXNDArrayWaitToRead(outputs[0]));
  OK(MXNDArrayFree(outputs[0]));
  outputs = NULL;
  FAILS(MXImperativeInvoke(zeros, 0, NULL, &count, &outputs, 1, values, keys), "(4, 5)");
}

static void records(void) {
  char path[512] = {0};
  RecordIOHandle writer, reader;
  const char *buf;
  size_t size;
  snprintf(path, sizeof path, "%s", scratch_file("cycle"));
  OK(MXRecordIOWriterCreate(path, &writer));
  OK(MXRecordIOWriterWriteRecord(writer, path, 100));
  OK(MXRecordIOReaderCreate(path, &reader));
  OK(MXRecordIOReaderReadRecord(reader, &buf, &size));
  EQUALS(size, 100);
  OK(MXRecordIOReaderFree(reader));
  OK(MXRecordIOWriterFree(writer));
  unlink(path);
}

TEST(arrays) { grows_not("arrays", arrays); }
TEST(stores) { grows_not("stores", stores); }
TEST(operators) { grows_not("operators", operators); }
TEST(records) { grows_not("records", records); }

TESTS(LISTED(arrays), LISTED(stores), LISTED(operators), LISTED(records))
