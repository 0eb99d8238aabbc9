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
 * Sums of rows and along them: biases, their gradients, scalar products. Rows may be columns of a
 * wider matrix: {@code at} is the index of the first element, {@code ld} the number of floats from
 * one row to the next.
 */
public final class Rows {
  private Rows() {}

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
