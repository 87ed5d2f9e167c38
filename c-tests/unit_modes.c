#include <pthread.h>
#include "check.h"

static int np_shape(void) {
  int value = -1;
  OK(MXIsNumpyShape(&value));
  return value;
}

static int set_np_shape(int value) {
  int previous = -1;
  OK(MXSetIsNumpyShape(value, &previous));
  return previous;
}

static void *value_elsewhere(void *value) {
  *(int *)value = np_shape();
  return NULL;
}

static int in_another_thread(void) {
  pthread_t thread;
  int value = -1;
  CHECK(pthread_create(&thread, NULL, value_elsewhere, &value) == 0, "no thread");
  pthread_join(thread, NULL);
  return value;
}

TEST(numpy_shape) {
  EQUALS(set_np_shape(0), 0);
  EQUALS(set_np_shape(1), 0);
  EQUALS(np_shape(), 1);
  EQUALS(in_another_thread(), 0);
  EQUALS(set_np_shape(2), 1);
  EQUALS(np_shape(), 2);
  EQUALS(in_another_thread(), 2);
  EQUALS(set_np_shape(0), 1);
  EQUALS(np_shape(), 0);
  EQUALS(in_another_thread(), 0);
}

TEST(recording_and_training) {
  int previous = -1;
  bool on = true;
  OK(MXAutogradIsRecording(&on));
  CHECK(!on, "recording at the start");
  OK(MXAutogradSetIsRecording(5, &previous));
  EQUALS(previous, 0);
  OK(MXAutogradIsRecording(&on));
  CHECK(on, "not recording");
  OK(MXAutogradIsTraining(&on));
  CHECK(!on, "recording turned training on");
  OK(MXAutogradSetIsTraining(1, &previous));
  EQUALS(previous, 0);
  OK(MXAutogradSetIsTraining(0, &previous));
  EQUALS(previous, 1);
  OK(MXAutogradSetIsRecording(0, &previous));
  EQUALS(previous, 1);
}

#ifndef REAL_MXNET
TEST(bad_arguments) {
  int previous = 7;
  FAILS(MXSetIsNumpyShape(3, &previous), "is_np_shape: expected 0 (off), 1 (this thread) or 2 (all threads), got 3");
  EQUALS(np_shape(), 0);
  FAILS(MXSetIsNumpyShape(1, NULL), "prev: expected a pointer, got NULL");
  EQUALS(np_shape(), 0);
  FAILS(MXAutogradSetIsRecording(1, NULL), "prev");
  FAILS(MXAutogradIsTraining(NULL), "curr");
}
#else
TEST(bad_arguments) {}
#endif

TESTS(LISTED(numpy_shape), LISTED(recording_and_training), LISTED(bad_arguments))
