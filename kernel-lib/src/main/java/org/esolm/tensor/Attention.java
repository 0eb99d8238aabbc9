package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.get;
import static org.esolm.tensor.Simd.set;
import static org.esolm.tensor.Simd.sum;

import java.lang.foreign.MemorySegment;
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
    MemorySegment s = scores.memory();
    for (int i = to; i < end; i++) {
      set(s, at + i, NEVER);
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
   * @param shift subtracted before the exponential
   * @return the sum of the exponentials
   */
  public static float exponentials(Tensor scores, long at, int from, int to, float shift) {
    MemorySegment s = scores.memory();
    FloatVector total = FloatVector.zero(F);
    int i = from;
    for (; i + W <= to; i += W) {
      // Simd.exp, written out: where this is inlined late, a call would cost two objects a vector
      FloatVector x = fromMemorySegment(F, s, (at + i) << 2, NATIVE).sub(shift);
      FloatVector clamped = x.max(Simd.LOWEST).min(Simd.HIGHEST);
      FloatVector shifted = clamped.fma(Simd.LOG2_E_LANES, Simd.ROUND_LANES);
      FloatVector n = shifted.sub(Simd.ROUND_LANES);
      FloatVector r = n.fma(Simd.MINUS_LN2_LOW, n.fma(Simd.MINUS_LN2_HIGH, clamped));
      FloatVector p = Simd.P0.fma(r, Simd.P1).fma(r, Simd.P2).fma(r, Simd.P3);
      p = p.fma(r, Simd.P4).fma(r, Simd.P5).fma(r.mul(r), r).add(Simd.ONE);
      IntVector power = shifted.reinterpretAsInts().add(Simd.BIAS);
      FloatVector scale = power.lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
      FloatVector e = p.mul(scale).blend(Simd.ZERO, x.lt(Simd.LOWEST));
      e.intoMemorySegment(s, (at + i) << 2, NATIVE);
      total = total.add(e);
    }
    float tail = 0;
    for (; i < to; i++) {
      float e = Simd.exp(get(s, at + i) - shift);
      set(s, at + i, e);
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
    return CrossEntropy.max(scores.memory(), at + from, to - from);
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
    MemorySegment s = scores.memory();
    FloatVector zero = FloatVector.zero(F);
    int i = from;
    for (; i + W <= to; i += W) {
      zero.intoMemorySegment(s, (at + i) << 2, NATIVE);
    }
    for (; i < to; i++) {
      set(s, at + i, 0f);
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
    MemorySegment s = x.memory();
    int i = 0;
    for (; i + W <= n; i += W) {
      fromMemorySegment(F, s, (at + i) << 2, NATIVE)
          .mul(factor)
          .intoMemorySegment(s, (at + i) << 2, NATIVE);
    }
    for (; i < n; i++) {
      set(s, at + i, get(s, at + i) * factor);
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
    MemorySegment ps = p.memory();
    MemorySegment ds = dp.memory();
    int i = 0;
    for (; i + W <= n; i += W) {
      fromMemorySegment(F, ds, (at + i) << 2, NATIVE)
          .sub(delta)
          .mul(fromMemorySegment(F, ps, (at + i) << 2, NATIVE))
          .mul(scale)
          .intoMemorySegment(ds, (at + i) << 2, NATIVE);
    }
    for (; i < n; i++) {
      set(ds, at + i, (get(ds, at + i) - delta) * get(ps, at + i) * scale);
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
    MemorySegment xs = x.memory();
    MemorySegment os = out.memory();
    int i = 0;
    for (; i + W <= n; i += W) {
      fromMemorySegment(F, xs, (xAt + i) << 2, NATIVE)
          .fma(FloatVector.broadcast(F, weight), fromMemorySegment(F, os, (outAt + i) << 2, NATIVE))
          .intoMemorySegment(os, (outAt + i) << 2, NATIVE);
    }
    for (; i < n; i++) {
      set(os, outAt + i, Math.fma(get(xs, xAt + i), weight, get(os, outAt + i)));
    }
  }
}
