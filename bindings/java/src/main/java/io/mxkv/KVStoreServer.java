package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Extensions;
import io.mxkv.internal.Mem;
import io.mxkv.internal.Status;
import java.util.Map;

/**
 * The process as a server or scheduler of a cluster. Its role comes from {@code DMLC_ROLE}, in the environment or given
 * to {@link #init}.
 */
public final class KVStoreServer {
  private static final System.Logger LOG = System.getLogger("io.mxkv");

  private KVStoreServer() {}

  /** Receives the commands that workers send with {@link KVStore#sendCommandToServers}. */
  @FunctionalInterface
  public interface Controller {
    /** Called on the thread that runs the server. */
    void command(int head, String body);
  }

  /** Settings ({@code DMLC_*}, {@code PS_*}) that win over the environment; replaces those of an earlier call. */
  public static void init(Map<String, String> settings) {
    Check.given(settings, "settings");
    String[] names = settings.keySet().toArray(new String[0]);
    try (Mem.Strings keys = Mem.strings("name", names);
        Mem.Strings values = Mem.strings("value", settings.values().toArray(new String[0]))) {
      Status.check(Bindings.MXInitPSEnv(names.length, keys.address(), values.address()));
    }
  }

  /** Serves until the workers are done. */
  public static void start() {
    start(0);
  }

  /**
   * Serves until the workers are done.
   *
   * @param dieIfOthersGoOutTimeout how often, in seconds, to look for silent nodes and to end this process when there
   *     are some; 0 or less for never
   */
  public static void start(int dieIfOthersGoOutTimeout) {
    if (Extensions.has("mxkv_version")) {
      // Without a controller our library understands the commands itself: optimizers, also those of stock workers.
      serve(dieIfOthersGoOutTimeout, null);
    } else {
      start(dieIfOthersGoOutTimeout, (head, body) ->
          LOG.log(System.Logger.Level.WARNING, "command " + head + " from a worker: nobody handles it"));
    }
  }

  /**
   * Serves until the workers are done, with a handler for their commands. Those that set an optimizer go to it too, so
   * the library does not act on them.
   */
  public static void start(int dieIfOthersGoOutTimeout, Controller controller) {
    Check.given(controller, "controller");
    serve(dieIfOthersGoOutTimeout, (head, body, unused) -> {
      try {
        controller.command(head, body);
      } catch (Throwable thrown) {
        LOG.log(System.Logger.Level.ERROR, "the controller failed at command " + head, thrown);
      }
    });
  }

  private static void serve(int dieIfOthersGoOutTimeout, Bindings.MXKVStoreServerController controller) {
    if (role(1)) {
      throw MxkvException.of(
          ErrorKind.CONFIG, "DMLC_ROLE: expected server or scheduler, but this process is a worker");
    }
    try (KVStore store = KVStore.create("dist")) {
      if (dieIfOthersGoOutTimeout > 0) {
        watch(store, dieIfOthersGoOutTimeout);
      }
      store.runServer(controller);
    }
  }

  /** Whether this process is a worker, as it is without any role. */
  public static boolean isWorker() {
    return role(1);
  }

  /** Whether this process is a server. */
  public static boolean isServer() {
    return role(2);
  }

  /** Whether this process is the scheduler. */
  public static boolean isScheduler() {
    return role(3);
  }

  private static boolean role(int which) {
    int[] out = {0};
    Status.check(
        which == 1
            ? Bindings.MXKVStoreIsWorkerNode(out)
            : which == 2 ? Bindings.MXKVStoreIsServerNode(out) : Bindings.MXKVStoreIsSchedulerNode(out));
    return out[0] == 1;
  }

  private static void watch(KVStore store, int seconds) {
    int everybody = 7;
    Thread watcher = new Thread(() -> {
      while (true) {
        try {
          Thread.sleep(1000L * seconds);
          int dead = store.numDeadNode(everybody);
          if (dead > 0) {
            LOG.log(System.Logger.Level.ERROR, dead + " nodes of the cluster are silent: leaving");
            System.exit(1);
          }
        } catch (InterruptedException | MxkvException.Closed ended) {
          return;
        } catch (RuntimeException failed) {
          LOG.log(System.Logger.Level.ERROR, "cannot tell how many nodes are silent", failed);
        }
      }
    }, "mxkv-server-watch");
    watcher.setDaemon(true);
    watcher.start();
  }
}
