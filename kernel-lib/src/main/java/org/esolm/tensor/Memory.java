package org.esolm.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * All memory, by address, for kernels that check once what they read and write ({@link
 * Tensor#address}) instead of at every access: what the compiler has to check in a loop costs as
 * much as the loop's arithmetic.
 *
 * <p>A load from {@link #ALL} costs no check where the compiler sees that its address is in bounds:
 * where a base was masked with {@link #ADDRESS} before the loop, in the same method, and the
 * distance from it is that of an int that only grows from 0 on.
 */
final class Memory {
  /** Every address. */
  static final MemorySegment ALL = everything();

  /** The bits of an address; the mask changes none, but tells the compiler its range. */
  static final long ADDRESS = (1L << 48) - 1;

  /** The bits of a distance from row to row, in the same way. */
  static final long STRIDE = (1L << 31) - 1;

  private Memory() {}

  @SuppressWarnings("restricted") // native access is what this class is for
  private static MemorySegment everything() {
    return MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
  }

  static long bytes(long floats) {
    return floats * Tensor.BYTES;
  }

  static float get(long address) {
    return ALL.get(JAVA_FLOAT_UNALIGNED, address & ADDRESS);
  }

  static void set(long address, float value) {
    ALL.set(JAVA_FLOAT_UNALIGNED, address & ADDRESS, value);
  }
}
