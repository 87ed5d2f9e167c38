// C++ sources leave arguments out that MXNet's header gives a value; callbacks are function types there. This
// file only has to compile.
#include <mxkv.h>

static void update(int, NDArrayHandle, NDArrayHandle, void *) {}
static MXKVStoreUpdater *const updater = update;

int calls(KVStoreHandle store, NDArrayHandle array);

int calls(KVStoreHandle store, NDArrayHandle array) {
  int dead = 0;
  const char *text = nullptr;
  const char **texts = nullptr;
  mx_uint count = 0;
  int failed = MXKVStoreGetNumDeadNode(store, 7, &dead);
  failed |= MXKVStoreSetUpdater(store, updater, nullptr);
  failed |= MXSymbolGetAtomicSymbolInfo(nullptr, &text, &text, &count, &texts, &texts, &texts, &text);
  failed |= MXFuncGetInfo(nullptr, &text, &text, &count, &texts, &texts, &texts);
  failed |= MXEnginePushAsync(nullptr, nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0);
  failed |= MXEnginePushSync(nullptr, nullptr, nullptr, nullptr, nullptr, 0, nullptr, 0);
  failed |= MXEnginePushAsyncND(nullptr, nullptr, nullptr, nullptr, &array, 1, nullptr, 0);
  failed |= MXEnginePushSyncND(nullptr, nullptr, nullptr, nullptr, &array, 1, nullptr, 0);
  failed |= MXCreateCachedOpEX(nullptr, 0, nullptr, nullptr, nullptr);
  return failed;
}
