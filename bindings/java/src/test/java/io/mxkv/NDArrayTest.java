package io.mxkv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Mem;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NDArrayTest {
  private ResourceScope scope;

  @BeforeEach
  void open() {
    scope = new ResourceScope();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void creationSetsShapeTypeContextAndElements() {
    NDArray array = NDArray.full(Shape.of(2, 3), 2.5, Context.cpu(1), DType.FLOAT64);
    assertEquals(Shape.of(2, 3), array.shape());
    assertEquals(6, array.size());
    assertEquals(DType.FLOAT64, array.dtype());
    assertEquals(Context.cpu(1), array.context());
    assertEquals(StorageType.DENSE, array.storageType());
    assertArrayEquals(new double[] {2.5, 2.5, 2.5, 2.5, 2.5, 2.5}, array.toDoubleArray());
    assertArrayEquals(new float[] {0, 0}, NDArray.zeros(Shape.of(2)).toFloatArray());
    assertArrayEquals(new float[] {1, 1}, NDArray.ones(Shape.of(1, 2)).toFloatArray());
    assertArrayEquals(
        new float[] {0, 0, 0.5f, 0.5f}, NDArray.arange(0, 1, 0.5, 2, Context.cpu(), DType.FLOAT32).toFloatArray());
  }

  @Test
  void everyTypeGoesInAndOut() {
    float[] numbers = {0, 1, 2, 100};
    for (DType dtype : new DType[] {
        DType.FLOAT32, DType.FLOAT64, DType.FLOAT16, DType.UINT8, DType.INT32, DType.INT8, DType.INT64}) {
      NDArray array = NDArray.empty(Shape.of(4), Context.cpu(), dtype).copyFrom(numbers);
      assertArrayEquals(numbers, array.toFloatArray(), dtype.toString());
      assertArrayEquals(new double[] {0, 1, 2, 100}, array.toDoubleArray(), dtype.toString());
      assertArrayEquals(new int[] {0, 1, 2, 100}, array.toIntArray(), dtype.toString());
      assertArrayEquals(new long[] {0, 1, 2, 100}, array.toLongArray(), dtype.toString());
      assertArrayEquals(new byte[] {0, 1, 2, 100}, array.toByteArray(), dtype.toString());
      assertEquals(4 * dtype.bytes(), array.toRawBytes().length);
      assertArrayEquals(numbers, array.asType(DType.FLOAT32).toFloatArray(), dtype.toString());
    }
    assertArrayEquals(new long[] {Long.MAX_VALUE}, NDArray.array(new long[] {Long.MAX_VALUE}, Shape.of(1)).toLongArray());
    assertArrayEquals(new int[] {-7, 7}, NDArray.array(new int[] {-7, 7}, Shape.of(2)).toIntArray());
    assertArrayEquals(new double[] {0.1}, NDArray.array(new double[] {0.1}, Shape.of(1)).toDoubleArray());
  }

  @Test
  void halfPrecisionRoundsToNearestEven() {
    float[] numbers = {1.0009766f, 65504, 65520, 1e-7f, -0f, 6.1e-5f, 1 + 0x1p-11f, 1 + 3 * 0x1p-11f, Float.NaN};
    NDArray library = NDArray.array(numbers, Shape.of(numbers.length)).asType(DType.FLOAT16);
    NDArray ours = NDArray.empty(Shape.of(numbers.length), Context.cpu(), DType.FLOAT16).copyFrom(numbers);
    float[] expected = library.toFloatArray();
    assertArrayEquals(expected, ours.toFloatArray());
    assertArrayEquals(library.asType(DType.FLOAT32).toFloatArray(), expected);
    for (int bits = 0; bits < 0x10000; bits++) {
      float value = Elements.fromHalf((short) bits);
      if (!Float.isNaN(value)) {
        assertEquals((short) bits, Elements.toHalf(value), Integer.toHexString(bits));
      }
    }
  }

  @Test
  void largeArraysAreCopiedWhole() {
    float[] numbers = new float[1 << 20];
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = i;
    }
    NDArray array = NDArray.array(numbers, Shape.of(1 << 10, 1 << 10));
    assertArrayEquals(numbers, array.plus(0).toFloatArray());
    float[] target = new float[numbers.length];
    array.copyTo(target);
    assertArrayEquals(numbers, target);
    assertArrayEquals(new float[] {1 << 10}, array.at(1).slice(0).toFloatArray());
  }

  @Test
  void buffersGoInAndOut() {
    for (boolean direct : new boolean[] {true, false}) {
      ByteBuffer source = (direct ? ByteBuffer.allocateDirect(16) : ByteBuffer.allocate(16))
          .order(ByteOrder.nativeOrder());
      source.putFloat(9).putFloat(1).putFloat(2).putFloat(3).flip().position(4);
      NDArray array = NDArray.empty(Shape.of(3)).copyFrom(source);
      assertArrayEquals(new float[] {1, 2, 3}, array.toFloatArray());
      ByteBuffer target = (direct ? ByteBuffer.allocateDirect(20) : ByteBuffer.allocate(20))
          .order(ByteOrder.nativeOrder());
      target.putFloat(7);
      array.copyTo(target);
      assertEquals(16, target.position());
      target.flip();
      assertEquals(7, target.getFloat());
      assertEquals(1, target.getFloat());
    }
    NDArray array = NDArray.zeros(Shape.of(2));
    array.asByteBuffer().putFloat(4, 5);
    assertArrayEquals(new float[] {0, 5}, array.toFloatArray());
    assertEquals(0, NDArray.zeros(Shape.of(0, 3)).asByteBuffer().capacity());
    assertEquals(4, NDArray.full(Shape.of(1, 1), 7).asByteBuffer().capacity());
  }

  @Test
  void aBufferKeepsItsMemory() {
    int count = 1 << 22;
    NDArray array = NDArray.full(Shape.of(count), 3);
    ByteBuffer rest = array.asByteBuffer().position(4).slice().order(ByteOrder.nativeOrder());
    array.close();
    System.gc();
    NDArray.full(Shape.of(count), 8).waitToRead();
    for (int i = 0; i < count - 1; i++) {
      assertEquals(3, rest.getFloat(4 * i));
    }
  }

  @Test
  void closingUnderACopyIsAnErrorAtWorst() throws Exception {
    float[] numbers = new float[1 << 22];
    Arrays.fill(numbers, 3);
    float[] read = new float[numbers.length];
    for (int round = 0; round < 50; round++) {
      NDArray array = NDArray.array(numbers, Shape.of(numbers.length));
      Thread closer = new Thread(() -> {
        array.close();
        NDArray.full(Shape.of(numbers.length), 8).waitToRead().close();
      });
      closer.start();
      try {
        array.copyTo(read);
        assertArrayEquals(numbers, read);
        array.copyFrom(numbers);
      } catch (MxkvException closed) {
        assertTrue(array.isClosed(), closed.getMessage());
      }
      closer.join();
    }
  }

  @Test
  void viewsShareMemoryAndCopiesDoNot() {
    NDArray array = NDArray.array(new float[] {1, 2, 3, 4, 5, 6}, Shape.of(3, 2));
    assertEquals(Shape.of(1, 2), array.slice(1).shape());
    assertEquals(Shape.of(2), array.at(1).shape());
    assertEquals(Shape.of(2, 3), array.reshape(2, -1).shape());
    assertEquals(Shape.of(3, 2), array.reshape(new long[] {-1, 0}, true).shape());
    NDArray deep = NDArray.zeros(Shape.of(10, 5, 4));
    assertEquals(Shape.of(40, 5), deep.reshape(-1, 0).shape());
    assertEquals(Shape.of(50, 4), deep.reshape(new long[] {-1, 0}, true).shape());
    array.slice(1, 3).fill(0);
    assertArrayEquals(new float[] {1, 2, 0, 0, 0, 0}, array.toFloatArray());
    NDArray copy = array.copy();
    array.fill(9);
    assertArrayEquals(new float[] {1, 2, 0, 0, 0, 0}, copy.toFloatArray());
    assertEquals(Context.cpu(2), array.copyTo(Context.cpu(2)).context());
    assertSame(array, array.asInContext(Context.cpu(0)));
    assertEquals(Context.cpu(1), array.asInContext(Context.cpu(1)).context());
  }

  @Test
  void arithmeticMakesNewArraysOrWorksInPlace() {
    NDArray a = NDArray.array(new float[] {2, 4}, Shape.of(2));
    NDArray b = NDArray.array(new float[] {1, 2}, Shape.of(2));
    assertArrayEquals(new float[] {3, 6}, a.plus(b).toFloatArray());
    assertArrayEquals(new float[] {1, 2}, a.minus(b).toFloatArray());
    assertArrayEquals(new float[] {2, 8}, a.times(b).toFloatArray());
    assertArrayEquals(new float[] {2, 2}, a.div(b).toFloatArray());
    assertArrayEquals(new float[] {2.5f, 4.5f}, a.plus(0.5).toFloatArray());
    assertArrayEquals(new float[] {1.5f, 3.5f}, a.minus(0.5).toFloatArray());
    assertArrayEquals(new float[] {1, 2}, a.times(0.5).toFloatArray());
    assertArrayEquals(new float[] {4, 8}, a.div(0.5).toFloatArray());
    NDArray c = a.copy();
    assertSame(c, c.plusAssign(b).minusAssign(1).timesAssign(b).divAssign(2).plusAssign(1).minusAssign(b)
        .timesAssign(2).divAssign(b));
    assertArrayEquals(new float[] {2, 4}, c.toFloatArray());
    assertArrayEquals(new float[] {2, 4}, a.toFloatArray());
  }

  @Test
  void operatorsByName() {
    assertTrue(NDArray.operators().contains("elemwise_add"));
    assertEquals("a_min", NDArray.operatorParameters("clip").get(0));
    NDArray a = NDArray.array(new float[] {-1, 5}, Shape.of(2));
    Map<String, Object> bounds = Invocation.params("a_min", 0, "a_max", 2);
    assertArrayEquals(new float[] {0, 2}, NDArray.invoke("clip", bounds, a)[0].toFloatArray());
    NDArray.invokeInto("clip", bounds, new NDArray[] {a}, a);
    assertArrayEquals(new float[] {0, 2}, a.toFloatArray());
    MxkvException.Unsupported unknown =
        assertThrows(MxkvException.Unsupported.class, () -> NDArray.invoke("no_such_operator", Map.of(), a));
    assertTrue(unknown.getMessage().contains("no_such_operator"), unknown.getMessage());
  }

  @Test
  void rowSparse() {
    NDArray rows = NDArray.array(new float[] {1, 2, 3, 4}, Shape.of(2, 2));
    NDArray sparse = NDArray.rowSparse(rows, new long[] {1, 3}, Shape.of(5, 2));
    assertEquals(StorageType.ROW_SPARSE, sparse.storageType());
    assertTrue(sparse.isSparse());
    assertArrayEquals(new long[] {1, 3}, sparse.indices().toLongArray());
    assertArrayEquals(new float[] {1, 2, 3, 4}, sparse.values().toFloatArray());
    assertArrayEquals(new float[] {0, 0, 1, 2, 0, 0, 3, 4, 0, 0}, sparse.toFloatArray());
    NDArray back = NDArray.array(sparse.toFloatArray(), Shape.of(5, 2)).asStorage(StorageType.ROW_SPARSE);
    assertEquals(sparse, back);
    assertArrayEquals(
        new float[4],
        NDArray.zeros(StorageType.ROW_SPARSE, Shape.of(2, 2), Context.cpu(), DType.FLOAT32).toFloatArray());
    assertThrows(MxkvException.class, () -> NDArray.rowSparse(rows, new long[] {3, 1}, Shape.of(5, 2)));
    assertThrows(MxkvException.ShapeMismatch.class, () -> NDArray.rowSparse(rows, new long[] {1}, Shape.of(5, 2)));
    assertThrows(MxkvException.StorageTypeMismatch.class, () -> sparse.copyFrom(new float[10]));
    NDArray there = sparse.copyTo(Context.cpu(2));
    assertEquals(Context.cpu(2), there.context());
    assertEquals(StorageType.ROW_SPARSE, there.storageType());
    assertArrayEquals(new long[] {1, 3}, there.indices().toLongArray());
    assertEquals(sparse, there);
  }

  @Test
  void csr() {
    NDArray values = NDArray.array(new float[] {7, 8, 9}, Shape.of(3));
    NDArray sparse = NDArray.csr(values, new long[] {0, 2, 1}, new long[] {0, 2, 3}, Shape.of(2, 3));
    assertEquals(StorageType.CSR, sparse.storageType());
    assertArrayEquals(new float[] {7, 0, 8, 0, 9, 0}, sparse.toFloatArray());
    assertArrayEquals(new long[] {0, 2, 1}, sparse.indices().toLongArray());
    assertArrayEquals(new long[] {0, 2, 3}, sparse.rowStarts().toLongArray());
    NDArray there = sparse.asInContext(Context.cpu(2));
    assertEquals(Context.cpu(2), there.context());
    assertEquals(StorageType.CSR, there.storageType());
    assertEquals(sparse, there);
    assertThrows(
        MxkvException.ShapeMismatch.class,
        () -> NDArray.csr(values, new long[] {0, 2, 1}, new long[] {0, 3}, Shape.of(2, 3)));
  }

  @Test
  void filesAndBytes(@TempDir Path folder) {
    String file = folder.resolve("arrays-ä.params").toString();
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    arrays.put("weight", NDArray.array(new float[] {1, 2}, Shape.of(2, 1)));
    arrays.put("bïas", NDArray.array(new int[] {3}, Shape.of(1)));
    NDArray.save(file, arrays);
    assertEquals(arrays, NDArray.load(file));
    NDArray.save(file, arrays.get("weight"));
    assertEquals(Map.of("0", arrays.get("weight")), NDArray.load(file));
    NDArray[] twins = {NDArray.full(Shape.of(1), 1), NDArray.full(Shape.of(1), 2)};
    try (Mem.Strings names = Mem.strings("name", "same", "same")) {
      assertEquals(0, Bindings.MXNDArraySave(file, 2, Check.handles("twins", twins), names.address()));
    }
    assertEquals(List.of(twins), NDArray.loadList(file));
    assertEquals(Map.of("same", twins[1]), NDArray.load(file));
    assertEquals(arrays.get("bïas"), NDArray.deserialize(arrays.get("bïas").serialize()));
    assertThrows(MxkvException.class, () -> NDArray.deserialize(new byte[] {1, 2, 3, 4, 5, 6, 7, 8}));
    assertThrows(MxkvException.class, () -> NDArray.load(folder.resolve("absent").toString()));
  }

  @Test
  void equalityIsByShapeAndElements() {
    NDArray a = NDArray.array(new float[] {1, 2, 3}, Shape.of(3, 1));
    assertEquals(a, NDArray.array(new float[] {1, 2, 3}, Shape.of(3, 1)));
    assertNotEquals(a, NDArray.array(new float[] {1, 2, 3}, Shape.of(1, 3)));
    assertNotEquals(a, NDArray.array(new float[] {3, 2, 3}, Shape.of(3, 1)));
    assertNotEquals(a, "a");
    assertEquals(a.hashCode(), a.copy().hashCode());
    assertEquals("NDArray[(3,1) float32 cpu(0)]", a.toString());
    assertEquals(
        NDArray.array(new double[] {0, 1}, Shape.of(2)), NDArray.array(new float[] {-0f, 1}, Shape.of(2)));
    assertEquals(NDArray.array(new long[] {7}, Shape.of(1)), NDArray.array(new float[] {7}, Shape.of(1)));
    NDArray large = NDArray.array(new long[] {1L << 53}, Shape.of(1));
    assertNotEquals(large, NDArray.array(new long[] {(1L << 53) + 1}, Shape.of(1)));
    assertEquals(large, large.copy());
    NDArray nothing = NDArray.full(Shape.of(1), Double.NaN);
    assertNotEquals(nothing, nothing.copy());
  }

  @Test
  void dependenciesAreKnownAndCanBeClosed() {
    NDArray a = NDArray.ones(Shape.of(1));
    NDArray b = NDArray.ones(Shape.of(1));
    NDArray ab = a.plus(b);
    NDArray sum = ab.plus(NDArray.ones(Shape.of(1)));
    assertEquals(4, sum.dependencies().size());
    assertTrue(sum.dependencies().containsKey(a.nativeHandle()));
    sum.closeDependenciesExcept(ab);
    assertEquals(3, sum.dependencies().size());
    sum.closeDependencies();
    assertTrue(a.isClosed() && b.isClosed() && ab.isClosed());
    assertEquals(0, sum.dependencies().size());
    assertEquals(3, sum.toScalar());
  }

  @Test
  void scalar() {
    assertEquals(1, NDArray.ones(Shape.of(1)).toScalar());
    MxkvException error = assertThrows(MxkvException.class, () -> NDArray.ones(Shape.of(1, 1)).toScalar());
    assertTrue(error.getMessage().contains("The current array is not a scalar"));
  }

  @Test
  void randomIsRepeatable() {
    Random.seed(7);
    NDArray first = Random.uniform(-1, 1, Shape.of(100));
    NDArray second = Random.normal(3, 0.1, Shape.of(100), Context.cpu(1), null);
    Random.seed(7);
    assertEquals(first, Random.uniform(-1, 1, Shape.of(100)));
    assertEquals(Context.cpu(1), second.context());
    NDArray out = NDArray.empty(Shape.of(50));
    assertSame(out, Random.uniform(5, 6, Shape.of(50), null, out));
    assertSame(out, Random.uniform(5, 6, null, null, out));
    says("out: expected the shape (5), got (50)", () -> Random.normal(0, 1, Shape.of(5), null, out));
    says("shape: expected a value, got null", () -> Random.uniform(0, 1, null));
    for (float value : out.toFloatArray()) {
      assertTrue(value >= 5 && value < 6, "value " + value);
    }
  }

  @Test
  void badInputIsAReadableError() {
    NDArray a = NDArray.ones(Shape.of(2));
    says("shape: expected a value, got null", () -> NDArray.zeros(null));
    says("elements: the shape (2) has 2, got 3", () -> NDArray.array(new float[3], Shape.of(2)));
    says("elements: the shape (2) has 2, got 1", () -> a.copyFrom(new float[1]));
    says("source: expected a value, got null", () -> a.copyFrom((float[]) null));
    says("file: contains a NUL character", () -> NDArray.save("a\0b", a));
    says("file: contains a NUL character", () -> NDArray.load("a\0b"));
    says("target: expected room for 2 elements, got 1", () -> a.copyTo(new float[1]));
    says("target: expected the shape (2), got (3)", () -> a.copyTo(NDArray.ones(Shape.of(3))));
    says("target: an array cannot be copied to itself", () -> a.copyTo(a));
    says("_plus input 1: expected an NDArray, got null", () -> a.plus((NDArray) null));
    says("clip: parameter a_min is null", () -> {
      Map<String, Object> params = new LinkedHashMap<>();
      params.put("a_min", null);
      NDArray.invoke("clip", params, a);
    });
    says("shape: expected lengths of 0 or more, got [-1]", () -> Shape.of(-1));
    says("device type: expected cpu, gpu, cpu_pinned or cpu_shared, got 'tpu'", () -> new Context("tpu", 0));
    assertThrows(MxkvException.class, () -> a.plus(NDArray.ones(Shape.of(3))).toFloatArray());
    assertThrows(MxkvException.class, () -> a.slice(1, 5));
    assertThrows(MxkvException.class, () -> a.reshape(7));
    assertThrows(MxkvException.class, () -> NDArray.zeros(Shape.of(1), Context.gpu(0), DType.FLOAT32));
    a.close();
    a.close();
    assertTrue(a.isClosed());
    says("NDArray: used after it was closed", a::toFloatArray);
    says("NDArray: used after it was closed", () -> a.plus(1));
    assertEquals("NDArray[closed]", a.toString());
  }

  static void says(String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(MxkvException.class, call).getMessage());
  }
}
