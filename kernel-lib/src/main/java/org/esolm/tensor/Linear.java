package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.get;
import static org.esolm.tensor.Simd.set;
import static org.esolm.tensor.Simd.sum;
import static org.esolm.tensor.Simd.whole;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Products with a weight matrix [out, in]: {@code y = x W' + b}, its gradients, and a kernel for
 * the few rows of a decoding step. Matrices may be columns of wider ones: {@code at} is the index
 * of the first element, {@code ld} the number of floats from one row to the next. Every function
 * works on the rows it is given, on the calling thread.
 */
public final class Linear {
  /** Up to this many rows a sequence, {@link #few} is faster than a BLAS call. */
  public static final int FEW = 8;

  /** Floats of scratch that {@link #few} needs. */
  public static final int SCRATCH = 16 * W;

  private Linear() {}

  private static long address(Tensor t, long at) {
    return t.memory().address() + at * Tensor.BYTES;
  }

  /**
   * {@code y = x W'} for some rows.
   *
   * @param x [rows, in]
   * @param xAt index of the first row's first element
   * @param ldx floats from row to row of x
   * @param w [out, in]
   * @param wAt index of the first weight; a row of weights has {@code in} floats
   * @param y [rows, out], written
   * @param yAt index of the first row's first element
   * @param ldy floats from row to row of y
   * @param rows number of rows
   * @param in inner size
   * @param out columns of y
   */
  public static void forward(
      Tensor x,
      long xAt,
      int ldx,
      Tensor w,
      long wAt,
      Tensor y,
      long yAt,
      int ldy,
      int rows,
      int in,
      int out) {
    Blas.sgemm(
        false,
        true,
        rows,
        out,
        in,
        1f,
        address(x, xAt),
        ldx,
        address(w, wAt),
        in,
        0f,
        address(y, yAt),
        ldy);
  }

  /**
   * {@code dx = dy W} for some rows.
   *
   * @param dy [rows, out]
   * @param dyAt index of the first row's first element
   * @param lddy floats from row to row of dy
   * @param w [out, in]
   * @param wAt index of the first weight
   * @param dx [rows, in], written
   * @param dxAt index of the first row's first element
   * @param lddx floats from row to row of dx
   * @param rows number of rows
   * @param in columns of dx
   * @param out inner size
   */
  public static void backwardInput(
      Tensor dy,
      long dyAt,
      int lddy,
      Tensor w,
      long wAt,
      Tensor dx,
      long dxAt,
      int lddx,
      int rows,
      int in,
      int out) {
    Blas.sgemm(
        false,
        false,
        rows,
        in,
        out,
        1f,
        address(dy, dyAt),
        lddy,
        address(w, wAt),
        in,
        0f,
        address(dx, dxAt),
        lddx);
  }

  /**
   * {@code dW += dy' x} for some of the rows of dW, over all rows of dy and x.
   *
   * @param dy [rows, out]
   * @param dyAt index of the first row's element in the column that belongs to the first of these
   *     rows of dW
   * @param lddy floats from row to row of dy
   * @param x [rows, in]
   * @param xAt index of the first row's first element
   * @param ldx floats from row to row of x
   * @param dw [out, in], added to
   * @param dwAt index of the first element
   * @param rows number of rows of dy and x
   * @param in columns of dW
   * @param out how many rows of dW
   */
  public static void backwardWeight(
      Tensor dy,
      long dyAt,
      int lddy,
      Tensor x,
      long xAt,
      int ldx,
      Tensor dw,
      long dwAt,
      int rows,
      int in,
      int out) {
    Blas.sgemm(
        true,
        false,
        out,
        in,
        rows,
        1f,
        address(dy, dyAt),
        lddy,
        address(x, xAt),
        ldx,
        1f,
        address(dw, dwAt),
        in);
  }

  /**
   * Adds a bias to some rows.
   *
   * @param y [rows, n], added to
   * @param bias [n]
   * @param biasAt index of its first element
   * @param yAt index of the first row's first element
   * @param ldy floats from row to row
   * @param rows number of rows
   * @param n columns
   */
  public static void addBias(
      Tensor y, Tensor bias, long biasAt, long yAt, int ldy, int rows, int n) {
    MemorySegment ys = y.memory();
    MemorySegment bs = bias.memory();
    int whole = whole(n);
    for (int r = 0; r < rows; r++) {
      long at = yAt + (long) r * ldy;
      for (int i = 0; i < whole; i += W) {
        fromMemorySegment(F, ys, (at + i) << 2, NATIVE)
            .add(fromMemorySegment(F, bs, (biasAt + i) << 2, NATIVE))
            .intoMemorySegment(ys, (at + i) << 2, NATIVE);
      }
      for (int i = whole; i < n; i++) {
        set(ys, at + i, get(ys, at + i) + get(bs, biasAt + i));
      }
    }
  }

  /**
   * Adds the sum over rows of some columns: the gradient of a bias.
   *
   * @param dy [rows, n]
   * @param dyAt index of the first row's first column
   * @param lddy floats from row to row
   * @param sums [n], added to
   * @param sumsAt index of its first element
   * @param rows number of rows
   * @param n columns
   */
  public static void sumRows(
      Tensor dy, long dyAt, int lddy, Tensor sums, long sumsAt, int rows, int n) {
    MemorySegment ds = dy.memory();
    MemorySegment ss = sums.memory();
    int whole = whole(n);
    for (int r = 0; r < rows; r++) {
      long at = dyAt + (long) r * lddy;
      for (int i = 0; i < whole; i += W) {
        fromMemorySegment(F, ss, (sumsAt + i) << 2, NATIVE)
            .add(fromMemorySegment(F, ds, (at + i) << 2, NATIVE))
            .intoMemorySegment(ss, (sumsAt + i) << 2, NATIVE);
      }
      for (int i = whole; i < n; i++) {
        set(ss, sumsAt + i, get(ss, sumsAt + i) + get(ds, at + i));
      }
    }
  }

  /**
   * {@code y = x W' + b} for the few rows of a decoding step: every weight is read once for four
   * rows, and an element's arithmetic is the same whatever rows and columns are computed with it.
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
  public static void few(
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
            dot(xs, xAt + (long) r * ldx, ws, wAt + (long) o * in, in));
      }
    }
    if (bias != null) {
      addBias(y, bias, biasAt, yAt, ldy, rows, out);
    }
  }

  /**
   * The scalar product of two stretches of floats.
   *
   * @param x the first
   * @param xAt its first element
   * @param y the second
   * @param yAt its first element
   * @param n their length
   * @return the sum of the products
   */
  public static float dot(Tensor x, long xAt, Tensor y, long yAt, int n) {
    return dot(x.memory(), xAt, y.memory(), yAt, n);
  }

  private static float dot(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
    int whole = whole(n);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total =
          fromMemorySegment(F, x, (xAt + i) << 2, NATIVE)
              .fma(fromMemorySegment(F, y, (yAt + i) << 2, NATIVE), total);
    }
    return tail(x, xAt, y, yAt, whole, n, sum(total));
  }

  private static float tail(
      MemorySegment x, long xAt, MemorySegment y, long yAt, int from, int n, float s) {
    for (int i = from; i < n; i++) {
      s = Math.fma(get(x, xAt + i), get(y, yAt + i), s);
    }
    return s;
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
      set(y, yAt + i, tail(x, xAt, w, wAt + (long) i * in, whole, in, s));
    }
  }
}
