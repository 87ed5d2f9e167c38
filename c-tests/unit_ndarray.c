#include "check.h"

static NDArrayHandle ramp(uint32_t rows, uint32_t columns) {
  NDArrayHandle array;
  uint32_t shape[] = {rows, columns};
  float values[64];
  OK(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 0, &array));
  for (uint32_t i = 0; i < rows * columns; i++) values[i] = (float)i;
  OK(MXNDArraySyncCopyFromCPU(array, values, rows * columns));
  return array;
}

static void holds(NDArrayHandle array, const float *expected, size_t count) {
  float got[64];
  OK(MXNDArraySyncCopyToCPU(array, got, count));
  for (size_t i = 0; i < count; i++) CHECK(got[i] == expected[i], "element %zu: %g, %g", i, got[i], expected[i]);
}

static void shape_is(NDArrayHandle array, int ndim, const int *dims) {
  int got = -7;
  const int *pointer = NULL;
  OK(MXNDArrayGetShapeEx(array, &got, &pointer));
  EQUALS(got, ndim);
  for (int i = 0; i < ndim; i++) EQUALS(pointer[i], dims[i]);
}

TEST(what_an_array_is) {
  NDArrayHandle array = ramp(2, 3);
  int dtype = -7, stype = -7, type = -7, id = -7;
  shape_is(array, 2, (int[]){2, 3});
  OK(MXNDArrayGetDType(array, &dtype));
  OK(MXNDArrayGetStorageType(array, &stype));
  OK(MXNDArrayGetContext(array, &type, &id));
  CHECK(dtype == 0 && stype == 0 && type == 1 && id == 0, "%d %d %d %d", dtype, stype, type, id);
  OK(MXNDArrayFree(array));
  uint32_t shape[] = {4};
  OK(MXNDArrayCreateEx(shape, 1, 1, 7, 0, 2, &array));
  OK(MXNDArrayGetContext(array, &type, &id));
  OK(MXNDArrayGetDType(array, &dtype));
  CHECK(dtype == 2 && type == 1 && id == 7, "%d %d %d", dtype, type, id);
  OK(MXNDArrayFree(array));
  OK(MXNDArrayFree(NULL));
}

TEST(an_empty_array) {
  NDArrayHandle array;
  int dtype = -7, stype = -7;
  OK(MXNDArrayCreateNone(&array));
  OK(MXNDArrayGetDType(array, &dtype));
  OK(MXNDArrayGetStorageType(array, &stype));
  CHECK(dtype == -1 && stype == -1, "%d %d", dtype, stype);
  OK(MXNDArrayWaitToRead(array));
  OK(MXNDArrayFree(array));
}

TEST(views_share_storage) {
  NDArrayHandle array = ramp(3, 4), slice, row, reshaped, again;
  float nine[4] = {9, 9, 9, 9};
  OK(MXNDArraySlice(array, 1, 3, &slice));
  shape_is(slice, 2, (int[]){2, 4});
  OK(MXNDArrayAt(slice, 0, &row));
  shape_is(row, 1, (int[]){4});
  OK(MXNDArraySyncCopyFromCPU(row, nine, 4));
  OK(MXNDArrayReshape(array, 2, (int[]){-1, 6}, &reshaped));
  shape_is(reshaped, 2, (int[]){2, 6});
  OK(MXNDArrayFree(array));
  holds(reshaped, (float[]){0, 1, 2, 3, 9, 9, 9, 9, 8, 9, 10, 11}, 12);
  OK(MXNDArrayReshape64(reshaped, 2, (dim_t[]){-3, -2}, false, &again));
  shape_is(again, 1, (int[]){12});
  OK(MXNDArrayFree(again));
  OK(MXNDArrayFree(reshaped));
  OK(MXNDArrayFree(row));
  OK(MXNDArrayFree(slice));
}

TEST(sparse_parts) {
  NDArrayHandle sparse, data = ramp(2, 3), indices, part;
  uint32_t shape[] = {5, 3}, length[] = {2};
  int64_t rows[] = {1, 4}, got[2];
  int type = -7;
  OK(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 0, 0, 1, (int[]){6}, (uint32_t[]){1}, (uint32_t[]){2}, &sparse));
  OK(MXNDArrayCreateEx(length, 1, 1, 0, 0, 6, &indices));
  OK(MXNDArraySyncCopyFromCPU(indices, rows, 2));
  OK(MXNDArraySyncCopyFromNDArray(sparse, data, -1));
  OK(MXNDArraySyncCopyFromNDArray(sparse, indices, 0));
  OK(MXNDArraySyncCheckFormat(sparse, true));
  OK(MXNDArrayGetAuxType(sparse, 0, &type));
  EQUALS(type, 6);
  OK(MXNDArrayGetDataNDArray(sparse, &part));
  holds(part, (float[]){0, 1, 2, 3, 4, 5}, 6);
  OK(MXNDArrayFree(part));
  OK(MXNDArrayGetAuxNDArray(sparse, 0, &part));
  OK(MXNDArraySyncCopyToCPU(part, got, 2));
  CHECK(got[0] == 1 && got[1] == 4, "%lld %lld", (long long)got[0], (long long)got[1]);
  OK(MXNDArrayFree(part));
  OK(MXNDArrayFree(indices));
  OK(MXNDArrayFree(data));
  OK(MXNDArrayFree(sparse));
}

TEST(bytes_and_files) {
  NDArrayHandle arrays[] = {ramp(2, 3), ramp(1, 2)}, copy, *loaded;
  const char *keys[] = {"w", "\xc3\xa9"}, *bytes, **names;
  const char *path = scratch_file("arrays");
  uint32_t count, name_count;
  size_t size;
  char kept[512];
  OK(MXNDArraySaveRawBytes(arrays[0], &size, &bytes));
  CHECK(size < sizeof kept, "%zu bytes", size);
  memcpy(kept, bytes, size);
  OK(MXNDArrayLoadFromRawBytes(kept, size, &copy));
  holds(copy, (float[]){0, 1, 2, 3, 4, 5}, 6);
  OK(MXNDArrayFree(copy));
  OK(MXNDArraySave(path, 2, arrays, keys));
  OK(MXNDArrayLoad(path, &count, &loaded, &name_count, &names));
  EQUALS(count, 2);
  EQUALS(name_count, 2);
  SAME_TEXT(names[1], keys[1]);
  holds(loaded[0], (float[]){0, 1, 2, 3, 4, 5}, 6);
  for (uint32_t i = 0; i < 2; i++) {
    OK(MXNDArrayFree(loaded[i]));
    OK(MXNDArrayFree(arrays[i]));
  }
  unlink(path);
}

TESTS(LISTED(what_an_array_is), LISTED(an_empty_array), LISTED(views_share_storage), LISTED(sparse_parts),
      LISTED(bytes_and_files))
