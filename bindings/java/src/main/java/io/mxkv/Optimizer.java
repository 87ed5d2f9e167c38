package io.mxkv;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An optimizer by name and parameters, run by the native library inside the store, also on servers.
 *
 * <pre>{@code
 * store.setOptimizer(Optimizer.adam().with("learning_rate", 0.001).with("wd", 1e-4));
 * }</pre>
 *
 * <p>Names and parameters are those of MXNet's Python optimizers. {@link ScalaOptimizers} has those of MXNet's Scala
 * package, whose formulas differ.
 */
public class Optimizer {
  private final String name;
  private final Map<String, String> params;
  private final LRScheduler scheduler;

  Optimizer(String name, Map<String, String> params, LRScheduler scheduler) {
    this.name = name;
    this.params = Collections.unmodifiableMap(params);
    this.scheduler = scheduler;
  }

  /** An optimizer by its name, for example {@code adam}, with the default parameters. */
  public static Optimizer of(String name) {
    return new Optimizer(Check.given(name, "name"), new LinkedHashMap<>(), null);
  }

  /** Stochastic gradient descent; parameters learning_rate, momentum, wd, … */
  public static Optimizer sgd() {
    return of("sgd");
  }

  /** SGD with Nesterov's momentum. */
  public static Optimizer nag() {
    return of("nag");
  }

  /** Adam; parameters learning_rate, beta1, beta2, epsilon, wd, … */
  public static Optimizer adam() {
    return of("adam");
  }

  /** AdaGrad; parameters learning_rate, eps, wd, … */
  public static Optimizer adagrad() {
    return of("adagrad");
  }

  /** RMSProp; parameters learning_rate, gamma1, gamma2, epsilon, centered, wd, … */
  public static Optimizer rmsprop() {
    return of("rmsprop");
  }

  /** AdaDelta; parameters rho, epsilon, wd, … */
  public static Optimizer adadelta() {
    return of("adadelta");
  }

  /** The same with one parameter changed. */
  public Optimizer with(String parameter, Object value) {
    Map<String, String> changed = new LinkedHashMap<>(params);
    changed.put(Check.given(parameter, "parameter"), String.valueOf(Check.given(value, parameter)));
    return new Optimizer(name, changed, scheduler);
  }

  /** The same with a schedule for the learning rate. */
  public Optimizer with(LRScheduler schedule) {
    return new Optimizer(name, params, Check.given(schedule, "schedule"));
  }

  /** The name. */
  public String name() {
    return name;
  }

  /** The parameters that were given, as text. */
  public Map<String, String> params() {
    return params;
  }

  /** The schedule for the learning rate, or null. */
  public LRScheduler scheduler() {
    return scheduler;
  }

  /** The state that belongs to a weight, or null for none: one array, or a list of arrays. */
  public Object createState(int index, NDArray weight) {
    throw notHere("createState");
  }

  /** Changes a weight by a gradient, and the state that belongs to the weight. */
  public void update(int index, NDArray weight, NDArray gradient, Object state) {
    throw notHere("update");
  }

  private MxkvException notHere(String method) {
    return MxkvException.of(
        ErrorKind.UNSUPPORTED,
        method + ": the optimizer " + name + " runs in the native library only; give it to KVStore.setOptimizer");
  }

  /** Whether {@link #update} works, so that a store can use this optimizer without the library's help. */
  boolean runsInJava() {
    return false;
  }

  void setLearningRate(double rate) {
    throw notHere("setLearningRate");
  }

  /** The name under which the native library knows it. */
  String nativeName() {
    return name;
  }

  /** The parameters as the native library takes them, those of the schedule included. */
  Map<String, String> nativeParams() {
    Map<String, String> all = new LinkedHashMap<>(params);
    if (scheduler != null) {
      all.putAll(scheduler.nativeParams());
    }
    return all;
  }

  @Override
  public String toString() {
    return "Optimizer[" + name + " " + params + (scheduler == null ? "" : " " + scheduler) + "]";
  }
}
