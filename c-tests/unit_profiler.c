#include "check.h"

#include <sys/wait.h>

static char *contents(const char *path) {
  static char text[1 << 16];
  FILE *file = fopen(path, "r");
  CHECK(file != NULL, "no file %s", path);
  text[fread(text, 1, sizeof text - 1, file)] = 0;
  fclose(file);
  return text;
}

TEST(operators_and_marks_are_written) {
  const char *file = scratch_file("profile");
  const char *keys[] = {"filename", "aggregate_stats", "profile_all"}, *values[] = {file, "True", "True"}, *sums;
  ProfileHandle domain, task, counter;
  OpHandle zeros;
  NDArrayHandle *out = NULL;
  const char *shape = "shape", *two = "(2,)";
  int count = 0;
  OK(MXSetProfilerConfig(3, keys, values));
  OK(MXSetProfilerState(1));
  OK(MXProfileCreateDomain("domain \"x\"", &domain));
  OK(MXProfileCreateTask(domain, "task", &task));
  OK(MXProfileCreateCounter(domain, "counter", &counter));
  OK(MXProfileDurationStart(task));
  OK(NNGetOpHandle("_zeros", &zeros));
  OK(MXImperativeInvoke(zeros, 0, NULL, &count, &out, 1, &shape, &two));
  OK(MXNDArrayWaitAll());
  OK(MXNDArrayFree(out[0]));
  OK(MXProfileDurationStop(task));
  OK(MXProfileSetCounter(counter, 5));
  OK(MXProfileAdjustCounter(counter, -2));
  OK(MXProfileSetMarker(domain, "mark", "process"));
  OK(MXAggregateProfileStatsPrint(&sums, 0));
  CHECK(strstr(sums, "_zeros") != NULL, "%s", sums);
  OK(MXDumpProfile(1));
  OK(MXSetProfilerState(0));
  const char *text = contents(file);
  CHECK(strstr(text, "traceEvents") && strstr(text, "\"_zeros\"") && strstr(text, "\"task\""), "%s", text);
  CHECK(strstr(text, "\"mark\"") && strstr(text, "\"counter\""), "%s", text);
  OK(MXProfileDestroyHandle(counter));
  OK(MXProfileDestroyHandle(task));
#ifndef REAL_MXNET
  CHECK(strstr(text, "{\"counter\": 3}") != NULL, "%s", text);
  OK(MXProfileDestroyHandle(domain));
#endif
  unlink(file);
}

#ifndef REAL_MXNET
TEST(misuse) {
  ProfileHandle domain, task, out = &out;
  const char *key = "filename", *value = "f", *text = "x", *wrong = "file";
  OK(MXProfileCreateDomain("d", &domain));
  OK(MXProfileCreateTask(domain, "t", &task));
  FAILS(MXProfileCreateTask(task, "t", &out), "domain: expected a domain");
  CHECK(out == NULL, "the output was not cleared");
  FAILS(MXProfileCreateTask(NULL, "t", &out), "domain");
  FAILS(MXProfileCreateTask(domain, "\xff", &out), "task_name");
  FAILS(MXProfileCreateDomain("d", NULL), "out");
  FAILS(MXProfileDurationStart(domain), "duration_handle");
  FAILS(MXProfileSetCounter(task, 1), "counter_handle");
  FAILS(MXProfileSetMarker(domain, "m", "moon"), "scope");
  FAILS(MXSetProfilerConfig(1, &wrong, &value), "Cannot find argument 'file'");
  FAILS(MXSetProfilerConfig(-1, &key, &value), "num_params");
  FAILS(MXSetProfilerConfig(1, &key, NULL), "vals");
  FAILS(MXSetProfilerState(7), "state");
  FAILS(MXSetProcessProfilerState(1, 9, NULL), "profile_process");
  FAILS(MXSetProcessProfilerState(1, 1, NULL), "kvStoreHandle");
  FAILS(MXAggregateProfileStatsPrintEx(&text, 0, 9, 0, 0), "format");
  CHECK(text == NULL, "the output was not cleared");
  FAILS(MXAggregateProfileStatsPrintEx(&text, 0, 0, 9, 0), "sort_by");
  OK(MXProfileDestroyHandle(task));
  FAILS(MXProfileDestroyHandle(task), "freed");
  OK(MXProfileDestroyHandle(NULL));
  OK(MXProfileDestroyHandle(domain));
}

/* The thread that dumps is in the middle of it, or waits for us, at about each fork; the child must not miss it. */
TEST(a_forked_child_profiles) {
  const char *file = scratch_file("profile-forks"), *again = scratch_file("profile-child");
  const char *keys[] = {"filename", "continuous_dump", "dump_period"}, *values[] = {file, "True", "0.00001"};
  OK(MXSetProfilerConfig(3, keys, values));
  OK(MXSetProfilerState(1));
  for (int round = 0; round < 300; round++) {
    ProfileHandle event;
    OK(MXProfileCreateEvent("event", &event));
    OK(MXProfileDurationStart(event));
    OK(MXProfileDurationStop(event));
    pid_t child = fork();
    if (child == 0) {
      uint32_t shape[] = {1000};
      NDArrayHandle array;
      alarm(20);
      OK(MXNotifyShutdown());
      OK(MXNDArrayCreate(shape, 1, 1, 0, 0, &array));
      OK(MXNDArrayFree(array));
      OK(MXSetProfilerConfig(1, keys, &again));
      /* An end without exit code: valgrind's would say that what the parent's threads hold is lost. */
      raise(SIGKILL);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL,
          "child %d ended with %#x", round, status);
    OK(MXProfileDestroyHandle(event));
  }
  OK(MXSetProfilerState(0));
  OK(MXSetProfilerConfig(1, keys, values));
  unlink(file);
}
#else
TEST(misuse) {}
TEST(a_forked_child_profiles) {}
#endif

TESTS(LISTED(operators_and_marks_are_written), LISTED(misuse), LISTED(a_forked_child_profiles))
