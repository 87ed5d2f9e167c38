package io.mxkv;

/**
 * What went wrong, as a number that never changes (the native library's {@code mxkv_last_error_kind}).
 *
 * <p>{@link #UNKNOWN} stands for errors of a library that gives no numbers, or of a newer one.
 */
public enum ErrorKind {
  /** The library gave no number, and its text told nothing. */
  UNKNOWN(0),
  /** An argument is null, out of range, or does not fit another argument. */
  INVALID_ARGUMENT(1),
  /** A key was used before it was initialised. */
  UNKNOWN_KEY(2),
  /** A key was initialised twice. */
  DUPLICATE_KEY(3),
  /** Shapes do not fit each other. */
  SHAPE(4),
  /** Element types do not fit each other, or an operation has no kernel for the type. */
  DTYPE(5),
  /** A storage type (dense, row_sparse, csr) that the operation does not take. */
  STORAGE_TYPE(6),
  /** Outside what the library does. */
  UNSUPPORTED(7),
  /** Left out of this build of the library. */
  NOT_BUILT(8),
  /** A setting (environment variable, parameter) is missing or malformed. */
  CONFIG(9),
  /** A deadline passed. */
  TIMEOUT(10),
  /** Another node of the cluster died or cannot be reached. */
  PEER_LOST(11),
  /** The object was closed before the call. */
  CLOSED(12),
  /** A peer is not who it says or may not do what it asked for. */
  AUTH(13),
  /** Bytes from a peer or a file do not follow their format. */
  PROTOCOL(14),
  /** The operating system refused a file, socket or memory operation. */
  IO(15),
  /** Memory could not be allocated. */
  OUT_OF_MEMORY(16),
  /** A callback given by the caller failed. */
  CALLBACK(17),
  /** A defect in the library. */
  INTERNAL(18);

  private static final ErrorKind[] BY_NUMBER = new ErrorKind[values().length];

  static {
    for (ErrorKind kind : values()) {
      BY_NUMBER[kind.number] = kind;
    }
  }

  private final int number;

  ErrorKind(int number) {
    this.number = number;
  }

  /** The number in the C interface. */
  public int number() {
    return number;
  }

  /** The kind of a number; {@link #UNKNOWN} for numbers this binding does not know. */
  public static ErrorKind of(int number) {
    return number >= 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : UNKNOWN;
  }
}
