package io.mxkv;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From which arrays an array was computed. Keeps no array alive, and forgets what lies too far back: a loop that
 * computes each value from the one before must not grow a chain as long as its run.
 */
final class Ancestry {
  private static final int MAX_DEPTH = 64;

  private final WeakReference<NDArray> array;
  private final List<Ancestry> parents;
  private final int depth;

  Ancestry(NDArray array, List<Ancestry> parents) {
    this.array = new WeakReference<>(array);
    int deepest = 0;
    for (Ancestry parent : parents) {
      deepest = Math.max(deepest, parent.depth);
    }
    boolean tooDeep = deepest >= MAX_DEPTH;
    this.parents = tooDeep ? Collections.emptyList() : parents;
    this.depth = tooDeep || parents.isEmpty() ? 1 : deepest + 1;
  }

  /** The open arrays among the ancestors. */
  List<NDArray> ancestors() {
    Set<Ancestry> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    Map<NDArray, Boolean> found = new IdentityHashMap<>();
    List<NDArray> list = new ArrayList<>();
    List<Ancestry> pending = new ArrayList<>(parents);
    while (!pending.isEmpty()) {
      Ancestry next = pending.remove(pending.size() - 1);
      if (seen.add(next)) {
        NDArray ancestor = next.array.get();
        if (ancestor != null && !ancestor.isClosed() && found.put(ancestor, true) == null) {
          list.add(ancestor);
        }
        pending.addAll(next.parents);
      }
    }
    return list;
  }

  /** The open ancestors by handle, weakly held. */
  Map<Long, WeakReference<NDArray>> byHandle() {
    Map<Long, WeakReference<NDArray>> map = new LinkedHashMap<>();
    for (NDArray ancestor : ancestors()) {
      map.put(ancestor.nativeHandle(), new WeakReference<>(ancestor));
    }
    return map;
  }
}
