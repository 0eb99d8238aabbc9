package org.esolm.tensor;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;

import java.lang.foreign.Arena;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * Products of rows with panels of {@link #P} columns: {@code y[r, c] = sum_k x[r, k] w[k, c]}.
 * Every element is one chain of fused multiply-adds in ascending order of k, so it has the same
 * bits whatever rows and columns are computed beside it and however wide vectors are.
 *
 * <p>Six rows at a time are {@link MicroKernel}'s. For what is left, each kernel keeps eight sums,
 * which hides the latency of two multipliers and fits sixteen registers with what it multiplies:
 * one row by four panels, two by two, four by one. Memory is given by address and not checked:
 * callers check whole matrices once. All distances are in bytes. Offsets within a panel are ints,
 * for the reason given in {@link MicroKernel}.
 */
final class PanelProduct {
  /** Columns of a panel. */
  static final int P = 2 * W;

  /** Bytes of one vector. */
  private static final int V = W * Tensor.BYTES;

  private static final int STEP = 2 * V; // from row to row of a panel

  private static final Tensor ZEROS = Tensor.zeros(Arena.global(), P);

  private PanelProduct() {}

  /**
   * Some rows by some panels.
   *
   * @param x address of the first row
   * @param ldx from row to row of x
   * @param w address of the first panel, [n, P]
   * @param ldw from panel to panel
   * @param n inner size
   * @param y address of the first row, written
   * @param ldy from row to row of y
   * @param rows number of rows
   * @param panels number of panels
   */
  static void multiply(
      long x, long ldx, long w, long ldw, int n, long y, long ldy, int rows, int panels) {
    int p = 0;
    for (; p + 4 <= panels; p += 4) {
      strip(x, ldx, w + p * ldw, ldw, n, y + p * 2L * V, ldy, rows, 4);
    }
    if (p < panels) {
      strip(x, ldx, w + p * ldw, ldw, n, y + p * 2L * V, ldy, rows, panels - p);
    }
  }

  /** All rows by at most four panels, which stay in a near cache from rows to rows. */
  private static void strip(
      long x, long ldx, long w, long ldw, int n, long y, long ldy, int rows, int panels) {
    int r = rows - rows % MicroKernel.ROWS;
    for (int p = 0; p < panels; p++) {
      for (int six = 0; six < r; six += MicroKernel.ROWS) {
        sixByOne(x + six * ldx, ldx, w + p * ldw, n, y + six * ldy + p * 2L * V, ldy);
      }
    }
    for (; r + 4 <= rows; r += 4) {
      for (int p = 0; p < panels; p++) {
        fourByOne(x + r * ldx, ldx, w + p * ldw, n, y + r * ldy + p * 2L * V, ldy);
      }
    }
    if (r + 2 <= rows) {
      two(x + r * ldx, ldx, w, ldw, n, y + r * ldy, ldy, panels);
      r += 2;
    }
    if (r < rows) {
      one(x + r * ldx, w, ldw, n, y + r * ldy, panels);
    }
  }

  private static void sixByOne(long x, long ldx, long w, int n, long y, long ldy) {
    MicroKernel.multiply(x, ldx, w, n, ZEROS.address(0, P), 0, y, ldy, MicroKernel.ROWS);
  }

  private static void two(long x, long ldx, long w, long ldw, int n, long y, long ldy, int panels) {
    int p = 0;
    for (; p + 2 <= panels; p += 2) {
      twoByTwo(x, ldx, w + p * ldw, ldw, n, y + p * 2L * V, ldy);
    }
    if (p < panels) {
      twoByOne(x, ldx, w + p * ldw, n, y + p * 2L * V, ldy);
    }
  }

  private static void one(long x, long w, long ldw, int n, long y, int panels) {
    if (panels == 4) {
      oneByFour(x, w, ldw, n, y);
      return;
    }
    int p = 0;
    for (; p + 2 <= panels; p += 2) {
      oneByTwo(x, w + p * ldw, ldw, n, y + p * 2L * V);
    }
    if (p < panels) {
      oneByOne(x, w + p * ldw, n, y + p * 2L * V);
    }
  }

  private static void oneByFour(long x, long w, long ldw, int n, long y) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    FloatVector c0 = zero, c1 = zero, d0 = zero, d1 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    long wb = wa + ldw & ADDRESS;
    long wc = wb + ldw & ADDRESS;
    long wd = wc + ldw & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      long at = k * STEP;
      a0 = v.fma(fromMemorySegment(F, ALL, wa + at, NATIVE), a0);
      a1 = v.fma(fromMemorySegment(F, ALL, wa + at + V, NATIVE), a1);
      b0 = v.fma(fromMemorySegment(F, ALL, wb + at, NATIVE), b0);
      b1 = v.fma(fromMemorySegment(F, ALL, wb + at + V, NATIVE), b1);
      c0 = v.fma(fromMemorySegment(F, ALL, wc + at, NATIVE), c0);
      c1 = v.fma(fromMemorySegment(F, ALL, wc + at + V, NATIVE), c1);
      d0 = v.fma(fromMemorySegment(F, ALL, wd + at, NATIVE), d0);
      d1 = v.fma(fromMemorySegment(F, ALL, wd + at + V, NATIVE), d1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    b0.intoMemorySegment(ALL, y + 2 * V, NATIVE);
    b1.intoMemorySegment(ALL, y + 3 * V, NATIVE);
    c0.intoMemorySegment(ALL, y + 4 * V, NATIVE);
    c1.intoMemorySegment(ALL, y + 5 * V, NATIVE);
    d0.intoMemorySegment(ALL, y + 6 * V, NATIVE);
    d1.intoMemorySegment(ALL, y + 7 * V, NATIVE);
  }

  private static void oneByTwo(long x, long w, long ldw, int n, long y) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    long wb = wa + ldw & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      long at = k * STEP;
      a0 = v.fma(fromMemorySegment(F, ALL, wa + at, NATIVE), a0);
      a1 = v.fma(fromMemorySegment(F, ALL, wa + at + V, NATIVE), a1);
      b0 = v.fma(fromMemorySegment(F, ALL, wb + at, NATIVE), b0);
      b1 = v.fma(fromMemorySegment(F, ALL, wb + at + V, NATIVE), b1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    b0.intoMemorySegment(ALL, y + 2 * V, NATIVE);
    b1.intoMemorySegment(ALL, y + 3 * V, NATIVE);
  }

  private static void oneByOne(long x, long w, int n, long y) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      long at = wa + k * STEP;
      a0 = v.fma(fromMemorySegment(F, ALL, at, NATIVE), a0);
      a1 = v.fma(fromMemorySegment(F, ALL, at + V, NATIVE), a1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
  }

  private static void twoByTwo(long x, long ldx, long w, long ldw, int n, long y, long ldy) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    FloatVector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    long xb = xa + ldx & ADDRESS;
    long wb = wa + ldw & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      long at = k * STEP;
      FloatVector w0 = fromMemorySegment(F, ALL, wa + at, NATIVE);
      FloatVector w1 = fromMemorySegment(F, ALL, wa + at + V, NATIVE);
      FloatVector w2 = fromMemorySegment(F, ALL, wb + at, NATIVE);
      FloatVector w3 = fromMemorySegment(F, ALL, wb + at + V, NATIVE);
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      a0 = v.fma(w0, a0);
      a1 = v.fma(w1, a1);
      a2 = v.fma(w2, a2);
      a3 = v.fma(w3, a3);
      v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xb + k * Tensor.BYTES));
      b0 = v.fma(w0, b0);
      b1 = v.fma(w1, b1);
      b2 = v.fma(w2, b2);
      b3 = v.fma(w3, b3);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    a2.intoMemorySegment(ALL, y + 2 * V, NATIVE);
    a3.intoMemorySegment(ALL, y + 3 * V, NATIVE);
    b0.intoMemorySegment(ALL, y + ldy, NATIVE);
    b1.intoMemorySegment(ALL, y + ldy + V, NATIVE);
    b2.intoMemorySegment(ALL, y + ldy + 2 * V, NATIVE);
    b3.intoMemorySegment(ALL, y + ldy + 3 * V, NATIVE);
  }

  private static void twoByOne(long x, long ldx, long w, int n, long y, long ldy) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    long xb = xa + ldx & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      FloatVector w0 = fromMemorySegment(F, ALL, wa + k * STEP, NATIVE);
      FloatVector w1 = fromMemorySegment(F, ALL, wa + k * STEP + V, NATIVE);
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      a0 = v.fma(w0, a0);
      a1 = v.fma(w1, a1);
      v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xb + k * Tensor.BYTES));
      b0 = v.fma(w0, b0);
      b1 = v.fma(w1, b1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    b0.intoMemorySegment(ALL, y + ldy, NATIVE);
    b1.intoMemorySegment(ALL, y + ldy + V, NATIVE);
  }

  private static void fourByOne(long x, long ldx, long w, int n, long y, long ldy) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    FloatVector c0 = zero, c1 = zero, d0 = zero, d1 = zero;
    long xa = x & ADDRESS;
    long wa = w & ADDRESS;
    long xb = xa + ldx & ADDRESS;
    long xc = xb + ldx & ADDRESS;
    long xd = xc + ldx & ADDRESS;
    int m = Objects.checkIndex(n, MicroKernel.INNER);
    for (int i = 0; i < m; i++) {
      int k = i & MicroKernel.INNER - 1;
      FloatVector w0 = fromMemorySegment(F, ALL, wa + k * STEP, NATIVE);
      FloatVector w1 = fromMemorySegment(F, ALL, wa + k * STEP + V, NATIVE);
      FloatVector v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xa + k * Tensor.BYTES));
      a0 = v.fma(w0, a0);
      a1 = v.fma(w1, a1);
      v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xb + k * Tensor.BYTES));
      b0 = v.fma(w0, b0);
      b1 = v.fma(w1, b1);
      v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xc + k * Tensor.BYTES));
      c0 = v.fma(w0, c0);
      c1 = v.fma(w1, c1);
      v = broadcast(F, ALL.get(JAVA_FLOAT_UNALIGNED, xd + k * Tensor.BYTES));
      d0 = v.fma(w0, d0);
      d1 = v.fma(w1, d1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    b0.intoMemorySegment(ALL, y + ldy, NATIVE);
    b1.intoMemorySegment(ALL, y + ldy + V, NATIVE);
    c0.intoMemorySegment(ALL, y + 2 * ldy, NATIVE);
    c1.intoMemorySegment(ALL, y + 2 * ldy + V, NATIVE);
    d0.intoMemorySegment(ALL, y + 3 * ldy, NATIVE);
    d1.intoMemorySegment(ALL, y + 3 * ldy + V, NATIVE);
  }
}
