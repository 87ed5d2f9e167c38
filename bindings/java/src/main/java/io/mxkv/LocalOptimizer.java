package io.mxkv;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An optimizer as the updater of one local store, with the states of its keys: for libraries that have none. */
final class LocalOptimizer implements Updater {
  private final Optimizer optimizer;
  private final Map<String, Integer> indices = new LinkedHashMap<>();
  private final Map<String, NDArray[]> states = new TreeMap<>();

  LocalOptimizer(Optimizer optimizer) {
    this.optimizer = optimizer;
  }

  Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public synchronized void update(String key, NDArray received, NDArray stored) {
    int index = indices.computeIfAbsent(key, unseen -> indices.size());
    NDArray[] state = states.get(key);
    if (state == null) {
      state = ResourceScope.outside(() -> arrays(optimizer.createState(index, stored)));
      states.put(key, state);
    }
    optimizer.update(index, stored, received, state.length == 0 ? null : Arrays.asList(state));
  }

  synchronized void save(String file) {
    Map<String, NDArray> named = new LinkedHashMap<>();
    states.forEach((key, state) -> {
      for (int i = 0; i < state.length; i++) {
        named.put(i + "/" + state.length + "/" + key, state[i]);
      }
    });
    NDArray.save(file, named);
  }

  synchronized void load(String file) {
    Map<String, NDArray[]> loaded = new TreeMap<>();
    ResourceScope.outside(() -> NDArray.load(file)).forEach((name, array) -> {
      String[] parts = name.split("/", 3);
      if (parts.length != 3 || !parts[0].matches("\\d{1,3}") || !parts[1].matches("\\d{1,3}")) {
        throw MxkvException.of(ErrorKind.PROTOCOL, file + ": not a file of optimizer states: array named " + name);
      }
      int at = Integer.parseInt(parts[0]);
      int count = Integer.parseInt(parts[1]);
      NDArray[] state = loaded.computeIfAbsent(parts[2], unseen -> new NDArray[count]);
      if (at >= state.length) {
        throw MxkvException.of(ErrorKind.PROTOCOL, file + ": not a file of optimizer states: array named " + name);
      }
      state[at] = array;
    });
    states.clear();
    states.putAll(loaded);
  }

  private static NDArray[] arrays(Object state) {
    if (state == null) {
      return new NDArray[0];
    }
    return state instanceof NDArray ? new NDArray[] {(NDArray) state} : ((List<?>) state).toArray(new NDArray[0]);
  }
}
