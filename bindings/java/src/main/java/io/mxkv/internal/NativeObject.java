package io.mxkv.internal;

import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;
import java.lang.ref.Cleaner;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Owner of one native handle. {@link #close} frees it exactly once; an object that nobody closed is freed after the
 * garbage collector found it.
 *
 * <p>Every native call on the handle must keep the object reachable until the call returns
 * ({@code Reference.reachabilityFence}), or the cleaner could free the handle under the call.
 */
public abstract class NativeObject implements AutoCloseable {
  // Freeing a distributed store can wait for other processes, which must not hold up the freeing of arrays.
  private static final Cleaner ARRAYS = Cleaner.create();
  private static final Cleaner STORES = Cleaner.create();

  /** What a handle is and how it is freed. */
  protected enum Kind {
    ARRAY("NDArray") {
      @Override
      void free(long handle) {
        Bindings.MXNDArrayFree(handle);
      }
    },
    STORE("KVStore") {
      @Override
      void free(long handle) {
        Bindings.MXKVStoreFree(handle);
      }
    };

    private final String name;

    Kind(String name) {
      this.name = name;
    }

    abstract void free(long handle);
  }

  private final State state;
  private final Cleaner.Cleanable cleanable;

  protected NativeObject(Kind kind, long handle, long bytes) {
    state = new State(kind, handle, bytes);
    cleanable = (kind == Kind.STORE ? STORES : ARRAYS).register(this, state);
    NativeMemory.allocated(bytes);
  }

  /** The handle; an error once closed. */
  protected final long handle() {
    long handle = state.handle.get();
    if (handle == 0) {
      throw MxkvException.of(ErrorKind.CLOSED, state.kind.name + ": used after it was closed");
    }
    return handle;
  }

  /** Whether the handle was freed. */
  public final boolean isClosed() {
    return state.handle.get() == 0;
  }

  /** Frees the native handle; the second and later calls do nothing. */
  @Override
  public void close() {
    cleanable.clean();
  }

  /** Must not refer to its owner, or the owner would never become unreachable. */
  private static final class State implements Runnable {
    private final Kind kind;
    private final AtomicLong handle;
    private final long bytes;

    private State(Kind kind, long handle, long bytes) {
      this.kind = kind;
      this.handle = new AtomicLong(handle);
      this.bytes = bytes;
    }

    @Override
    public void run() {
      long freed = handle.getAndSet(0);
      if (freed != 0) {
        kind.free(freed);
        NativeMemory.freed(bytes);
      }
    }
  }
}
