package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Mem;
import java.util.Locale;

/** What the binding costs: push and pull of 1 KB beside the bare native calls, and 100 MB in and out. */
public final class Bench {
  private static final int ROUNDS = 20_000;
  private static final int PASSES = 8;

  private Bench() {}

  private interface Body {
    void run();
  }

  /** The best of several passes, in nanoseconds. */
  private static double best(int passes, Body body) {
    double best = Double.MAX_VALUE;
    for (int i = 0; i < passes; i++) {
      long start = System.nanoTime();
      body.run();
      best = Math.min(best, System.nanoTime() - start);
    }
    return best;
  }

  public static void main(String[] args) {
    try (ResourceScope scope = new ResourceScope()) {
      KVStore store = KVStore.create();
      NDArray value = NDArray.ones(Shape.of(256));
      NDArray out = NDArray.zeros(Shape.of(256));
      store.init("key", value);
      double viaBinding = best(PASSES, () -> {
        for (int i = 0; i < ROUNDS; i++) {
          store.push("key", value).pull("key", out);
        }
        out.waitToRead();
      }) / ROUNDS;
      Mem.Text key = Mem.text("key", "key");
      long[] handle = {0};
      Bindings.MXKVStoreCreate("local", handle);
      Bindings.MXKVStoreInitEx(handle[0], 1, key.array(), new long[] {value.nativeHandle()});
      long[] values = {value.nativeHandle()};
      long[] outs = {out.nativeHandle()};
      double bare = best(PASSES, () -> {
        for (int i = 0; i < ROUNDS; i++) {
          Bindings.MXKVStorePushEx(handle[0], 1, key.array(), values, 0);
          Bindings.MXKVStorePullEx(handle[0], 1, key.array(), outs, 0);
        }
        Bindings.MXNDArrayWaitToRead(out.nativeHandle());
      }) / ROUNDS;
      Bindings.MXKVStoreFree(handle[0]);
      double empty = best(PASSES, () -> {
        int[] type = {0};
        for (int i = 0; i < ROUNDS; i++) {
          Bindings.MXNDArrayGetDType(value.nativeHandle(), type);
        }
      }) / ROUNDS;
      print("push and pull of 1 KB through KVStore", viaBinding / 1e3, "µs");
      print("the same through the bare mapping", bare / 1e3, "µs");
      print("one native call that does nothing much", empty / 1e3, "µs");
      float[] large = new float[25 << 20];
      NDArray array = NDArray.zeros(Shape.of(large.length));
      double in = best(PASSES, () -> array.copyFrom(large));
      double back = best(PASSES, () -> array.copyTo(large));
      float[] other = new float[large.length];
      double plain = best(PASSES, () -> System.arraycopy(large, 0, other, 0, large.length));
      print("100 MB float[] into an array", 4.0 * large.length / in, "GB/s");
      print("100 MB out of an array into float[]", 4.0 * large.length / back, "GB/s");
      print("100 MB from float[] to float[]", 4.0 * large.length / plain, "GB/s");
    }
  }

  private static void print(String what, double number, String unit) {
    System.out.printf(Locale.ROOT, "%-42s %8.2f %s%n", what, number, unit);
  }
}
