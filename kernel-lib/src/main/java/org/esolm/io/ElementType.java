package org.esolm.io;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.esolm.tensor.Tensor;

/** How the elements of a stored tensor are written: little-endian, named as in safetensors. */
public enum ElementType {
  /** Double precision. */
  F64(8),
  /** Single precision. */
  F32(4),
  /** Half precision. */
  F16(2),
  /** The upper half of single precision. */
  BF16(2),
  /** Signed integer of 64 bits. */
  I64(8),
  /** Unsigned integer of 64 bits. */
  U64(8),
  /** Signed integer of 32 bits. */
  I32(4),
  /** Unsigned integer of 32 bits. */
  U32(4),
  /** Signed integer of 16 bits. */
  I16(2),
  /** Unsigned integer of 16 bits. */
  U16(2),
  /** Signed integer of 8 bits. */
  I8(1),
  /** Unsigned integer of 8 bits. */
  U8(1),
  /** One byte, 0 or 1. */
  BOOL(1);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /**
   * The type of a name.
   *
   * @param name such as F32
   * @return the type; empty if there is none of this name
   */
  public static Optional<ElementType> of(String name) {
    return Arrays.stream(values()).filter(t -> t.name().equals(name)).findFirst();
  }

  /**
   * The size of one element.
   *
   * @return bytes
   */
  public int bytes() {
    return bytes;
  }

  /**
   * Whether elements are floating-point numbers.
   *
   * @return whether {@link #toFloats} reads them
   */
  public boolean isFloat() {
    return ordinal() <= BF16.ordinal();
  }

  /**
   * Converts floats to 32 bits.
   *
   * @param source n elements of this type
   * @param to written
   * @param at index of the first element in {@code to}
   * @param n number of elements
   * @throws IllegalArgumentException if this is a type of integers
   */
  public void toFloats(MemorySegment source, Tensor to, long at, long n) {
    MemorySegment target = to.memory().asSlice(at * Tensor.BYTES, n * Tensor.BYTES);
    switch (this) {
      case F32 -> {
        if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
          target.copyFrom(source.asSlice(0, target.byteSize()));
        } else {
          for (long i = 0; i < n; i++) {
            target.setAtIndex(ValueLayout.JAVA_FLOAT, i, source.getAtIndex(FLOAT, i));
          }
        }
      }
      case F16 -> {
        for (long i = 0; i < n; i++) {
          target.setAtIndex(
              ValueLayout.JAVA_FLOAT, i, Float.float16ToFloat(source.getAtIndex(SHORT, i)));
        }
      }
      case BF16 -> {
        for (long i = 0; i < n; i++) {
          target.setAtIndex(ValueLayout.JAVA_INT, i, source.getAtIndex(SHORT, i) << 16);
        }
      }
      case F64 -> {
        for (long i = 0; i < n; i++) {
          target.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) source.getAtIndex(DOUBLE, i));
        }
      }
      default -> throw new IllegalArgumentException(this + ", expected F32, F16, BF16 or F64");
    }
  }

  /**
   * Converts floats of 32 bits to this type, to the nearest, ties to even.
   *
   * @param from read
   * @param at index of the first element in {@code from}
   * @param target n elements of this type, written
   * @param n number of elements
   * @throws IllegalArgumentException if this is neither F32 nor F16 nor BF16
   */
  public void fromFloats(Tensor from, long at, MemorySegment target, long n) {
    switch (this) {
      case F32 -> {
        if (ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN) {
          target.copyFrom(from.memory().asSlice(at * Tensor.BYTES, n * Tensor.BYTES));
        } else {
          for (long i = 0; i < n; i++) {
            target.setAtIndex(FLOAT, i, from.get(at + i));
          }
        }
      }
      case F16 -> {
        for (long i = 0; i < n; i++) {
          target.setAtIndex(SHORT, i, Float.floatToFloat16(from.get(at + i)));
        }
      }
      case BF16 -> {
        for (long i = 0; i < n; i++) {
          target.setAtIndex(SHORT, i, bfloat16(from.get(at + i)));
        }
      }
      default -> throw new IllegalArgumentException(this + ", expected F32, F16 or BF16");
    }
  }

  private static short bfloat16(float x) {
    int bits = Float.floatToRawIntBits(x);
    if (Float.isNaN(x)) {
      return (short) (bits >>> 16 | 0x40); // stays a NaN
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }

  /**
   * One element of a tensor of integers.
   *
   * @param source elements of this type
   * @param index of the element
   * @return its value; of U64 the same 64 bits
   * @throws IllegalArgumentException if this is a type of floats
   */
  public long integer(MemorySegment source, long index) {
    return switch (this) {
      case I64, U64 -> source.getAtIndex(LONG, index);
      case I32 -> source.getAtIndex(INT, index);
      case U32 -> Integer.toUnsignedLong(source.getAtIndex(INT, index));
      case I16 -> source.getAtIndex(SHORT, index);
      case U16 -> Short.toUnsignedLong(source.getAtIndex(SHORT, index));
      case I8 -> source.get(ValueLayout.JAVA_BYTE, index);
      case U8, BOOL -> Byte.toUnsignedLong(source.get(ValueLayout.JAVA_BYTE, index));
      default -> throw new IllegalArgumentException(this + ", expected a type of integers");
    };
  }
}
