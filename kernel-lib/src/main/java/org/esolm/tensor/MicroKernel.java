package org.esolm.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.STRIDE;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;

import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * The innermost part of a matrix product: six rows and two vectors of columns at a time, which
 * leaves twelve sums, and what is read beside them, in sixteen registers. Each element is {@code
 * init + a0 b0 + a1 b1 + ...}, fused and in this order, whatever tile it is computed in.
 *
 * <p>It takes addresses, and whoever calls it has checked that they lie in memory of its own. The
 * masks change nothing, but tell the compiler so (see {@link Memory}).
 */
final class MicroKernel {
  /** Rows of a tile. */
  static final int ROWS = 6;

  /** Columns of a tile. */
  static final int COLUMNS = 2 * W;

  private static final long NEXT = 4L * W;

  // The distances between columns of A and rows of B are constants, and k is bounded, so that the
  // compiler sees offsets of 31 bits: it has them added by the loads themselves, which leaves 30
  // instructions where any distances take 38. That counts where another thread shares the core.
  // The mask within the loops changes nothing, but tells the bound before loops are looked at, so
  // that no load is checked.
  private static final int B_STEP = COLUMNS * Tensor.BYTES;
  private static final int STRIP_STEP = ROWS * Tensor.BYTES;

  /** What k has to be below. */
  static final int INNER = 1 << 23;

  private MicroKernel() {}

  /**
   * {@code C = init + A B}; addresses and strides are bytes. Rows beyond the last are the last one
   * again.
   *
   * @param a address of A, row by row: its columns lie side by side
   * @param aRow from row to row of A
   * @param b address of B, a panel: COLUMNS floats a row, one row behind the other
   * @param k columns of A, fewer than {@link #INNER}
   * @param init address of what the sums start with, may be C
   * @param initRow from row to row of it
   * @param c address of C
   * @param cRow from row to row of C
   * @param rows how many of the ROWS rows there are, at least 1
   */
  static void multiply(
      long a, long aRow, long b, int k, long init, long initRow, long c, long cRow, int rows) {
    long ra = aRow & STRIDE;
    long a0 = a & ADDRESS;
    long a1 = a0 + (rows > 1 ? ra : 0);
    long a2 = a1 + (rows > 2 ? ra : 0);
    long a3 = a2 + (rows > 3 ? ra : 0);
    long a4 = a3 + (rows > 4 ? ra : 0);
    long a5 = a4 + (rows > 5 ? ra : 0);
    long ri = initRow & STRIDE;
    long i0 = init & ADDRESS;
    long i1 = i0 + (rows > 1 ? ri : 0);
    long i2 = i1 + (rows > 2 ? ri : 0);
    long i3 = i2 + (rows > 3 ? ri : 0);
    long i4 = i3 + (rows > 4 ? ri : 0);
    long i5 = i4 + (rows > 5 ? ri : 0);
    FloatVector s00 = fromMemorySegment(F, ALL, i0, NATIVE);
    FloatVector s01 = fromMemorySegment(F, ALL, i0 + NEXT, NATIVE);
    FloatVector s10 = fromMemorySegment(F, ALL, i1, NATIVE);
    FloatVector s11 = fromMemorySegment(F, ALL, i1 + NEXT, NATIVE);
    FloatVector s20 = fromMemorySegment(F, ALL, i2, NATIVE);
    FloatVector s21 = fromMemorySegment(F, ALL, i2 + NEXT, NATIVE);
    FloatVector s30 = fromMemorySegment(F, ALL, i3, NATIVE);
    FloatVector s31 = fromMemorySegment(F, ALL, i3 + NEXT, NATIVE);
    FloatVector s40 = fromMemorySegment(F, ALL, i4, NATIVE);
    FloatVector s41 = fromMemorySegment(F, ALL, i4 + NEXT, NATIVE);
    FloatVector s50 = fromMemorySegment(F, ALL, i5, NATIVE);
    FloatVector s51 = fromMemorySegment(F, ALL, i5 + NEXT, NATIVE);
    long b0 = b & ADDRESS;
    int n = Objects.checkIndex(k, INNER);
    for (int p = 0; p < n; p++) {
      int q = p & INNER - 1;
      long bt = q * B_STEP;
      long at = q * Tensor.BYTES;
      FloatVector u = fromMemorySegment(F, ALL, b0 + bt, NATIVE);
      FloatVector v = fromMemorySegment(F, ALL, b0 + bt + NEXT, NATIVE);
      FloatVector x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a0 + at));
      s00 = x.fma(u, s00);
      s01 = x.fma(v, s01);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a1 + at));
      s10 = x.fma(u, s10);
      s11 = x.fma(v, s11);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a2 + at));
      s20 = x.fma(u, s20);
      s21 = x.fma(v, s21);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a3 + at));
      s30 = x.fma(u, s30);
      s31 = x.fma(v, s31);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a4 + at));
      s40 = x.fma(u, s40);
      s41 = x.fma(v, s41);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a5 + at));
      s50 = x.fma(u, s50);
      s51 = x.fma(v, s51);
    }
    long rc = cRow & STRIDE;
    long c0 = c & ADDRESS;
    long c1 = c0 + (rows > 1 ? rc : 0);
    long c2 = c1 + (rows > 2 ? rc : 0);
    long c3 = c2 + (rows > 3 ? rc : 0);
    long c4 = c3 + (rows > 4 ? rc : 0);
    long c5 = c4 + (rows > 5 ? rc : 0);
    s00.intoMemorySegment(ALL, c0, NATIVE);
    s01.intoMemorySegment(ALL, c0 + NEXT, NATIVE);
    s10.intoMemorySegment(ALL, c1, NATIVE);
    s11.intoMemorySegment(ALL, c1 + NEXT, NATIVE);
    s20.intoMemorySegment(ALL, c2, NATIVE);
    s21.intoMemorySegment(ALL, c2 + NEXT, NATIVE);
    s30.intoMemorySegment(ALL, c3, NATIVE);
    s31.intoMemorySegment(ALL, c3 + NEXT, NATIVE);
    s40.intoMemorySegment(ALL, c4, NATIVE);
    s41.intoMemorySegment(ALL, c4 + NEXT, NATIVE);
    s50.intoMemorySegment(ALL, c5, NATIVE);
    s51.intoMemorySegment(ALL, c5 + NEXT, NATIVE);
  }

  /**
   * The same for an A that lies column by column in a strip: rows side by side, ROWS floats a
   * column. And the same lines but for one, as a distance that is told costs what constants save.
   *
   * @param a address of A
   * @param aRow bytes of a float: told, as with a constant the compiler would run out of registers
   * @param b address of B, a panel: COLUMNS floats a row, one row behind the other
   * @param k columns of A, fewer than {@link #INNER}
   * @param init address of what the sums start with, may be C
   * @param initRow from row to row of it
   * @param c address of C
   * @param cRow from row to row of C
   * @param rows how many of the ROWS rows there are, at least 1
   */
  static void multiplyStrip(
      long a, long aRow, long b, int k, long init, long initRow, long c, long cRow, int rows) {
    long ra = aRow & STRIDE;
    long a0 = a & ADDRESS;
    long a1 = a0 + (rows > 1 ? ra : 0);
    long a2 = a1 + (rows > 2 ? ra : 0);
    long a3 = a2 + (rows > 3 ? ra : 0);
    long a4 = a3 + (rows > 4 ? ra : 0);
    long a5 = a4 + (rows > 5 ? ra : 0);
    long ri = initRow & STRIDE;
    long i0 = init & ADDRESS;
    long i1 = i0 + (rows > 1 ? ri : 0);
    long i2 = i1 + (rows > 2 ? ri : 0);
    long i3 = i2 + (rows > 3 ? ri : 0);
    long i4 = i3 + (rows > 4 ? ri : 0);
    long i5 = i4 + (rows > 5 ? ri : 0);
    FloatVector s00 = fromMemorySegment(F, ALL, i0, NATIVE);
    FloatVector s01 = fromMemorySegment(F, ALL, i0 + NEXT, NATIVE);
    FloatVector s10 = fromMemorySegment(F, ALL, i1, NATIVE);
    FloatVector s11 = fromMemorySegment(F, ALL, i1 + NEXT, NATIVE);
    FloatVector s20 = fromMemorySegment(F, ALL, i2, NATIVE);
    FloatVector s21 = fromMemorySegment(F, ALL, i2 + NEXT, NATIVE);
    FloatVector s30 = fromMemorySegment(F, ALL, i3, NATIVE);
    FloatVector s31 = fromMemorySegment(F, ALL, i3 + NEXT, NATIVE);
    FloatVector s40 = fromMemorySegment(F, ALL, i4, NATIVE);
    FloatVector s41 = fromMemorySegment(F, ALL, i4 + NEXT, NATIVE);
    FloatVector s50 = fromMemorySegment(F, ALL, i5, NATIVE);
    FloatVector s51 = fromMemorySegment(F, ALL, i5 + NEXT, NATIVE);
    long b0 = b & ADDRESS;
    int n = Objects.checkIndex(k, INNER);
    for (int p = 0; p < n; p++) {
      int q = p & INNER - 1;
      long bt = q * B_STEP;
      long at = q * STRIP_STEP;
      FloatVector u = fromMemorySegment(F, ALL, b0 + bt, NATIVE);
      FloatVector v = fromMemorySegment(F, ALL, b0 + bt + NEXT, NATIVE);
      FloatVector x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a0 + at));
      s00 = x.fma(u, s00);
      s01 = x.fma(v, s01);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a1 + at));
      s10 = x.fma(u, s10);
      s11 = x.fma(v, s11);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a2 + at));
      s20 = x.fma(u, s20);
      s21 = x.fma(v, s21);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a3 + at));
      s30 = x.fma(u, s30);
      s31 = x.fma(v, s31);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a4 + at));
      s40 = x.fma(u, s40);
      s41 = x.fma(v, s41);
      x = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, a5 + at));
      s50 = x.fma(u, s50);
      s51 = x.fma(v, s51);
    }
    long rc = cRow & STRIDE;
    long c0 = c & ADDRESS;
    long c1 = c0 + (rows > 1 ? rc : 0);
    long c2 = c1 + (rows > 2 ? rc : 0);
    long c3 = c2 + (rows > 3 ? rc : 0);
    long c4 = c3 + (rows > 4 ? rc : 0);
    long c5 = c4 + (rows > 5 ? rc : 0);
    s00.intoMemorySegment(ALL, c0, NATIVE);
    s01.intoMemorySegment(ALL, c0 + NEXT, NATIVE);
    s10.intoMemorySegment(ALL, c1, NATIVE);
    s11.intoMemorySegment(ALL, c1 + NEXT, NATIVE);
    s20.intoMemorySegment(ALL, c2, NATIVE);
    s21.intoMemorySegment(ALL, c2 + NEXT, NATIVE);
    s30.intoMemorySegment(ALL, c3, NATIVE);
    s31.intoMemorySegment(ALL, c3 + NEXT, NATIVE);
    s40.intoMemorySegment(ALL, c4, NATIVE);
    s41.intoMemorySegment(ALL, c4 + NEXT, NATIVE);
    s50.intoMemorySegment(ALL, c5, NATIVE);
    s51.intoMemorySegment(ALL, c5 + NEXT, NATIVE);
  }
}
