package io.mxkv.internal;

import com.sun.jna.Function;
import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The functions that only mxkv has ({@code mxkv_…}), looked up when first called: a library without one (an older
 * build, or MXNet's own) loads and works, and only the callers of that one function fail, with a message.
 */
public final class Extensions {
  private static final ConcurrentHashMap<String, Function> FOUND = new ConcurrentHashMap<>();
  private static final Function ERROR_KIND = find("mxkv_last_error_kind");

  private Extensions() {}

  /** Whether the library has the function. */
  public static boolean has(String name) {
    return find(name) != null;
  }

  // The methods below have the names and, as a test makes sure, the parameters of the functions in include/mxkv.h.

  public static void mxkv_kvstore_set_optimizer(long handle, String name, int numParams, long keys, long vals) {
    call("mxkv_kvstore_set_optimizer", handle, name, numParams, keys, vals);
  }

  public static void mxkv_kvstore_set_learning_rate(long handle, double rate) {
    call("mxkv_kvstore_set_learning_rate", handle, rate);
  }

  public static void mxkv_kvstore_save_optimizer_states(long handle, String fname) {
    call("mxkv_kvstore_save_optimizer_states", handle, fname);
  }

  public static void mxkv_kvstore_load_optimizer_states(long handle, String fname) {
    call("mxkv_kvstore_load_optimizer_states", handle, fname);
  }

  /** Calls a function that returns 0 or -1 and checks its result. */
  static void call(String name, Object... arguments) {
    Function function = find(name);
    if (function == null) {
      throw MxkvException.of(
          ErrorKind.NOT_BUILT,
          name + ": the native library has no such function (" + Loader.path() + "); this needs mxkv's own library");
    }
    Status.check(function.invokeInt(arguments));
  }

  /** The kind of this thread's last error; unknown when the library gives no numbers. */
  static ErrorKind lastErrorKind() {
    return ERROR_KIND == null ? ErrorKind.UNKNOWN : ErrorKind.of(ERROR_KIND.invokeInt(new Object[0]));
  }

  private static Function find(String name) {
    Function known = FOUND.get(name);
    if (known == null) {
      try {
        known = Loader.library().getFunction(name);
        FOUND.put(name, known);
      } catch (UnsatisfiedLinkError absent) {
        return null;
      }
    }
    return known;
  }
}
