package io.mxkv;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The optimizers of MXNet's Scala package (and so of clojure-mxnet), with its formulas and default values, bit for bit
 * in float32. They differ from those of the same names in Python; see each.
 *
 * <p>g is the gradient, clipped to ±clipGradient if that is not 0; w the weight. All parameters are floats, as there.
 */
public final class ScalaOptimizers {
  private ScalaOptimizers() {}

  /** w += (wd·w + g)·(-lr), or with momentum m = momentum·m + (wd·w + g)·(-lr), w += m. */
  public static Optimizer sgd(float learningRate, float momentum, float wd, float clipGradient, LRScheduler schedule) {
    return new Sgd(params(learningRate, wd, clipGradient, "momentum", momentum), schedule, momentum);
  }

  /** As {@link #sgd} without momentum; with it g += wd·w, m = momentum·m + g, w -= lr·(g + momentum·m). */
  public static Optimizer nag(float learningRate, float momentum, float wd, float clipGradient, LRScheduler schedule) {
    return new Nag(params(learningRate, wd, clipGradient, "momentum", momentum), schedule, momentum);
  }

  /** m = momentum·m - lr·(g + wd·w + lambda·g²·(w - previous w)), w += m. */
  public static Optimizer dcasgd(
      float learningRate, float momentum, float lambda, float wd, float clipGradient, LRScheduler schedule) {
    return new Dcasgd(
        params(learningRate, wd, clipGradient, "momentum", momentum, "lamda", lambda), schedule, momentum, lambda);
  }

  /** Adam with a count shared by all weights, beta1 decaying by {@code decayFactor}, and wd apart from the gradient. */
  public static Optimizer adam(
      float learningRate, float beta1, float beta2, float epsilon, float decayFactor, float wd, float clipGradient,
      LRScheduler schedule) {
    return new Adam(
        params(
            learningRate, wd, clipGradient, "beta1", beta1, "beta2", beta2, "epsilon", epsilon, "decay_factor",
            decayFactor),
        schedule, beta1, beta2, epsilon, decayFactor);
  }

  /** h += g², w -= lr·(g/√(h + epsilon) + wd·w); its own rescaling, no clipping. */
  public static Optimizer adaGrad(float learningRate, float rescaleGradient, float epsilon, float wd) {
    return new AdaGrad(
        params(learningRate, wd, 0, "rescale_gradient", rescaleGradient, "epsilon", epsilon), rescaleGradient, epsilon);
  }

  /** Averages of g² and of the squared steps; w = (1 - wd)·w - step. The rescaling is not used, as there. */
  public static Optimizer adaDelta(
      float rho, float rescaleGradient, float epsilon, float wd, float clipGradient) {
    return new AdaDelta(
        params(0, wd, clipGradient, "rho", rho, "epsilon", epsilon), rho, epsilon);
  }

  /** The centered form, with 1e-4 under the root and wd outside; rescaling and schedule are not used, as there. */
  public static Optimizer rmsProp(
      float learningRate, float rescaleGradient, float gamma1, float gamma2, float wd, LRScheduler schedule,
      float clipGradient) {
    return new RmsProp(
        params(learningRate, wd, clipGradient, "gamma1", gamma1, "gamma2", gamma2), gamma1, gamma2);
  }

  /** w -= lr/2·(wd·w + g) + noise of deviation √lr. The rescaling is not used, as there. */
  public static Optimizer sgld(
      float learningRate, float rescaleGradient, float wd, float clipGradient, LRScheduler schedule) {
    return new Sgld(params(learningRate, wd, clipGradient), schedule);
  }

  private static Map<String, String> params(float learningRate, float wd, float clipGradient, Object... more) {
    Map<String, String> params = new LinkedHashMap<>();
    params.put("learning_rate", Float.toString(learningRate));
    params.put("wd", Float.toString(wd));
    params.put("clip_gradient", Float.toString(clipGradient));
    for (int i = 0; i < more.length; i += 2) {
      params.put((String) more[i], more[i + 1].toString());
    }
    return params;
  }

  private abstract static class Rule extends Optimizer {
    final float wd;
    private final float clip;
    private volatile float learningRate;
    private int updates;
    private final Map<Integer, Integer> counts = new LinkedHashMap<>();

    Rule(String name, Map<String, String> params, LRScheduler schedule) {
      super(name, params, schedule);
      wd = Float.parseFloat(params.get("wd"));
      clip = Float.parseFloat(params.get("clip_gradient"));
      learningRate = Float.parseFloat(params.get("learning_rate"));
      if (schedule != null) {
        schedule.setBaseRate(learningRate);
      }
    }

    abstract void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate);

    NDArray[] newState(NDArray weight) {
      return new NDArray[0];
    }

    /** The factor on the gradient before clipping. */
    float rescale() {
      return 1;
    }

    @Override
    public final Object createState(int index, NDArray weight) {
      NDArray[] state = newState(Check.given(weight, "weight"));
      stateCreated();
      return state.length == 0 ? null : state.length == 1 ? state[0] : Arrays.asList(state);
    }

    void stateCreated() {}

    @Override
    public final synchronized void update(int index, NDArray weight, NDArray gradient, Object state) {
      Check.given(weight, "weight");
      Check.given(gradient, "gradient");
      float rate = learningRate;
      if (scheduler() != null) {
        rate = scheduler().rate(updates);
        updates = Math.max(updates, counts.merge(index, 1, Integer::sum));
      }
      try (ResourceScope temporaries = new ResourceScope()) {
        NDArray scaled = gradient.times(rescale());
        NDArray g = clip == 0
            ? scaled
            : NDArray.invoke("clip", Invocation.params("a_min", -clip, "a_max", clip), scaled)[0];
        apply(index, weight, g, arrays(state), rate);
      }
    }

    private static NDArray[] arrays(Object state) {
      if (state == null) {
        return new NDArray[0];
      }
      if (state instanceof NDArray) {
        return new NDArray[] {(NDArray) state};
      }
      return ((List<?>) state).toArray(new NDArray[0]);
    }

    @Override
    boolean runsInJava() {
      return true;
    }

    @Override
    void setLearningRate(double rate) {
      learningRate = (float) rate;
      if (scheduler() != null) {
        scheduler().setBaseRate(rate);
      }
    }

    @Override
    public Optimizer with(String parameter, Object value) {
      throw MxkvException.of(
          ErrorKind.UNSUPPORTED, "with: give the parameters of a Scala optimizer when making it");
    }

    @Override
    public Optimizer with(LRScheduler schedule) {
      return with("schedule", schedule);
    }

    @Override
    String nativeName() {
      return "scala_" + name();
    }

    /** Numbers are passed with all digits of the floats, so that the library calculates with the very same ones. */
    @Override
    Map<String, String> nativeParams() {
      Map<String, String> all = super.nativeParams();
      params().forEach((param, text) -> all.put(param, Double.toString(Float.parseFloat(text))));
      return all;
    }
  }

  private static NDArray zerosLike(NDArray weight) {
    return NDArray.zeros(weight.shape(), weight.context(), weight.dtype());
  }

  private static NDArray root(NDArray array) {
    return NDArray.invoke("sqrt", Invocation.params(), array)[0];
  }

  private static final class Sgd extends Rule {
    private final float momentum;

    Sgd(Map<String, String> params, LRScheduler schedule, float momentum) {
      super("sgd", params, schedule);
      this.momentum = momentum;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return momentum == 0 ? new NDArray[0] : new NDArray[] {zerosLike(weight)};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      NDArray step = weight.times(wd).plusAssign(gradient).timesAssign(-rate);
      if (state.length == 0) {
        weight.plusAssign(step);
      } else {
        state[0].timesAssign(momentum).plusAssign(step);
        weight.plusAssign(state[0]);
      }
    }
  }

  private static final class Nag extends Rule {
    private final float momentum;

    Nag(Map<String, String> params, LRScheduler schedule, float momentum) {
      super("nag", params, schedule);
      this.momentum = momentum;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return momentum == 0 ? new NDArray[0] : new NDArray[] {zerosLike(weight)};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      if (state.length == 0) {
        weight.plusAssign(weight.times(wd).plusAssign(gradient).timesAssign(-rate));
        return;
      }
      NDArray decayed = gradient.plusAssign(weight.times(wd));
      state[0].timesAssign(momentum).plusAssign(decayed);
      weight.plusAssign(decayed.plus(state[0].times(momentum)).timesAssign(-rate));
    }
  }

  private static final class Dcasgd extends Rule {
    private final float momentum;
    private final float lambda;

    Dcasgd(Map<String, String> params, LRScheduler schedule, float momentum, float lambda) {
      super("dcasgd", params, schedule);
      this.momentum = momentum;
      this.lambda = lambda;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return momentum == 0
          ? new NDArray[] {weight.copy()}
          : new NDArray[] {zerosLike(weight), weight.copy()};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      NDArray previous = state[state.length - 1];
      NDArray compensation = gradient.times(lambda).timesAssign(gradient).timesAssign(weight.minus(previous));
      NDArray step = gradient.plus(weight.times(wd)).plusAssign(compensation).timesAssign(-rate);
      NDArray move = momentum == 0 ? step : state[0].timesAssign(momentum).plusAssign(step);
      weight.copyTo(previous);
      weight.plusAssign(move);
    }
  }

  private static final class Adam extends Rule {
    private final float beta1;
    private final float beta2;
    private final float epsilon;
    private final float decayFactor;
    private Integer firstIndex;
    private int time;

    Adam(
        Map<String, String> params, LRScheduler schedule, float beta1, float beta2, float epsilon, float decayFactor) {
      super("adam", params, schedule);
      this.beta1 = beta1;
      this.beta2 = beta2;
      this.epsilon = epsilon;
      this.decayFactor = decayFactor;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return new NDArray[] {zerosLike(weight), zerosLike(weight)};
    }

    @Override
    synchronized void stateCreated() {
      firstIndex = null;
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      if (firstIndex == null) {
        firstIndex = index;
        time = 1;
      } else if (firstIndex == index) {
        time++;
      }
      float corrected = (float) (rate * Math.sqrt(1.0 - Math.pow(beta2, time)) / (1.0 - Math.pow(beta1, time)));
      float mixed = beta1 * (float) Math.pow(decayFactor, time - 1);
      state[0].timesAssign(mixed).plusAssign(gradient.times(1.0f - mixed));
      state[1].timesAssign(beta2).plusAssign(gradient.times(1.0f - beta2).timesAssign(gradient));
      NDArray step = state[0].times(corrected).divAssign(root(state[1]).plusAssign(epsilon));
      if (wd > 0) {
        step.plusAssign(weight.times(rate * wd));
      }
      weight.minusAssign(step);
    }
  }

  private static final class AdaGrad extends Rule {
    private final float rescale;
    private final float epsilon;

    AdaGrad(Map<String, String> params, float rescale, float epsilon) {
      super("adagrad", params, null);
      this.rescale = rescale;
      this.epsilon = epsilon;
    }

    @Override
    float rescale() {
      return rescale;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return new NDArray[] {zerosLike(weight)};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      state[0].plusAssign(gradient.times(gradient));
      NDArray scaled = gradient.div(root(state[0].plus(epsilon)));
      weight.plusAssign(scaled.plusAssign(weight.times(wd)).timesAssign(-rate));
    }
  }

  private static final class AdaDelta extends Rule {
    private final float rho;
    private final float epsilon;

    AdaDelta(Map<String, String> params, float rho, float epsilon) {
      super("adadelta", params, null);
      this.rho = rho;
      this.epsilon = epsilon;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return new NDArray[] {zerosLike(weight), zerosLike(weight)};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      state[0].timesAssign(rho).plusAssign(gradient.times(1.0f - rho).timesAssign(gradient));
      NDArray step =
          root(state[1].plus(epsilon)).divAssign(root(state[0].plus(epsilon))).timesAssign(gradient);
      state[1].timesAssign(rho).plusAssign(step.times(1.0f - rho).timesAssign(step));
      weight.timesAssign(1.0f - wd).minusAssign(step);
    }
  }

  private static final class RmsProp extends Rule {
    private final float gamma1;
    private final float gamma2;

    RmsProp(Map<String, String> params, float gamma1, float gamma2) {
      super("rmsprop", params, null);
      this.gamma1 = gamma1;
      this.gamma2 = gamma2;
    }

    @Override
    NDArray[] newState(NDArray weight) {
      return new NDArray[] {zerosLike(weight), zerosLike(weight), zerosLike(weight)};
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      gradient.times(gradient).timesAssign(1.0f - gamma1).plusAssign(state[0].times(gamma1)).copyTo(state[0]);
      gradient.times(1.0f - gamma1).plusAssign(state[1].times(gamma1)).copyTo(state[1]);
      NDArray variance = state[0].minus(state[1].times(state[1])).plusAssign(1e-4f);
      NDArray step = gradient.div(root(variance)).plusAssign(weight.times(wd)).timesAssign(rate);
      state[2].times(gamma2).minusAssign(step).copyTo(state[2]);
      weight.plusAssign(state[2]);
    }
  }

  private static final class Sgld extends Rule {
    Sgld(Map<String, String> params, LRScheduler schedule) {
      super("sgld", params, schedule);
    }

    @Override
    void apply(int index, NDArray weight, NDArray gradient, NDArray[] state, float rate) {
      NDArray step = weight.times(wd).plusAssign(gradient).timesAssign(-(rate / 2));
      NDArray noise =
          Random.normal(0, (float) Math.sqrt(rate), weight.shape(), weight.context(), null).asType(weight.dtype());
      weight.plusAssign(step.plusAssign(noise));
    }
  }
}
