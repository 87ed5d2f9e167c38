package io.mxkv.internal;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets the garbage collector know about native memory. It sees only small Java objects and would let gigabytes of
 * forgotten arrays pile up behind them; so when the arrays alive have grown past a mark, it is asked to run.
 */
public final class NativeMemory {
  /** What an array costs besides its elements: handle, descriptors, the Java objects. */
  public static final long OVERHEAD = 1024;

  private static final long LIMIT = Long.getLong("mxkv.gc.bytes", 256L << 20);
  private static final int ROUND_MILLIS = 2;
  private static final int IDLE_ROUNDS = 5;

  private static final AtomicLong ALIVE = new AtomicLong();
  private static final AtomicBoolean COLLECTING = new AtomicBoolean();
  private static volatile long mark = LIMIT;

  private NativeMemory() {}

  static void allocated(long bytes) {
    if (ALIVE.addAndGet(bytes) > mark && COLLECTING.compareAndSet(false, true)) {
      try {
        collect();
      } finally {
        COLLECTING.set(false);
      }
    }
  }

  static void freed(long bytes) {
    long lower = mark(ALIVE.addAndGet(-bytes));
    if (lower < mark) {
      mark = lower;
    }
  }

  /** How much may be alive before the collector is asked to run: room for as much again as is in use, and the limit. */
  private static long mark(long inUse) {
    return 2 * inUse + LIMIT;
  }

  /** Bytes of the arrays that were neither closed nor collected yet, an estimate. */
  public static long alive() {
    return ALIVE.get();
  }

  private static void collect() {
    System.gc();
    // The cleaner frees on its own thread: give it time, until it makes no more progress.
    long before = ALIVE.get();
    for (int idle = 0; idle < IDLE_ROUNDS; idle++) {
      try {
        Thread.sleep(ROUND_MILLIS);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        break;
      }
      long now = ALIVE.get();
      if (now < before) {
        idle = -1;
      }
      before = now;
    }
    mark = mark(before);
  }
}
