import io.mxkv.Context;
import io.mxkv.DType;
import io.mxkv.KVStore;
import io.mxkv.KVStoreServer;
import io.mxkv.NDArray;
import io.mxkv.Optimizer;
import io.mxkv.ResourceScope;
import io.mxkv.ScalaOptimizers;
import io.mxkv.Shape;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Trains a classifier of handwritten digits, on four contexts or as one process of a cluster; see run.sh. */
public final class Digits {
  private static final int BATCH = 40;
  private static final int EPOCHS = 40;
  private static final int TRAINING = 1400;

  public static void main(String[] args) throws IOException {
    String role = System.getenv().getOrDefault("DMLC_ROLE", "");
    if (!role.isEmpty() && !role.equals("worker")) {
      KVStoreServer.start();
      return;
    }
    List<float[]> rows = read(args[0]);
    try (ResourceScope scope = new ResourceScope();
        KVStore store = KVStore.create(role.isEmpty() ? "device" : "dist_sync")) {
      int rank = store.rank();
      int workers = store.numWorkers();
      Context[] devices = {Context.cpu(0), Context.cpu(1), Context.cpu(2), Context.cpu(3)};
      NDArray[] weights = new NDArray[devices.length];
      String[] keys = new String[devices.length];
      for (int i = 0; i < devices.length; i++) {
        weights[i] = NDArray.zeros(Shape.of(64, 10), devices[i], DType.FLOAT32);
        keys[i] = "w";
      }
      store.init("w", weights[0]);
      Optimizer adam = ScalaOptimizers.adam(0.01f, 0.9f, 0.999f, 1e-8f, 1 - 1e-8f, 0, 0, null);
      store.setOptimizer(adam).barrier();
      int step = BATCH / devices.length;
      // As many for every worker: the servers wait for a push of each.
      int batches = TRAINING / (BATCH * workers);
      for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        for (int i = 0; i < batches; i++) {
          int at = (i * workers + rank) * BATCH;
          try (ResourceScope batch = new ResourceScope()) {
            NDArray[] gradients = new NDArray[devices.length];
            for (int d = 0; d < devices.length; d++) {
              List<float[]> part = rows.subList(at + d * step, at + (d + 1) * step);
              NDArray x = pixels(part, devices[d]);
              NDArray error = probabilities(x, weights[d]).minusAssign(digits(part, devices[d])).divAssign(step);
              gradients[d] = run("dot", Map.of("transpose_a", true), x, error);
            }
            store.pushPull(keys, gradients, keys, weights, 0);
          }
        }
        if (epoch % 10 == 0 && rank == 0) {
          System.out.printf("epoch %d accuracy %.3f%n", epoch, accuracy(rows.subList(TRAINING, rows.size()), weights[0]));
        }
      }
      if (accuracy(rows.subList(TRAINING, rows.size()), weights[0]) < 0.85) {
        throw new IllegalStateException("expected an accuracy of at least 0.85");
      }
    }
  }

  private static NDArray probabilities(NDArray x, NDArray weight) {
    Map<String, ?> byRow = Map.of("axis", 1, "keepdims", true);
    NDArray scores = run("dot", Map.of(), x, weight);
    NDArray powers = run("exp", Map.of(), run("broadcast_sub", Map.of(), scores, run("max", byRow, scores)));
    return run("broadcast_div", Map.of(), powers, run("sum", byRow, powers));
  }

  private static NDArray run(String operator, Map<String, ?> params, NDArray... inputs) {
    return NDArray.invoke(operator, params, inputs)[0];
  }

  private static double accuracy(List<float[]> rows, NDArray weight) {
    try (ResourceScope scope = new ResourceScope()) {
      float[] found = probabilities(pixels(rows, Context.cpu()), weight).toFloatArray();
      int right = 0;
      for (int i = 0; i < rows.size(); i++) {
        int best = 0;
        for (int digit = 1; digit < 10; digit++) {
          best = found[10 * i + digit] > found[10 * i + best] ? digit : best;
        }
        right += best == (int) rows.get(i)[64] ? 1 : 0;
      }
      return (double) right / rows.size();
    }
  }

  private static NDArray pixels(List<float[]> rows, Context device) {
    float[] all = new float[rows.size() * 64];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), 0, all, 64 * i, 64);
    }
    return NDArray.array(all, Shape.of(rows.size(), 64), device);
  }

  private static NDArray digits(List<float[]> rows, Context device) {
    float[] all = new float[rows.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = rows.get(i)[64];
    }
    return run("one_hot", Map.of("depth", 10), NDArray.array(all, Shape.of(all.length), device));
  }

  /** Rows of 64 pixels from 0 to 1, then the digit. */
  private static List<float[]> read(String file) throws IOException {
    List<float[]> rows = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(new InputStreamReader(new GZIPInputStream(new FileInputStream(file))))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] texts = line.split(",");
        float[] row = new float[texts.length];
        for (int i = 0; i < row.length; i++) {
          row[i] = Float.parseFloat(texts[i]) / (i < 64 ? 16 : 1);
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
