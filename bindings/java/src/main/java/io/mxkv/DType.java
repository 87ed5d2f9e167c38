package io.mxkv;

/** The type of an array's elements. */
public enum DType {
  FLOAT32(0, 4),
  FLOAT64(1, 8),
  FLOAT16(2, 2),
  UINT8(3, 1),
  INT32(4, 4),
  INT8(5, 1),
  INT64(6, 8),
  BOOL(7, 1),
  BFLOAT16(12, 2);

  private final int code;
  private final int bytes;
  private final String text;

  DType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
    this.text = name().toLowerCase(java.util.Locale.ROOT);
  }

  /** The number in the C interface. */
  public int code() {
    return code;
  }

  /** The size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The type of a number in the C interface. */
  public static DType of(int code) {
    for (DType dtype : values()) {
      if (dtype.code == code) {
        return dtype;
      }
    }
    throw MxkvException.of(ErrorKind.DTYPE, "dtype: no element type has the number " + code);
  }

  /** The type of a name as in {@link #toString}. */
  public static DType of(String name) {
    for (DType dtype : values()) {
      if (dtype.text.equals(name)) {
        return dtype;
      }
    }
    throw MxkvException.of(ErrorKind.DTYPE, "dtype: no element type is named '" + name + "'");
  }

  /** The name used in operator parameters, for example {@code float32}. */
  @Override
  public String toString() {
    return text;
  }
}
