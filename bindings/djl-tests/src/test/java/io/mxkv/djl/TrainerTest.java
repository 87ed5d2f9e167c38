package io.mxkv.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Linear;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import org.junit.jupiter.api.Test;

class TrainerTest {
  @Test
  void stepAppliesGivenGradients() {
    Optimizer sgd = Optimizer.sgd().setLearningRateTracker(Tracker.fixed(0.5f)).build();
    try (Model model = Model.newInstance("linear", "MXNet")) {
      model.setBlock(Linear.builder().setUnits(2).build());
      try (Trainer trainer = model.newTrainer(new DefaultTrainingConfig(Loss.l2Loss()).optOptimizer(sgd))) {
        trainer.initialize(new Shape(4, 3));
        NDManager manager = trainer.getManager();
        NDArray weight = model.getBlock().getParameters().get("weight").getArray();
        assertTrue(weight.hasGradient());
        float[] before = weight.toFloatArray();
        for (int round = 1; round <= 3; round++) {
          for (Parameter parameter : model.getBlock().getParameters().values()) {
            NDArray gradient = parameter.getArray().getGradient();
            manager.full(gradient.getShape(), 2f).copyTo(gradient);
          }
          trainer.step();
          float[] wanted = before.clone();
          for (int i = 0; i < wanted.length; i++) {
            wanted[i] -= round * 1f;
          }
          assertArrayEquals(wanted, weight.toFloatArray(), 1e-5f, "round " + round);
        }
      }
    }
  }
}
