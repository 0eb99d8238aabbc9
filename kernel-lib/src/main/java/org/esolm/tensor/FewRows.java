package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.set;
import static org.esolm.tensor.Simd.sum;
import static org.esolm.tensor.Simd.whole;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * The linear layer for the few rows of a decoding step. Lanes run along the rows of weights, which
 * are read once for four rows of input.
 */
public final class FewRows {
  /** Up to this many rows a sequence, this is faster than a BLAS call. */
  public static final int LIMIT = 8;

  /** Floats of scratch that {@link #forward} needs. */
  public static final int SCRATCH = 16 * W;

  private FewRows() {}

  /**
   * {@code y = x W' + b}. An element's arithmetic is the same whatever rows and columns are
   * computed with it.
   *
   * @param x [rows, in]
   * @param xAt index of the first row's first element
   * @param ldx floats from row to row of x
   * @param w [out, in]
   * @param wAt index of the first weight
   * @param bias [out], or null for none
   * @param biasAt index of the first bias
   * @param y [rows, out], written
   * @param yAt index of the first row's first element
   * @param ldy floats from row to row of y
   * @param rows number of rows
   * @param in inner size
   * @param out columns of y
   * @param scratch at least {@link #SCRATCH} floats that are nobody else's
   */
  public static void forward(
      Tensor x,
      long xAt,
      int ldx,
      Tensor w,
      long wAt,
      Tensor bias,
      long biasAt,
      Tensor y,
      long yAt,
      int ldy,
      int rows,
      int in,
      int out,
      Tensor scratch) {
    MemorySegment xs = x.memory();
    MemorySegment ws = w.memory();
    MemorySegment ys = y.memory();
    MemorySegment sums = scratch.memory();
    int o = 0;
    for (; o + 4 <= out; o += 4) {
      long wo = wAt + (long) o * in;
      int r = 0;
      for (; r + 4 <= rows; r += 4) {
        long xr = xAt + (long) r * ldx;
        fourByFour(xs, xr, ldx, ws, wo, in, sums);
        for (int k = 0; k < 4; k++) {
          finish(
              sums, 4 * k, xs, xr + (long) k * ldx, ws, wo, in, ys, yAt + (long) (r + k) * ldy + o);
        }
      }
      for (; r < rows; r++) {
        long xr = xAt + (long) r * ldx;
        fourByOne(xs, xr, ws, wo, in, sums);
        finish(sums, 0, xs, xr, ws, wo, in, ys, yAt + (long) r * ldy + o);
      }
    }
    for (; o < out; o++) {
      for (int r = 0; r < rows; r++) {
        set(
            ys,
            yAt + (long) r * ldy + o,
            Linear.dot(xs, xAt + (long) r * ldx, ws, wAt + (long) o * in, in));
      }
    }
    if (bias != null) {
      Linear.addBias(y, bias, biasAt, yAt, ldy, rows, out);
    }
  }

  /** Products of one row with four rows of weights, not yet summed over the lanes: [4, W]. */
  private static void fourByOne(
      MemorySegment x, long xAt, MemorySegment w, long wAt, int in, MemorySegment sums) {
    int whole = whole(in);
    FloatVector a = FloatVector.zero(F);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < whole; i += W) {
      FloatVector v = fromMemorySegment(F, x, (xAt + i) << 2, NATIVE);
      a = v.fma(fromMemorySegment(F, w, (wAt + i) << 2, NATIVE), a);
      b = v.fma(fromMemorySegment(F, w, (wAt + in + i) << 2, NATIVE), b);
      c = v.fma(fromMemorySegment(F, w, (wAt + 2L * in + i) << 2, NATIVE), c);
      d = v.fma(fromMemorySegment(F, w, (wAt + 3L * in + i) << 2, NATIVE), d);
    }
    a.intoMemorySegment(sums, 0, NATIVE);
    b.intoMemorySegment(sums, 4L * W, NATIVE);
    c.intoMemorySegment(sums, 8L * W, NATIVE);
    d.intoMemorySegment(sums, 12L * W, NATIVE);
  }

  /** Products of four rows with four rows of weights, not yet summed over the lanes: [4, 4, W]. */
  private static void fourByFour(
      MemorySegment x, long xAt, int ldx, MemorySegment w, long wAt, int in, MemorySegment sums) {
    int whole = whole(in);
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    FloatVector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    FloatVector c0 = zero, c1 = zero, c2 = zero, c3 = zero;
    FloatVector d0 = zero, d1 = zero, d2 = zero, d3 = zero;
    for (int i = 0; i < whole; i += W) {
      FloatVector w0 = fromMemorySegment(F, w, (wAt + 0L * in + i) << 2, NATIVE);
      FloatVector w1 = fromMemorySegment(F, w, (wAt + 1L * in + i) << 2, NATIVE);
      FloatVector w2 = fromMemorySegment(F, w, (wAt + 2L * in + i) << 2, NATIVE);
      FloatVector w3 = fromMemorySegment(F, w, (wAt + 3L * in + i) << 2, NATIVE);
      FloatVector v = fromMemorySegment(F, x, (xAt + 0L * ldx + i) << 2, NATIVE);
      a0 = v.fma(w0, a0);
      a1 = v.fma(w1, a1);
      a2 = v.fma(w2, a2);
      a3 = v.fma(w3, a3);
      v = fromMemorySegment(F, x, (xAt + 1L * ldx + i) << 2, NATIVE);
      b0 = v.fma(w0, b0);
      b1 = v.fma(w1, b1);
      b2 = v.fma(w2, b2);
      b3 = v.fma(w3, b3);
      v = fromMemorySegment(F, x, (xAt + 2L * ldx + i) << 2, NATIVE);
      c0 = v.fma(w0, c0);
      c1 = v.fma(w1, c1);
      c2 = v.fma(w2, c2);
      c3 = v.fma(w3, c3);
      v = fromMemorySegment(F, x, (xAt + 3L * ldx + i) << 2, NATIVE);
      d0 = v.fma(w0, d0);
      d1 = v.fma(w1, d1);
      d2 = v.fma(w2, d2);
      d3 = v.fma(w3, d3);
    }
    a0.intoMemorySegment(sums, 0L * W, NATIVE);
    a1.intoMemorySegment(sums, 4L * W, NATIVE);
    a2.intoMemorySegment(sums, 8L * W, NATIVE);
    a3.intoMemorySegment(sums, 12L * W, NATIVE);
    b0.intoMemorySegment(sums, 16L * W, NATIVE);
    b1.intoMemorySegment(sums, 20L * W, NATIVE);
    b2.intoMemorySegment(sums, 24L * W, NATIVE);
    b3.intoMemorySegment(sums, 28L * W, NATIVE);
    c0.intoMemorySegment(sums, 32L * W, NATIVE);
    c1.intoMemorySegment(sums, 36L * W, NATIVE);
    c2.intoMemorySegment(sums, 40L * W, NATIVE);
    c3.intoMemorySegment(sums, 44L * W, NATIVE);
    d0.intoMemorySegment(sums, 48L * W, NATIVE);
    d1.intoMemorySegment(sums, 52L * W, NATIVE);
    d2.intoMemorySegment(sums, 56L * W, NATIVE);
    d3.intoMemorySegment(sums, 60L * W, NATIVE);
  }

  /**
   * Sums four products over their lanes and adds the columns behind the last whole vector. The
   * lanes come through memory: handed over, vectors would be objects unless the call is inlined.
   */
  private static void finish(
      MemorySegment sums,
      int first,
      MemorySegment x,
      long xAt,
      MemorySegment w,
      long wAt,
      int in,
      MemorySegment y,
      long yAt) {
    int whole = whole(in);
    for (int i = 0; i < 4; i++) {
      float s = sum(fromMemorySegment(F, sums, (long) (first + i) * W << 2, NATIVE));
      set(y, yAt + i, Linear.tail(x, xAt, w, wAt + (long) i * in, whole, in, s));
    }
  }
}
