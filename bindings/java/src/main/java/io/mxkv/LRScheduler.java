package io.mxkv;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A learning rate that changes with the number of updates. Sent to the library with the optimizer, which then computes
 * it where the updates are made.
 */
public abstract class LRScheduler {
  private double baseRate = 0.01;

  private LRScheduler() {}

  /** Multiplies the rate by {@code factor} after every {@code step} updates. */
  public static LRScheduler factor(int step, double factor) {
    if (step < 1) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "step: expected 1 or more updates, got " + step);
    }
    if (!(factor < 1)) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "factor: expected less than 1, got " + factor);
    }
    return new Factor(step, factor);
  }

  /** Where a schedule starts. */
  public double baseRate() {
    return baseRate;
  }

  void setBaseRate(double rate) {
    baseRate = rate;
  }

  /** The rate after a number of updates, which must not go down from call to call. */
  abstract float rate(int updates);

  /** This schedule as parameters of the native optimizer. */
  abstract Map<String, String> nativeParams();

  private static final class Factor extends LRScheduler {
    private final int step;
    private final double factor;
    private int count;

    private Factor(int step, double factor) {
      this.step = step;
      this.factor = factor;
    }

    @Override
    synchronized float rate(int updates) {
      // One reduction a call at most, as in MXNet's Scala package.
      if (updates > count + step) {
        count += step;
        setBaseRate((float) baseRate() * (float) factor);
      }
      return (float) baseRate();
    }

    @Override
    Map<String, String> nativeParams() {
      Map<String, String> params = new LinkedHashMap<>();
      params.put("lr_scheduler", "factor");
      params.put("lr_scheduler.step", Integer.toString(step));
      params.put("lr_scheduler.factor", Double.toString(factor));
      return params;
    }

    @Override
    public String toString() {
      return "FactorScheduler[step " + step + ", factor " + factor + "]";
    }
  }
}
