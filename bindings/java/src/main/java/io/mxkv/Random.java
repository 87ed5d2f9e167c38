package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Status;

/** Random arrays. The same seed gives the same sequence. */
public final class Random {
  private Random() {}

  /** Starts all generators again. */
  public static void seed(int seed) {
    Status.check(Bindings.MXRandomSeed(seed));
  }

  /** Float32 values spread evenly over {@code low} (included) to {@code high} (not included). */
  public static NDArray uniform(double low, double high, Shape shape) {
    return uniform(low, high, shape, null, null);
  }

  /**
   * As above on a device, or into an array of that shape if one is given. Both may be null; with an array, so may the
   * shape.
   */
  public static NDArray uniform(double low, double high, Shape shape, Context context, NDArray out) {
    return draw("_random_uniform", "low", low, "high", high, shape, context, out);
  }

  /** Normally distributed float32 values. */
  public static NDArray normal(double mean, double deviation, Shape shape) {
    return normal(mean, deviation, shape, null, null);
  }

  /**
   * As above on a device, or into an array of that shape if one is given. Both may be null; with an array, so may the
   * shape.
   */
  public static NDArray normal(double mean, double deviation, Shape shape, Context context, NDArray out) {
    return draw("_random_normal", "loc", mean, "scale", deviation, shape, context, out);
  }

  private static NDArray draw(
      String operator, String first, double a, String second, double b, Shape shape, Context context, NDArray out) {
    if (out != null && context != null) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "expected a context or an out array, got both");
    }
    if (out != null && shape != null && !out.shape().equals(shape)) {
      throw MxkvException.of(ErrorKind.SHAPE, "out: expected the shape " + shape + ", got " + out.shape());
    }
    NDArray target = out;
    if (target == null) {
      target = NDArray.empty(shape, context == null ? Context.cpu() : context, DType.FLOAT32);
    }
    NDArray.invokeInto(
        operator, Invocation.params(first, a, second, b, "shape", target.shape()), new NDArray[] {target});
    return target;
  }
}
