package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.get;
import static org.esolm.tensor.Memory.set;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.sum;
import static org.esolm.tensor.Simd.whole;

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
    long first = y.address(yAt, rows, ldy, n);
    long bs = bias.address(biasAt, n) & ADDRESS;
    int whole = whole(n);
    for (int r = 0; r < rows; r++) {
      long ys = first + 4L * ldy * r & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        fromMemorySegment(F, ALL, ys + 4L * i, NATIVE)
            .add(fromMemorySegment(F, ALL, bs + 4L * i, NATIVE))
            .intoMemorySegment(ALL, ys + 4L * i, NATIVE);
      }
      for (int i = whole; i < n; i++) {
        set(ys + 4L * i, get(ys + 4L * i) + get(bs + 4L * i));
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
    long first = dy.address(dyAt, rows, lddy, n);
    long ss = sums.address(sumsAt, n) & ADDRESS;
    int whole = whole(n);
    for (int r = 0; r < rows; r++) {
      long ds = first + 4L * lddy * r & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        fromMemorySegment(F, ALL, ss + 4L * i, NATIVE)
            .add(fromMemorySegment(F, ALL, ds + 4L * i, NATIVE))
            .intoMemorySegment(ALL, ss + 4L * i, NATIVE);
      }
      for (int i = whole; i < n; i++) {
        set(ss + 4L * i, get(ss + 4L * i) + get(ds + 4L * i));
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
    long xs = x.address(xAt, n) & ADDRESS;
    long ys = y.address(yAt, n) & ADDRESS;
    int whole = whole(n);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total =
          fromMemorySegment(F, ALL, xs + 4L * i, NATIVE)
              .fma(fromMemorySegment(F, ALL, ys + 4L * i, NATIVE), total);
    }
    float s = sum(total);
    for (int i = whole; i < n; i++) {
      s = Math.fma(get(xs + 4L * i), get(ys + 4L * i), s);
    }
    return s;
  }
}
