/*
 * Calls every exported function with arguments that should not work: all zero, then drawn ones, in one thread
 * and in eight. Nothing may crash; each failure must leave a reason, and null must be refused by name.
 *
 *   misuse_calls [rounds] [seed]        (or MXKV_MISUSE_ROUNDS; MXKV_MISUSE_TRACE=1 names each call)
 */
#include "misuse.h"
#include "calls.inc"
#include <pthread.h>
#include <stdatomic.h>

enum { THREADS = 8 };
static int rounds = 60;
static uint64_t seed = 1;

static const char *reason_of(const char *name, int result) {
  CHECK(result == 0 || result == -1, "%s returned %d", name, result);
  const char *reason = MXGetLastError();
  CHECK(result == 0 || strlen(reason) > 12, "%s failed without a reason", name);
  CHECK(result == 0 || strstr(reason, "panicked") == NULL, "%s", reason);
  return reason;
}

/* Does the reason speak of one of the arguments? */
static int names_an_argument(const char *reason, const char *arguments) {
  char copy[1024], *rest = copy;
  snprintf(copy, sizeof copy, "%s", arguments);
  for (char *word; (word = strsep(&rest, " ")) != NULL;)
    if (*word && strstr(reason, word) != NULL) return 1;
  return 0;
}

/* All arguments zero: every function either has nothing to object to, or names what it misses. */
TEST(null_is_refused_by_name) {
  struct draw *zeros = calloc(1, sizeof *zeros);
  zeros->zero = 1;
  for (size_t i = 0; i < COUNT(calls); i++) {
    NNAPISetLastError("none");
    int result = calls[i].run(zeros);
    const char *reason = reason_of(calls[i].name, result);
    if (result == 0) continue;
    CHECK(strncmp(reason, "MXNetError: ", 12) == 0 && strstr(reason, calls[i].name) != NULL, "%s: %s", calls[i].name,
          reason);
    /* Not about an argument, but about what was not done before. */
    if (strstr(reason, "hasn't been run") != NULL) continue;
    CHECK(strstr(reason, "mxkv has no") != NULL || names_an_argument(reason, calls[i].arguments), "%s(%s): %s",
          calls[i].name, calls[i].arguments, reason);
  }
  free(zeros);
}

/* Some bindings look at an output without looking at the result. */
TEST(failed_calls_clear_their_outputs) {
  static const char not_text[] = "\xff\xfe";
  void *out;
  const char *text;
#define CLEARED(place, call)                                \
  do {                                                      \
    place = (void *)&place;                                 \
    CHECK((call) == -1, "succeeded");                       \
    CHECK(place == NULL, "the output was not cleared");     \
  } while (0)
  CLEARED(out, MXKVStoreCreate(not_text, &out));
  CLEARED(out, MXKVStoreCreate(NULL, &out));
  CLEARED(text, MXGetEnv(not_text, &text));
  CLEARED(out, MXNDArrayLoadFromRawBytes(NULL, 9, &out));
  CLEARED(out, MXNetFuncGetGlobal(not_text, &out));
  CLEARED(out, MXProfileCreateDomain(not_text, &out));
  CLEARED(out, MXProfileCreateTask(NULL, not_text, &out));
  CLEARED(out, MXProfileCreateFrame(NULL, not_text, &out));
  CLEARED(out, MXProfileCreateEvent(not_text, &out));
  CLEARED(out, MXProfileCreateCounter(NULL, not_text, &out));
#undef CLEARED
}

static void one_call(struct draw *d, uint64_t *failed, uint64_t *succeeded) {
  const struct call *call = &calls[draw_below(d, COUNT(calls))];
  d->wild = draw_below(d, 2) == 0;
  d->used = 0;
  d->no_bytes = 0;
  if (getenv("MXKV_MISUSE_TRACE")) fprintf(stderr, "%s\n", call->name);
  int result = call->run(d);
  reason_of(call->name, result);
  ++*(result == 0 ? succeeded : failed);
}

/* Handles of live objects of every kind, and of some that were freed. Objects that calls of the last round freed
 * or leaked do not matter here; leak_cycles.c counts. */
static void fill(struct draw *d) {
  uint32_t shape[] = {2, 3}, length[] = {4};
  char path[64];
  size_t n = 0;
  void **h = d->handles;
  OK(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 0, &h[n++]));
  OK(MXNDArrayCreateEx(shape, 2, 1, 1, 0, 1, &h[n++]));
  OK(MXNDArrayCreateEx(length, 1, 1, 0, 0, 6, &h[n++]));
  OK(MXNDArrayCreateEx(length, 1, 3, 0, 0, 2, &h[n++]));
  OK(MXNDArrayCreateEx(shape, 0, 1, 0, 1, 7, &h[n++]));
  OK(MXNDArrayCreateNone(&h[n++]));
  OK(MXNDArrayCreateSparseEx(1, shape, 2, 1, 0, 1, 0, 0, NULL, NULL, NULL, &h[n++]));
  OK(MXNDArrayCreateSparseEx(2, shape, 2, 1, 0, 1, 0, 0, NULL, NULL, NULL, &h[n++]));
  OK(MXKVStoreCreate("local", &h[n++]));
  OK(MXKVStoreCreate("device", &h[n++]));
  int key = 3;
  OK(MXKVStoreInit(h[n - 1], 1, &key, &h[0]));
  /* Two stores with optimizers: one with states, one without. */
  const char *names[] = {"learning_rate", "momentum"}, *values[] = {"0.1", "0.9"};
  OK(MXKVStoreCreate("local", &h[n++]));
  OK(MXKVStoreInit(h[n - 1], 1, &key, &h[0]));
  OK(mxkv_kvstore_set_optimizer(h[n - 1], "sgd", 2, names, values));
  OK(MXKVStorePush(h[n - 1], 1, &key, &h[0], 0));
  OK(MXKVStoreCreate("device", &h[n++]));
  OK(mxkv_kvstore_set_optimizer(h[n - 1], "adam", 0, NULL, NULL));
  snprintf(path, sizeof path, "record-%p", (void *)d);
  OK(MXRecordIOWriterCreate(path, &h[n++]));
  OK(MXRecordIOReaderCreate(path, &h[n++]));
  OK(NNGetOpHandle("_zeros", &h[n++]));
  OK(NNGetOpHandle("_plus_scalar", &h[n++]));
  OK(NNGetOpHandle("sgd_mom_update", &h[n++]));
  OK(NNGetOpHandle("broadcast_add", &h[n++]));
  OK(MXProfileCreateDomain("d", &h[n++]));
  OK(MXProfileCreateTask(h[n - 1], "t", &h[n]));
  n++;
  OK(MXNDArrayCreateEx(shape, 2, 1, 0, 0, 0, &h[n++]));
  OK(MXNDArrayFree(h[n - 1]));
  OK(MXKVStoreCreate("local", &h[n++]));
  OK(MXKVStoreFree(h[n - 1]));
  d->live = n;
  while (n < HANDLES) h[n] = h[n - d->live], n++;
}

/* Frees whatever of it is still alive; what is not says so and nothing else. */
static void empty(struct draw *d) {
  for (size_t i = 0; i < d->live; i++) {
    MXNDArrayFree(d->handles[i]);
    MXKVStoreFree(d->handles[i]);
    MXRecordIOReaderFree(d->handles[i]);
    MXRecordIOWriterFree(d->handles[i]);
    MXProfileDestroyHandle(d->handles[i]);
  }
}

struct job {
  uint64_t seed, failed, succeeded;
};
/* The threads see each other's objects, which may be freed while they use them. */
static _Atomic(void *) shared[HANDLES];

static void *work(void *pointer) {
  struct job *job = pointer;
  struct draw *d = calloc(1, sizeof *d);
  d->state = job->seed;
  for (int round = 0; round < rounds; round++) {
    fill(d);
    for (size_t i = 0; i < HANDLES; i++) {
      if (draw_below(d, 3) == 0) {
        atomic_store(&shared[i], d->handles[i]);
      } else if (draw_below(d, 3) == 0) {
        void *other = atomic_load(&shared[i]);
        if (other) d->handles[i] = other;
      }
    }
    for (int i = 0; i < 400; i++) one_call(d, &job->failed, &job->succeeded);
    empty(d);
  }
  free(d);
  return NULL;
}

static void in_threads(size_t count) {
  pthread_t threads[THREADS];
  struct job jobs[THREADS] = {{0}};
  for (size_t i = 0; i < count; i++) {
    jobs[i].seed = seed * 1000 + i;
    CHECK(pthread_create(&threads[i], NULL, work, &jobs[i]) == 0, "no thread");
  }
  uint64_t failed = 0, succeeded = 0;
  for (size_t i = 0; i < count; i++) {
    pthread_join(threads[i], NULL);
    failed += jobs[i].failed;
    succeeded += jobs[i].succeeded;
  }
  printf("   %zu thread%s: %llu calls failed, %llu succeeded\n", count, count == 1 ? "" : "s",
         (unsigned long long)failed, (unsigned long long)succeeded);
  CHECK(failed > 100 && succeeded > 100, "the draws are all bad or all good");
  MXNDArrayWaitAll();
  OK(MXNDArrayWaitAll());
}

TEST(drawn_arguments) { in_threads(1); }
TEST(drawn_arguments_in_eight_threads) { in_threads(THREADS); }

static const struct test tests[] = {LISTED(null_is_refused_by_name), LISTED(failed_calls_clear_their_outputs), LISTED(drawn_arguments),
                                    LISTED(drawn_arguments_in_eight_threads)};

int main(int argc, char **argv) {
  if (getenv("MXKV_MISUSE_ROUNDS")) rounds = atoi(getenv("MXKV_MISUSE_ROUNDS"));
  if (argc > 1) rounds = atoi(argv[1]);
  if (argc > 2) seed = strtoull(argv[2], NULL, 0);
  for (size_t i = 0; i < COUNT(tests); i++) {
    tests[i].run();
    printf("ok misuse_calls.c: %s\n", tests[i].name);
    fflush(stdout);
  }
  return 0;
}
