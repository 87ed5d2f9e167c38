package io.mxkv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Conversion between Java numbers and the elements of an array, for the pairs that are not the same bits. */
final class Elements {
  private Elements() {}

  /** A buffer for {@code count} elements, in the machine's byte order. */
  static ByteBuffer buffer(DType dtype, int count) {
    long bytes = (long) count * dtype.bytes();
    if (bytes > Integer.MAX_VALUE - 8) {
      throw MxkvException.of(
          ErrorKind.UNSUPPORTED, count + " elements of " + dtype + " do not fit into one Java array of bytes");
    }
    return ByteBuffer.allocate((int) bytes).order(ByteOrder.nativeOrder());
  }

  static void put(DType dtype, ByteBuffer to, int index, double value) {
    switch (dtype) {
      case FLOAT32:
        to.putFloat(4 * index, (float) value);
        return;
      case FLOAT64:
        to.putDouble(8 * index, value);
        return;
      case FLOAT16:
        to.putShort(2 * index, toHalf((float) value));
        return;
      case BFLOAT16:
        to.putShort(2 * index, toBfloat((float) value));
        return;
      case INT32:
        to.putInt(4 * index, (int) value);
        return;
      case INT64:
        to.putLong(8 * index, (long) value);
        return;
      case BOOL:
        to.put(index, (byte) (value != 0 ? 1 : 0));
        return;
      default:
        to.put(index, (byte) (long) value);
    }
  }

  static double get(DType dtype, ByteBuffer from, int index) {
    switch (dtype) {
      case FLOAT32:
        return from.getFloat(4 * index);
      case FLOAT64:
        return from.getDouble(8 * index);
      case FLOAT16:
        return fromHalf(from.getShort(2 * index));
      case BFLOAT16:
        return Float.intBitsToFloat(from.getShort(2 * index) << 16);
      case INT32:
        return from.getInt(4 * index);
      case INT64:
        return from.getLong(8 * index);
      case INT8:
        return from.get(index);
      default:
        return from.get(index) & 0xff;
    }
  }

  /** To IEEE half precision, ties to even. */
  static short toHalf(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = (bits >>> 16) & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude >= 0x7f800000) {
      return (short) (sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00));
    }
    if (magnitude >= 0x47800000) {
      return (short) (sign | 0x7c00);
    }
    if (magnitude < 0x38800000) {
      // Subnormal: scaling by 2^24 makes the wanted bits the integer part, and rint rounds ties to even.
      return (short) (sign | (int) Math.rint(Math.abs(value) * (double) (1 << 24)));
    }
    int rounded = magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1);
    return (short) (sign | (rounded >>> 13));
  }

  static float fromHalf(short half) {
    int exponent = (half >>> 10) & 0x1f;
    int fraction = half & 0x3ff;
    float magnitude;
    if (exponent == 0) {
      magnitude = fraction * 0x1p-24f;
    } else if (exponent == 31) {
      magnitude = fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
    } else {
      magnitude = Float.intBitsToFloat((exponent + 112) << 23 | fraction << 13);
    }
    return half < 0 ? -magnitude : magnitude;
  }

  private static short toBfloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if (Float.isNaN(value)) {
      return (short) (bits >>> 16 | 0x40);
    }
    return (short) (bits + 0x7fff + ((bits >>> 16) & 1) >>> 16);
  }
}
