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
    MemorySegment xs = x.memory();
    MemorySegment ws = weight.memory();
    MemorySegment ss = shift == null ? null : shift.memory();
    MemorySegment ys = y.memory();
    int whole = whole(d);
    for (int r = from; r < to; r++) {
      long at = (long) r * d;
      float mean = mean(xs, at, d, whole);
      float inverse = inverseDeviation(xs, at, d, whole, mean, epsilon);
      statistics.set(2L * r, mean);
      statistics.set(2L * r + 1, inverse);
      for (int i = 0; i < whole; i += W) {
        FloatVector v =
            fromMemorySegment(F, xs, (at + i) << 2, NATIVE)
                .sub(mean)
                .mul(inverse)
                .mul(fromMemorySegment(F, ws, i << 2, NATIVE));
        (ss == null ? v : v.add(fromMemorySegment(F, ss, i << 2, NATIVE)))
            .intoMemorySegment(ys, (at + i) << 2, NATIVE);
      }
      for (int i = whole; i < d; i++) {
        float v = (get(xs, at + i) - mean) * inverse * get(ws, i);
        set(ys, at + i, ss == null ? v : v + get(ss, i));
      }
    }
  }

  private static float mean(MemorySegment x, long at, int d, int whole) {
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total = total.add(fromMemorySegment(F, x, (at + i) << 2, NATIVE));
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      s += get(x, at + i);
    }
    return s / d;
  }

  private static float inverseDeviation(
      MemorySegment x, long at, int d, int whole, float mean, float epsilon) {
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      FloatVector c = fromMemorySegment(F, x, (at + i) << 2, NATIVE).sub(mean);
      total = c.fma(c, total);
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      float c = get(x, at + i) - mean;
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
    for (int r = from; r < to; r++) {
      long at = (long) r * d;
      float mean = statistics.get(2L * r);
      float inverse = statistics.get(2L * r + 1);
      addSums(dy.memory(), x.memory(), at, sums.memory(), sumsAt, mean, inverse, d);
      float meanG = Rows.dot(dy, at, weight, 0, d) / d;
      float meanGx = meanGx(dy.memory(), x.memory(), at, weight.memory(), mean, inverse, d);
      addRow(
          dy.memory(),
          x.memory(),
          at,
          weight.memory(),
          dx.memory(),
          mean,
          inverse,
          meanG,
          meanGx,
          d);
    }
  }

  // One loop a method: with all in one, the compiler reaches its limit of nodes and leaves vectors
  // on the heap.

  private static void addSums(
      MemorySegment gs,
      MemorySegment xs,
      long at,
      MemorySegment ss,
      long sumsAt,
      float mean,
      float inverse,
      int d) {
    int whole = whole(d);
    for (int i = 0; i < whole; i += W) {
      FloatVector dy = fromMemorySegment(F, gs, (at + i) << 2, NATIVE);
      FloatVector normed = fromMemorySegment(F, xs, (at + i) << 2, NATIVE).sub(mean).mul(inverse);
      dy.fma(normed, fromMemorySegment(F, ss, (sumsAt + i) << 2, NATIVE))
          .intoMemorySegment(ss, (sumsAt + i) << 2, NATIVE);
      fromMemorySegment(F, ss, (sumsAt + d + i) << 2, NATIVE)
          .add(dy)
          .intoMemorySegment(ss, (sumsAt + d + i) << 2, NATIVE);
    }
    for (int i = whole; i < d; i++) {
      float dy = get(gs, at + i);
      float normed = (get(xs, at + i) - mean) * inverse;
      set(ss, sumsAt + i, Math.fma(dy, normed, get(ss, sumsAt + i)));
      set(ss, sumsAt + d + i, get(ss, sumsAt + d + i) + dy);
    }
  }

  private static float meanGx(
      MemorySegment gs,
      MemorySegment xs,
      long at,
      MemorySegment ws,
      float mean,
      float inverse,
      int d) {
    int whole = whole(d);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      FloatVector normed = fromMemorySegment(F, xs, (at + i) << 2, NATIVE).sub(mean).mul(inverse);
      total =
          fromMemorySegment(F, gs, (at + i) << 2, NATIVE)
              .mul(fromMemorySegment(F, ws, i << 2, NATIVE))
              .fma(normed, total);
    }
    float s = sum(total);
    for (int i = whole; i < d; i++) {
      s = Math.fma(get(gs, at + i) * get(ws, i), (get(xs, at + i) - mean) * inverse, s);
    }
    return s / d;
  }

  private static void addRow(
      MemorySegment gs,
      MemorySegment xs,
      long at,
      MemorySegment ws,
      MemorySegment ds,
      float mean,
      float inverse,
      float meanG,
      float meanGx,
      int d) {
    int whole = whole(d);
    for (int i = 0; i < whole; i += W) {
      FloatVector normed = fromMemorySegment(F, xs, (at + i) << 2, NATIVE).sub(mean).mul(inverse);
      FloatVector g =
          fromMemorySegment(F, gs, (at + i) << 2, NATIVE)
              .mul(fromMemorySegment(F, ws, i << 2, NATIVE));
      FloatVector v = g.sub(meanG).sub(normed.mul(meanGx)).mul(inverse);
      fromMemorySegment(F, ds, (at + i) << 2, NATIVE)
          .add(v)
          .intoMemorySegment(ds, (at + i) << 2, NATIVE);
    }
    for (int i = whole; i < d; i++) {
      float normed = (get(xs, at + i) - mean) * inverse;
      float g = get(gs, at + i) * get(ws, i);
      set(ds, at + i, get(ds, at + i) + (g - meanG - normed * meanGx) * inverse);
    }
  }
}
