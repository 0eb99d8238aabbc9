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
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * The parts of softmax attention of one head between its matrix products. Scores of a tile of
 * queries stand in a small matrix, one column a key; each row attends to a stretch of columns, or
 * two, and is zero elsewhere.
 */
public final class Attention {
  /** Floats of room that {@link #pad} may need behind a stretch. */
  public static final int ROOM = W;

  private static final float NEVER = -1e30f;

  private Attention() {}

  /**
   * Makes a stretch of scores end with a whole vector, which spares {@link #max} and {@link
   * #exponentials} a slow end: the columns behind it get a score whose exponential is 0.
   *
   * @param scores where the row lies
   * @param at its first element
   * @param from first column
   * @param to behind the last column
   * @return behind the last column now, at most {@link #ROOM} - 1 further
   */
  public static int pad(Tensor scores, long at, int from, int to) {
    int end = from + (to - from + W - 1) / W * W;
    long row = scores.address(at + from, end - from) - 4L * from;
    for (int i = to; i < end; i++) {
      set(row + 4L * i, NEVER);
    }
    return end;
  }

  /**
   * Replaces scores by {@code exp(score - shift)} in columns [from, to) and returns their sum.
   *
   * @param scores where the row lies
   * @param at its first element
   * @param from first column
   * @param to behind the last column
   * @param shift subtracted before the exponential; no score is more than 88 above it
   * @return the sum of the exponentials
   */
  public static float exponentials(Tensor scores, long at, int from, int to, float shift) {
    int n = to - from;
    long row = scores.address(at + from, n) & ADDRESS;
    FloatVector total = FloatVector.zero(F);
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      // Simd.exp, written out: where this is inlined late, a call would cost two objects a vector
      FloatVector x = fromMemorySegment(F, ALL, row + 4L * i, NATIVE).sub(shift);
      FloatVector clamped = x.blend(Simd.LOWEST_LANES, x.lt(Simd.LOWEST_LANES));
      FloatVector shifted = clamped.fma(Simd.LOG2_E_LANES, Simd.ROUND_LANES);
      FloatVector m = shifted.sub(Simd.ROUND_LANES);
      FloatVector r = m.fma(Simd.MINUS_LN2_LOW, m.fma(Simd.MINUS_LN2_HIGH, clamped));
      FloatVector r2 = r.mul(r);
      FloatVector p = Simd.P0.fma(r, Simd.P1).fma(r2, Simd.P2.fma(r, Simd.P3));
      IntVector power = shifted.reinterpretAsInts().add(Simd.BIAS);
      FloatVector scale = power.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      p = p.fma(r2, Simd.P4.fma(r, Simd.P5));
      FloatVector e = p.fma(r2, r.add(Simd.ONE)).mul(scale);
      e.intoMemorySegment(ALL, row + 4L * i, NATIVE);
      total = total.add(e);
    }
    float tail = 0;
    for (int i = whole; i < n; i++) {
      float e = Simd.exp(get(row + 4L * i) - shift);
      set(row + 4L * i, e);
      tail += e;
    }
    return sum(total) + tail;
  }

  /**
   * The largest score of columns [from, to).
   *
   * @param scores where the row lies
   * @param at its first element
   * @param from first column
   * @param to behind the last column
   * @return the maximum; negative infinity where there is no column
   */
  public static float max(Tensor scores, long at, int from, int to) {
    return CrossEntropy.max(scores, at + from, to - from);
  }

  /**
   * Sets columns [from, to) to zero.
   *
   * @param scores where the row lies
   * @param at its first element
   * @param from first column
   * @param to behind the last column
   */
  public static void zero(Tensor scores, long at, int from, int to) {
    int n = to - from;
    long row = scores.address(at + from, n) & ADDRESS;
    FloatVector zero = FloatVector.zero(F);
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      zero.intoMemorySegment(ALL, row + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      set(row + 4L * i, 0f);
    }
  }

  /**
   * Multiplies n floats by a factor.
   *
   * @param x where they lie
   * @param at the first
   * @param n how many
   * @param factor the factor
   */
  public static void scale(Tensor x, long at, int n, float factor) {
    scale(x, at, n, factor, x, at);
  }

  /**
   * Multiplies n floats by a factor, into another place.
   *
   * @param x where they lie
   * @param at the first
   * @param n how many
   * @param factor the factor
   * @param to where the products go
   * @param toAt the first
   */
  static void scale(Tensor x, long at, int n, float factor, Tensor to, long toAt) {
    long row = x.address(at, n) & ADDRESS;
    long target = to.address(toAt, n) & ADDRESS;
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      fromMemorySegment(F, ALL, row + 4L * i, NATIVE)
          .mul(factor)
          .intoMemorySegment(ALL, target + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      set(target + 4L * i, get(row + 4L * i) * factor);
    }
  }

  /**
   * The gradient of the scores of one row: {@code ds = p (dp - delta) scale}, in place of dp.
   *
   * @param p probabilities
   * @param dp their gradients, replaced by those of the scores
   * @param at first element of the row in both
   * @param n columns
   * @param delta sum of p dp over the row
   * @param scale 1 / sqrt(h)
   */
  public static void backwardSoftmax(
      Tensor p, Tensor dp, long at, int n, float delta, float scale) {
    long ps = p.address(at, n) & ADDRESS;
    long ds = dp.address(at, n) & ADDRESS;
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      fromMemorySegment(F, ALL, ds + 4L * i, NATIVE)
          .sub(delta)
          .mul(fromMemorySegment(F, ALL, ps + 4L * i, NATIVE))
          .mul(scale)
          .intoMemorySegment(ALL, ds + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      set(ds + 4L * i, (get(ds + 4L * i) - delta) * get(ps + 4L * i) * scale);
    }
  }

  /**
   * {@code out += weight x}, n floats.
   *
   * @param weight the factor
   * @param x what is added
   * @param xAt its first element
   * @param out added to
   * @param outAt its first element
   * @param n how many floats
   */
  public static void axpy(float weight, Tensor x, long xAt, Tensor out, long outAt, int n) {
    long xs = x.address(xAt, n) & ADDRESS;
    long os = out.address(outAt, n) & ADDRESS;
    FloatVector factor = FloatVector.broadcast(F, weight);
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      fromMemorySegment(F, ALL, xs + 4L * i, NATIVE)
          .fma(factor, fromMemorySegment(F, ALL, os + 4L * i, NATIVE))
          .intoMemorySegment(ALL, os + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      set(os + 4L * i, Math.fma(get(xs + 4L * i), weight, get(os + 4L * i)));
    }
  }
}
