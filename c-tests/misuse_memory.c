/* Arrays over memory that comes from elsewhere: DLPack tensors and shared memory. What is addressed is not a handle,
 * so only null and wrong contents can be noticed. */
#include <fcntl.h>
#include "check.h"

/* The tensor of the DLPack exchange format, version 0.2, as MXNet has it. */
struct tensor {
  void *data;
  struct {
    int type, id;
  } context;
  int ndim;
  struct {
    uint8_t code, bits;
    uint16_t lanes;
  } dtype;
  int64_t *shape, *strides;
  uint64_t byte_offset;
  void *manager;
  void (*deleter)(struct tensor *);
};

static int deleted;
static void count_deletion(struct tensor *tensor) {
  (void)tensor;
  deleted++;
}

static float data[8] = {0, 1, 2, 3, 4, 5, 6, 7};
static int64_t shape[] = {2, 3}, strides[] = {3, 1};

static struct tensor good(void) {
  struct tensor tensor = {data, {1, 0}, 2, {2, 32, 1}, shape, NULL, 0, NULL, count_deletion};
  return tensor;
}

TEST(a_tensor_lives_until_its_last_view) {
  struct tensor tensor = good();
  NDArrayHandle array, row;
  float got[3];
  tensor.strides = strides;
  deleted = 0;
  OK(MXNDArrayFromDLPackEx(&tensor, false, &array));
  OK(MXNDArrayAt(array, 1, &row));
  OK(MXNDArrayFree(array));
  EQUALS(deleted, 0);
  OK(MXNDArraySyncCopyToCPU(row, got, 3));
  CHECK(got[0] == 3 && got[2] == 5, "%g %g", got[0], got[2]);
  OK(MXNDArrayFree(row));
  OK(MXNDArrayWaitAll());
  EQUALS(deleted, 1);
}

TEST(an_exported_tensor_outlives_its_array) {
  NDArrayHandle array, back;
  DLManagedTensorHandle exported;
  uint32_t dims[] = {2, 2};
  float values[] = {1, 2, 3, 4}, got[4];
  OK(MXNDArrayCreateEx(dims, 2, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, values, 4));
  OK(MXNDArrayToDLPack(array, &exported));
  OK(MXNDArrayFree(array));
  struct tensor *tensor = exported;
  CHECK(tensor->ndim == 2 && tensor->shape[1] == 2 && tensor->dtype.bits == 32, "another tensor");
  CHECK(((float *)tensor->data)[3] == 4, "other data");
  OK(MXNDArrayFromDLPack(exported, &back));
  OK(MXNDArraySyncCopyToCPU(back, got, 4));
  CHECK(got[3] == 4, "%g", got[3]);
  OK(MXNDArrayFree(back));
  OK(MXNDArrayCallDLPackDeleter(NULL));
}

/* A refused tensor still belongs to the caller. */
static void refused(struct tensor tensor, const char *part) {
  NDArrayHandle array = &array;
  deleted = 0;
  FAILS(MXNDArrayFromDLPack(&tensor, &array), part);
  CHECK(array == NULL, "the output was not cleared");
  EQUALS(deleted, 0);
}

TEST(bad_tensors) {
  struct tensor tensor = good();
  int64_t bad_strides[] = {1, 2}, bad_shape[] = {2, -3}, huge[] = {INT64_MAX, 4};
  NDArrayHandle array;
  FAILS(MXNDArrayFromDLPack(NULL, &array), "dlpack");
  FAILS(MXNDArrayFromDLPack(&tensor, NULL), "out_handle");
  FAILS(MXNDArrayToDLPack(NULL, (DLManagedTensorHandle[]){NULL}), "handle");
  tensor.strides = bad_strides;
  refused(tensor, "compact");
  tensor = good(), tensor.shape = bad_shape;
  refused(tensor, "dlpack");
  tensor = good(), tensor.shape = huge;
  refused(tensor, "dlpack");
  tensor = good(), tensor.shape = NULL;
  refused(tensor, "dlpack");
  tensor = good(), tensor.ndim = -1;
  refused(tensor, "dlpack");
  tensor = good(), tensor.ndim = 1 << 30;
  refused(tensor, "dlpack");
  tensor = good(), tensor.data = NULL;
  refused(tensor, "dlpack");
  tensor = good(), tensor.dtype.code = 9;
  refused(tensor, "dlpack");
  tensor = good(), tensor.dtype.bits = 24;
  refused(tensor, "dlpack");
  tensor = good(), tensor.dtype.lanes = 4;
  refused(tensor, "dlpack");
  tensor = good(), tensor.context.type = 2;
  refused(tensor, "dlpack");
}

TEST(shared_memory) {
  NDArrayHandle array, copy = &copy;
  uint32_t dims[] = {2, 3}, too_big[] = {1u << 20, 1u << 9};
  int pid = -1, id = -1, pipes[2];
  float values[] = {1, 2, 3, 4, 5, 6}, got[6];
  OK(MXNDArrayCreateEx(dims, 2, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, values, 6));
  OK(MXNDArrayGetSharedMemHandle(array, &pid, &id));
  EQUALS(pid, getpid());
  OK(MXNDArrayCreateFromSharedMem(pid, dup(id), dims, 2, 0, &copy));
  OK(MXNDArraySyncCopyToCPU(copy, got, 6));
  CHECK(got[5] == 6, "%g", got[5]);
  OK(MXNDArrayFree(copy));
  FAILS(MXNDArrayCreateFromSharedMem(pid, -1, dims, 2, 0, &copy), "shared_id");
  CHECK(copy == NULL, "the output was not cleared");
  FAILS(MXNDArrayCreateFromSharedMem(pid, 1 << 20, dims, 2, 0, &copy), "shared_id");
  FAILS(MXNDArrayCreateFromSharedMem(pid, id, dims, 2, 77, &copy), "77");
  FAILS(MXNDArrayCreateFromSharedMem(pid, id, NULL, 2, 0, &copy), "shape");
  FAILS(MXNDArrayCreateFromSharedMem(pid, id, dims, 1u << 31, 0, &copy), "ndim");
  FAILS(MXNDArrayCreateFromSharedMemEx(pid, id, (int[]){-1}, 1, 0, &copy), "shape");
  FAILS(MXNDArrayCreateFromSharedMemEx(pid, id, (int[]){1}, -2, 0, &copy), "ndim");
  /* More elements than the segment holds would be a bus error at the first read. */
  FAILS(MXNDArrayCreateFromSharedMem(pid, id, too_big, 2, 0, &copy), "shared_id");
  CHECK(pipe(pipes) == 0, "no pipe");
  FAILS(MXNDArrayCreateFromSharedMem(pid, pipes[0], dims, 2, 0, &copy), "shared_id");
  CHECK(fcntl(pipes[0], F_GETFD) >= 0, "a refused descriptor was closed");
  close(pipes[0]), close(pipes[1]);
  FAILS(MXNDArrayGetSharedMemHandle(NULL, &pid, &id), "handle");
  FAILS(MXNDArrayGetSharedMemHandle(array, NULL, &id), "shared_pid");
  OK(MXNDArrayFree(array));
}

TESTS(LISTED(a_tensor_lives_until_its_last_view), LISTED(an_exported_tensor_outlives_its_array), LISTED(bad_tensors),
      LISTED(shared_memory))
