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
 * Layer normalisation of rows with a weight and an optional shift per column: {@code y = (x - mean)
 * / sd * weight + shift}, variance over the row without Bessel's correction, epsilon 1e-5 unless
 * another is given.
 */
public final class LayerNorm {
  /** PyTorch's default, which the released models use. */
  private static final float EPSILON = 1e-5f;

  private LayerNorm() {}

  /**
   * Normalises rows.
   *
   * @param x [rows, d]
   * @param weight [d]
   * @param shift [d], or null for none
   * @param y [rows, d], written
   * @param statistics [rows, 2], written: mean and 1/sd of each row, for {@link #backward}
   * @param from first row
   * @param to behind the last row
   * @param d columns
   */
  public static void forward(
      Tensor x, Tensor weight, Tensor shift, Tensor y, Tensor statistics, int from, int to, int d) {
    forward(x, weight, shift, y, statistics, from, to, d, EPSILON);
  }

  /**
   * Normalises rows with an epsilon of the caller's.
   *
   * @param x [rows, d]
   * @param weight [d]
   * @param shift [d], or null for none
   * @param y [rows, d], written
   * @param statistics [rows, 2], written: mean and 1/sd of each row
   * @param from first row
   * @param to behind the last row
   * @param d columns
   * @param epsilon added to the variance
   */
  public static void forward(
      Tensor x,
      Tensor weight,
      Tensor shift,
      Tensor y,
      Tensor statistics,
      int from,
      int to,
      int d,
      float epsilon) {
    long xs = x.address((long) from * d, to - from, d, d);
    long ys = y.address((long) from * d, to - from, d, d);
    long ws = weight.address(0, d);
    long ss = shift == null ? 0 : shift.address(0, d);
    for (int r = from; r < to; r++) {
      long row = 4L * d * (r - from);
      float mean = mean(xs + row, d);
      float inverse = inverseDeviation(xs + row, d, mean, epsilon);
      statistics.set(2L * r, mean);
      statistics.set(2L * r + 1, inverse);
      normalise(xs + row, mean, inverse, ws, ss, ys + row, d);
    }
  }

  // One loop a method: with all in one, the compiler reaches its limit of nodes and leaves vectors
  // on the heap.

  /** {@code shift} may be 0, for none. */
  private static void normalise(
      long x, float mean, float inverse, long weight, long shift, long y, int d) {
    long xs = x & ADDRESS;
    long ws = weight & ADDRESS;
    long ss = shift & ADDRESS;
    long ys = y & ADDRESS;
    int whole = whole(d);
    for (int i = 0; i < whole; i += W) {
      FloatVector v =
          fromMemorySegment(F, ALL, xs + 4L * i, NATIVE)
              .sub(mean)
              .mul(inverse)
              .mul(fromMemorySegment(F, ALL, ws + 4L * i, NATIVE));
      (ss == 0 ? v : v.add(fromMemorySegment(F, ALL, ss + 4L * i, NATIVE)))
          .intoMemorySegment(ALL, ys + 4L * i, NATIVE);
    }
    for (int i = whole; i < d; i++) {
      float v = (get(xs + 4L * i) - mean) * inverse * get(ws + 4L * i);
      set(ys + 4L * i, ss == 0 ? v : v + get(ss + 4L * i));
    }
  }

  private static float mean(long x, int d) {
    long xs = x & ADDRESS;
    int whole = whole(d);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total = total.add(fromMemorySegment(F, ALL, xs + 4L * i, NATIVE));
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      s += get(xs + 4L * i);
    }
    return s / d;
  }

  private static float inverseDeviation(long x, int d, float mean, float epsilon) {
    long xs = x & ADDRESS;
    int whole = whole(d);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      FloatVector c = fromMemorySegment(F, ALL, xs + 4L * i, NATIVE).sub(mean);
      total = c.fma(c, total);
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      float c = get(xs + 4L * i) - mean;
      s = Math.fma(c, c, s);
    }
    return (float) (1 / Math.sqrt(s / d + epsilon));
  }

  /**
   * Adds the gradient with respect to the input to {@code dx}. With g = dy weight and x' the
   * normalised row, dx = (g - mean(g) - x' mean(g x')) / sd.
   *
   * @param dy [rows, d] gradient of the output
   * @param x [rows, d] the input
   * @param weight [d]
   * @param statistics [rows, 2] as written by {@link #forward}
   * @param dx [rows, d], added to
   * @param sums [2 d], added to: sums over the rows of dy x' (gradient of the weight) and of dy (of
   *     the shift)
   * @param sumsAt where the sums start
   * @param from first row
   * @param to behind the last row
   * @param d columns
   */
  public static void backward(
      Tensor dy,
      Tensor x,
      Tensor weight,
      Tensor statistics,
      Tensor dx,
      Tensor sums,
      long sumsAt,
      int from,
      int to,
      int d) {
    long gs = dy.address((long) from * d, to - from, d, d);
    long xs = x.address((long) from * d, to - from, d, d);
    long ds = dx.address((long) from * d, to - from, d, d);
    long ws = weight.address(0, d);
    long ss = sums.address(sumsAt, 2L * d);
    for (int r = from; r < to; r++) {
      long row = 4L * d * (r - from);
      float mean = statistics.get(2L * r);
      float inverse = statistics.get(2L * r + 1);
      addSums(gs + row, xs + row, ss, mean, inverse, d);
      float meanG = Rows.dot(dy, (long) r * d, weight, 0, d) / d;
      float meanGx = meanGx(gs + row, xs + row, ws, mean, inverse, d);
      addRow(gs + row, xs + row, ws, ds + row, mean, inverse, meanG, meanGx, d);
    }
  }

  private static void addSums(long dy, long x, long sums, float mean, float inverse, int d) {
    long gs = dy & ADDRESS;
    long xs = x & ADDRESS;
    long weights = sums & ADDRESS;
    long shifts = sums + 4L * d & ADDRESS;
    int whole = whole(d);
    for (int i = 0; i < whole; i += W) {
      FloatVector g = fromMemorySegment(F, ALL, gs + 4L * i, NATIVE);
      FloatVector normed = fromMemorySegment(F, ALL, xs + 4L * i, NATIVE).sub(mean).mul(inverse);
      g.fma(normed, fromMemorySegment(F, ALL, weights + 4L * i, NATIVE))
          .intoMemorySegment(ALL, weights + 4L * i, NATIVE);
      fromMemorySegment(F, ALL, shifts + 4L * i, NATIVE)
          .add(g)
          .intoMemorySegment(ALL, shifts + 4L * i, NATIVE);
    }
    for (int i = whole; i < d; i++) {
      float g = get(gs + 4L * i);
      float normed = (get(xs + 4L * i) - mean) * inverse;
      set(weights + 4L * i, Math.fma(g, normed, get(weights + 4L * i)));
      set(shifts + 4L * i, get(shifts + 4L * i) + g);
    }
  }

  private static float meanGx(long dy, long x, long weight, float mean, float inverse, int d) {
    long gs = dy & ADDRESS;
    long xs = x & ADDRESS;
    long ws = weight & ADDRESS;
    int whole = whole(d);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      FloatVector normed = fromMemorySegment(F, ALL, xs + 4L * i, NATIVE).sub(mean).mul(inverse);
      total =
          fromMemorySegment(F, ALL, gs + 4L * i, NATIVE)
              .mul(fromMemorySegment(F, ALL, ws + 4L * i, NATIVE))
              .fma(normed, total);
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      float normed = (get(xs + 4L * i) - mean) * inverse;
      s = Math.fma(get(gs + 4L * i) * get(ws + 4L * i), normed, s);
    }
    return s / d;
  }

  private static void addRow(
      long dy,
      long x,
      long weight,
      long dx,
      float mean,
      float inverse,
      float meanG,
      float meanGx,
      int d) {
    long gs = dy & ADDRESS;
    long xs = x & ADDRESS;
    long ws = weight & ADDRESS;
    long ds = dx & ADDRESS;
    int whole = whole(d);
    for (int i = 0; i < whole; i += W) {
      FloatVector normed = fromMemorySegment(F, ALL, xs + 4L * i, NATIVE).sub(mean).mul(inverse);
      FloatVector g =
          fromMemorySegment(F, ALL, gs + 4L * i, NATIVE)
              .mul(fromMemorySegment(F, ALL, ws + 4L * i, NATIVE));
      FloatVector v = g.sub(meanG).sub(normed.mul(meanGx)).mul(inverse);
      fromMemorySegment(F, ALL, ds + 4L * i, NATIVE)
          .add(v)
          .intoMemorySegment(ALL, ds + 4L * i, NATIVE);
    }
    for (int i = whole; i < d; i++) {
      float normed = (get(xs + 4L * i) - mean) * inverse;
      float g = get(gs + 4L * i) * get(ws + 4L * i);
      set(ds + 4L * i, get(ds + 4L * i) + (g - meanG - normed * meanGx) * inverse);
    }
  }
}
