package io.mxkv.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mxkv.internal.Extensions;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class GenerateBindingsTest {
  private static final Path HEADERS = Path.of("../../include");
  private static final Path FUNCTIONS = Path.of("tools/functions.txt");
  private static final Path GENERATED = Path.of("src/main/java/io/mxkv/internal/Bindings.java");

  /** With BLESS=1 in the environment the file is written instead. */
  @Test
  void committedBindingsAreThoseOfTheHeader() throws IOException {
    String generated = GenerateBindings.generate(headers(), read(FUNCTIONS));
    if ("1".equals(System.getenv("BLESS"))) {
      Files.write(GENERATED, generated.getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(read(GENERATED), generated, "run the tests with BLESS=1 to write " + GENERATED);
  }

  @Test
  void extensionsTakeWhatTheHeaderSays() throws IOException {
    int found = 0;
    for (Method method : Extensions.class.getDeclaredMethods()) {
      if (method.getName().startsWith("mxkv_")) {
        List<String> types = new ArrayList<>();
        for (Class<?> type : method.getParameterTypes()) {
          types.add(type.getSimpleName() + " \\w+");
        }
        String generated = GenerateBindings.generate(headers(), method.getName());
        String wanted = "native int " + method.getName() + "\\(\\s*" + String.join(",\\s+", types) + "\\);";
        assertTrue(Pattern.compile(wanted).matcher(generated).find(), method + " is not\n" + generated);
        found++;
      }
    }
    assertEquals(4, found);
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

  private static String headers() throws IOException {
    StringBuilder headers = new StringBuilder();
    for (String header : new String[] {"mxnet/c_api.h", "nnvm/c_api.h", "mxkv.h"}) {
      headers.append(read(HEADERS.resolve(header))).append('\n');
    }
    return headers.toString();
  }

  private static String read(Path path) throws IOException {
    return new String(Files.readAllBytes(path), StandardCharsets.UTF_8);
  }
}
