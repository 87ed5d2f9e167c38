/* Misuse of arrays by hand: the reason must name the argument. */
#include <limits.h>
#include "check.h"

static NDArrayHandle array_of(uint32_t length, int dtype) {
  NDArrayHandle array;
  OK(MXNDArrayCreateEx(&length, 1, 1, 0, 0, dtype, &array));
  return array;
}

TEST(handles) {
  int value = 0, type = 0;
  NDArrayHandle array = array_of(4, 0), out = &value;
  KVStoreHandle store;
  OK(MXKVStoreCreate("local", &store));
  FAILS(MXNDArrayGetDType(NULL, &value), "handle: expected a NDArray handle, got NULL");
  FAILS(MXNDArrayGetDType(store, &value), "handle: expected a NDArray handle, got a KVStore handle");
  FAILS(MXNDArrayGetDType(&value, &value), "is not a NDArray handle of this library");
  FAILS(MXNDArrayGetDType((char *)array + 1, &value), "handle");
  FAILS(MXNDArrayGetDType(array, NULL), "out_dtype: expected a pointer, got NULL");
  FAILS(MXNDArrayGetDType(array, (int *)((char *)&value + 1)), "not aligned");
  FAILS(MXNDArrayGetContext(array, NULL, &value), "out_dev_type");
  FAILS(MXNDArrayGetContext(array, &type, NULL), "out_dev_id");
  FAILS(MXNDArrayFree(store), "KVStore handle");
  OK(MXNDArrayFree(array));
  FAILS(MXNDArrayFree(array), "handle: this NDArray handle was freed");
  FAILS(MXNDArrayWaitToRead(array), "freed");
  FAILS(MXShallowCopyNDArray(array, &out), "freed");
  CHECK(out == NULL, "the output was not cleared");
  OK(MXKVStoreFree(store));
}

TEST(shapes_types_devices) {
  NDArrayHandle array = &array;
  uint32_t shape[64] = {2, 3}, huge[] = {UINT_MAX, UINT_MAX, UINT_MAX}, big[] = {1u << 31};
  FAILS(MXNDArrayCreateEx(shape, UINT_MAX, 1, 0, 0, 0, &array), "ndim");
  CHECK(array == NULL, "the output was not cleared");
  FAILS(MXNDArrayCreateEx(NULL, 2, 1, 0, 0, 0, &array), "shape: expected a pointer, got NULL");
  FAILS(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 0, NULL), "out: expected a pointer, got NULL");
  FAILS(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 77, &array), "77");
  FAILS(MXNDArrayCreateEx(shape, 2, 1, 0, 0, -1, &array), "-1");
  FAILS(MXNDArrayCreateEx(shape, 2, 9, 0, 0, 0, &array), "9");
  FAILS(MXNDArrayCreateEx(shape, 2, 2, 0, 0, 0, &array), "GPU");
  FAILS(MXNDArrayCreateEx(huge, 3, 1, 0, 0, 0, &array), "shape");
  FAILS(MXNDArrayCreateEx(big, 1, 1, 0, 0, 0, &array), "shape");
  FAILS(MXNDArrayCreateEx64((int64_t[]){-5}, 1, 1, 0, 0, 0, &array), "shape");
  FAILS(MXNDArrayCreateEx64((int64_t[]){INT64_MAX, 2}, 2, 1, 0, 0, 0, &array), "shape");
  FAILS(MXNDArrayCreateEx64((int64_t[]){1}, -7, 1, 0, 0, 0, &array), "ndim");
  FAILS(MXNDArrayCreateEx64((int64_t[]){1}, INT_MAX, 1, 0, 0, 0, &array), "ndim");
}

TEST(views) {
  NDArrayHandle array = array_of(6, 0), out = &array;
  FAILS(MXNDArraySlice(array, 0, 7, &out), "Slice end index out of range");
  CHECK(out == NULL, "the output was not cleared");
  FAILS(MXNDArraySlice(array, 3, 2, &out), "Invalid slicing range");
  FAILS(MXNDArraySlice64(array, INT64_MIN, INT64_MAX, &out), "slicing range");
  FAILS(MXNDArrayAt(array, 6, &out), "out of range");
  FAILS(MXNDArrayAt64(array, -7, &out), "-7");
  FAILS(MXNDArrayReshape(array, 2, (int[]){-1, -1}, &out), "more than one dimensions are -1");
  FAILS(MXNDArrayReshape(array, -3, (int[]){1}, &out), "ndim");
  FAILS(MXNDArrayReshape(array, INT_MAX, (int[]){1}, &out), "ndim");
  FAILS(MXNDArrayReshape(array, 2, (int[]){7, 7}, &out), "larger");
  FAILS(MXNDArrayReshape(array, 1, NULL, &out), "dims");
  FAILS(MXNDArrayReshape64(array, 2, (dim_t[]){INT64_MAX, INT64_MAX}, false, &out), "");
  FAILS(MXNDArrayReshape64(array, 1, (dim_t[]){-9}, false, &out), "-9");
  OK(MXNDArrayFree(array));
}

TEST(copies) {
  NDArrayHandle array = array_of(4, 0), other = array_of(3, 0), none;
  float data[8] = {0};
  OK(MXNDArrayCreateNone(&none));
  FAILS(MXNDArraySyncCopyFromCPU(array, data, 5), "size");
  FAILS(MXNDArraySyncCopyFromCPU(array, data, SIZE_MAX), "size");
  FAILS(MXNDArraySyncCopyFromCPU(array, NULL, 4), "data: expected a pointer, got NULL");
  FAILS(MXNDArraySyncCopyToCPU(array, data, 3), "size");
  FAILS(MXNDArraySyncCopyToCPU(array, NULL, 4), "data");
  FAILS(MXNDArraySyncCopyToCPU(none, data, 0), "empty");
  FAILS(MXNDArraySyncCopyFromNDArray(array, none, -1), "handle_src");
  FAILS(MXNDArraySyncCopyFromNDArray(array, other, 0), "i");
  FAILS(MXNDArraySyncCopyFromNDArray(array, other, INT_MIN), "i");
  FAILS(MXNDArrayGetAuxNDArray(array, 0, &other), "");
  FAILS(MXNDArrayGetAuxType(array, UINT_MAX, (int[]){0}), "");
  FAILS(MXNDArrayGetData(none, (void *[]){NULL}), "empty");
  FAILS(MXNDArraySlice(none, 0, 0, (NDArrayHandle[]){NULL}), "empty");
  OK(MXNDArrayFree(array));
  OK(MXNDArrayFree(none));
}

TEST(sparse) {
  NDArrayHandle array = &array;
  uint32_t shape[] = {4, 2}, ndims[] = {1, 1}, lengths[] = {2, 2};
  int types[] = {6, 6};
  FAILS(MXNDArrayCreateSparseEx(7, shape, 2, 1, 0, 1, 0, 0, NULL, NULL, NULL, &array), "storage_type");
  CHECK(array == NULL, "the output was not cleared");
  FAILS(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 0, 0, UINT_MAX, types, ndims, lengths, &array), "num_aux");
  FAILS(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 0, 0, 1, NULL, ndims, lengths, &array), "aux_type");
  FAILS(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 0, 0, 1, (int[]){77}, ndims, lengths, &array), "77");
  FAILS(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 0, 0, 1, types, (uint32_t[]){UINT_MAX}, lengths, &array), "aux_ndims");
  FAILS(MXNDArrayCreateSparseEx(2, (uint32_t[]){4}, 1, 1, 0, 1, 0, 0, NULL, NULL, NULL, &array), "shape");
  FAILS(MXNDArrayCreateSparseEx64(2, (int64_t[]){4, -2}, 2, 1, 0, 1, 0, 0, NULL, NULL, NULL, &array), "shape");
}

TEST(files) {
  NDArrayHandle array = array_of(2, 0), *loaded = &array, list[] = {array, NULL}, out = &out;
  uint32_t count = 7, names = 7;
  const char **texts = (const char **)&texts, *bytes, *keys[] = {"a", NULL};
  size_t size;
  char raw[512];
  FAILS(MXNDArraySave(NULL, 1, &array, NULL), "fname");
  FAILS(MXNDArraySave("no/such/folder/f", 1, &array, NULL), "no/such/folder/f");
  FAILS(MXNDArraySave("f", 2, list, NULL), "args[1]");
  FAILS(MXNDArraySave("f", UINT_MAX, list, NULL), "args[1]");
  FAILS(MXNDArraySave("f", 1, NULL, NULL), "args");
  list[1] = array;
  FAILS(MXNDArraySave("f", 2, list, keys), "keys[1]");
  FAILS(MXNDArrayLoad("no/such/folder/f", &count, &loaded, &names, &texts), "no/such/folder/f");
  CHECK(count == 0 && loaded == NULL && names == 0 && texts == NULL, "outputs were not cleared");
  FAILS(MXNDArrayLoadFromBuffer("garbage, of course", 18, &count, &loaded, &names, &texts), "Invalid NDArray file format");
  FAILS(MXNDArrayLoadFromBuffer(NULL, 9, &count, &loaded, &names, &texts), "ndarray_buffer");
  FAILS(MXNDArrayLoadFromRawBytes("garbage", 7, &out), "");
  FAILS(MXNDArrayLoadFromRawBytes(NULL, 7, &out), "buf");
  CHECK(out == NULL, "the output was not cleared");
  /* Every prefix, and every byte changed, of a good record: an error or an array, never more. */
  OK(MXNDArraySaveRawBytes(array, &size, &bytes));
  CHECK(size < sizeof raw, "%zu bytes", size);
  memcpy(raw, bytes, size);
  for (size_t cut = 0; cut < size; cut++) FAILS(MXNDArrayLoadFromRawBytes(raw, cut, &out), "");
  for (size_t at = 0; at < size; at++) {
    for (int flip = 1; flip < 256; flip += 51) {
      raw[at] = (char)(raw[at] ^ flip);
      if (MXNDArrayLoadFromRawBytes(raw, size, &out) == 0) OK(MXNDArrayFree(out));
      raw[at] = (char)(raw[at] ^ flip);
    }
  }
  OK(MXNDArrayFree(array));
}

TESTS(LISTED(handles), LISTED(shapes_types_devices), LISTED(views), LISTED(copies), LISTED(sparse), LISTED(files))
