package io.mxkv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mxkv.internal.NativeMemory;
import java.lang.ref.WeakReference;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResourceScopeTest {
  @Test
  void closesWhatWasMadeInsideButTheResult() {
    NDArray before = NDArray.ones(Shape.of(1));
    NDArray[] inner = new NDArray[1];
    NDArray result = ResourceScope.using(() -> {
      inner[0] = NDArray.ones(Shape.of(1));
      return inner[0].plus(before);
    });
    assertTrue(inner[0].isClosed());
    assertFalse(before.isClosed());
    assertEquals(2, result.toScalar());
  }

  @Test
  void nestedResultsMoveOutwards() {
    NDArray[] kept = new NDArray[2];
    try (ResourceScope outer = new ResourceScope()) {
      List<NDArray> both = ResourceScope.using(() -> List.of(NDArray.ones(Shape.of(1)), NDArray.ones(Shape.of(1))));
      kept[0] = both.get(0);
      kept[1] = both.get(1);
      assertFalse(kept[0].isClosed());
      outer.keep(kept[1]);
    }
    assertTrue(kept[0].isClosed());
    assertFalse(kept[1].isClosed());
  }

  @Test
  void closesWhenTheBodyThrows() {
    NDArray[] inner = new NDArray[1];
    assertThrows(IllegalStateException.class, () -> ResourceScope.using(() -> {
      inner[0] = NDArray.ones(Shape.of(1));
      throw new IllegalStateException("stop");
    }));
    assertTrue(inner[0].isClosed());
  }

  @Test
  void scopeDoesNotHoldOnToWhatWasClosed() throws InterruptedException {
    try (ResourceScope scope = new ResourceScope()) {
      WeakReference<NDArray> closed = new WeakReference<>(NDArray.ones(Shape.of(1)));
      WeakReference<NDArray> open = new WeakReference<>(NDArray.ones(Shape.of(1)));
      closed.get().close();
      for (int i = 0; i < 100 && closed.get() != null; i++) {
        System.gc();
        Thread.sleep(10);
      }
      assertNull(closed.get());
      assertFalse(open.get().isClosed());
    }
  }

  @Test
  void forgottenArraysAreFreedAndNativeMemoryStaysBounded() {
    for (int i = 0; i < 3000; i++) {
      NDArray.zeros(Shape.of(1 << 18));
    }
    assertTrue(NativeMemory.alive() < 700L << 20, "alive: " + NativeMemory.alive());
  }
}
