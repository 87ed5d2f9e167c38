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
import java.util.LinkedHashMap;
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
 * <p>All methods may be called from several threads. Two threads that write the same array get one of both results.
 */
public final class NDArray extends NativeObject {
  /** Copies up to this size go through memory of the thread, larger ones straight into the array's own. */
  private static final int SMALL = 32 * 1024;

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
    require(shape, "shape");
    require(context, "context");
    require(dtype, "dtype");
    long[] handle = {0};
    Status.check(
        Bindings.MXNDArrayCreateEx64(
            dims(shape), shape.length(), context.typeId(), context.deviceId(), 0, dtype.code(), handle));
    return scoped(new NDArray(handle[0], shape.product() * dtype.bytes(), Collections.emptyList()));
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
    require(elements, "elements");
    requireCount(elements.length, require(shape, "shape"));
    return empty(shape, context, DType.FLOAT32).copyFrom(elements);
  }

  /** A float64 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(double[] elements, Shape shape) {
    require(elements, "elements");
    requireCount(elements.length, require(shape, "shape"));
    return empty(shape, Context.cpu(), DType.FLOAT64).copyFrom(elements);
  }

  /** An int32 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(int[] elements, Shape shape) {
    require(elements, "elements");
    requireCount(elements.length, require(shape, "shape"));
    return empty(shape, Context.cpu(), DType.INT32).copyFrom(elements);
  }

  /** An int64 array on {@code cpu(0)} with these elements, row by row. */
  public static NDArray array(long[] elements, Shape shape) {
    require(elements, "elements");
    requireCount(elements.length, require(shape, "shape"));
    return empty(shape, Context.cpu(), DType.INT64).copyFrom(elements);
  }

  /** Evenly spaced float32 values from {@code start} (included) to {@code stop} (not included), each repeated. */
  public static NDArray arange(double start, double stop, double step, int repeat, Context context, DType dtype) {
    return invoke(
        "_arange",
        params("start", start, "stop", stop, "step", step, "repeat", repeat, "ctx", context, "dtype", dtype))[0];
  }

  /**
   * A row_sparse array.
   *
   * @param values the rows that are there: one axis more than one row has, its length is that of {@code rows}
   * @param rows their numbers, ascending, each once
   * @param shape the shape of the whole
   */
  public static NDArray rowSparse(NDArray values, long[] rows, Shape shape) {
    require(values, "values");
    require(rows, "rows");
    require(shape, "shape");
    if (shape.length() == 0 || values.shape().length() != shape.length() || values.shape().get(0) != rows.length) {
      throw MxkvException.of(
          ErrorKind.SHAPE,
          "values: expected " + rows.length + " rows of an array " + shape + ", got the shape " + values.shape());
    }
    NDArray array = sparse(StorageType.ROW_SPARSE, shape, values, new long[][] {rows});
    return rows.length == 0 ? array : array.part(-1, values).part(0, rows).checked();
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
    require(values, "values");
    require(columns, "columns");
    require(rowStarts, "row starts");
    require(shape, "shape");
    if (shape.length() != 2 || rowStarts.length != shape.get(0) + 1) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "row starts: expected one more than rows of " + shape + ", got " + rowStarts.length);
    }
    if (values.size() != columns.length) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "columns: expected one for each of " + values.size() + " values, got " + columns.length);
    }
    NDArray array = sparse(StorageType.CSR, shape, values, new long[][] {rowStarts, columns});
    return array.part(-1, values).part(0, rowStarts).part(1, columns).checked();
  }

  /** A sparse array without elements. */
  public static NDArray zeros(StorageType storage, Shape shape, Context context, DType dtype) {
    require(storage, "storage type");
    if (storage == StorageType.DENSE) {
      return zeros(shape, context, dtype);
    }
    NDArray array = sparse(storage, shape, context, dtype, new long[storage == StorageType.CSR ? 2 : 1][0]);
    invokeInto(
        "_zeros",
        params("shape", shape, "ctx", context, "dtype", dtype),
        new NDArray[] {array});
    return array;
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
    invokeInto("_set_value", params("src", value), new NDArray[] {this});
    return this;
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(float[] source) {
    DType dtype = writable(require(source, "source").length);
    if (dtype != DType.FLOAT32) {
      return copyConverted(dtype, source.length, i -> source[i]);
    }
    return copyIn(source.length, 4L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(double[] source) {
    DType dtype = writable(require(source, "source").length);
    if (dtype != DType.FLOAT64) {
      return copyConverted(dtype, source.length, i -> source[i]);
    }
    return copyIn(source.length, 8L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(int[] source) {
    DType dtype = writable(require(source, "source").length);
    if (dtype != DType.INT32) {
      return copyConverted(dtype, source.length, i -> source[i]);
    }
    return copyIn(source.length, 4L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /** Sets all elements, row by row, converted to this array's type. */
  public NDArray copyFrom(long[] source) {
    DType dtype = writable(require(source, "source").length);
    if (dtype != DType.INT64) {
      return copyConverted(dtype, source.length, i -> source[i]);
    }
    return copyIn(source.length, 8L * source.length, address -> Mem.write(address, source, 0, source.length));
  }

  /**
   * Sets all elements from the bytes between the buffer's position and limit, which must be elements of this array's
   * type in the machine's byte order. A direct buffer is copied once, without a stop in the Java heap.
   */
  public NDArray copyFrom(ByteBuffer source) {
    require(source, "source");
    DType dtype = writable(source.remaining() / dtype().bytes());
    int bytes = source.remaining();
    if (bytes % dtype.bytes() != 0) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "source: " + bytes + " bytes are no whole number of " + dtype + " elements");
    }
    if (source.isDirect()) {
      try {
        Status.check(
            Bindings.MXNDArraySyncCopyFromCPU(handle(), Mem.address(source), bytes / dtype.bytes()));
        return this;
      } finally {
        Reference.reachabilityFence(source);
        Reference.reachabilityFence(this);
      }
    }
    byte[] copy = new byte[bytes];
    source.duplicate().get(copy);
    return copyIn(bytes / dtype.bytes(), bytes, address -> Mem.write(address, copy, 0, bytes));
  }

  /** Copies all elements, row by row, into the start of a Java array. */
  public NDArray copyTo(float[] target) {
    int count = readable(require(target, "target").length);
    DType dtype = dtype();
    if (isSparse() || dtype != DType.FLOAT32) {
      float[] converted = toFloatArray();
      System.arraycopy(converted, 0, target, 0, count);
      return this;
    }
    return copyOut(count, 4L * count, address -> Mem.read(address, target, 0, count));
  }

  /** Copies all elements as they are, in the machine's byte order, to the buffer's position, which moves. */
  public NDArray copyTo(ByteBuffer target) {
    require(target, "target");
    DType dtype = dtype();
    long count = dense("copyTo").size();
    long bytes = count * dtype.bytes();
    if (target.remaining() < bytes) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "target: expected room for " + bytes + " bytes, got " + target.remaining());
    }
    if (target.isDirect() && !target.isReadOnly()) {
      try {
        Status.check(Bindings.MXNDArraySyncCopyToCPU(handle(), Mem.address(target), count));
        target.position(target.position() + (int) bytes);
      } finally {
        Reference.reachabilityFence(target);
        Reference.reachabilityFence(this);
      }
    } else {
      target.put(toRawBytes());
    }
    return this;
  }

  /**
   * The array's own memory, without a copy, after waiting for pending work. Valid while this array is open; the caller
   * must not write while the library works on the array.
   */
  public ByteBuffer asByteBuffer() {
    dense("asByteBuffer");
    long bytes = size() * dtype().bytes();
    if (bytes > Integer.MAX_VALUE) {
      throw MxkvException.of(ErrorKind.UNSUPPORTED, "a buffer holds at most 2 GB, this array has " + bytes + " bytes");
    }
    try {
      Status.check(Bindings.MXNDArrayWaitToWrite(handle()));
      return Mem.view(data(), bytes);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** All elements as float, row by row; those of a sparse array with its zeros. */
  public float[] toFloatArray() {
    if (isSparse()) {
      try (NDArray dense = asStorage(StorageType.DENSE)) {
        return dense.toFloatArray();
      }
    }
    DType dtype = dtype();
    int count = count();
    float[] target = new float[count];
    if (dtype == DType.FLOAT32) {
      copyOut(count, 4L * count, address -> Mem.read(address, target, 0, count));
    } else {
      ByteBuffer raw = raw(dtype, count);
      for (int i = 0; i < count; i++) {
        target[i] = (float) Elements.get(dtype, raw, i);
      }
    }
    return target;
  }

  /** All elements as double, row by row; those of a sparse array with its zeros. */
  public double[] toDoubleArray() {
    if (isSparse()) {
      try (NDArray dense = asStorage(StorageType.DENSE)) {
        return dense.toDoubleArray();
      }
    }
    DType dtype = dtype();
    int count = count();
    double[] target = new double[count];
    if (dtype == DType.FLOAT64) {
      copyOut(count, 8L * count, address -> Mem.read(address, target, 0, count));
    } else {
      ByteBuffer raw = raw(dtype, count);
      for (int i = 0; i < count; i++) {
        target[i] = Elements.get(dtype, raw, i);
      }
    }
    return target;
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
    int count = count();
    long[] target = new long[count];
    if (!isSparse() && dtype() == DType.INT64) {
      copyOut(count, 8L * count, address -> Mem.read(address, target, 0, count));
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
    dense("toRawBytes");
    return raw(dtype(), count()).array();
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
      return own(out[0], Collections.emptyList());
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
    long[] out = {0};
    require(dims, "dims");
    try {
      Status.check(
          Bindings.MXNDArrayReshape64(handle(), dims.length, dims.length == 0 ? new long[1] : dims, (byte) 0, out));
      return view(out[0]);
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** Copies all elements into another array of the same shape, converted to its type. Returns the other. */
  public NDArray copyTo(NDArray target) {
    if (require(target, "target") == this) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "target: an array cannot be copied to itself");
    }
    if (!target.shape().equals(shape())) {
      throw MxkvException.of(ErrorKind.SHAPE, "target: expected the shape " + shape() + ", got " + target.shape());
    }
    invokeInto("_copyto", params(), new NDArray[] {target}, this);
    return target;
  }

  /** A copy on the same device. */
  public NDArray copy() {
    return copyTo(context());
  }

  /** A copy on a device. */
  public NDArray copyTo(Context context) {
    if (isSparse()) {
      return invoke("_copy", params(), this)[0];
    }
    return copyTo(empty(shape(), context, dtype()));
  }

  /** This array if it lives there, else a copy. */
  public NDArray asInContext(Context context) {
    return context().equals(require(context, "context")) ? this : copyTo(context);
  }

  /** A copy with another type of elements. */
  public NDArray asType(DType dtype) {
    return copyTo(empty(shape(), context(), dtype));
  }

  /** A copy in another storage type. */
  public NDArray asStorage(StorageType storage) {
    return invoke("cast_storage", params("stype", require(storage, "storage type")), this)[0];
  }

  // ---- Arithmetic --------------------------------------------------------------------------------------------------

  public NDArray plus(NDArray other) {
    return invoke("_plus", params(), this, other)[0];
  }

  public NDArray plus(double number) {
    return invoke("_plus_scalar", params("scalar", number), this)[0];
  }

  public NDArray minus(NDArray other) {
    return invoke("_minus", params(), this, other)[0];
  }

  public NDArray minus(double number) {
    return invoke("_minus_scalar", params("scalar", number), this)[0];
  }

  public NDArray times(NDArray other) {
    return invoke("_mul", params(), this, other)[0];
  }

  public NDArray times(double number) {
    return invoke("_mul_scalar", params("scalar", number), this)[0];
  }

  public NDArray div(NDArray other) {
    return invoke("_div", params(), this, other)[0];
  }

  public NDArray div(double number) {
    return invoke("_div_scalar", params("scalar", number), this)[0];
  }

  /** Adds in place. */
  public NDArray plusAssign(NDArray other) {
    return inPlace("_plus", params(), other);
  }

  /** Adds in place. */
  public NDArray plusAssign(double number) {
    return inPlace("_plus_scalar", params("scalar", number));
  }

  /** Subtracts in place. */
  public NDArray minusAssign(NDArray other) {
    return inPlace("_minus", params(), other);
  }

  /** Subtracts in place. */
  public NDArray minusAssign(double number) {
    return inPlace("_minus_scalar", params("scalar", number));
  }

  /** Multiplies in place. */
  public NDArray timesAssign(NDArray other) {
    return inPlace("_mul", params(), other);
  }

  /** Multiplies in place. */
  public NDArray timesAssign(double number) {
    return inPlace("_mul_scalar", params("scalar", number));
  }

  /** Divides in place. */
  public NDArray divAssign(NDArray other) {
    return inPlace("_div", params(), other);
  }

  /** Divides in place. */
  public NDArray divAssign(double number) {
    return inPlace("_div_scalar", params("scalar", number));
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
    long[] results = call(operator, params, new NDArray[0], inputs);
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
    if (require(outputs, "outputs").length == 0) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, "outputs: expected at least one array");
    }
    call(operator, params, outputs, inputs);
  }

  private static long[] call(String operator, Map<String, ?> params, NDArray[] outputs, NDArray[] inputs) {
    Operators.Operator known = Operators.get(operator);
    String[] keys = new String[params.size()];
    String[] values = new String[params.size()];
    int at = 0;
    for (Map.Entry<String, ?> entry : params.entrySet()) {
      if (entry.getValue() == null) {
        throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, operator + ": parameter " + entry.getKey() + " is null");
      }
      keys[at] = entry.getKey();
      values[at++] = text(entry.getValue());
    }
    try {
      return Operators.invoke(
          known, handles(operator + " input", inputs), handles(operator + " output", outputs), keys, values);
    } finally {
      Reference.reachabilityFence(inputs);
      Reference.reachabilityFence(outputs);
    }
  }

  private static String text(Object value) {
    if (value instanceof Boolean) {
      return (Boolean) value ? "True" : "False";
    }
    return value.toString();
  }

  /** The handles of arrays; an error that names the argument for a null or closed one. */
  static long[] handles(String what, NDArray... arrays) {
    long[] handles = new long[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      if (arrays[i] == null) {
        throw MxkvException.of(
            ErrorKind.INVALID_ARGUMENT, what + (arrays.length == 1 ? "" : " " + i) + ": expected an NDArray, got null");
      }
      handles[i] = arrays[i].handle();
    }
    return handles;
  }

  /** Parameters from names and values in turn; a null value leaves its name out. */
  static Map<String, Object> params(Object... namesAndValues) {
    Map<String, Object> params = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      if (namesAndValues[i + 1] != null) {
        params.put((String) namesAndValues[i], namesAndValues[i + 1]);
      }
    }
    return params;
  }

  // ---- Files and bytes ---------------------------------------------------------------------------------------------

  /** Writes arrays with their names to a file in MXNet's format. */
  public static void save(String file, Map<String, NDArray> arrays) {
    require(file, "file");
    require(arrays, "arrays");
    String[] names = arrays.keySet().toArray(new String[0]);
    NDArray[] values = arrays.values().toArray(new NDArray[0]);
    try (Mem.Strings keys = Mem.strings("name", names)) {
      Status.check(
          Bindings.MXNDArraySave(
              file, values.length, values.length == 0 ? new long[1] : handles("array", values), keys.address()));
    } finally {
      Reference.reachabilityFence(values);
    }
  }

  /** Writes arrays without names to a file in MXNet's format. */
  public static void save(String file, NDArray... arrays) {
    require(file, "file");
    try {
      Status.check(
          Bindings.MXNDArraySave(
              file, arrays.length, arrays.length == 0 ? new long[1] : handles("array", arrays), 0));
    } finally {
      Reference.reachabilityFence(arrays);
    }
  }

  /** Reads the arrays of a file with their names; numbers as names if the file has none. */
  public static Map<String, NDArray> load(String file) {
    require(file, "file");
    int[] count = {0};
    long[] arrays = {0};
    int[] nameCount = {0};
    long[] names = {0};
    Status.check(Bindings.MXNDArrayLoad(file, count, arrays, nameCount, names));
    long[] handles = Mem.longs(arrays[0], count[0]);
    List<String> texts = Mem.strings(names[0], nameCount[0]);
    Map<String, NDArray> loaded = new LinkedHashMap<>();
    for (int i = 0; i < handles.length; i++) {
      loaded.put(i < texts.size() ? texts.get(i) : Integer.toString(i), own(handles[i], Collections.emptyList()));
    }
    return loaded;
  }

  /** This array as bytes in MXNet's format. */
  public byte[] serialize() {
    long[] size = {0};
    long[] buffer = {0};
    try {
      Status.check(Bindings.MXNDArraySaveRawBytes(handle(), size, buffer));
      return Mem.bytes(buffer[0], Math.toIntExact(size[0]));
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  /** The array of {@link #serialize}. */
  public static NDArray deserialize(byte[] bytes) {
    require(bytes, "bytes");
    ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length);
    direct.put(bytes).flip();
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayLoadFromRawBytes(Mem.address(direct), bytes.length, out));
      return own(out[0], Collections.emptyList());
    } finally {
      Reference.reachabilityFence(direct);
    }
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

  /** Same shape and same elements; waits for both. Closed arrays are equal to themselves only. */
  @Override
  public boolean equals(Object other) {
    if (this == other) {
      return true;
    }
    if (!(other instanceof NDArray) || isClosed() || ((NDArray) other).isClosed()) {
      return false;
    }
    NDArray array = (NDArray) other;
    return shape().equals(array.shape()) && Arrays.equals(toDoubleArray(), array.toDoubleArray());
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

  private interface AtAddress {
    void run(long address);
  }

  private interface Element {
    double get(int index);
  }

  private NDArray copyConverted(DType dtype, int count, Element element) {
    ByteBuffer converted = Elements.buffer(dtype, count);
    for (int i = 0; i < count; i++) {
      Elements.put(dtype, converted, i, element.get(i));
    }
    return copyIn(count, converted.capacity(), at -> Mem.write(at, converted.array(), 0, converted.capacity()));
  }

  private NDArray copyIn(int count, long bytes, AtAddress write) {
    try {
      if (bytes <= SMALL) {
        long scratch = Mem.scratch(SMALL);
        write.run(scratch);
        Status.check(Bindings.MXNDArraySyncCopyFromCPU(handle(), scratch, count));
      } else {
        Status.check(Bindings.MXNDArrayWaitToWrite(handle()));
        write.run(data());
      }
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private NDArray copyOut(int count, long bytes, AtAddress read) {
    try {
      if (bytes <= SMALL) {
        long scratch = Mem.scratch(SMALL);
        Status.check(Bindings.MXNDArraySyncCopyToCPU(handle(), scratch, count));
        read.run(scratch);
      } else {
        Status.check(Bindings.MXNDArrayWaitToRead(handle()));
        read.run(data());
      }
      return this;
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private ByteBuffer raw(DType dtype, int count) {
    ByteBuffer buffer = Elements.buffer(dtype, count);
    copyOut(count, buffer.capacity(), address -> Mem.read(address, buffer.array(), 0, buffer.capacity()));
    return buffer;
  }

  private long data() {
    long[] address = {0};
    Status.check(Bindings.MXNDArrayGetData(handle(), address));
    return address[0];
  }

  private NDArray aux(int index) {
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayGetAuxNDArray(handle(), index, out));
      return own(out[0], Collections.emptyList());
    } finally {
      Reference.reachabilityFence(this);
    }
  }

  private static NDArray sparse(StorageType storage, Shape shape, NDArray values, long[][] aux) {
    return sparse(storage, shape, values.context(), values.dtype(), aux);
  }

  private static NDArray sparse(StorageType storage, Shape shape, Context context, DType dtype, long[][] aux) {
    int[] auxTypes = new int[aux.length];
    int[] auxNdims = new int[aux.length];
    long[] auxShapes = new long[aux.length];
    long bytes = 0;
    // An array without elements is allocated when it gets some; parts to be copied in need their memory now.
    int later = aux[0].length == 0 ? 1 : 0;
    for (int i = 0; i < aux.length; i++) {
      auxTypes[i] = DType.INT64.code();
      auxNdims[i] = 1;
      auxShapes[i] = aux[i].length;
      bytes += 8L * aux[i].length;
    }
    long[] handle = {0};
    Status.check(
        Bindings.MXNDArrayCreateSparseEx64(
            storage.code(), dims(shape), shape.length(), context.typeId(), context.deviceId(), later, dtype.code(),
            aux.length, auxTypes, auxNdims, auxShapes, handle));
    return scoped(new NDArray(handle[0], bytes, Collections.emptyList()));
  }

  private NDArray part(int index, long[] numbers) {
    try (NDArray array = array(numbers, Shape.of(numbers.length))) {
      return part(index, array);
    }
  }

  private NDArray part(int index, NDArray source) {
    try {
      Status.check(Bindings.MXNDArraySyncCopyFromNDArray(handle(), source.handle(), index));
      return this;
    } finally {
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(this);
    }
  }

  private NDArray checked() {
    try {
      Status.check(Bindings.MXNDArraySyncCheckFormat(handle(), (byte) 1));
      return this;
    } catch (MxkvException error) {
      close();
      throw error;
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

  static <T> T require(T value, String what) {
    if (value == null) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, what + ": expected a value, got null");
    }
    return value;
  }

  private static long[] dims(Shape shape) {
    return shape.length() == 0 ? new long[1] : shape.toArray();
  }
}
