package io.mxkv.internal;

import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The library's operators by name, and the one call that runs any of them. */
public final class Operators {
  private static final Set<String> NAMES = list();
  private static final ConcurrentHashMap<String, Operator> KNOWN = new ConcurrentHashMap<>();

  private Operators() {}

  /** What a call needs to know about an operator. */
  public static final class Operator {
    private final long handle;
    private final List<String> scalars;

    private Operator(long handle, List<String> scalars) {
      this.handle = handle;
      this.scalars = scalars;
    }

    /** The names of the arguments that are not arrays, in the order in which they are declared. */
    public List<String> scalars() {
      return scalars;
    }
  }

  /** All names, aliases included. */
  public static Set<String> names() {
    return NAMES;
  }

  /** The operator of a name. */
  public static Operator get(String name) {
    if (name == null || !NAMES.contains(name)) {
      throw MxkvException.of(
          ErrorKind.UNSUPPORTED, "operator " + name + ": not in this library (" + Loader.path() + ")");
    }
    return KNOWN.computeIfAbsent(name, Operators::describe);
  }

  /**
   * Runs an operator. With outputs the results are written into them; without, new arrays are made.
   *
   * @return for each output its handle and storage type, in turn
   */
  public static long[] invoke(Operator operator, long[] inputs, long[] outputs, String[] keys, String[] values) {
    int[] count = {outputs.length};
    long[] place = {0};
    long[] types = {0};
    if (outputs.length > 0) {
      place[0] = Mem.scratch(outputs.length * Long.BYTES);
      Mem.write(place[0], outputs, 0, outputs.length);
    }
    try (Mem.Strings nativeKeys = Mem.strings("parameter name", keys);
        Mem.Strings nativeValues = Mem.strings("parameter value", values)) {
      Status.check(
          Bindings.MXImperativeInvokeEx(
              operator.handle, inputs.length, inputs.length == 0 ? new long[1] : inputs, count, place, keys.length,
              nativeKeys.address(), nativeValues.address(), types));
    }
    if (outputs.length > 0) {
      return outputs;
    }
    long[] handles = Mem.longs(place[0], count[0]);
    int[] storage = Mem.ints(types[0], count[0]);
    long[] results = new long[2 * count[0]];
    for (int i = 0; i < count[0]; i++) {
      results[2 * i] = handles[i];
      results[2 * i + 1] = storage[i];
    }
    return results;
  }

  private static Set<String> list() {
    int[] count = {0};
    long[] names = {0};
    Status.check(Bindings.MXListAllOpNames(count, names));
    return Collections.unmodifiableSet(new LinkedHashSet<>(Mem.strings(names[0], count[0])));
  }

  private static Operator describe(String name) {
    long[] handle = {0};
    Status.check(Bindings.NNGetOpHandle(name, handle));
    int[] count = {0};
    long[] arguments = {0};
    long[] types = {0};
    Status.check(
        Bindings.MXSymbolGetAtomicSymbolInfo(
            handle[0], new long[1], new long[1], count, arguments, types, new long[1], new long[1], new long[1]));
    List<String> names = Mem.strings(arguments[0], count[0]);
    List<String> typeTexts = Mem.strings(types[0], count[0]);
    List<String> scalars = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      String type = typeTexts.get(i);
      if (type == null || !(type.startsWith("NDArray") || type.startsWith("Symbol"))) {
        scalars.add(names.get(i));
      }
    }
    return new Operator(handle[0], Collections.unmodifiableList(scalars));
  }
}
