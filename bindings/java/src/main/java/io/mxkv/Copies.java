package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Mem;
import io.mxkv.internal.Status;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;

/** The ways of elements into arrays and out of them: one copy where the types are the same, one more to convert. */
final class Copies {
  /** Copies up to this size go through memory of the thread, larger ones straight into the array's own. */
  private static final int SMALL = 32 * 1024;

  private static final Cleaner VIEWS = Cleaner.create();

  private Copies() {}

  /** Writes to or reads from native memory. */
  interface AtAddress {
    void run(long address);
  }

  /** Gives an element to be converted. */
  interface Element {
    double get(int index);
  }

  static NDArray in(NDArray array, int count, long bytes, AtAddress write) {
    if (bytes > SMALL) {
      try (NDArray held = array.held()) {
        write.run(writable(held));
      }
      return array;
    }
    try {
      long scratch = Mem.scratch(SMALL);
      write.run(scratch);
      Status.check(Bindings.MXNDArraySyncCopyFromCPU(array.nativeHandle(), scratch, count));
      return array;
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  static NDArray out(NDArray array, int count, long bytes, AtAddress read) {
    if (bytes > SMALL) {
      try (NDArray held = array.held()) {
        read.run(data(held.waitToRead()));
      }
      return array;
    }
    try {
      long scratch = Mem.scratch(SMALL);
      Status.check(Bindings.MXNDArraySyncCopyToCPU(array.nativeHandle(), scratch, count));
      read.run(scratch);
      return array;
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  static NDArray converted(NDArray array, DType dtype, int count, Element element) {
    ByteBuffer buffer = Elements.buffer(dtype, count);
    for (int i = 0; i < count; i++) {
      Elements.put(dtype, buffer, i, element.get(i));
    }
    int bytes = buffer.capacity();
    return in(array, count, bytes, address -> Mem.write(address, buffer.array(), 0, bytes));
  }

  static NDArray in(NDArray array, DType dtype, ByteBuffer source) {
    int bytes = source.remaining();
    int count = bytes / dtype.bytes();
    if (bytes % dtype.bytes() != 0) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "source: " + bytes + " bytes are no whole number of " + dtype + " elements");
    }
    if (!source.isDirect()) {
      byte[] copy = new byte[bytes];
      source.duplicate().get(copy);
      return in(array, count, bytes, address -> Mem.write(address, copy, 0, bytes));
    }
    try {
      Status.check(Bindings.MXNDArraySyncCopyFromCPU(array.nativeHandle(), Mem.address(source), count));
      return array;
    } finally {
      Reference.reachabilityFence(source);
      Reference.reachabilityFence(array);
    }
  }

  static NDArray out(NDArray array, DType dtype, long count, ByteBuffer target) {
    long bytes = count * dtype.bytes();
    if (target.remaining() < bytes) {
      throw MxkvException.of(
          ErrorKind.SHAPE, "target: expected room for " + bytes + " bytes, got " + target.remaining());
    }
    if (!target.isDirect() || target.isReadOnly()) {
      target.put(raw(array, dtype, (int) count));
      return array;
    }
    try {
      Status.check(Bindings.MXNDArraySyncCopyToCPU(array.nativeHandle(), Mem.address(target), count));
      target.position(target.position() + (int) bytes);
      return array;
    } finally {
      Reference.reachabilityFence(target);
      Reference.reachabilityFence(array);
    }
  }

  /** The elements as they are. */
  static ByteBuffer raw(NDArray array, DType dtype, int count) {
    ByteBuffer buffer = Elements.buffer(dtype, count);
    out(array, count, buffer.capacity(), address -> Mem.read(address, buffer.array(), 0, buffer.capacity()));
    return buffer;
  }

  static float[] floats(NDArray array, DType dtype, int count) {
    float[] target = new float[count];
    if (dtype == DType.FLOAT32) {
      out(array, count, 4L * count, address -> Mem.read(address, target, 0, count));
      return target;
    }
    ByteBuffer raw = raw(array, dtype, count);
    for (int i = 0; i < count; i++) {
      target[i] = (float) Elements.get(dtype, raw, i);
    }
    return target;
  }

  static double[] doubles(NDArray array, DType dtype, int count) {
    double[] target = new double[count];
    if (dtype == DType.FLOAT64) {
      out(array, count, 8L * count, address -> Mem.read(address, target, 0, count));
      return target;
    }
    ByteBuffer raw = raw(array, dtype, count);
    for (int i = 0; i < count; i++) {
      target[i] = Elements.get(dtype, raw, i);
    }
    return target;
  }

  /** The array's own memory. */
  static ByteBuffer view(NDArray array, long bytes) {
    if (bytes > Integer.MAX_VALUE) {
      throw MxkvException.of(ErrorKind.UNSUPPORTED, "a buffer holds at most 2 GB, this array has " + bytes + " bytes");
    }
    NDArray held = array.held();
    ByteBuffer buffer = Mem.view(writable(held), bytes);
    // The cleaner refers to the action, and the action to the array, until the buffer is gone.
    VIEWS.register(buffer, held::close);
    return buffer;
  }

  private static long writable(NDArray held) {
    Status.check(Bindings.MXNDArrayWaitToWrite(held.nativeHandle()));
    return data(held);
  }

  /** The address of the elements, which the caller keeps allocated. */
  private static long data(NDArray held) {
    long[] address = {0};
    Status.check(Bindings.MXNDArrayGetData(held.nativeHandle(), address));
    return address[0];
  }
}
