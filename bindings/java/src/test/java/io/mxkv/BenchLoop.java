package io.mxkv;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * One loop of the benchmarks, for a program that asks for times: says "ready", answers each line N with N times in
 * seconds, checks its results at the end of the input.
 *
 * <p>{@code one}: push and pull of a key of 1 KB, and wait. {@code in}, {@code out}: 100 MB of {@code float[]} into an
 * array or back. {@code plain}: the same between two {@code float[]}, without the library.
 */
public final class BenchLoop {
  private static final int SMALL = 256;
  private static final int LARGE = 25_000_000;
  private static final int WARM_UP = 20_000;

  private BenchLoop() {}

  private interface Loop {
    void run();

    /** Throws if the results are wrong. */
    void check();
  }

  private static Loop one() {
    KVStore store = KVStore.create();
    NDArray value = NDArray.full(Shape.of(SMALL), 3);
    NDArray out = NDArray.zeros(Shape.of(SMALL));
    store.init("key", NDArray.zeros(Shape.of(SMALL)));
    Loop loop = new Loop() {
      @Override
      public void run() {
        store.push("key", value).pull("key", out);
        out.waitToRead();
      }

      @Override
      public void check() {
        require(out.toFloatArray(), 3);
      }
    };
    for (int i = 0; i < WARM_UP; i++) {
      loop.run();
    }
    return loop;
  }

  private static Loop copy(String mode) {
    float[] from = new float[LARGE];
    float[] to = new float[LARGE];
    java.util.Arrays.fill(from, 3);
    NDArray array = "plain".equals(mode) ? null : NDArray.full(Shape.of(LARGE), "out".equals(mode) ? 3 : 0);
    return new Loop() {
      @Override
      public void run() {
        switch (mode) {
          case "in":
            array.copyFrom(from);
            break;
          case "out":
            array.copyTo(to);
            break;
          default:
            System.arraycopy(from, 0, to, 0, LARGE);
        }
      }

      @Override
      public void check() {
        require("in".equals(mode) ? array.toFloatArray() : to, 3);
      }
    };
  }

  private static void require(float[] values, float expected) {
    for (float value : values) {
      if (value != expected) {
        throw new IllegalStateException("expected " + expected + " everywhere, got " + value);
      }
    }
  }

  public static void main(String[] args) throws IOException {
    Loop loop = "one".equals(args[0]) ? one() : copy(args[0]);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println("ready");
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      StringBuilder times = new StringBuilder();
      loop.run();
      for (int i = Integer.parseInt(line.trim()); i > 0; i--) {
        long start = System.nanoTime();
        loop.run();
        times.append((System.nanoTime() - start) / 1e9).append(' ');
      }
      System.out.println(times.toString().trim());
    }
    loop.check();
  }
}
