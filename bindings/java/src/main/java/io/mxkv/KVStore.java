package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Extensions;
import io.mxkv.internal.Mem;
import io.mxkv.internal.NativeMemory;
import io.mxkv.internal.NativeObject;
import io.mxkv.internal.Status;
import java.lang.ref.Reference;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A store of arrays by key, shared by the devices of one process or by the processes of a cluster.
 *
 * <p>Push and pull return as soon as the library has accepted the work; pushes and pulls of one key happen in the order
 * of the calls. All methods may be called from several threads.
 *
 * <p>A worker of a cluster must close its store: that is how servers and scheduler learn that it is done.
 */
public final class KVStore extends NativeObject {
  /** What an updater threw during this thread's innermost call; callbacks cannot throw through native code. */
  private static final ThreadLocal<MxkvException> THROWN = new ThreadLocal<>();

  /** The native form of every key used so far. */
  private final ConcurrentHashMap<String, Mem.Text> keys = new ConcurrentHashMap<>();

  // The library keeps only addresses, during a push also those of functions that were replaced: so the store has one
  // pair for its whole life, and they call the updater of the moment.
  private final Bindings.MXKVStoreUpdater intCallback =
      (key, received, stored, unused) -> update(Integer.toString(key), received, stored);
  private final Bindings.MXKVStoreStrUpdater stringCallback =
      (key, received, stored, unused) -> update(key, received, stored);
  private volatile Updater updater;

  private LocalOptimizer localOptimizer;

  private KVStore(long handle) {
    super(Kind.STORE, handle, NativeMemory.OVERHEAD);
    ResourceScope.register(this);
  }

  /** A store for the devices of this process. */
  public static KVStore create() {
    return create("local");
  }

  /**
   * A store of a type: {@code local}, {@code device}, or for clusters {@code dist_sync}, {@code dist_async} and others;
   * a wrong name is an error that lists them all.
   */
  public static KVStore create(String type) {
    long[] handle = {0};
    Status.check(Bindings.MXKVStoreCreate(Check.text(type, "type"), handle));
    return new KVStore(handle[0]);
  }

  // ---- Values ------------------------------------------------------------------------------------------------------

  /** Stores a copy of a value under a new key. In a cluster the value of rank 0 counts, and all workers wait. */
  public KVStore init(String key, NDArray value) {
    return init(new String[] {key}, new NDArray[] {value});
  }

  /** Stores copies of values under new keys. */
  public KVStore init(String[] keys, NDArray[] values) {
    long[] handles = paired("keys", keys, "values", values);
    try (Mem.Pointers names = keyArray(keys)) {
      return check(Bindings.MXKVStoreInitEx(handle(), keys.length, names.address(), handles));
    } finally {
      Reference.reachabilityFence(values);
      Reference.reachabilityFence(this);
    }
  }

  /** Pushes a value. */
  public KVStore push(String key, NDArray value) {
    return push(key, value, 0);
  }

  /** Pushes a value; of waiting work, that with the higher priority goes first. */
  public KVStore push(String key, NDArray value, int priority) {
    long[] handles = {Check.given(value, "value").nativeHandle()};
    try {
      return check(Bindings.MXKVStorePushEx(handle(), 1, key(key).array(), handles, priority));
    } finally {
      Reference.reachabilityFence(value);
      Reference.reachabilityFence(this);
    }
  }

  /** Pushes several values; those under one key are added up first. */
  public KVStore push(String[] keys, NDArray[] values) {
    return push(keys, values, 0);
  }

  /** Pushes several values with a priority; those under one key are added up first. */
  public KVStore push(String[] keys, NDArray[] values, int priority) {
    long[] handles = paired("keys", keys, "values", values);
    try (Mem.Pointers names = keyArray(keys)) {
      return check(Bindings.MXKVStorePushEx(handle(), keys.length, names.address(), handles, priority));
    } finally {
      Reference.reachabilityFence(values);
      Reference.reachabilityFence(this);
    }
  }

  /** Copies a stored value into an array of the same shape. */
  public KVStore pull(String key, NDArray out) {
    return pull(key, out, 0);
  }

  /** Copies a stored value into an array of the same shape, with a priority. */
  public KVStore pull(String key, NDArray out, int priority) {
    long[] handles = {Check.given(out, "out").nativeHandle()};
    try {
      return check(Bindings.MXKVStorePullEx(handle(), 1, key(key).array(), handles, priority));
    } finally {
      Reference.reachabilityFence(out);
      Reference.reachabilityFence(this);
    }
  }

  /** Copies stored values into arrays; a key given several times goes into each of its arrays. */
  public KVStore pull(String[] keys, NDArray[] outs) {
    return pull(keys, outs, 0);
  }

  /** Copies stored values into arrays, with a priority. Sparse arrays are left alone, see {@link #rowSparsePull}. */
  public KVStore pull(String[] keys, NDArray[] outs, int priority) {
    return pull(keys, outs, priority, true);
  }

  /** Copies stored values into arrays, sparse ones too unless {@code ignoreSparse} is set. */
  public KVStore pull(String[] keys, NDArray[] outs, int priority, boolean ignoreSparse) {
    long[] handles = paired("keys", keys, "outs", outs);
    try (Mem.Pointers names = keyArray(keys)) {
      return check(
          Bindings.MXKVStorePullWithSparseEx(
              handle(), keys.length, names.address(), handles, priority, (byte) (ignoreSparse ? 1 : 0)));
    } finally {
      Reference.reachabilityFence(outs);
      Reference.reachabilityFence(this);
    }
  }

  /** Pushes a value and pulls the result in one go. */
  public KVStore pushPull(String key, NDArray value, NDArray out) {
    return pushPull(new String[] {key}, new NDArray[] {value}, new String[] {key}, new NDArray[] {out}, 0);
  }

  /** Pushes values and pulls results in one go: one request a key in a cluster. */
  public KVStore pushPull(String[] keys, NDArray[] values, String[] outKeys, NDArray[] outs, int priority) {
    long[] valueHandles = paired("keys", keys, "values", values);
    long[] outHandles = paired("keys of outs", outKeys, "outs", outs);
    try (Mem.Pointers names = keyArray(keys);
        Mem.Pointers outNames = keyArray(outKeys)) {
      return check(
          Bindings.MXKVStorePushPullEx(
              handle(), keys.length, names.address(), outKeys.length, outNames.address(), valueHandles, outHandles,
              priority));
    } finally {
      Reference.reachabilityFence(values);
      Reference.reachabilityFence(outs);
      Reference.reachabilityFence(this);
    }
  }

  /** Stores a value under a new key and copies it to every worker's arrays; the value of rank 0 counts. */
  public KVStore broadcast(String key, NDArray value, NDArray... outs) {
    String[] outKeys = new String[Check.given(outs, "outs").length];
    Arrays.fill(outKeys, key);
    return broadcast(new String[] {key}, new NDArray[] {value}, outKeys, outs, 0);
  }

  /** Stores values under new keys and copies them to every worker's arrays; the values of rank 0 count. */
  public KVStore broadcast(String[] keys, NDArray[] values, String[] outKeys, NDArray[] outs, int priority) {
    long[] valueHandles = paired("keys", keys, "values", values);
    long[] outHandles = paired("keys of outs", outKeys, "outs", outs);
    try (Mem.Pointers names = keyArray(keys);
        Mem.Pointers outNames = keyArray(outKeys)) {
      return check(
          Bindings.MXKVStoreBroadcastEx(
              handle(), keys.length, names.address(), outKeys.length, outNames.address(), valueHandles, outHandles,
              priority));
    } finally {
      Reference.reachabilityFence(values);
      Reference.reachabilityFence(outs);
      Reference.reachabilityFence(this);
    }
  }

  /** Copies some rows of a stored row_sparse value into a row_sparse array. */
  public KVStore rowSparsePull(String key, NDArray out, NDArray rows) {
    return rowSparsePull(new String[] {key}, new NDArray[] {out}, new NDArray[] {rows}, 0);
  }

  /**
   * Copies some rows of stored row_sparse values into row_sparse arrays.
   *
   * @param rows for each array the numbers of the rows, in any order
   */
  public KVStore rowSparsePull(String[] keys, NDArray[] outs, NDArray[] rows, int priority) {
    long[] outHandles = paired("keys", keys, "outs", outs);
    long[] rowHandles = paired("keys", keys, "rows", rows);
    try (Mem.Pointers names = keyArray(keys)) {
      return check(
          Bindings.MXKVStorePullRowSparseEx(
              handle(), keys.length, names.address(), outHandles, rowHandles, priority));
    } finally {
      Reference.reachabilityFence(outs);
      Reference.reachabilityFence(rows);
      Reference.reachabilityFence(this);
    }
  }

  // ---- Rules -------------------------------------------------------------------------------------------------------

  /**
   * Changes stored values by a rule of the caller's instead of replacing them. In a cluster, where the servers hold the
   * values, it does nothing: give them an optimizer.
   */
  public synchronized KVStore setUpdater(Updater updater) {
    this.updater = Check.given(updater, "updater");
    try {
      Status.check(Bindings.MXKVStoreSetUpdaterEx(handle(), intCallback, stringCallback, 0));
    } finally {
      Reference.reachabilityFence(this);
    }
    localOptimizer = null;
    return this;
  }

  /**
   * Changes stored values by an optimizer. In a cluster it runs on the servers, and any worker may set it; the call
   * returns when all servers have it.
   */
  public synchronized KVStore setOptimizer(Optimizer optimizer) {
    Check.given(optimizer, "optimizer");
    if (Extensions.has("mxkv_kvstore_set_optimizer") || !optimizer.runsInJava() || type().contains("dist")) {
      Map<String, String> params = optimizer.nativeParams();
      try (Mem.Strings names = Mem.strings("parameter name", params.keySet().toArray(new String[0]));
          Mem.Strings values = Mem.strings("parameter value", params.values().toArray(new String[0]))) {
        Extensions.mxkv_kvstore_set_optimizer(
            handle(), Check.text(optimizer.nativeName(), "optimizer"), params.size(), names.address(),
            values.address());
      } finally {
        Reference.reachabilityFence(this);
      }
      localOptimizer = null;
      return this;
    }
    LocalOptimizer local = new LocalOptimizer(optimizer);
    setUpdater(local);
    localOptimizer = local;
    return this;
  }

  /** Changes the learning rate of the optimizer that was set, in a cluster on all servers. */
  public synchronized KVStore setLearningRate(double rate) {
    if (localOptimizer != null) {
      localOptimizer.optimizer().setLearningRate(rate);
      return this;
    }
    try {
      Extensions.mxkv_kvstore_set_learning_rate(handle(), rate);
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Writes the optimizer's states (momentum, counts, …) to a file. */
  public synchronized KVStore saveOptimizerStates(String file) {
    Check.text(file, "file");
    if (localOptimizer != null) {
      handle();
      localOptimizer.save(file);
      return this;
    }
    try {
      Extensions.mxkv_kvstore_save_optimizer_states(handle(), file);
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Reads what {@link #saveOptimizerStates} wrote; a store without an optimizer takes that of the file too. */
  public synchronized KVStore loadOptimizerStates(String file) {
    Check.text(file, "file");
    if (localOptimizer != null) {
      handle();
      localOptimizer.load(file);
      return this;
    }
    try {
      Extensions.mxkv_kvstore_load_optimizer_states(handle(), file);
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Compresses pushed gradients, for example {@code {type: 2bit, threshold: 0.5}}; other types: 1bit, fp16, bf16. */
  public KVStore setGradientCompression(Map<String, ?> params) {
    Check.given(params, "params");
    String[] names = params.keySet().toArray(new String[0]);
    String[] values = params.values().stream().map(String::valueOf).toArray(String[]::new);
    try (Mem.Strings nativeNames = Mem.strings("parameter name", names);
        Mem.Strings nativeValues = Mem.strings("parameter value", values)) {
      return check(
          Bindings.MXKVStoreSetGradientCompression(
              handle(), names.length, nativeNames.address(), nativeValues.address()));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  // ---- The cluster -------------------------------------------------------------------------------------------------

  /** The store's type, in lower case. */
  public String type() {
    long[] text = {0};
    try {
      Status.check(Bindings.MXKVStoreGetType(handle(), text));
      return Mem.string(text[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** This worker's number, from 0; 0 without a cluster. */
  public int rank() {
    int[] out = {0};
    try {
      Status.check(Bindings.MXKVStoreGetRank(handle(), out));
      return out[0];
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** How many workers there are; 1 without a cluster. */
  public int numWorkers() {
    int[] out = {0};
    try {
      Status.check(Bindings.MXKVStoreGetGroupSize(handle(), out));
      return out[0];
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Waits until every worker is here; does not wait for pending pushes and pulls. */
  public KVStore barrier() {
    try {
      return check(Bindings.MXKVStoreBarrier(handle()));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** How many nodes of a group (scheduler 1, servers 2, workers 4, and sums of these) the cluster holds for dead. */
  public int numDeadNode(int nodeId) {
    return numDeadNode(nodeId, 60);
  }

  /**
   * How many nodes of a group the cluster holds for dead: those silent for {@code PS_HEARTBEAT_TIMEOUT}.
   *
   * @param timeoutSeconds 0 counts none; other numbers all mean the same
   */
  public int numDeadNode(int nodeId, int timeoutSeconds) {
    int[] out = {0};
    try {
      Status.check(Bindings.MXKVStoreGetNumDeadNode(handle(), nodeId, out, timeoutSeconds));
      return out[0];
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Whether closing the store waits for the other workers, as it does by default. */
  public KVStore setBarrierBeforeExit(boolean wait) {
    try {
      return check(Bindings.MXKVStoreSetBarrierBeforeExit(handle(), wait ? 1 : 0));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Sends a command to the controllers of all servers and waits for their answers. */
  public KVStore sendCommandToServers(int head, String body) {
    try {
      return check(Bindings.MXKVStoreSendCommmandToServers(handle(), head, Check.text(body, "body")));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Frees the store; in a cluster waits for the other workers first. Later calls do nothing. */
  @Override
  public void close() {
    super.close();
    ResourceScope.forget(this);
  }

  @Override
  public String toString() {
    return isClosed() ? "KVStore[closed]" : "KVStore[" + type() + "]";
  }

  // ---- Inside ------------------------------------------------------------------------------------------------------

  /** Serves a cluster until its workers are done; see {@link KVStoreServer}. */
  void runServer(Bindings.MXKVStoreServerController controller) {
    try {
      Status.check(Bindings.MXKVStoreRunServer(handle(), controller, 0));
    } finally {
      Reference.reachabilityFence(controller);
      Reference.reachabilityFence(this);
    }
  }

  private void update(String key, long receivedHandle, long storedHandle) {
    // The updater may use stores itself, whose calls must not find what it threw for an earlier key of this one.
    MxkvException first = THROWN.get();
    THROWN.remove();
    try (NDArray received = NDArray.argument(receivedHandle);
        NDArray stored = NDArray.argument(storedHandle)) {
      updater.update(key, received, stored);
    } catch (Throwable thrown) {
      if (first == null) {
        first = MxkvException.of(ErrorKind.CALLBACK, "updater for key '" + key + "' failed: " + thrown, thrown);
      }
    } finally {
      if (first != null) {
        THROWN.set(first);
      }
    }
  }

  private KVStore check(int returnCode) {
    MxkvException thrown = THROWN.get();
    if (thrown != null) {
      THROWN.remove();
      throw thrown;
    }
    Status.check(returnCode);
    return this;
  }

  private Mem.Text key(String key) {
    Mem.Text known = keys.get(Check.given(key, "key"));
    return known != null ? known : keys.computeIfAbsent(key, text -> Mem.text("key", text));
  }

  private Mem.Pointers keyArray(String[] names) {
    long[] addresses = new long[names.length];
    for (int i = 0; i < names.length; i++) {
      addresses[i] = key(names[i]).address();
    }
    return Mem.pointers(addresses);
  }

  private static long[] paired(String keyName, String[] keys, String arrayName, NDArray[] arrays) {
    Check.given(keys, keyName);
    Check.given(arrays, arrayName);
    if (keys.length != arrays.length) {
      throw MxkvException.of(
          ErrorKind.INVALID_ARGUMENT,
          arrayName + ": expected one for each of " + keys.length + " " + keyName + ", got " + arrays.length);
    }
    return arrays.length == 0 ? new long[1] : Check.handles(arrayName, arrays);
  }
}
