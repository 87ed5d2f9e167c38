package io.mxkv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library is found, each way in a Java of its own; and who may know about it. */
class LoaderTest {
  /** What the child processes run. */
  public static final class Main {
    private Main() {}

    public static void main(String[] args) {
      try (KVStore store = KVStore.create()) {
        System.out.println("loaded, " + store.type());
      }
    }
  }

  private static String run(String classpath, String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java", "-cp", classpath));
    command.addAll(List.of(options));
    command.add(Main.class.getName());
    Path log = Files.createTempFile("loader", ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running: " + command);
    String output = new String(Files.readAllBytes(log), StandardCharsets.UTF_8);
    Files.delete(log);
    return output;
  }

  /** The class path without any bundled copy. */
  private static String classpath() throws IOException {
    Path bare = Files.createTempDirectory("classes");
    for (String entry : System.getProperty("java.class.path").split(":")) {
      Path bundled = Path.of(entry, "linux-x86-64");
      if (Files.isDirectory(bundled)) {
        copyClasses(Path.of(entry), bare);
        return bare + ":" + System.getProperty("java.class.path").replace(entry + ":", "");
      }
    }
    return System.getProperty("java.class.path");
  }

  private static void copyClasses(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).collect(Collectors.toList())) {
        Path target = to.resolve(from.relativize(file));
        Files.createDirectories(target.getParent());
        Files.copy(file, target);
      }
    }
  }

  private static Path library() {
    return Path.of(System.getProperty("mxkv.library")).toAbsolutePath();
  }

  @Test
  void explicitFileAndFolder(@TempDir Path folder) throws Exception {
    Files.copy(library(), folder.resolve("libmxkv.so"));
    assertEquals("loaded, local\n", run(classpath(), "-Dmxkv.library=" + library()));
    assertEquals("loaded, local\n", run(classpath(), "-Dmxkv.library=" + folder));
  }

  @Test
  void explicitPathWithoutALibraryIsAnError(@TempDir Path folder) throws Exception {
    String absent = run(classpath(), "-Dmxkv.library=/absent/libmxkv.so");
    assertTrue(absent.contains("mxkv.library=/absent/libmxkv.so): no such file"), absent);
    String empty = run(classpath(), "-Dmxkv.library=" + folder);
    assertTrue(empty.contains("holds neither libmxkv.so nor libmxnet.so"), empty);
  }

  @Test
  void libraryPath(@TempDir Path folder) throws Exception {
    Files.copy(library(), folder.resolve("libmxkv.so"));
    assertEquals("loaded, local\n", run(classpath(), "-Djna.library.path=" + folder));
    assertEquals("loaded, local\n", run(classpath(), "-Djava.library.path=/absent:" + folder));
  }

  @Test
  void bundledCopyAndNone(@TempDir Path folder) throws Exception {
    String none = run(classpath(), "-Djava.library.path=", "-Djna.nosys=true");
    assertTrue(none.contains("looked for in jna.library.path, java.library.path, the system's path and the jar"), none);
    Files.createDirectory(folder.resolve("linux-x86-64"));
    Files.copy(library(), folder.resolve("linux-x86-64/libmxkv.so"));
    assertEquals("loaded, local\n", run(classpath() + ":" + folder, "-Djava.library.path="));
  }

  @Test
  void onlyTheInternalPackageKnowsJna() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/java/io/mxkv"))) {
      for (Path file : files.filter(Files::isRegularFile).collect(Collectors.toList())) {
        assertFalse(new String(Files.readAllBytes(file), StandardCharsets.UTF_8).contains("com.sun.jna"), file + "");
      }
    }
  }
}
