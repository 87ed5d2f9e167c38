/*
 * What the C tests share: checks that say where and why, and a main that runs the tests of one file.
 *
 *   TEST(name) { ... }            a test; list it in TESTS(...)
 *   CHECK(condition, ...)         fails the test with a printf text
 *   OK(call)                      the call must return 0
 *   FAILS(call, part)             the call must return -1 with a reason that contains part
 *
 * A failed check ends the program: what follows would only confuse.
 */
#ifndef CHECK_H_
#define CHECK_H_

#include <mxnet/c_api.h>
#include <nnvm/c_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(condition, ...)                                             \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: %s\n  ", __FILE__, __LINE__, #condition);   \
      fprintf(stderr, __VA_ARGS__);                                       \
      fputc('\n', stderr);                                                \
      exit(1);                                                            \
    }                                                                     \
  } while (0)

#define OK(call) CHECK((call) == 0, "%s", MXGetLastError())

#define FAILS(call, part)                                                                       \
  do {                                                                                          \
    CHECK((call) == -1, "succeeded, but should have failed with: %s", part);                    \
    CHECK(strstr(MXGetLastError(), part) != NULL, "expected: %s\n  got: %s", part, MXGetLastError()); \
  } while (0)

#define EQUALS(a, b) CHECK((long long)(a) == (long long)(b), "%lld, %lld", (long long)(a), (long long)(b))
#define SAME_TEXT(a, b) CHECK(strcmp(a, b) == 0, "'%s', '%s'", a, b)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct test {
  const char *name;
  void (*run)(void);
};

#define TEST(name) static void test_##name(void)
#define LISTED(name) {#name, test_##name}
#define TESTS(...)                                             \
  int main(void) {                                             \
    static const struct test tests[] = {__VA_ARGS__};          \
    for (size_t i = 0; i < COUNT(tests); i++) {                \
      tests[i].run();                                          \
      printf("ok %s: %s\n", strrchr(__FILE__, '/') ? strrchr(__FILE__, '/') + 1 : __FILE__, tests[i].name); \
      fflush(stdout);                                          \
    }                                                          \
    return 0;                                                  \
  }

/* The path of a file in a folder of its own, removed at exit of the shell script that runs the tests. */
static inline const char *scratch_file(const char *name) {
  static char path[4][512];
  static int next;
  const char *folder = getenv("TMPDIR");
  char *place = path[next++ % 4];
  snprintf(place, sizeof path[0], "%s/mxkv-%d-%s", folder ? folder : "/tmp", (int)getpid(), name);
  return place;
}

#endif
