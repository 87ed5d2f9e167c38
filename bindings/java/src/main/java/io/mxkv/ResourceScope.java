package io.mxkv;

import io.mxkv.internal.NativeObject;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Closes every array and store that its thread made between its own creation and its {@link #close}.
 *
 * <p>Scopes nest. What must outlive the scope is moved to the next outer one with {@link #keep}; {@link #using} does
 * that for the value it returns.
 *
 * <pre>{@code
 * NDArray sum = ResourceScope.using(() -> a.plus(b).plus(c));   // the array a + b is closed at once
 * }</pre>
 */
public final class ResourceScope implements AutoCloseable {
  private static final ThreadLocal<Deque<ResourceScope>> OPEN = ThreadLocal.withInitial(ArrayDeque::new);

  private final Set<NativeObject> members = Collections.newSetFromMap(new IdentityHashMap<>());
  private final Thread owner = Thread.currentThread();
  private boolean closed;

  /** Opens a scope for the calling thread. */
  public ResourceScope() {
    OPEN.get().push(this);
  }

  /**
   * Runs the body in a scope of its own. The value it returns stays open, as do the members of a returned list or
   * array; all else that was made in the body is closed.
   */
  public static <T> T using(Supplier<T> body) {
    try (ResourceScope scope = new ResourceScope()) {
      T value = body.get();
      scope.keep(value);
      return value;
    }
  }

  /** Moves an object, or those in a list or array, to the next outer scope; without one it is nobody's any more. */
  public void keep(Object value) {
    if (value instanceof NativeObject) {
      NativeObject object = (NativeObject) value;
      if (members.remove(object)) {
        ResourceScope outer = outer();
        if (outer != null) {
          outer.members.add(object);
        }
      }
    } else if (value instanceof List) {
      ((List<?>) value).forEach(this::keep);
    } else if (value instanceof Object[]) {
      for (Object element : (Object[]) value) {
        keep(element);
      }
    }
  }

  /** Closes what was made since and is still open, on the thread that opened the scope. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (Thread.currentThread() != owner) {
      throw MxkvException.of(
          ErrorKind.INVALID_ARGUMENT, "scope: opened by thread " + owner.getName() + ", closed by another");
    }
    closed = true;
    OPEN.get().remove(this);
    members.forEach(NativeObject::close);
    members.clear();
  }

  /** Runs the body as if no scope were open: what it makes belongs to nobody's scope. */
  static <T> T outside(Supplier<T> body) {
    Deque<ResourceScope> scopes = OPEN.get();
    OPEN.set(new ArrayDeque<>());
    try {
      return body.get();
    } finally {
      OPEN.set(scopes);
    }
  }

  /** Called by the constructors of arrays and stores. */
  static void register(NativeObject object) {
    ResourceScope current = OPEN.get().peek();
    if (current != null) {
      current.members.add(object);
    }
  }

  /** Called when an array or store was closed, so that a scope open for long does not hold on to it. */
  static void forget(NativeObject object) {
    for (ResourceScope scope : OPEN.get()) {
      if (scope.members.remove(object)) {
        return;
      }
    }
  }

  private ResourceScope outer() {
    boolean found = false;
    for (ResourceScope scope : OPEN.get()) {
      if (found) {
        return scope;
      }
      found = scope == this;
    }
    return null;
  }
}
