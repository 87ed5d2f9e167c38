package io.mxkv.internal;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
  private static final long GB = 1L << 30;

  /** Whether counting the bytes made the collector run. */
  private static WeakReference<Object> garbageAfter(long bytes) {
    WeakReference<Object> garbage = new WeakReference<>(new Object());
    NativeMemory.allocated(bytes);
    NativeMemory.freed(bytes);
    return garbage;
  }

  @Test
  void aPeakInThePastDoesNotPutTheCollectorOff() {
    NativeMemory.allocated(20 * GB);
    assertNotNull(garbageAfter(GB).get(), "20 GB are in use: another one is nothing");
    NativeMemory.freed(20 * GB);
    assertNull(garbageAfter(GB).get(), "nothing is in use: 1 GB must not pile up");
  }
}
