/* The library's own functions for optimizers in a store. */
#include <math.h>
#include <mxkv.h>
#include "check.h"

static NDArrayHandle array_of(float value) {
  NDArrayHandle array;
  uint32_t shape[] = {3};
  float values[] = {value, value, value};
  OK(MXNDArrayCreateEx(shape, 1, 1, 0, 0, 0, &array));
  OK(MXNDArraySyncCopyFromCPU(array, values, 3));
  return array;
}

static KVStoreHandle store_with(float value) {
  KVStoreHandle store;
  NDArrayHandle array = array_of(value);
  int key = 5;
  OK(MXKVStoreCreate("local", &store));
  OK(MXKVStoreInit(store, 1, &key, &array));
  OK(MXNDArrayFree(array));
  return store;
}

static void push(KVStoreHandle store, float gradient) {
  NDArrayHandle array = array_of(gradient);
  int key = 5;
  OK(MXKVStorePush(store, 1, &key, &array, 0));
  OK(MXNDArrayFree(array));
}

static float pull(KVStoreHandle store) {
  NDArrayHandle array = array_of(0);
  float values[3];
  int key = 5;
  OK(MXKVStorePull(store, 1, &key, &array, 0));
  OK(MXNDArraySyncCopyToCPU(array, values, 3));
  OK(MXNDArrayFree(array));
  CHECK(values[0] == values[1] && values[1] == values[2], "%g %g %g", values[0], values[1], values[2]);
  return values[0];
}

static void set(KVStoreHandle store, const char *name, const char *key, const char *value) {
  OK(mxkv_kvstore_set_optimizer(store, name, 1, &key, &value));
}

TEST(the_optimizer_updates_and_its_scalars_change) {
  KVStoreHandle store = store_with(1);
  set(store, "SGD", "learning_rate", "0.5");
  push(store, 1);
  CHECK(pull(store) == 0.5f, "%g", pull(store));
  OK(mxkv_kvstore_set_learning_rate(store, 0.25));
  push(store, 1);
  CHECK(pull(store) == 0.25f, "%g", pull(store));
  OK(mxkv_kvstore_set_rescale_grad(store, -1));
  push(store, 1);
  CHECK(pull(store) == 0.5f, "%g", pull(store));
  OK(mxkv_kvstore_set_wd(store, 1));
  push(store, 0);
  CHECK(pull(store) == 0.375f, "%g", pull(store));
  OK(MXKVStoreFree(store));
}

static const char *const ADAM =
    "{\"name\": \"adam\", \"params\": {\"wd\": 0.01, \"learning_rate\": 0.1},"
    " \"lr_scheduler\": {\"name\": \"factor\", \"params\": {\"step\": 2, \"factor\": 0.5}}}";

TEST(training_goes_on_from_a_file_and_from_a_buffer) {
  KVStoreHandle store = store_with(1), again, other;
  const char *buffer;
  size_t size;
  OK(mxkv_kvstore_set_optimizer_json(store, ADAM));
  for (int step = 0; step < 5; step++) push(store, step - 1.5f);
  OK(mxkv_kvstore_save_optimizer_states(store, "optimizer.states"));
  again = store_with(pull(store));
  other = store_with(pull(store));
  OK(mxkv_kvstore_set_optimizer_json(again, ADAM));
  OK(mxkv_kvstore_load_optimizer_states(again, "optimizer.states"));
  OK(mxkv_kvstore_save_optimizer_states_to_buffer(store, &size, &buffer));
  OK(mxkv_kvstore_load_optimizer_states_from_buffer(other, buffer, size));
  for (int step = 0; step < 5; step++) {
    push(store, 0.5f - step);
    push(again, 0.5f - step);
    push(other, 0.5f - step);
    CHECK(pull(store) == pull(again) && pull(store) == pull(other), "%g %g %g", pull(store), pull(again), pull(other));
  }
  OK(MXKVStoreFree(store));
  OK(MXKVStoreFree(again));
  OK(MXKVStoreFree(other));
}

TEST(broken_files_change_nothing) {
  KVStoreHandle store = store_with(1);
  const char *buffer;
  size_t size, size_after;
  set(store, "adam", "wd", "0.01");
  push(store, 1);
  OK(mxkv_kvstore_save_optimizer_states_to_buffer(store, &size, &buffer));
  char *saved = malloc(size), *broken = malloc(size);
  memcpy(saved, buffer, size);
  for (size_t place = 0; place < size; place++) {
    memcpy(broken, saved, size);
    broken[place] ^= 0x20;
    CHECK(mxkv_kvstore_load_optimizer_states_from_buffer(store, broken, size) == -1, "byte %zu", place);
    CHECK(mxkv_kvstore_load_optimizer_states_from_buffer(store, saved, place) == -1, "%zu bytes", place);
  }
  OK(mxkv_kvstore_save_optimizer_states_to_buffer(store, &size_after, &buffer));
  CHECK(size == size_after && memcmp(saved, buffer, size) == 0, "the states changed");
  free(saved);
  free(broken);
  FAILS(mxkv_kvstore_load_optimizer_states(store, "/nonexistent/states"), "Open \"/nonexistent/states\"");
  FAILS(mxkv_kvstore_save_optimizer_states(store, "/nonexistent/states"), "/nonexistent/states");
  FAILS(mxkv_kvstore_load_optimizer_states(store, "/dev/null"), "loading \"/dev/null\"");
  OK(MXKVStoreFree(store));
}

TEST(misuse_is_named) {
  KVStoreHandle store = store_with(1), with_optimizer = store_with(1);
  const char *key = "momentum", *value = "0.9", *wrong = "momentun", *none = NULL, *buffer;
  size_t size;
  FAILS(mxkv_kvstore_set_optimizer(NULL, "sgd", 0, NULL, NULL), "handle");
  FAILS(mxkv_kvstore_set_optimizer(store, NULL, 0, NULL, NULL), "name: expected a pointer, got NULL");
  FAILS(mxkv_kvstore_set_optimizer(store, "adamm", 0, NULL, NULL), "did you mean 'adam'");
  FAILS(mxkv_kvstore_set_optimizer(store, "banana", 0, NULL, NULL), "sgd");
  FAILS(mxkv_kvstore_set_optimizer(store, "sgd", 1, NULL, &value), "keys");
  FAILS(mxkv_kvstore_set_optimizer(store, "sgd", 1, &key, &none), "vals[0]");
  FAILS(mxkv_kvstore_set_optimizer(store, "sgd", 1, &wrong, &value), "did you mean 'momentum'");
  FAILS(mxkv_kvstore_set_optimizer(store, "sgd", 1, &key, &key), "momentum: expected a number, got 'momentum'");
  FAILS(mxkv_kvstore_set_optimizer_json(store, NULL), "json");
  FAILS(mxkv_kvstore_set_optimizer_json(store, "{"), "not valid JSON");
  FAILS(mxkv_kvstore_set_optimizer_json(store, "{\"name\": \"sgd\", \"parms\": {}}"), "did you mean 'params'");
  FAILS(mxkv_kvstore_set_learning_rate(store, 0.1), "no optimizer");
  FAILS(mxkv_kvstore_save_optimizer_states(store, "x"), "no optimizer");
  FAILS(mxkv_kvstore_save_optimizer_states_to_buffer(store, NULL, &buffer), "out_size");
  FAILS(mxkv_kvstore_save_optimizer_states_to_buffer(store, &size, NULL), "out_buf");
  FAILS(mxkv_kvstore_load_optimizer_states(store, NULL), "fname");
  FAILS(mxkv_kvstore_load_optimizer_states_from_buffer(store, NULL, 3), "buf");
  FAILS(mxkv_kvstore_load_optimizer_states_from_buffer(store, "abc", 3), "no file of optimizer states");
  push(store, 3);
  CHECK(pull(store) == 3, "a refused optimizer was set");
  OK(mxkv_kvstore_set_optimizer_json(with_optimizer, ADAM));
  FAILS(mxkv_kvstore_set_learning_rate(with_optimizer, 0.1), "schedule");
  FAILS(mxkv_kvstore_set_wd(with_optimizer, NAN), "wd: expected a finite number");
  FAILS(mxkv_kvstore_set_rescale_grad(with_optimizer, INFINITY), "rescale_grad");
  OK(mxkv_kvstore_save_optimizer_states_to_buffer(with_optimizer, &size, &buffer));
  set(store, "sgd", "wd", "0");
  FAILS(mxkv_kvstore_load_optimizer_states_from_buffer(store, buffer, size), "states of adam");
  OK(MXKVStoreFree(store));
  OK(MXKVStoreFree(with_optimizer));
}

TESTS(LISTED(the_optimizer_updates_and_its_scalars_change), LISTED(training_goes_on_from_a_file_and_from_a_buffer),
      LISTED(broken_files_change_nothing), LISTED(misuse_is_named))
