package io.mxkv;

import static io.mxkv.NDArrayTest.says;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KVStoreTest {
  private static final Shape SHAPE = Shape.of(2, 2);

  private ResourceScope scope;
  private KVStore store;
  private NDArray out;

  @BeforeEach
  void open() {
    scope = new ResourceScope();
    store = KVStore.create();
    out = NDArray.zeros(SHAPE);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static NDArray of(double value) {
    return NDArray.full(SHAPE, value);
  }

  private void holds(String key, float value) {
    store.pull(key, out);
    assertArrayEquals(new float[] {value, value, value, value}, out.toFloatArray());
  }

  @Test
  void oneKey() {
    assertSame(store, store.init("a", of(1)).push("a", of(2)).push("a", of(3), 5).pull("a", out, -1));
    holds("a", 3);
    store.pushPull("a", of(4), out);
    assertEquals(of(4), out);
  }

  @Test
  void severalKeysAndSeveralValuesOfOne() {
    store.init(new String[] {"a", "b"}, new NDArray[] {of(0), of(0)});
    store.push(new String[] {"a", "b", "a"}, new NDArray[] {of(1), of(10), of(2)}, 1);
    NDArray other = NDArray.zeros(SHAPE, Context.cpu(1), DType.FLOAT32);
    store.pull(new String[] {"a", "b", "a"}, new NDArray[] {out, other, NDArray.zeros(SHAPE)}, -1);
    assertEquals(of(3), out);
    assertEquals(of(10), other);
    store.pushPull(
        new String[] {"a", "a", "b"}, new NDArray[] {of(1), of(1), of(5)}, new String[] {"b", "a"},
        new NDArray[] {other, out}, 0);
    assertEquals(of(2), out);
    assertEquals(of(5), other);
    store.push(new String[0], new NDArray[0]).pull(new String[0], new NDArray[0]);
  }

  @Test
  void keysAreAnyText() {
    for (String key : new String[] {"", "schlüssel", "鍵", "a b", "x".repeat(5000)}) {
      store.init(key, of(1)).push(key, of(2));
      holds(key, 2);
    }
    List<String> seen = new ArrayList<>();
    store.setUpdater((key, received, stored) -> seen.add(key));
    store.push("鍵", of(1));
    NDArray.waitAll();
    assertEquals(List.of("鍵"), seen);
  }

  @Test
  void broadcastStoresAndCopies() {
    NDArray other = NDArray.zeros(SHAPE, Context.cpu(1), DType.FLOAT32);
    store.broadcast("a", of(7), out, other);
    assertEquals(of(7), out);
    assertEquals(of(7), other);
  }

  @Test
  void rowSparsePull() {
    NDArray rows = NDArray.array(new float[] {1, 2, 3, 4}, SHAPE);
    store.init("s", NDArray.rowSparse(rows, new long[] {0, 2}, Shape.of(4, 2)));
    NDArray into = NDArray.zeros(StorageType.ROW_SPARSE, Shape.of(4, 2), Context.cpu(), DType.FLOAT32);
    store.rowSparsePull("s", into, NDArray.array(new long[] {2, 1}, Shape.of(2)));
    assertArrayEquals(new float[] {0, 0, 0, 0, 3, 4, 0, 0}, into.toFloatArray());
    store.pull(new String[] {"s"}, new NDArray[] {into}, 0, false);
    assertArrayEquals(new float[] {1, 2, 0, 0, 3, 4, 0, 0}, into.toFloatArray());
  }

  @Test
  void updaterChangesTheStoredValue() {
    store.init("a", of(1));
    store.setUpdater((key, received, stored) -> stored.plusAssign(received.times(2)));
    store.push("a", of(4));
    holds("a", 9);
    for (int i = 0; i < 3; i++) {
      System.gc();
      store.push(new String[] {"a", "a"}, new NDArray[] {of(1), of(1)});
    }
    holds("a", 21);
    store.setUpdater((key, received, stored) -> stored.minusAssign(received));
    store.push("a", of(1));
    holds("a", 20);
  }

  /** Of one push, the later keys see the new rule; the functions that the library calls stay allocated. */
  @Test
  void updaterCanBeReplacedDuringAPush() throws Exception {
    int count = 2000;
    String[] keys = new String[count];
    NDArray[] values = new NDArray[count];
    for (int i = 0; i < count; i++) {
      keys[i] = "k" + i;
      values[i] = of(1);
    }
    store.init(keys, values);
    AtomicBoolean done = new AtomicBoolean();
    Thread collector = new Thread(() -> {
      while (!done.get()) {
        System.gc();
      }
    });
    collector.start();
    try {
      for (int round = 0; round < 5; round++) {
        AtomicInteger old = new AtomicInteger();
        AtomicInteger young = new AtomicInteger();
        store.setUpdater((key, received, stored) -> {
          old.incrementAndGet();
          store.setUpdater((k, r, s) -> young.incrementAndGet());
        });
        store.push(keys, values);
        assertEquals(1, old.get());
        assertEquals(count - 1, young.get());
      }
    } finally {
      done.set(true);
      collector.join();
    }
  }

  @Test
  void anUpdaterMayUseAnotherStoreAfterOneFailed() {
    KVStore log = KVStore.create().init("log", of(0));
    log.setUpdater((key, received, stored) -> stored.plusAssign(received));
    store.init(new String[] {"a", "b"}, new NDArray[] {of(1), of(1)});
    store.setUpdater((key, received, stored) -> {
      if (key.equals("a")) {
        throw new IllegalStateException("no room");
      }
      log.push("log", received);
    });
    MxkvException.Callback error = assertThrows(
        MxkvException.Callback.class,
        () -> store.push(new String[] {"a", "b"}, new NDArray[] {of(2), of(3)}));
    assertTrue(error.getMessage().startsWith("updater for key 'a' failed"), error.getMessage());
    log.pull("log", out);
    assertEquals(of(3), out);
  }

  @Test
  void failingUpdaterReachesTheCaller() {
    store.init("a", of(1));
    store.setUpdater((key, received, stored) -> {
      throw new IllegalStateException("no room");
    });
    MxkvException.Callback error = assertThrows(MxkvException.Callback.class, () -> store.push("a", of(1)));
    assertTrue(error.getMessage().contains("no room"), error.getMessage());
    assertTrue(error.getCause() instanceof IllegalStateException);
    holds("a", 1);
  }

  @Test
  void describesItself() {
    assertEquals("local", store.type());
    assertEquals(0, store.rank());
    assertEquals(1, store.numWorkers());
    assertEquals(0, store.numDeadNode(4));
    store.barrier().setBarrierBeforeExit(false).sendCommandToServers(0, "nothing");
    assertEquals("KVStore[local]", store.toString());
    assertEquals("device", KVStore.create("device").type());
    assertTrue(KVStoreServer.isWorker());
    assertFalse(KVStoreServer.isServer());
    assertFalse(KVStoreServer.isScheduler());
  }

  @Test
  void gradientCompression() {
    KVStore device = KVStore.create("device").setGradientCompression(Map.of("type", "2bit", "threshold", 0.5));
    String[] twice = {"a", "a"};
    NDArray here = of(0.75);
    NDArray there = of(0.25).copyTo(Context.cpu(1));
    device.init("a", of(0)).push(twice, new NDArray[] {here, there}).pull("a", out);
    assertEquals(of(0.5), out, "one threshold from here, nothing yet from there");
    device.push(twice, new NDArray[] {here, there}).pull("a", out);
    assertEquals(of(1), out, "what was left over counts now");
    assertThrows(MxkvException.class, () -> device.setGradientCompression(Map.of("type", "17bit")));
    assertThrows(MxkvException.class, () -> device.setGradientCompression(Map.of("type", "2bit", "threshold", -1)));
  }

  @Test
  void badInputIsAReadableError() {
    says("type: expected a value, got null", () -> KVStore.create(null));
    says("key: expected a value, got null", () -> store.init((String) null, of(1)));
    says("values: expected an NDArray, got null", () -> store.init("a", null));
    says("values: expected one for each of 2 keys, got 1",
        () -> store.init(new String[] {"a", "b"}, new NDArray[] {of(1)}));
    says("outs: expected one for each of 1 keys, got 2",
        () -> store.pull(new String[] {"a"}, new NDArray[] {of(1), of(1)}));
    says("keys: expected a value, got null", () -> store.push((String[]) null, new NDArray[0]));
    says("value: expected a value, got null", () -> store.push("a", null));
    says("key: contains a NUL character", () -> store.init("a\0b", of(1)));
    says("type: contains a NUL character", () -> KVStore.create("local\0"));
    says("body: contains a NUL character", () -> store.sendCommandToServers(0, "a\0b"));
    says("optimizer: contains a NUL character", () -> store.setOptimizer(Optimizer.of("sgd\0x")));
    says("file: contains a NUL character", () -> store.saveOptimizerStates("a\0b"));
    says("file: contains a NUL character", () -> store.loadOptimizerStates("a\0b"));
    says("updater: expected a value, got null", () -> store.setUpdater(null));
    says("optimizer: expected a value, got null", () -> store.setOptimizer(null));
    assertThrows(MxkvException.UnknownKey.class, () -> store.pull("nobody", out));
    assertThrows(MxkvException.UnknownKey.class, () -> store.push("nobody", of(1)));
    store.init("a", of(1));
    assertThrows(MxkvException.DuplicateKey.class, () -> store.init("a", of(1)));
    assertThrows(MxkvException.ShapeMismatch.class, () -> {
      store.pull("a", NDArray.zeros(Shape.of(3)));
      NDArray.waitAll();
    });
    NDArray closed = of(1);
    closed.close();
    says("NDArray: used after it was closed", () -> store.push("a", closed));
    holds("a", 1);
    store.close();
    store.close();
    says("KVStore: used after it was closed", () -> store.push("a", of(1)));
    says("KVStore: used after it was closed", () -> store.type());
    assertEquals("KVStore[closed]", store.toString());
    says("DMLC_ROLE: expected server or scheduler, but this process is a worker", () -> KVStoreServer.start());
  }

  @Test
  void threadsShareAStore() throws Exception {
    int threads = 4;
    int rounds = 200;
    store.init("sum", of(0));
    store.setUpdater((key, received, stored) -> stored.plusAssign(received));
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      List<Callable<Void>> work = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        String own = "own" + t;
        work.add(() -> {
          try (NDArray one = of(1); NDArray mine = of(0); NDArray read = of(0)) {
            store.init(own, mine);
            for (int i = 0; i < rounds; i++) {
              store.push(own, one).push("sum", one).pull(own, read);
            }
            assertEquals(of(rounds), read);
          }
          return null;
        });
      }
      for (Future<Void> done : pool.invokeAll(work)) {
        done.get();
      }
      holds("sum", threads * rounds);
    } finally {
      pool.shutdown();
    }
  }
}
