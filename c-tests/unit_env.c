#include "check.h"
#ifdef REAL_MXNET
int MXGetEnv(const char *name, const char **value);
int MXSetEnv(const char *name, const char *value);
#endif

TEST(set_read_remove) {
  const char *value = "x";
  OK(MXGetEnv("MXKV_C_TEST", &value));
  CHECK(value == NULL, "%s", value);
  OK(MXSetEnv("MXKV_C_TEST", "a=b"));
  OK(MXGetEnv("MXKV_C_TEST", &value));
  SAME_TEXT(value, "a=b");
  SAME_TEXT(getenv("MXKV_C_TEST"), "a=b");
  OK(MXSetEnv("MXKV_C_TEST", NULL));
  CHECK(getenv("MXKV_C_TEST") == NULL, "still set");
}

#ifndef REAL_MXNET
TEST(bad_names) {
  const char *value = "x";
  FAILS(MXSetEnv("", "1"), "name");
  FAILS(MXSetEnv("A=B", "1"), "name");
  FAILS(MXSetEnv(NULL, "1"), "name");
  FAILS(MXSetEnv("\xff", "1"), "name: expected UTF-8");
  FAILS(MXGetEnv(NULL, &value), "name");
  FAILS(MXGetEnv("HOME", NULL), "value");
  OK(MXGetEnv("A=B", &value));
  CHECK(value == NULL, "%s", value);
}
#else
TEST(bad_names) {}
#endif

TESTS(LISTED(set_read_remove), LISTED(bad_names))
