package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Status;
import java.lang.ref.Reference;

/** Making sparse arrays from their parts. */
final class SparseArrays {
  private static final int VALUES = -1;

  private SparseArrays() {}

  static NDArray rowSparse(NDArray values, long[] rows, Shape shape) {
    Check.given(values, "values");
    Check.given(rows, "rows");
    Check.given(shape, "shape");
    if (shape.length() == 0 || values.shape().length() != shape.length() || values.shape().get(0) != rows.length) {
      throw MxkvException.of(
          ErrorKind.SHAPE,
          "values: expected " + rows.length + " rows of an array " + shape + ", got the shape " + values.shape());
    }
    NDArray array = create(StorageType.ROW_SPARSE, shape, values.context(), values.dtype(), rows);
    return rows.length == 0 ? array : checked(array, values, rows);
  }

  static NDArray csr(NDArray values, long[] columns, long[] rowStarts, Shape shape) {
    Check.given(values, "values");
    Check.given(columns, "columns");
    Check.given(rowStarts, "row starts");
    Check.given(shape, "shape");
    if (shape.length() != 2 || rowStarts.length != shape.get(0) + 1) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "row starts: expected one more than rows of " + shape + ", got " + rowStarts.length);
    }
    if (values.size() != columns.length) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "columns: expected one for each of " + values.size() + " values, got " + columns.length);
    }
    return checked(
        create(StorageType.CSR, shape, values.context(), values.dtype(), rowStarts, columns), values, rowStarts,
        columns);
  }

  static NDArray empty(StorageType storage, Shape shape, Context context, DType dtype) {
    Check.given(shape, "shape");
    Check.given(context, "context");
    Check.given(dtype, "dtype");
    NDArray array = create(storage, shape, context, dtype, new long[storage == StorageType.CSR ? 2 : 1][0]);
    NDArray.invokeInto(
        "_zeros", Invocation.params("shape", shape, "ctx", context, "dtype", dtype), new NDArray[] {array});
    return array;
  }

  private static NDArray create(StorageType storage, Shape shape, Context context, DType dtype, long[]... indices) {
    int[] types = new int[indices.length];
    int[] ndims = new int[indices.length];
    long[] lengths = new long[indices.length];
    long bytes = 0;
    for (int i = 0; i < indices.length; i++) {
      types[i] = DType.INT64.code();
      ndims[i] = 1;
      lengths[i] = indices[i].length;
      bytes += 8L * indices[i].length;
    }
    // An array without elements is allocated when it gets some; parts to be copied in need their memory now.
    int later = indices[0].length == 0 ? 1 : 0;
    long[] handle = {0};
    Status.check(
        Bindings.MXNDArrayCreateSparseEx64(
            storage.code(), NDArray.dims(shape), shape.length(), context.typeId(), context.deviceId(), later,
            dtype.code(), indices.length, types, ndims, lengths, handle));
    return NDArray.adopt(handle[0], bytes);
  }

  private static NDArray checked(NDArray array, NDArray values, long[]... indices) {
    try {
      copyPart(array, VALUES, values);
      for (int i = 0; i < indices.length; i++) {
        try (NDArray part = NDArray.array(indices[i], Shape.of(indices[i].length))) {
          copyPart(array, i, part);
        }
      }
      Status.check(Bindings.MXNDArraySyncCheckFormat(array.nativeHandle(), (byte) 1));
      return array;
    } catch (MxkvException error) {
      array.close();
      throw error;
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  private static void copyPart(NDArray array, int part, NDArray source) {
    try {
      Status.check(Bindings.MXNDArraySyncCopyFromNDArray(array.nativeHandle(), source.nativeHandle(), part));
    } finally {
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(array);
    }
  }
}
