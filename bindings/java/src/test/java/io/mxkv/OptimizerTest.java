package io.mxkv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mxkv.internal.Extensions;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerTest {
  private static final Shape SHAPE = Shape.of(3);

  private static List<Optimizer> all() {
    return List.of(
        ScalaOptimizers.sgd(0.1f, 0, 1e-4f, 0, null),
        ScalaOptimizers.sgd(0.1f, 0.9f, 1e-4f, 0.5f, LRScheduler.factor(2, 0.5)),
        ScalaOptimizers.nag(0.1f, 0.9f, 1e-4f, 0, null),
        ScalaOptimizers.dcasgd(0.1f, 0.9f, 0.04f, 0, 0, null),
        ScalaOptimizers.dcasgd(0.1f, 0, 0.04f, 0, 0, null),
        ScalaOptimizers.adam(0.1f, 0.9f, 0.999f, 1e-8f, 1 - 1e-8f, 1e-4f, 0, null),
        ScalaOptimizers.adaGrad(0.1f, 1, 1e-7f, 0),
        ScalaOptimizers.adaDelta(0.05f, 1, 1e-8f, 0, 0),
        ScalaOptimizers.rmsProp(0.1f, 1, 0.95f, 0.9f, 0, null, 0));
  }

  @Test
  void eachLowersAQuadraticLossInAStore() {
    for (Optimizer optimizer : all()) {
      try (ResourceScope scope = new ResourceScope(); KVStore store = KVStore.create()) {
        NDArray weight = NDArray.array(new float[] {1, -2, 3}, SHAPE);
        store.init("w", weight).setOptimizer(optimizer);
        for (int i = 0; i < 20; i++) {
          store.push("w", weight.times(2)).pull("w", weight);
        }
        double loss = 0;
        for (float value : weight.toFloatArray()) {
          loss += value * value;
        }
        assertTrue(loss < 14, optimizer + ": loss " + loss);
      }
    }
  }

  /** Without those that keep a count outside their arrays: MXNet's Scala package does not save it either. */
  @Test
  void statesAreSavedAndRestored(@TempDir Path folder) {
    List<Supplier<Optimizer>> makers = List.of(
        () -> ScalaOptimizers.sgd(0.1f, 0.9f, 1e-4f, 0, null),
        () -> ScalaOptimizers.nag(0.1f, 0.9f, 1e-4f, 0, null),
        () -> ScalaOptimizers.dcasgd(0.1f, 0.9f, 0.04f, 0, 0, null),
        () -> ScalaOptimizers.adaGrad(0.1f, 1, 1e-7f, 0),
        () -> ScalaOptimizers.adaDelta(0.05f, 1, 1e-8f, 0, 0),
        () -> ScalaOptimizers.rmsProp(0.1f, 1, 0.95f, 0.9f, 0, null, 0));
    for (Supplier<Optimizer> maker : makers) {
      String file = folder.resolve("states").toString();
      try (ResourceScope scope = new ResourceScope()) {
        NDArray gradient = NDArray.array(new float[] {1, 2, -1}, SHAPE);
        NDArray start = NDArray.array(new float[] {1, -2, 3}, SHAPE);
        NDArray middle = NDArray.zeros(SHAPE);
        NDArray expected = NDArray.zeros(SHAPE);
        KVStore first = KVStore.create().init("w", start).setOptimizer(maker.get());
        first.push("w", gradient).saveOptimizerStates(file).pull("w", middle);
        first.push("w", gradient).pull("w", expected);
        NDArray continued = NDArray.zeros(SHAPE);
        KVStore second = KVStore.create().init("w", middle).setOptimizer(maker.get()).loadOptimizerStates(file);
        second.push("w", gradient).pull("w", continued);
        assertEquals(expected, continued, maker.get().toString());
        NDArray forgetful = NDArray.zeros(SHAPE);
        KVStore third = KVStore.create().init("w", middle).setOptimizer(maker.get());
        third.push("w", gradient).pull("w", forgetful);
        assertNotEquals(expected, forgetful, maker.get().toString());
      }
    }
  }

  @Test
  void sgdWithMomentumFollowsItsFormula() {
    try (ResourceScope scope = new ResourceScope()) {
      Optimizer sgd = ScalaOptimizers.sgd(0.5f, 0.5f, 0, 0, null);
      NDArray weight = NDArray.array(new float[] {1}, Shape.of(1));
      Object state = sgd.createState(0, weight);
      sgd.update(0, weight, NDArray.ones(Shape.of(1)), state);
      assertArrayEquals(new float[] {0.5f}, weight.toFloatArray());
      sgd.update(0, weight, NDArray.ones(Shape.of(1)), state);
      assertArrayEquals(new float[] {-0.25f}, weight.toFloatArray());
    }
  }

  @Test
  void learningRateCanBeChanged() {
    try (ResourceScope scope = new ResourceScope()) {
      KVStore store = KVStore.create().init("w", NDArray.zeros(SHAPE));
      store.setOptimizer(ScalaOptimizers.sgd(1, 0, 0, 0, null)).setLearningRate(0.25);
      NDArray weight = NDArray.zeros(SHAPE);
      store.push("w", NDArray.ones(SHAPE)).pull("w", weight);
      assertArrayEquals(new float[] {-0.25f, -0.25f, -0.25f}, weight.toFloatArray());
    }
  }

  @Test
  void functionsThatTheLibraryLacksSayThatTheyAreMissing() {
    try (KVStore store = KVStore.create()) {
      if (Extensions.has("mxkv_kvstore_set_optimizer")) {
        store.setOptimizer(Optimizer.adam().with("learning_rate", 0.1));
      } else {
        MxkvException.Unsupported error =
            assertThrows(MxkvException.Unsupported.class, () -> store.setOptimizer(Optimizer.adam()));
        assertEquals(ErrorKind.NOT_BUILT, error.kind());
        assertTrue(error.getMessage().startsWith("mxkv_kvstore_set_optimizer: the native library has no such"));
      }
    }
  }
}
