package io.mxkv.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class GenerateBindingsTest {
  private static final Path HEADERS = Path.of("../../include");
  private static final Path FUNCTIONS = Path.of("tools/functions.txt");
  private static final Path GENERATED = Path.of("src/main/java/io/mxkv/internal/Bindings.java");

  /** With BLESS=1 in the environment the file is written instead. */
  @Test
  void committedBindingsAreThoseOfTheHeader() throws IOException {
    StringBuilder headers = new StringBuilder();
    for (String header : new String[] {"mxnet/c_api.h", "nnvm/c_api.h", "mxkv.h"}) {
      headers.append(read(HEADERS.resolve(header))).append('\n');
    }
    String generated = GenerateBindings.generate(headers.toString(), read(FUNCTIONS));
    if ("1".equals(System.getenv("BLESS"))) {
      Files.write(GENERATED, generated.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(read(GENERATED), generated, "run the tests with BLESS=1 to write " + GENERATED);
  }

  @Test
  void functionMissingFromTheHeaderIsAnError() {
    IllegalStateException error = assertThrows(
        IllegalStateException.class, () -> GenerateBindings.generate("int MXOther(int *out);", "MXGone\n"));
    assertEquals("MXGone: not declared in the header", error.getMessage());
  }

  @Test
  void pointersBecomeArraysAndHandlesBecomeLong() {
    String java = GenerateBindings.generate(
        "typedef void (F)(int key, void *handle);\n"
            + "int MXDoIt(KVStoreHandle handle, const char **keys, uint32_t *out_size, bool flag, F updater);",
        "MXDoIt\n");
    String wanted = "public static native int MXDoIt(long handle, long keys, int[] outSize, byte flag, F updater);";
    assertEquals(true, java.contains(wanted), java);
    assertEquals(true, java.contains("void invoke(int key, long handle);"), java);
  }

  private static String read(Path path) throws IOException {
    return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
  }
}
