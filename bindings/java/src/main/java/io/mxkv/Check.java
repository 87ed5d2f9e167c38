package io.mxkv;

import io.mxkv.internal.Mem;

/** Checks of arguments that several classes share. */
final class Check {
  private Check() {}

  /** The value itself; an error that names the argument for null. */
  static <T> T given(T value, String what) {
    if (value == null) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, what + ": expected a value, got null");
    }
    return value;
  }

  /** The text itself; an error that names the argument for what a C string cannot be. */
  static String text(String value, String what) {
    return Mem.withoutNul(what, given(value, what));
  }

  /** The handles of arrays; an error that names the argument for a null or closed one. */
  static long[] handles(String what, NDArray... arrays) {
    long[] handles = new long[arrays.length];
    for (int i = 0; i < arrays.length; i++) {
      if (arrays[i] == null) {
        throw MxkvException.of(
            ErrorKind.INVALID_ARGUMENT, what + (arrays.length == 1 ? "" : " " + i) + ": expected an NDArray, got null");
      }
      handles[i] = arrays[i].nativeHandle();
    }
    return handles;
  }
}
