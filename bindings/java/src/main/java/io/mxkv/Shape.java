package io.mxkv;

import java.util.Arrays;

/** The lengths of an array's axes. Immutable. */
public final class Shape {
  private final long[] dims;

  private Shape(long[] dims) {
    this.dims = dims;
  }

  /** A shape of these lengths; none at all is the shape of a scalar. */
  public static Shape of(long... dims) {
    for (long dim : dims) {
      if (dim < 0) {
        throw MxkvException.of(
            ErrorKind.SHAPE, "shape: expected lengths of 0 or more, got " + Arrays.toString(dims));
      }
    }
    return new Shape(dims.clone());
  }

  /** The number of axes. */
  public int length() {
    return dims.length;
  }

  /** The length of one axis. */
  public long get(int axis) {
    if (axis < 0 || axis >= dims.length) {
      throw MxkvException.of(ErrorKind.SHAPE, "axis: expected 0.." + (dims.length - 1) + ", got " + axis);
    }
    return dims[axis];
  }

  /** The number of elements. */
  public long product() {
    long product = 1;
    for (long dim : dims) {
      product = Math.multiplyExact(product, dim);
    }
    return product;
  }

  /** The lengths as a new Java array. */
  public long[] toArray() {
    return dims.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape && Arrays.equals(dims, ((Shape) other).dims);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(dims);
  }

  /** The text form used in operator parameters, for example {@code (2,3)}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("(");
    for (int i = 0; i < dims.length; i++) {
      text.append(i == 0 ? "" : ",").append(dims[i]);
    }
    return text.append(')').toString();
  }
}
