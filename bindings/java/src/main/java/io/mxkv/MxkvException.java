package io.mxkv;

/**
 * Any failure of the library or of a check made before calling it.
 *
 * <p>The class follows from the {@link ErrorKind}, never from the text, whenever the library gives the number:
 * catch {@link UnknownKey} rather than looking for words in the message.
 */
public class MxkvException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorKind kind;

  protected MxkvException(ErrorKind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** The kind of failure. */
  public ErrorKind kind() {
    return kind;
  }

  /** An exception of the class that belongs to the kind. */
  public static MxkvException of(ErrorKind kind, String message) {
    return of(kind, message, null);
  }

  /** An exception of the class that belongs to the kind, with a cause. */
  public static MxkvException of(ErrorKind kind, String message, Throwable cause) {
    switch (kind) {
      case INVALID_ARGUMENT:
        return new InvalidArgument(message, cause);
      case UNKNOWN_KEY:
        return new UnknownKey(message, cause);
      case DUPLICATE_KEY:
        return new DuplicateKey(message, cause);
      case SHAPE:
        return new ShapeMismatch(message, cause);
      case DTYPE:
        return new DTypeMismatch(message, cause);
      case STORAGE_TYPE:
        return new StorageTypeMismatch(message, cause);
      case UNSUPPORTED:
      case NOT_BUILT:
        return new Unsupported(kind, message, cause);
      case TIMEOUT:
        return new Timeout(message, cause);
      case PEER_LOST:
        return new PeerLost(message, cause);
      case CLOSED:
        return new Closed(message, cause);
      case CALLBACK:
        return new Callback(message, cause);
      default:
        return new MxkvException(kind, message, cause);
    }
  }

  /** An argument is null, out of range, or does not fit another argument. */
  public static final class InvalidArgument extends MxkvException {
    private static final long serialVersionUID = 1L;

    InvalidArgument(String message, Throwable cause) {
      super(ErrorKind.INVALID_ARGUMENT, message, cause);
    }
  }

  /** A key was used before it was initialised. */
  public static final class UnknownKey extends MxkvException {
    private static final long serialVersionUID = 1L;

    UnknownKey(String message, Throwable cause) {
      super(ErrorKind.UNKNOWN_KEY, message, cause);
    }
  }

  /** A key was initialised twice. */
  public static final class DuplicateKey extends MxkvException {
    private static final long serialVersionUID = 1L;

    DuplicateKey(String message, Throwable cause) {
      super(ErrorKind.DUPLICATE_KEY, message, cause);
    }
  }

  /** Shapes do not fit each other. */
  public static final class ShapeMismatch extends MxkvException {
    private static final long serialVersionUID = 1L;

    ShapeMismatch(String message, Throwable cause) {
      super(ErrorKind.SHAPE, message, cause);
    }
  }

  /** Element types do not fit each other. */
  public static final class DTypeMismatch extends MxkvException {
    private static final long serialVersionUID = 1L;

    DTypeMismatch(String message, Throwable cause) {
      super(ErrorKind.DTYPE, message, cause);
    }
  }

  /** A storage type that the operation does not take. */
  public static final class StorageTypeMismatch extends MxkvException {
    private static final long serialVersionUID = 1L;

    StorageTypeMismatch(String message, Throwable cause) {
      super(ErrorKind.STORAGE_TYPE, message, cause);
    }
  }

  /** Not part of the library, or not of this build of it. */
  public static final class Unsupported extends MxkvException {
    private static final long serialVersionUID = 1L;

    Unsupported(ErrorKind kind, String message, Throwable cause) {
      super(kind, message, cause);
    }
  }

  /** A deadline passed. */
  public static final class Timeout extends MxkvException {
    private static final long serialVersionUID = 1L;

    Timeout(String message, Throwable cause) {
      super(ErrorKind.TIMEOUT, message, cause);
    }
  }

  /** Another node of the cluster died or cannot be reached. */
  public static final class PeerLost extends MxkvException {
    private static final long serialVersionUID = 1L;

    PeerLost(String message, Throwable cause) {
      super(ErrorKind.PEER_LOST, message, cause);
    }
  }

  /** The object was closed before the call. */
  public static final class Closed extends MxkvException {
    private static final long serialVersionUID = 1L;

    Closed(String message, Throwable cause) {
      super(ErrorKind.CLOSED, message, cause);
    }
  }

  /** An updater or controller given by the caller threw. */
  public static final class Callback extends MxkvException {
    private static final long serialVersionUID = 1L;

    Callback(String message, Throwable cause) {
      super(ErrorKind.CALLBACK, message, cause);
    }
  }
}
