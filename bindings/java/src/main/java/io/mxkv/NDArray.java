package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Mem;
import io.mxkv.internal.NativeMemory;
import io.mxkv.internal.NativeObject;
import io.mxkv.internal.Operators;
import io.mxkv.internal.Status;
import java.lang.ref.Reference;
import java.lang.ref.WeakReference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An n-dimensional array in native memory, dense or sparse.
 *
 * <p>Operations may run later, in the library's engine; whatever reads elements waits for them, and an operation that
 * failed reports its error there. Slices, {@link #at} and {@link #reshape} share memory with the array they came from.
 * Close arrays when done, or open a {@link ResourceScope}; forgotten ones are freed after garbage collection.
 *
 * <p>All methods may be called from several threads; one that closes an array under the call of another makes that call
 * fail at worst. Operations on one array happen one after the other, but copies between it and Java memory do not wait
 * for each other: of two that write it at a time the result can be a mixture, and so can what is read during a write.
 */
public final class NDArray extends NativeObject {
  private final Ancestry ancestry;

  private NDArray(long handle, long bytes, List<Ancestry> parents) {
    super(Kind.ARRAY, handle, NativeMemory.OVERHEAD + bytes);
    ancestry = new Ancestry(this, parents);
  }

  /** Takes over a handle given to a callback, whose caller closes it: no scope needs to know. */
  static NDArray argument(long handle) {
    return new NDArray(handle, 0, Collections.emptyList());
  }

  /** Takes over a handle that shares its elements with another array. */
  private static NDArray view(long handle) {
    return scoped(new NDArray(handle, 0, Collections.emptyList()));
  }

  private static NDArray scoped(NDArray array) {
    ResourceScope.register(array);
    return array;
  }

  /** Takes over a handle with elements of its own. */
  static NDArray adopt(long handle) {
    return own(handle, Collections.emptyList());
  }

  /** Takes over a handle with elements of its own, of a known size. */
  static NDArray adopt(long handle, long bytes) {
    return scoped(new NDArray(handle, bytes, Collections.emptyList()));
  }

  private static NDArray own(long handle, List<Ancestry> parents) {
    int[] dtype = {-1};
    int[] ndim = {0};
    long[] dims = {0};
    Status.check(Bindings.MXNDArrayGetDType(handle, dtype));
    Status.check(Bindings.MXNDArrayGetShapeEx64(handle, ndim, dims));
    long bytes = ndim[0] < 0 || dtype[0] < 0 ? 0 : DType.of(dtype[0]).bytes();
    for (long dim : Mem.longs(dims[0], Math.max(ndim[0], 0))) {
      bytes *= dim;
    }
    return scoped(new NDArray(handle, bytes, parents));
  }

  // ---- Creation ----------------------------------------------------------------------------------------------------

  /** A float32 array on {@code cpu(0)} whose elements are not set. */
  public static NDArray empty(Shape shape) {
    return empty(shape, Context.cpu(), DType.FLOAT32);
  }

  /** An array whose elements are not set. */
  public static NDArray empty(Shape shape, Context context, DType dtype) {
    Check.given(shape, "shape");
    Check.given(context, "context");
    Check.given(dtype, "dtype");
    long[] handle = {0};
    Status.check(
        Bindings.MXNDArrayCreateEx64(
            dims(shape), shape.length(), context.typeId(), context.deviceId(), 0, dtype.code(), handle));
    return adopt(handle[0], shape.product() * dtype.bytes());
  }

  /** A float32 array of zeros on {@code cpu(0)}. */
  public static NDArray zeros(Shape shape) {
    return full(shape, 0);
  }

  /** An array of zeros. */
  public static NDArray zeros(Shape shape, Context context, DType dtype) {
    return full(shape, 0, context, dtype);
  }

  /** A float32 array of ones on {@code cpu(0)}. */
  public static NDArray ones(Shape shape) {
    return full(shape, 1);
  }

  /** An array of ones. */
  public static NDArray ones(Shape shape, Context context, DType dtype) {
    return full(shape, 1, context, dtype);
  }

  /** A float32 array on {@code cpu(0)} with one value everywhere. */
  public static NDArray full(Shape shape, double value) {
    return full(shape, value, Context.cpu(), DType.FLOAT32);
  }

  /** An array with one value everywhere. */
  public static NDArray full(Shape shape, double value, Context context, DType dtype) {
    return empty(shape, context, dtype).fill(value);
  }

  /** A float32 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(float[] elements, Shape shape) {
    return array(elements, shape, Context.cpu());
  }

  /** A float32 array with these elements, row by row. */
  public static NDArray array(float[] elements, Shape shape, Context context) {
    Check.given(elements, "elements");
    requireCount(elements.length, Check.given(shape, "shape"));
    return empty(shape, context, DType.FLOAT32).copyFrom(elements);
  }

  /** A float64 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(double[] elements, Shape shape) {
    Check.given(elements, "elements");
    requireCount(elements.length, Check.given(shape, "shape"));
    return empty(shape, Context.cpu(), DType.FLOAT64).copyFrom(elements);
  }

  /** An int32 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(int[] elements, Shape shape) {
    Check.given(elements, "elements");
    requireCount(elements.length, Check.given(shape, "shape"));
    return empty(shape, Context.cpu(), DType.INT32).copyFrom(elements);
  }

  /** An int64 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(long[] elements, Shape shape) {
    Check.given(elements, "elements");
    requireCount(elements.length, Check.given(shape, "shape"));
    return empty(shape, Context.cpu(), DType.INT64).copyFrom(elements);
  }

  /** Evenly spaced float32 values from {@code start} (included) to {@code stop} (not included), each repeated. */
  public static NDArray arange(double start, double stop, double step, int repeat, Context context, DType dtype) {
    return invoke(
        "_arange",
        Invocation.params("start", start, "stop", stop, "step", step, "repeat", repeat, "ctx", context, "dtype", dtype))[0];
  }

  /**
   * A row_sparse array.
   *
   * @param values the rows that are there: one axis more than one row has, its length is that of {@code rows}
   * @param rows their numbers, ascending, each once
   * @param shape the shape of the whole
   */
  public static NDArray rowSparse(NDArray values, long[] rows, Shape shape) {
    return SparseArrays.rowSparse(values, rows, shape);
  }

  /**
   * A csr matrix.
   *
   * @param values the elements that are there, row by row
   * @param columns their column numbers
   * @param rowStarts for each row the place of its first element, and one past the last
   * @param shape rows and columns
   */
  public static NDArray csr(NDArray values, long[] columns, long[] rowStarts, Shape shape) {
    return SparseArrays.csr(values, columns, rowStarts, shape);
  }

  /** A sparse array without elements. */
  public static NDArray zeros(StorageType storage, Shape shape, Context context, DType dtype) {
    if (Check.given(storage, "storage type") == StorageType.DENSE) {
      return zeros(shape, context, dtype);
    }
    return SparseArrays.empty(storage, shape, context, dtype);
  }

  // ---- What it is --------------------------------------------------------------------------------------------------

  /** The lengths of the axes. */
  public Shape shape() {
    int[] ndim = {0};
    long[] dims = {0};
    try {
      Status.check(Bindings.MXNDArrayGetShapeEx64(handle(), ndim, dims));
      if (ndim[0] < 0) {
        throw MxkvException.of(ErrorKind.SHAPE, "the shape of this array is not known yet");
      }
      return Shape.of(Mem.longs(dims[0], ndim[0]));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** The number of elements. */
  public long size() {
    return shape().product();
  }

  /** The type of the elements. */
  public DType dtype() {
    int[] code = {0};
    try {
      Status.check(Bindings.MXNDArrayGetDType(handle(), code));
      return DType.of(code[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Where it lives. */
  public Context context() {
    int[] type = {0};
    int[] id = {0};
    try {
      Status.check(Bindings.MXNDArrayGetContext(handle(), type, id));
      return Context.of(type[0], id[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** How it keeps its elements. */
  public StorageType storageType() {
    int[] code = {0};
    try {
      Status.check(Bindings.MXNDArrayGetStorageType(handle(), code));
      return StorageType.of(code[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Whether it is row_sparse or csr. */
  public boolean isSparse() {
    return storageType() != StorageType.DENSE;
  }

  /** The number by which the native library knows it; of no use but to tell two arrays apart. */
  public long nativeHandle() {
    return handle();
  }

  // ---- Elements ----------------------------------------------------------------------------------------------------

  /** Sets every element. */
  public NDArray fill(double value) {
    invokeInto("_set_value", Invocation.params("src", value), new NDArray[] {this});
    return this;
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(float[] source) {
    DType dtype = writable(Check.given(source, "source").length);
    if (dtype != DType.FLOAT32) {
      return Copies.converted(this, dtype, source.length, i -> source[i]);
    }
    return Copies.in(this, source.length, 4L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(double[] source) {
    DType dtype = writable(Check.given(source, "source").length);
    if (dtype != DType.FLOAT64) {
      return Copies.converted(this, dtype, source.length, i -> source[i]);
    }
    return Copies.in(this, source.length, 8L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(int[] source) {
    DType dtype = writable(Check.given(source, "source").length);
    if (dtype != DType.INT32) {
      return Copies.converted(this, dtype, source.length, i -> source[i]);
    }
    return Copies.in(this, source.length, 4L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(long[] source) {
    DType dtype = writable(Check.given(source, "source").length);
    if (dtype != DType.INT64) {
      return Copies.converted(this, dtype, source.length, i -> source[i]);
    }
    return Copies.in(this, source.length, 8L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /**
   * Sets all elements from the bytes between the buffer's position and limit, which must be elements of this array's
   * type in the machine's byte order. A direct buffer is copied once, without a stop in the Java heap.
   */
  public NDArray copyFrom(ByteBuffer source) {
    Check.given(source, "source");
    DType dtype = writable(source.remaining() / dtype().bytes());
    return Copies.in(this, dtype, source);
  }

  /** Copies all elements, row by row, into the start of a Java array. */
  public NDArray copyTo(float[] target) {
    int count = readable(Check.given(target, "target").length);
    DType dtype = dtype();
    if (isSparse() || dtype != DType.FLOAT32) {
      float[] converted = toFloatArray();
      System.arraycopy(converted, 0, target, 0, count);
      return this;
    }
    return Copies.out(this, count, 4L * count, address -> Mem.read(address, target, 0, count));
  }

  /** Copies all elements as they are, in the machine's byte order, to the buffer's position, which moves. */
  public NDArray copyTo(ByteBuffer target) {
    Check.given(target, "target");
    return Copies.out(this, dtype(), dense("copyTo").size(), target);
  }

  /**
   * The array's own memory, without a copy, after waiting for pending work. It stays allocated while the buffer or one
   * made from it is reachable, even when this array is closed. The caller must not write while the library works on it.
   */
  public ByteBuffer asByteBuffer() {
    return Copies.view(dense("asByteBuffer"), size() * dtype().bytes());
  }

  /** All elements as float, row by row; those of a sparse array with its zeros. */
  public float[] toFloatArray() {
    if (isSparse()) {
      try (NDArray dense = asStorage(StorageType.DENSE)) {
        return dense.toFloatArray();
      }
    }
    return Copies.floats(this, dtype(), count());
  }

  /** All elements as double, row by row; those of a sparse array with its zeros. */
  public double[] toDoubleArray() {
    if (isSparse()) {
      try (NDArray dense = asStorage(StorageType.DENSE)) {
        return dense.toDoubleArray();
      }
    }
    return Copies.doubles(this, dtype(), count());
  }

  /** All elements as int, cut towards zero. */
  public int[] toIntArray() {
    double[] values = toDoubleArray();
    int[] target = new int[values.length];
    for (int i = 0; i < target.length; i++) {
      target[i] = (int) values[i];
    }
    return target;
  }

  /** All elements as long, cut towards zero; those of an int64 array exactly. */
  public long[] toLongArray() {
    if (isSparse()) {
      try (NDArray dense = asStorage(StorageType.DENSE)) {
        return dense.toLongArray();
      }
    }
    int count = count();
    long[] target = new long[count];
    if (dtype() == DType.INT64) {
      Copies.out(this, count, 8L * count, address -> Mem.read(address, target, 0, count));
      return target;
    }
    double[] values = toDoubleArray();
    for (int i = 0; i < count; i++) {
      target[i] = (long) values[i];
    }
    return target;
  }

  /** All elements as byte, cut towards zero and to eight bits. */
  public byte[] toByteArray() {
    double[] values = toDoubleArray();
    byte[] target = new byte[values.length];
    for (int i = 0; i < target.length; i++) {
      target[i] = (byte) (long) values[i];
    }
    return target;
  }

  /** The memory of a dense array, in the machine's byte order. */
  public byte[] toRawBytes() {
    return Copies.raw(dense("toRawBytes"), dtype(), count()).array();
  }

  /** The only element of an array of shape {@code (1)}. */
  public float toScalar() {
    if (!shape().equals(Shape.of(1))) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "The current array is not a scalar: expected the shape (1), got " + shape());
    }
    return toFloatArray()[0];
  }

  /** A copy of a sparse array's values. */
  public NDArray values() {
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayGetDataNDArray(handle(), out));
      return adopt(out[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** A copy of the row numbers of a row_sparse array, or of the column numbers of a csr one. */
  public NDArray indices() {
    return aux(storageType() == StorageType.CSR ? 1 : 0);
  }

  /** A copy of a csr array's row starts. */
  public NDArray rowStarts() {
    if (storageType() != StorageType.CSR) {
      throw MxkvException.of(ErrorKind.STORAGE_TYPE, "row starts: only csr arrays have them, this is " + storageType());
    }
    return aux(0);
  }

  // ---- Views and copies --------------------------------------------------------------------------------------------

  /** The rows from {@code begin} (included) to {@code end} (not included), sharing memory. */
  public NDArray slice(long begin, long end) {
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArraySlice64(handle(), begin, end, out));
      return view(out[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** One row as an array of one row, sharing memory. */
  public NDArray slice(long row) {
    return slice(row, row + 1);
  }

  /** One row without its axis, sharing memory. */
  public NDArray at(long row) {
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayAt64(handle(), row, out));
      return view(out[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** The same elements in another shape, sharing memory. Lengths of 0, -1 … -4 have MXNet's meanings. */
  public NDArray reshape(long... dims) {
    return reshape(dims, false);
  }

  /** As {@link #reshape(long...)}; {@code reverse} reads the meanings from the last axis backwards. */
  public NDArray reshape(long[] dims, boolean reverse) {
    return view(reshaped(Check.given(dims, "dims"), reverse));
  }

  /** Another handle for the elements, which keeps them allocated whoever closes this array. Belongs to no scope. */
  NDArray held() {
    return argument(reshaped(new long[] {-2}, false));
  }

  private long reshaped(long[] dims, boolean reverse) {
    long[] out = {0};
    try {
      Status.check(
          Bindings.MXNDArrayReshape64(
              handle(), dims.length, dims.length == 0 ? new long[1] : dims, (byte) (reverse ? 1 : 0), out));
      return out[0];
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Copies all elements into another array of the same shape, converted to its type. Returns the other. */
  public NDArray copyTo(NDArray target) {
    if (Check.given(target, "target") == this) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "target: an array cannot be copied to itself");
    }
    if (!target.shape().equals(shape())) {
      throw MxkvException.of(ErrorKind.SHAPE, "target: expected the shape " + shape() + ", got " + target.shape());
    }
    invokeInto("_copyto", Invocation.params(), new NDArray[] {target}, this);
    return target;
  }

  /** A copy on the same device. */
  public NDArray copy() {
    return copyTo(context());
  }

  /** A copy on a device. */
  public NDArray copyTo(Context context) {
    return copyTo(isSparse() ? zeros(storageType(), shape(), context, dtype()) : empty(shape(), context, dtype()));
  }

  /** This array if it lives there, else a copy. */
  public NDArray asInContext(Context context) {
    return context().equals(Check.given(context, "context")) ? this : copyTo(context);
  }

  /** A copy with another type of elements. */
  public NDArray asType(DType dtype) {
    return copyTo(empty(shape(), context(), dtype));
  }

  /** A copy in another storage type. */
  public NDArray asStorage(StorageType storage) {
    return invoke("cast_storage", Invocation.params("stype", Check.given(storage, "storage type")), this)[0];
  }

  // ---- Arithmetic --------------------------------------------------------------------------------------------------

  public NDArray plus(NDArray other) {
    return invoke("_plus", Invocation.params(), this, other)[0];
  }

  public NDArray plus(double number) {
    return invoke("_plus_scalar", Invocation.params("scalar", number), this)[0];
  }

  public NDArray minus(NDArray other) {
    return invoke("_minus", Invocation.params(), this, other)[0];
  }

  public NDArray minus(double number) {
    return invoke("_minus_scalar", Invocation.params("scalar", number), this)[0];
  }

  public NDArray times(NDArray other) {
    return invoke("_mul", Invocation.params(), this, other)[0];
  }

  public NDArray times(double number) {
    return invoke("_mul_scalar", Invocation.params("scalar", number), this)[0];
  }

  public NDArray div(NDArray other) {
    return invoke("_div", Invocation.params(), this, other)[0];
  }

  public NDArray div(double number) {
    return invoke("_div_scalar", Invocation.params("scalar", number), this)[0];
  }

  /** Adds in place. */
  public NDArray plusAssign(NDArray other) {
    return inPlace("_plus", Invocation.params(), other);
  }

  /** Adds in place. */
  public NDArray plusAssign(double number) {
    return inPlace("_plus_scalar", Invocation.params("scalar", number));
  }

  /** Subtracts in place. */
  public NDArray minusAssign(NDArray other) {
    return inPlace("_minus", Invocation.params(), other);
  }

  /** Subtracts in place. */
  public NDArray minusAssign(double number) {
    return inPlace("_minus_scalar", Invocation.params("scalar", number));
  }

  /** Multiplies in place. */
  public NDArray timesAssign(NDArray other) {
    return inPlace("_mul", Invocation.params(), other);
  }

  /** Multiplies in place. */
  public NDArray timesAssign(double number) {
    return inPlace("_mul_scalar", Invocation.params("scalar", number));
  }

  /** Divides in place. */
  public NDArray divAssign(NDArray other) {
    return inPlace("_div", Invocation.params(), other);
  }

  /** Divides in place. */
  public NDArray divAssign(double number) {
    return inPlace("_div_scalar", Invocation.params("scalar", number));
  }

  private NDArray inPlace(String operator, Map<String, ?> params, NDArray... others) {
    NDArray[] inputs = new NDArray[others.length + 1];
    inputs[0] = this;
    System.arraycopy(others, 0, inputs, 1, others.length);
    invokeInto(operator, params, new NDArray[] {this}, inputs);
    return this;
  }

  // ---- Operators by name -------------------------------------------------------------------------------------------

  /** The names of all operators, aliases included. */
  public static Set<String> operators() {
    return Operators.names();
  }

  /** The names of an operator's parameters that are not arrays, in their order. */
  public static List<String> operatorParameters(String operator) {
    return Operators.get(operator).scalars();
  }

  /**
   * Runs an operator and returns its results as new arrays.
   *
   * @param params its parameters; values are sent as text, shapes and contexts in their usual form
   */
  public static NDArray[] invoke(String operator, Map<String, ?> params, NDArray... inputs) {
    long[] results = Invocation.run(operator, params, new NDArray[0], inputs);
    List<Ancestry> parents = new ArrayList<>(inputs.length);
    for (NDArray input : inputs) {
      parents.add(input.ancestry);
    }
    NDArray[] arrays = new NDArray[results.length / 2];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = own(results[2 * i], parents);
    }
    return arrays;
  }

  /** Runs an operator and writes its results into the given arrays. */
  public static void invokeInto(String operator, Map<String, ?> params, NDArray[] outputs, NDArray... inputs) {
    if (Check.given(outputs, "outputs").length == 0) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "outputs: expected at least one array");
    }
    Invocation.run(operator, params, outputs, inputs);
  }

  // ---- Files and bytes ---------------------------------------------------------------------------------------------

  /** Writes arrays with their names to a file in MXNet's format. */
  public static void save(String file, Map<String, NDArray> arrays) {
    ArrayFiles.save(file, arrays);
  }

  /** Writes arrays without names to a file in MXNet's format. */
  public static void save(String file, NDArray... arrays) {
    ArrayFiles.save(file, arrays);
  }

  /** Reads the arrays of a file by name, or by number if it has no names; of equal names the last counts. */
  public static Map<String, NDArray> load(String file) {
    return ArrayFiles.load(file);
  }

  /** Reads the arrays of a file in their order, whatever their names. */
  public static List<NDArray> loadList(String file) {
    return ArrayFiles.loadList(file);
  }

  /** This array as bytes in MXNet's format. */
  public byte[] serialize() {
    return ArrayFiles.serialize(this);
  }

  /** The array of {@link #serialize}. */
  public static NDArray deserialize(byte[] bytes) {
    return ArrayFiles.deserialize(bytes);
  }

  // ---- Waiting -----------------------------------------------------------------------------------------------------

  /** Waits until the elements can be read; reports what failed on the way. */
  public NDArray waitToRead() {
    try {
      Status.check(Bindings.MXNDArrayWaitToRead(handle()));
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Waits for all work of the process; reports what failed on the way. */
  public static void waitAll() {
    Status.check(Bindings.MXNDArrayWaitAll());
  }

  // ---- Ancestors ---------------------------------------------------------------------------------------------------

  /** The open arrays from which this one was computed, by handle. Long chains are cut. */
  public Map<Long, WeakReference<NDArray>> dependencies() {
    return ancestry.byHandle();
  }

  /** Closes the arrays from which this one was computed. */
  public NDArray closeDependencies() {
    return closeDependenciesExcept();
  }

  /** Closes the arrays from which this one was computed, but for some and what those were computed from. */
  public NDArray closeDependenciesExcept(NDArray... kept) {
    Set<Long> keep = new HashSet<>();
    for (NDArray array : kept) {
      keep.add(array.nativeHandle());
      keep.addAll(array.dependencies().keySet());
    }
    for (NDArray ancestor : ancestry.ancestors()) {
      if (ancestor != this && !keep.contains(ancestor.nativeHandle())) {
        ancestor.close();
      }
    }
    return this;
  }

  /** Frees the native memory, unless other arrays share it; the second and later calls do nothing. */
  @Override
  public void close() {
    super.close();
    ResourceScope.forget(this);
  }

  // ---- Object ------------------------------------------------------------------------------------------------------

  /** Same shape and elements that are == to each other; waits for both. Closed arrays are equal to themselves only. */
  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof NDArray) || isClosed() || ((NDArray) other).isClosed()) {
      return false;
    }
    NDArray array = (NDArray) other;
    if (!shape().equals(array.shape())) {
      return false;
    }
    if (dtype() == DType.INT64 && array.dtype() == DType.INT64) {
      return Arrays.equals(toLongArray(), array.toLongArray());
    }
    double[] mine = toDoubleArray();
    double[] others = array.toDoubleArray();
    for (int i = 0; i < mine.length; i++) {
      if (mine[i] != others[i]) {
        return false;
      }
    }
    return true;
  }

  /** From the shape alone: elements change. */
  @Override
  public int hashCode() {
    return isClosed() ? 0 : shape().hashCode();
  }

  @Override
  public String toString() {
    if (isClosed()) {
      return "NDArray[closed]";
    }
    return "NDArray[" + shape() + " " + dtype() + " " + (isSparse() ? storageType() + " " : "") + context() + "]";
  }

  // ---- Inside ------------------------------------------------------------------------------------------------------

  private NDArray aux(int index) {
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayGetAuxNDArray(handle(), index, out));
      return adopt(out[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private NDArray dense(String what) {
    if (isSparse()) {
      throw MxkvException.of(ErrorKind.STORAGE_TYPE, what + ": expected a dense array, got " + storageType());
    }
    return this;
  }

  private int count() {
    long size = size();
    if (size > Integer.MAX_VALUE - 8) {
      throw MxkvException.of(ErrorKind.UNSUPPORTED, size + " elements do not fit into one Java array");
    }
    return (int) size;
  }

  private DType writable(long count) {
    requireCount(count, dense("copyFrom").shape());
    return dtype();
  }

  private int readable(int room) {
    int count = count();
    if (room < count) {
      throw MxkvException.of(ErrorKind.SHAPE, "target: expected room for " + count + " elements, got " + room);
    }
    return count;
  }

  private static void requireCount(long count, Shape shape) {
    if (count != shape.product()) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "elements: the shape " + shape + " has " + shape.product() + ", got " + count);
    }
  }

  static long[] dims(Shape shape) {
    return shape.length() == 0 ? new long[1] : shape.toArray();
  }
}
