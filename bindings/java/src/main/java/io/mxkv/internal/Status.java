package io.mxkv.internal;

import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;

/** Turns a failed call into an exception. */
public final class Status {
  private Status() {}

  /** Throws what the library says about this thread's last failure, unless the return code is 0. */
  public static void check(int returnCode) {
    if (returnCode != 0) {
      throw last();
    }
  }

  private static MxkvException last() {
    String text = firstLines(Bindings.MXGetLastError());
    ErrorKind kind = Extensions.lastErrorKind();
    return MxkvException.of(kind == ErrorKind.UNKNOWN ? guess(text) : kind, text);
  }

  /** The message without its leading type and without stack trace lines. */
  private static String firstLines(String text) {
    if (text == null || text.isEmpty()) {
      return "the native library gave no reason";
    }
    int trace = text.indexOf("\nStack trace:");
    String message = (trace < 0 ? text : text.substring(0, trace)).trim();
    return message.startsWith("MXNetError: ") ? message.substring("MXNetError: ".length()) : message;
  }

  /** For libraries that give no numbers: the words of the commonest messages. */
  private static ErrorKind guess(String text) {
    if (text.contains("Did you init?") || text.contains("has not been inited") || text.contains("is_none()")) {
      return ErrorKind.UNKNOWN_KEY;
    }
    if (text.contains("duplicate init")) {
      return ErrorKind.DUPLICATE_KEY;
    }
    if (text.contains("storage type") || text.contains("row_sparse")) {
      return ErrorKind.STORAGE_TYPE;
    }
    if (text.contains("shape") || text.contains("Memory size do not match")) {
      return ErrorKind.SHAPE;
    }
    if (text.contains("type enum") || text.contains("data type")) {
      return ErrorKind.DTYPE;
    }
    return ErrorKind.UNKNOWN;
  }
}
