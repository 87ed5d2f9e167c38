package io.mxkv.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;
import org.junit.jupiter.api.Test;

class ExtensionsTest {
  @Test
  void aFunctionThatTheLibraryLacksIsNamed() {
    MxkvException error = assertThrows(MxkvException.class, () -> Extensions.call("mxkv_no_such_function"));
    assertEquals(ErrorKind.NOT_BUILT, error.kind());
    assertTrue(error.getMessage().startsWith("mxkv_no_such_function: the native library has no such"));
  }
}
