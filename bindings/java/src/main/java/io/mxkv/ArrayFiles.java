package io.mxkv;

import io.mxkv.internal.Bindings;
import io.mxkv.internal.Mem;
import io.mxkv.internal.Status;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** Arrays in files and bytes of MXNet's format. */
final class ArrayFiles {
  private ArrayFiles() {}

  static void save(String file, Map<String, NDArray> arrays) {
    Check.given(arrays, "arrays");
    try (Mem.Strings names = Mem.strings("name", arrays.keySet().toArray(new String[0]))) {
      save(file, names.address(), arrays.values().toArray(new NDArray[0]));
    }
  }

  static void save(String file, NDArray... arrays) {
    save(file, 0, arrays);
  }

  private static void save(String file, long names, NDArray[] arrays) {
    Check.text(file, "file");
    try {
      long[] handles = arrays.length == 0 ? new long[1] : Check.handles("array", arrays);
      Status.check(Bindings.MXNDArraySave(file, arrays.length, handles, names));
    } finally {
      Reference.reachabilityFence(arrays);
    }
  }

  static Map<String, NDArray> load(String file) {
    Map<String, NDArray> loaded = new LinkedHashMap<>();
    each(file, (name, array) -> {
      NDArray replaced = loaded.put(name, array);
      if (replaced != null) {
        replaced.close();
      }
    });
    return loaded;
  }

  static List<NDArray> loadList(String file) {
    List<NDArray> loaded = new ArrayList<>();
    each(file, (name, array) -> loaded.add(array));
    return loaded;
  }

  private static void each(String file, BiConsumer<String, NDArray> take) {
    int[] count = {0};
    long[] arrays = {0};
    int[] nameCount = {0};
    long[] names = {0};
    Status.check(Bindings.MXNDArrayLoad(Check.text(file, "file"), count, arrays, nameCount, names));
    long[] handles = Mem.longs(arrays[0], count[0]);
    List<String> texts = Mem.strings(names[0], nameCount[0]);
    for (int i = 0; i < handles.length; i++) {
      take.accept(i < texts.size() ? texts.get(i) : Integer.toString(i), NDArray.adopt(handles[i]));
    }
  }

  static byte[] serialize(NDArray array) {
    long[] size = {0};
    long[] buffer = {0};
    try {
      Status.check(Bindings.MXNDArraySaveRawBytes(array.nativeHandle(), size, buffer));
      return Mem.bytes(buffer[0], Math.toIntExact(size[0]));
    } finally {
      Reference.reachabilityFence(array);
    }
  }

  static NDArray deserialize(byte[] bytes) {
    ByteBuffer direct = ByteBuffer.allocateDirect(Check.given(bytes, "bytes").length);
    direct.put(bytes).flip();
    long[] out = {0};
    try {
      Status.check(Bindings.MXNDArrayLoadFromRawBytes(Mem.address(direct), bytes.length, out));
      return NDArray.adopt(out[0]);
    } finally {
      Reference.reachabilityFence(direct);
    }
  }
}
