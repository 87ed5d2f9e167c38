package io.mxkv.internal;

import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import io.mxkv.ErrorKind;
import io.mxkv.MxkvException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Native memory by address: the only place that reads or writes through one. */
public final class Mem {
  private Mem() {}

  /** Strings in native memory, as the {@code const char **} that functions take. Valid until closed. */
  public static final class Strings implements AutoCloseable {
    private final Memory block;

    private Strings(Memory block) {
      this.block = block;
    }

    /** The address of the array of pointers; 0 for no strings. */
    public long address() {
      return block == null ? 0 : Pointer.nativeValue(block);
    }

    @Override
    public void close() {
      if (block != null) {
        block.close();
      }
    }
  }

  /** A string kept in native memory behind a pointer to it. Valid while this object lives. */
  public static final class Text {
    private final Memory block;

    private Text(Memory block) {
      this.block = block;
    }

    /** The address of the pointer: an array of one string. */
    public long array() {
      return Pointer.nativeValue(block);
    }

    /** The address of the first byte. */
    public long address() {
      return Pointer.nativeValue(block) + Native.POINTER_SIZE;
    }
  }

  /** An array of pointers in native memory. Valid until closed. */
  public static final class Pointers implements AutoCloseable {
    private final Memory block;

    private Pointers(Memory block) {
      this.block = block;
    }

    /** The address of the first pointer; 0 for none. */
    public long address() {
      return block == null ? 0 : Pointer.nativeValue(block);
    }

    @Override
    public void close() {
      if (block != null) {
        block.close();
      }
    }
  }

  /** Copies addresses out. */
  public static Pointers pointers(long[] addresses) {
    if (addresses.length == 0) {
      return new Pointers(null);
    }
    Memory block = new Memory((long) addresses.length * Native.POINTER_SIZE);
    block.write(0, addresses, 0, addresses.length);
    return new Pointers(block);
  }

  /** Copies strings out. {@code what} names the argument in messages. */
  public static Strings strings(String what, String... strings) {
    if (strings.length == 0) {
      return new Strings(null);
    }
    byte[][] encoded = new byte[strings.length][];
    long size = (long) strings.length * Native.POINTER_SIZE;
    for (int i = 0; i < strings.length; i++) {
      encoded[i] = encode(what, strings[i]);
      size += encoded[i].length + 1;
    }
    Memory block = new Memory(size);
    long at = (long) strings.length * Native.POINTER_SIZE;
    for (int i = 0; i < strings.length; i++) {
      block.setLong((long) i * Native.POINTER_SIZE, Pointer.nativeValue(block) + at);
      block.write(at, encoded[i], 0, encoded[i].length);
      block.setByte(at + encoded[i].length, (byte) 0);
      at += encoded[i].length + 1;
    }
    return new Strings(block);
  }

  /** Copies one string out. */
  public static Text text(String what, String string) {
    byte[] encoded = encode(what, string);
    Memory block = new Memory(Native.POINTER_SIZE + encoded.length + 1L);
    Text text = new Text(block);
    block.setLong(0, text.address());
    block.write(Native.POINTER_SIZE, encoded, 0, encoded.length);
    block.setByte(Native.POINTER_SIZE + encoded.length, (byte) 0);
    return text;
  }

  private static byte[] encode(String what, String string) {
    if (string == null) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, what + ": expected a string, got null");
    }
    return withoutNul(what, string).getBytes(StandardCharsets.UTF_8);
  }

  /** The string itself. C would take one with a NUL character for a shorter one, so that is an error. */
  public static String withoutNul(String what, String string) {
    if (string.indexOf('\0') >= 0) {
      throw MxkvException.of(ErrorKind.INVALID_ARGUMENT, what + ": contains a NUL character");
    }
    return string;
  }

  /** Memory of this thread, at least {@code bytes} long; each call may give the same memory again. */
  public static long scratch(int bytes) {
    Memory block = SCRATCH.get();
    if (block.size() < bytes) {
      block = new Memory(Math.max(bytes, 2 * block.size()));
      SCRATCH.set(block);
    }
    return Pointer.nativeValue(block);
  }

  private static final ThreadLocal<Memory> SCRATCH = ThreadLocal.withInitial(() -> new Memory(4096));

  public static long[] longs(long address, int count) {
    return count == 0 ? new long[0] : new Pointer(address).getLongArray(0, count);
  }

  public static int[] ints(long address, int count) {
    return count == 0 ? new int[0] : new Pointer(address).getIntArray(0, count);
  }

  public static byte[] bytes(long address, int count) {
    return count == 0 ? new byte[0] : new Pointer(address).getByteArray(0, count);
  }

  /** A string that the library owns; null for a null pointer. */
  public static String string(long address) {
    return address == 0 ? null : new Pointer(address).getString(0, "UTF-8");
  }

  /** {@code count} strings that the library owns. */
  public static List<String> strings(long address, int count) {
    List<String> list = new ArrayList<>(count);
    for (long pointer : longs(address, count)) {
      list.add(string(pointer));
    }
    return list;
  }

  public static void write(long address, byte[] source, int from, int count) {
    new Pointer(address).write(0, source, from, count);
  }

  public static void write(long address, float[] source, int from, int count) {
    new Pointer(address).write(0, source, from, count);
  }

  public static void write(long address, double[] source, int from, int count) {
    new Pointer(address).write(0, source, from, count);
  }

  public static void write(long address, int[] source, int from, int count) {
    new Pointer(address).write(0, source, from, count);
  }

  public static void write(long address, long[] source, int from, int count) {
    new Pointer(address).write(0, source, from, count);
  }

  public static void read(long address, byte[] target, int from, int count) {
    new Pointer(address).read(0, target, from, count);
  }

  public static void read(long address, float[] target, int from, int count) {
    new Pointer(address).read(0, target, from, count);
  }

  public static void read(long address, double[] target, int from, int count) {
    new Pointer(address).read(0, target, from, count);
  }

  public static void read(long address, int[] target, int from, int count) {
    new Pointer(address).read(0, target, from, count);
  }

  public static void read(long address, long[] target, int from, int count) {
    new Pointer(address).read(0, target, from, count);
  }

  /** The address of a direct buffer's current position. */
  public static long address(ByteBuffer direct) {
    return Pointer.nativeValue(Native.getDirectBufferPointer(direct)) + direct.position();
  }

  /** A view of native memory, in the machine's byte order. The caller keeps the memory alive. */
  public static ByteBuffer view(long address, long bytes) {
    return new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
  }
}
