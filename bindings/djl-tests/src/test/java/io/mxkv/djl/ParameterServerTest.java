package io.mxkv.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.EngineException;
import ai.djl.mxnet.engine.MxParameterServer;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each optimizer against the same rule written out for one number. */
class ParameterServerTest {
  private static final double RATE = 0.1;
  private static final double DECAY = 0.01;
  private static final float[] START = {1, -2, 0.5f};
  private static final float[][] GRADIENTS = {{0.5f, 1, -0.25f}, {0.25f, -1, 2}, {1, 1, 1}, {-0.5f, 0.125f, 0}};

  private NDManager manager;

  @BeforeEach
  void open() {
    manager = NDManager.newBaseManager("MXNet");
  }

  @AfterEach
  void close() {
    manager.close();
  }

  /** One step for one number: returns the new weight; {@code state} is kept between steps. */
  private interface Rule {
    double step(int time, double weight, double gradient, double[] state);
  }

  private void agree(Optimizer optimizer, Rule rule) {
    try (MxParameterServer server = new MxParameterServer(optimizer)) {
      NDArray weight = manager.create(START);
      server.init("weight", new NDArray[] {weight});
      double[] expected = new double[START.length];
      double[][] states = new double[START.length][3];
      for (int i = 0; i < START.length; i++) {
        expected[i] = START[i];
      }
      for (int time = 1; time <= GRADIENTS.length; time++) {
        float[] gradient = GRADIENTS[time - 1];
        server.update("weight", new NDArray[] {manager.create(gradient)}, new NDArray[] {weight});
        float[] wanted = new float[START.length];
        for (int i = 0; i < START.length; i++) {
          expected[i] = rule.step(time, expected[i], gradient[i], states[i]);
          wanted[i] = (float) expected[i];
        }
        assertArrayEquals(wanted, weight.toFloatArray(), 2e-5f, "step " + time);
      }
    }
  }

  private static Tracker rate() {
    return Tracker.fixed((float) RATE);
  }

  @Test
  void sgd() {
    agree(
        Optimizer.sgd().setLearningRateTracker(rate()).optWeightDecays((float) DECAY).build(),
        (time, w, g, state) -> w - RATE * (g + DECAY * w));
  }

  @Test
  void sgdWithMomentum() {
    agree(
        Optimizer.sgd().setLearningRateTracker(rate()).optMomentum(0.9f).optWeightDecays((float) DECAY).build(),
        (time, w, g, state) -> w + (state[0] = 0.9 * state[0] - RATE * (g + DECAY * w)));
  }

  @Test
  void nag() {
    agree(
        Optimizer.nag().setLearningRateTracker(rate()).setMomentum(0.9f).build(),
        (time, w, g, state) -> {
          state[0] = 0.9 * state[0] - RATE * g;
          return w + 0.9 * state[0] - RATE * g;
        });
  }

  @Test
  void adam() {
    agree(
        Optimizer.adam().optLearningRateTracker(rate()).build(),
        (time, w, g, state) -> {
          double corrected = RATE * Math.sqrt(1 - Math.pow(0.999, time)) / (1 - Math.pow(0.9, time));
          state[0] = 0.9 * state[0] + 0.1 * g;
          state[1] = 0.999 * state[1] + 0.001 * g * g;
          return w - corrected * state[0] / (Math.sqrt(state[1]) + 1e-8);
        });
  }

  @Test
  void adamW() {
    agree(
        Optimizer.adamW().optLearningRateTracker(rate()).optWeightDecays((float) DECAY).build(),
        (time, w, g, state) -> {
          double corrected = RATE * Math.sqrt(1 - Math.pow(0.999, time)) / (1 - Math.pow(0.9, time));
          state[0] = 0.9 * state[0] + 0.1 * g;
          state[1] = 0.999 * state[1] + 0.001 * g * g;
          return w - (corrected * state[0] / (Math.sqrt(state[1]) + 1e-8) + RATE * DECAY * w);
        });
  }

  @Test
  void rmsProp() {
    agree(
        Optimizer.rmsprop().optLearningRateTracker(rate()).optRho(0.9f).build(),
        (time, w, g, state) -> {
          state[0] = 0.9 * state[0] + 0.1 * g * g;
          return w - RATE * g / Math.sqrt(state[0] + 1e-8);
        });
  }

  @Test
  void adadelta() {
    agree(
        Optimizer.adadelta().optRho(0.9f).optEpsilon(1e-6f).build(),
        (time, w, g, state) -> {
          state[0] = 0.9 * state[0] + 0.1 * g * g;
          double step = Math.sqrt(state[1] + 1e-6) / Math.sqrt(state[0] + 1e-6) * g;
          state[1] = 0.9 * state[1] + 0.1 * step * step;
          return w - step;
        });
  }

  /** An optimizer of the test's own, which is a callback into Java like all of DJL's. */
  private static final class Recorder extends Optimizer {
    private final List<String> keys = new ArrayList<>();

    private Recorder(Builder builder) {
      super(builder);
    }

    private static final class Builder extends Optimizer.OptimizerBuilder<Builder> {
      @Override
      protected Builder self() {
        return this;
      }
    }

    @Override
    public void update(String parameterId, NDArray weight, NDArray grad) {
      keys.add(parameterId);
      weight.subi(grad.mul(2));
    }
  }

  @Test
  void ownCallbackWithSeveralArraysUnderOneKey() {
    Recorder recorder = new Recorder(new Recorder.Builder());
    try (MxParameterServer server = new MxParameterServer(recorder)) {
      NDArray weight = manager.ones(new Shape(2, 2));
      server.init("gewicht-ß", new NDArray[] {weight});
      server.init("other", new NDArray[] {manager.zeros(new Shape(1))});
      NDArray[] gradients = new NDArray[4];
      NDArray[] outs = new NDArray[4];
      for (int i = 0; i < 4; i++) {
        gradients[i] = manager.full(new Shape(2, 2), i);
        outs[i] = manager.zeros(new Shape(2, 2));
      }
      server.update("gewicht-ß", gradients, outs);
      for (NDArray out : outs) {
        assertArrayEquals(new float[] {-11, -11, -11, -11}, out.toFloatArray());
      }
      server.update("other", new NDArray[] {manager.ones(new Shape(1))}, new NDArray[] {outs[0].reshape(4).get("0:1")});
      assertEquals(List.of("gewicht-ß", "other"), recorder.keys);
    }
  }

  @Test
  void errorsAreExceptionsAndTheStoreGoesOn() {
    try (MxParameterServer server = new MxParameterServer(Optimizer.sgd().setLearningRateTracker(rate()).build())) {
      NDArray weight = manager.ones(new Shape(1));
      server.init("a", new NDArray[] {weight});
      assertThrows(EngineException.class, () -> server.init("a", new NDArray[] {weight}));
      assertThrows(
          EngineException.class, () -> server.update("nobody", new NDArray[] {weight}, new NDArray[] {weight}));
      server.update("a", new NDArray[] {manager.ones(new Shape(1))}, new NDArray[] {weight});
      assertEquals(0.9f, weight.getFloat(0), 1e-6f);
    }
  }
}
