package io.mxkv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.mxkv.internal.Extensions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The formulas against weights recorded with the original, bit for bit. */
class ScalaOptimizersTest {
  /** An optimizer at work on one weight. */
  private interface Updates {
    void update(NDArray weight, NDArray gradient);
  }

  private interface Maker {
    Updates make(Optimizer optimizer, NDArray weight);
  }

  @Test
  void recordedUpdatesAreReproduced() throws IOException {
    replayAll((optimizer, weight) -> {
      Object state = optimizer.createState(3, weight);
      return (changed, gradient) -> optimizer.update(3, changed, gradient, state);
    });
  }

  @Test
  void recordedUpdatesAreReproducedByTheLibrary() throws IOException {
    assumeTrue(Extensions.has("mxkv_kvstore_set_optimizer"), "the library has no optimizers of its own");
    replayAll((optimizer, weight) -> {
      KVStore store = KVStore.create().init("3", weight).setOptimizer(optimizer);
      return (changed, gradient) -> store.push("3", gradient).pull("3", changed);
    });
  }

  private static void replayAll(Maker maker) throws IOException {
    int cases = 0;
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(
        ScalaOptimizersTest.class.getResourceAsStream("/scala-optimizers.txt"), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          replay(line.split(" "), maker);
          cases++;
        }
      }
    }
    assertEquals(14, cases);
  }

  private static void replay(String[] fields, Maker maker) {
    Map<String, Float> params = new HashMap<>();
    for (String pair : fields[1].split(",")) {
      params.put(pair.split("=")[0], Float.parseFloat(pair.split("=")[1]));
    }
    Optimizer optimizer = make(fields[0], params);
    Shape shape = Shape.of(2, 3);
    try (ResourceScope scope = new ResourceScope()) {
      NDArray weight = NDArray.array(floats(fields[2]), shape);
      Updates updates = maker.make(optimizer, weight);
      for (int i = 3; i < fields.length; i++) {
        String[] update = fields[i].split(":");
        updates.update(weight, NDArray.array(floats(update[0]), shape));
        assertArrayEquals(floats(update[1]), weight.toFloatArray(), optimizer + ", update " + (i - 2));
      }
    }
  }

  private static Optimizer make(String rule, Map<String, Float> p) {
    switch (rule) {
      case "SGD":
        return ScalaOptimizers.sgd(p.get("lr"), p.get("momentum"), p.get("wd"), p.get("clip"), null);
      case "NAG":
        return ScalaOptimizers.nag(p.get("lr"), p.get("momentum"), p.get("wd"), p.get("clip"), null);
      case "DCASGD":
        return ScalaOptimizers.dcasgd(
            p.get("lr"), p.get("momentum"), p.get("lamda"), p.get("wd"), p.get("clip"), null);
      case "Adam":
        return ScalaOptimizers.adam(
            p.get("lr"), p.get("beta1"), p.get("beta2"), p.get("epsilon"), p.get("decay_factor"), p.get("wd"),
            p.get("clip"), null);
      case "AdaGrad":
        return ScalaOptimizers.adaGrad(p.get("lr"), p.get("rescale"), p.get("epsilon"), p.get("wd"));
      case "AdaDelta":
        return ScalaOptimizers.adaDelta(
            p.get("rho"), p.get("rescale"), p.get("epsilon"), p.get("wd"), p.get("clip"));
      case "RMSProp":
        return ScalaOptimizers.rmsProp(
            p.get("lr"), p.get("rescale"), p.get("gamma1"), p.get("gamma2"), p.get("wd"), null, p.get("clip"));
      default:
        throw new IllegalArgumentException(rule);
    }
  }

  private static float[] floats(String hex) {
    ByteBuffer bytes = ByteBuffer.allocate(hex.length() / 2).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < hex.length(); i += 2) {
      bytes.put((byte) Integer.parseInt(hex.substring(i, i + 2), 16));
    }
    float[] numbers = new float[hex.length() / 8];
    bytes.flip();
    bytes.asFloatBuffer().get(numbers);
    return numbers;
  }
}
