package io.mxkv.djl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class EngineTest {
  @Test
  void theEngineStartsOnTheGivenLibrary() throws Exception {
    Engine engine = Engine.getEngine("MXNet");
    assertEquals("MXNet", engine.getEngineName());
    assertTrue(engine.getVersion().startsWith("1.9"), engine.getVersion());
    String wanted = Path.of(System.getenv("MXNET_LIBRARY_PATH")).toRealPath().toString();
    assertTrue(Files.readString(Path.of("/proc/self/maps")).contains(wanted), wanted + " is not mapped");
  }

  @Test
  void creation() {
    try (NDManager manager = NDManager.newBaseManager("MXNet")) {
      assertArrayEquals(new float[] {0, 0}, manager.zeros(new Shape(2)).toFloatArray());
      assertArrayEquals(new float[] {1, 1}, manager.ones(new Shape(2, 1)).toFloatArray());
      assertArrayEquals(new float[] {7, 7}, manager.full(new Shape(2), 7f).toFloatArray());
      assertArrayEquals(new int[] {0, 1, 2}, manager.arange(3).toIntArray());
      assertArrayEquals(new float[] {0, 0.5f, 1}, manager.linspace(0, 1, 3).toFloatArray());
      assertArrayEquals(new float[] {1, 0, 0, 1}, manager.eye(2).toFloatArray());
      NDArray scalar = manager.create(5f);
      assertEquals(0, scalar.getShape().dimension());
      assertEquals(5f, scalar.getFloat());
      assertEquals(0, manager.create(new Shape(0)).size());
      for (DataType type : new DataType[] {
          DataType.FLOAT32, DataType.FLOAT64, DataType.FLOAT16, DataType.UINT8, DataType.INT32, DataType.INT8,
          DataType.INT64, DataType.BOOLEAN}) {
        assertEquals(type, manager.create(new Shape(2), type).getDataType());
      }
      NDArray uniform = manager.randomUniform(2, 3, new Shape(100));
      assertTrue(uniform.min().getFloat() >= 2 && uniform.max().getFloat() < 3);
      assertTrue(Math.abs(manager.randomNormal(5, 1, new Shape(1000), DataType.FLOAT32).mean().getFloat() - 5) < 0.2);
    }
  }

  @Test
  void arithmeticComparisonAndReduction() {
    try (NDManager manager = NDManager.newBaseManager("MXNet")) {
      NDArray a = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
      NDArray b = manager.create(new float[] {4, 3, 2, 1}, new Shape(2, 2));
      assertArrayEquals(new float[] {5, 5, 5, 5}, a.add(b).toFloatArray());
      assertArrayEquals(new float[] {-3, -1, 1, 3}, a.sub(b).toFloatArray());
      assertArrayEquals(new float[] {4, 6, 6, 4}, a.mul(b).toFloatArray());
      assertArrayEquals(new float[] {0.25f, 2f / 3, 1.5f, 4}, a.div(b).toFloatArray());
      assertArrayEquals(new float[] {2, 3, 4, 5}, a.add(1).toFloatArray());
      assertArrayEquals(new float[] {1, 4, 9, 16}, a.pow(2).toFloatArray());
      assertArrayEquals(new float[] {1, 4, 9, 16}, a.square().toFloatArray());
      assertArrayEquals(new float[] {8, 5, 20, 13}, a.dot(b).toFloatArray());
      assertArrayEquals(new boolean[] {false, false, true, true}, a.gt(b).toBooleanArray());
      assertEquals(10, a.sum().getFloat());
      assertArrayEquals(new float[] {4, 6}, a.sum(new int[] {0}).toFloatArray());
      assertEquals(2.5f, a.mean().getFloat());
      assertEquals(4, a.max().getFloat());
      assertEquals(24, a.prod().getFloat());
      assertEquals(3, a.argMax().getLong());
      assertArrayEquals(new float[] {1, 2, 3, 3}, a.clip(1, 3).toFloatArray());
      assertArrayEquals(new float[] {1, 3, 6, 10}, a.flatten().cumSum().toFloatArray());
      assertArrayEquals(new float[] {2, 3, 4, 5}, a.addi(1).toFloatArray());
      assertArrayEquals(new float[] {2, 3, 4, 5}, a.toFloatArray());
    }
  }

  @Test
  void shapesIndexingAndSorting() {
    try (NDManager manager = NDManager.newBaseManager("MXNet")) {
      NDArray a = manager.arange(6f).reshape(2, 3);
      assertEquals(new Shape(3, 2), a.transpose().getShape());
      assertArrayEquals(new float[] {0, 3, 1, 4, 2, 5}, a.transpose().toFloatArray());
      assertEquals(new Shape(1, 2, 3), a.expandDims(0).getShape());
      assertEquals(new Shape(2, 3), a.expandDims(0).squeeze(0).getShape());
      assertEquals(new Shape(4, 3), a.concat(a, 0).getShape());
      assertEquals(new Shape(2, 2, 3), a.stack(a).getShape());
      assertEquals(new Shape(4, 6), a.tile(2).getShape());
      assertArrayEquals(new float[] {3, 4, 5}, a.get(1).toFloatArray());
      assertArrayEquals(new float[] {1, 4}, a.get(":, 1").toFloatArray());
      NDList parts = a.split(3, 1);
      assertEquals(3, parts.size());
      assertArrayEquals(new float[] {2, 5}, parts.get(2).toFloatArray());
      a.set(new NDIndex(0), 9);
      assertArrayEquals(new float[] {9, 9, 9, 3, 4, 5}, a.toFloatArray());
      NDArray unsorted = manager.create(new float[] {3, 1, 2});
      assertArrayEquals(new float[] {1, 2, 3}, unsorted.sort().toFloatArray());
      assertArrayEquals(new long[] {1, 2, 0}, unsorted.argSort().toLongArray());
      assertArrayEquals(new float[] {3, 2}, unsorted.booleanMask(unsorted.gt(1)).toFloatArray());
    }
  }
}
