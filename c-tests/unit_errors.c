#include <mxkv.h>
#include <pthread.h>
#include "check.h"

static void *text_of_new_thread(void *unused) {
  (void)unused;
  SAME_TEXT(MXGetLastError(), "");
  FAILS(MXKVStoreGetRank(NULL, NULL), "MXKVStoreGetRank");
  return NULL;
}

TEST(each_thread_has_its_own_text) {
  char before[256];
  pthread_t thread;
  FAILS(MXNDArrayFree((void *)(uintptr_t)0x1234), "MXNDArrayFree");
  snprintf(before, sizeof before, "%s", MXGetLastError());
  CHECK(pthread_create(&thread, NULL, text_of_new_thread, NULL) == 0, "no thread");
  pthread_join(thread, NULL);
  SAME_TEXT(MXGetLastError(), before);
  SAME_TEXT(NNGetLastError(), before);
}

TEST(success_keeps_the_text_and_the_class_leads) {
  int version;
  FAILS(MXNDArrayFree((void *)(uintptr_t)0x1234), "MXNetError: MXNDArrayFree: handle: 0x1234 is not a");
  OK(MXGetVersion(&version));
  CHECK(strncmp(MXGetLastError(), "MXNetError: ", 12) == 0, "%s", MXGetLastError());
  EQUALS(mxkv_last_error_kind(), 1);
}

TEST(a_caller_may_set_the_text) {
  NNAPISetLastError("from outside");
  SAME_TEXT(MXGetLastError(), "from outside");
  NNAPISetLastError(NULL);
  SAME_TEXT(MXGetLastError(), "from outside");
}

TEST(what_is_out_of_scope_says_so) {
  SymbolHandle symbol = &symbol;
  uint32_t size = 7;
  const char **texts = (const char **)&texts;
  FAILS(MXSymbolCreateVariable("x", &symbol), "mxkv has no symbolic graphs: it is MXNet's KVStore");
  CHECK(symbol == NULL, "the output was not cleared");
  EQUALS(mxkv_last_error_kind(), 7);
  FAILS(MXSymbolListArguments(NULL, &size, &texts), "The full libmxnet has them");
  CHECK(size == 0 && texts == NULL, "the outputs were not cleared");
  FAILS(MXSymbolListArguments(NULL, NULL, NULL), "mxkv has no");
  OK(MXSymbolFree(NULL));
  FAILS(MXSymbolFree(&size), "symbol: ");
}

TESTS(LISTED(each_thread_has_its_own_text), LISTED(success_keeps_the_text_and_the_class_leads),
      LISTED(a_caller_may_set_the_text), LISTED(what_is_out_of_scope_says_so))
