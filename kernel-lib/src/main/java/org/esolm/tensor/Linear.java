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
 * Products with a weight matrix [out, in]: {@code y = x W' + b}, and its gradients, for many rows
 * at a time ({@link PackedMatrix} while decoding). Matrices may be columns of wider ones: {@code
 * at} is the index of the first element, {@code ld} the number of floats from one row to the next.
 * Every function works on the rows it is given, on the calling thread.
 */
public final class Linear {
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

  static float dot(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
    int whole = whole(n);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total =
          fromMemorySegment(F, x, (xAt + i) << 2, NATIVE)
              .fma(fromMemorySegment(F, y, (yAt + i) << 2, NATIVE), total);
    }
    return tail(x, xAt, y, yAt, whole, n, sum(total));
  }

  /** Adds the products of elements [from, n) to a sum. */
  static float tail(
      MemorySegment x, long xAt, MemorySegment y, long yAt, int from, int n, float s) {
    for (int i = from; i < n; i++) {
      s = Math.fma(get(x, xAt + i), get(y, yAt + i), s);
    }
    return s;
  }
}
