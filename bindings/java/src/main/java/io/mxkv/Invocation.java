package io.mxkv;

import io.mxkv.internal.Operators;
import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.Map;

/** A call of an operator by name, from Java values to what the native call takes. */
final class Invocation {
  private Invocation() {}

  /** Runs an operator; the result as in {@link Operators#invoke}. */
  static long[] run(String operator, Map<String, ?> params, NDArray[] outputs, NDArray[] inputs) {
    Operators.Operator known = Operators.get(operator);
    Check.given(params, "params");
    String[] keys = new String[params.size()];
    String[] values = new String[params.size()];
    int at = 0;
    for (Map.Entry<String, ?> entry : params.entrySet()) {
      if (entry.getValue() == null) {
        throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, operator + ": parameter " + entry.getKey() + " is null");
      }
      keys[at] = entry.getKey();
      values[at++] = text(entry.getValue());
    }
    try {
      return Operators.invoke(
          known, Check.handles(operator + " input", inputs), Check.handles(operator + " output", outputs), keys, values);
    } finally {
      Reference.reachabilityFence(inputs);
      Reference.reachabilityFence(outputs);
    }
  }

  /** Parameters from names and values in turn; a null value leaves its name out. */
  static Map<String, Object> params(Object... namesAndValues) {
    Map<String, Object> params = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] != null) {
        params.put((String) namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return params;
  }

  private static String text(Object value) {
    if (value instanceof Boolean) {
      return (Boolean) value ? "True" : "False";
    }
    return value.toString();
  }
}
