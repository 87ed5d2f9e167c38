#include <mxkv.h>
#include <pthread.h>
#include "check.h"

static int context[] = {1, 0};
static pthread_t caller;

static NDArrayHandle array_of(float value) {
  NDArrayHandle array;
  uint32_t shape[] = {1};
  OK(MXNDArrayCreateEx(shape, 1, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, &value, 1));
  return array;
}

static float value_of(NDArrayHandle array) {
  float value;
  OK(MXNDArraySyncCopyToCPU(array, &value, 1));
  return value;
}

struct job {
  float *data;
  float factor;
  int freed;
  struct mxkv_on_complete done;
  pthread_t thread;
};

static void free_job(void *pointer) { ((struct job *)pointer)->freed++; }

static void scale(void *run_context, void *pointer) {
  struct job *job = pointer;
  CHECK(((int *)run_context)[0] == 1, "another device");
  CHECK(!pthread_equal(pthread_self(), caller), "on the caller's thread");
  usleep(2000);
  *job->data *= job->factor;
}

TEST(functions_follow_each_other_on_one_array) {
  NDArrayHandle array = array_of(1);
  struct job jobs[20];
  float expected = 1;
  caller = pthread_self();
  for (size_t i = 0; i < COUNT(jobs); i++) {
    jobs[i] = (struct job){.factor = i % 2 ? 2 : -1};
    OK(MXNDArrayGetData(array, (void **)&jobs[i].data));
    expected *= jobs[i].factor;
    OK(MXEnginePushSyncND(scale, &jobs[i], free_job, context, NULL, 0, &array, 1, NULL, 0, "scale"));
  }
  float got = value_of(array);
  CHECK(got == expected, "%g, %g", got, expected);
  for (size_t i = 0; i < COUNT(jobs); i++) EQUALS(jobs[i].freed, 1);
  OK(MXNDArrayFree(array));
}

static void *complete_later(void *pointer) {
  struct job *job = pointer;
  usleep(20000);
  *job->data += 1;
  struct mxkv_on_complete done = job->done;
  done.callback(done.engine, done.param, NULL);
  done.callback(done.engine, done.param, NULL); /* ignored */
  return NULL;
}

static void start(void *run_context, void *on_complete, void *pointer) {
  struct job *job = pointer;
  (void)run_context;
  memcpy(&job->done, on_complete, sizeof job->done);
  CHECK(pthread_create(&job->thread, NULL, complete_later, job) == 0, "no thread");
}

TEST(an_asynchronous_function_holds_its_arrays) {
  NDArrayHandle array = array_of(5);
  struct job job = {0};
  OK(MXNDArrayGetData(array, (void **)&job.data));
  OK(MXEnginePushAsyncND(start, &job, free_job, context, NULL, 0, &array, 1, NULL, 0, NULL, false));
  float got = value_of(array);
  CHECK(got == 6, "%g", got);
  pthread_join(job.thread, NULL);
  EQUALS(job.freed, 1);
  OK(MXNDArrayFree(array));
}

static void fail(void *run_context, void *on_complete, void *pointer) {
  struct mxkv_on_complete *done = on_complete;
  (void)run_context;
  done->callback(done->engine, done->param, pointer);
}

TEST(a_failure_comes_out_at_the_wait) {
  NDArrayHandle array = array_of(5);
  OK(MXEnginePushAsyncND(fail, &array, NULL, context, NULL, 0, &array, 1, NULL, 0, NULL, false));
  FAILS(MXNDArrayWaitToRead(array), "reported an error");
  OK(MXNDArrayWaitToRead(array));
  OK(MXNDArrayWaitAll());
  OK(MXNDArrayFree(array));
}

static void count_up(void *run_context, void *pointer) {
  (void)run_context;
  __atomic_add_fetch((int *)pointer, 1, __ATOMIC_SEQ_CST);
}

TEST(without_arrays) {
  int count = 0;
  for (int i = 0; i < 50; i++)
    OK(MXEnginePushSync(count_up, &count, NULL, context, NULL, 0, NULL, 0, NULL, i % 3, "count"));
  OK(MXNDArrayWaitAll());
  EQUALS(count, 50);
}

TEST(misuse) {
  NDArrayHandle arrays[] = {array_of(1), NULL};
  struct job job = {0};
  int gpu[] = {2, 0};
  FAILS(MXEnginePushSyncND(NULL, &job, free_job, context, NULL, 0, arrays, 1, NULL, 0, NULL), "sync_func");
  EQUALS(job.freed, 1); /* also when the call fails */
  FAILS(MXEnginePushAsyncND(NULL, NULL, NULL, context, NULL, 0, arrays, 1, NULL, 0, NULL, false), "async_func");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, NULL, NULL, 0, arrays, 1, NULL, 0, NULL), "ctx_handle");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, gpu, NULL, 0, arrays, 1, NULL, 0, NULL), "ctx_handle");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, context, NULL, 0, arrays, 2, NULL, 0, NULL), "mutable_nds_handle[1]");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, context, NULL, 1, arrays, 1, NULL, 0, NULL), "const_nds_handle");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, context, NULL, -1, arrays, 1, NULL, 0, NULL), "num_const_nds");
  FAILS(MXEnginePushSyncND(count_up, NULL, NULL, context, NULL, 0, arrays, 1, NULL, 0, "\xff"), "opr_name");
  FAILS(MXEnginePushSync(count_up, NULL, NULL, context, arrays, 1, NULL, 0, NULL, 0, NULL), "num_const_vars");
  FAILS(MXEnginePushAsync(start, NULL, NULL, context, NULL, 0, arrays, 1, NULL, 0, NULL, false), "num_mutable_vars");
  OK(MXNDArrayFree(arrays[0]));
}

TESTS(LISTED(functions_follow_each_other_on_one_array), LISTED(an_asynchronous_function_holds_its_arrays),
      LISTED(a_failure_comes_out_at_the_wait), LISTED(without_arrays), LISTED(misuse))
