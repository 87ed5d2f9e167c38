package io.mxkv.internal;

import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.io.File;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the native library: the system property {@code mxkv.library} (a file, or a folder that holds one), then
 * {@code jna.library.path}, {@code java.library.path} and the system's own search, then the copy in the jar.
 *
 * <p>Opened with local scope, so that it never takes part in resolving the symbols of other libraries in the process.
 */
public final class Loader {
  private static final String NAME = "mxkv";
  private static final String FILE = System.mapLibraryName(NAME);
  private static final int RTLD_LAZY = 1;

  private static volatile NativeLibrary library;

  private Loader() {}

  /** The library, loaded at the first call. */
  static synchronized NativeLibrary library() {
    if (library == null) {
      Map<String, Object> options = new HashMap<>();
      options.put(Library.OPTION_OPEN_FLAGS, RTLD_LAZY);
      options.put(Library.OPTION_STRING_ENCODING, "UTF-8");
      String explicit = System.getProperty("mxkv.library");
      try {
        library = NativeLibrary.getInstance(explicit != null ? explicitFile(explicit) : onPath(), options);
      } catch (UnsatisfiedLinkError error) {
        UnsatisfiedLinkError clearer = new UnsatisfiedLinkError(
            "cannot load the native library of mxkv ("
                + (explicit != null
                    ? "system property mxkv.library=" + explicit
                    : FILE + ", looked for in jna.library.path, java.library.path, the system's path and the jar")
                + "): " + error.getMessage());
        clearer.initCause(error);
        throw clearer;
      }
    }
    return library;
  }

  /** The file that was loaded, for messages. */
  public static String path() {
    File file = library().getFile();
    return file == null ? FILE : file.getPath();
  }

  private static String explicitFile(String path) {
    File file = new File(path);
    if (file.isDirectory()) {
      for (String name : new String[] {FILE, "libmxnet.so"}) {
        if (new File(file, name).isFile()) {
          return new File(file, name).getAbsolutePath();
        }
      }
      throw new UnsatisfiedLinkError("the folder holds neither " + FILE + " nor libmxnet.so");
    }
    if (!file.isFile()) {
      throw new UnsatisfiedLinkError("no such file");
    }
    return file.getAbsolutePath();
  }

  /** A file on the library paths, or the bare name: JNA then asks the system and, last, unpacks the jar's copy. */
  private static String onPath() {
    List<String> folders = new ArrayList<>();
    for (String property : new String[] {"jna.library.path", "java.library.path"}) {
      for (String folder : System.getProperty(property, "").split(File.pathSeparator)) {
        if (!folder.isEmpty()) {
          folders.add(folder);
        }
      }
    }
    for (String folder : folders) {
      File file = new File(folder, FILE);
      if (file.isFile()) {
        return file.getAbsolutePath();
      }
    }
    return NAME;
  }
}
