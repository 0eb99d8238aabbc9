package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.get;
import static org.esolm.tensor.Simd.set;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * Attention of a single query over a cache of one head. Keys are stored transposed, [h, capacity],
 * so that scores of neighbouring keys fill a vector and nothing is summed across lanes; values are
 * stored [capacity, h].
 */
public final class CachedAttention {
  private CachedAttention() {}

  /**
   * Softmax attention of one query to keys [0, n).
   *
   * @param q where the query lies
   * @param qAt its first element, h floats
   * @param keys [h, capacity]
   * @param keysAt first element of the head's keys
   * @param values [capacity, h]
   * @param valuesAt first element of the head's values
   * @param capacity floats from one element of the keys to the next
   * @param n number of keys, at least 1
   * @param h head size
   * @param scale 1 / sqrt(h)
   * @param scores scratch of at least n floats
   * @param out written
   * @param outAt first of h floats
   */
  public static void attend(
      Tensor q,
      long qAt,
      Tensor keys,
      long keysAt,
      Tensor values,
      long valuesAt,
      int capacity,
      int n,
      int h,
      float scale,
      Tensor scores,
      Tensor out,
      long outAt) {
    score(q.memory(), qAt, keys.memory(), keysAt, capacity, n, h, scale, scores.memory());
    float max = CrossEntropy.max(scores.memory(), 0, n);
    float sum = Attention.exponentials(scores, 0, 0, n, max);
    mix(scores.memory(), values.memory(), valuesAt, n, h, 1 / sum, out.memory(), outAt);
  }

  private static void score(
      MemorySegment q,
      long qAt,
      MemorySegment keys,
      long keysAt,
      int capacity,
      int n,
      int h,
      float scale,
      MemorySegment scores) {
    int j = 0;
    for (; j + 4 * W <= n; j += 4 * W) {
      FloatVector a = FloatVector.zero(F);
      FloatVector b = a;
      FloatVector c = a;
      FloatVector d = a;
      for (int i = 0; i < h; i++) {
        FloatVector v = FloatVector.broadcast(F, get(q, qAt + i));
        long at = keysAt + (long) i * capacity + j;
        a = fromMemorySegment(F, keys, at << 2, NATIVE).fma(v, a);
        b = fromMemorySegment(F, keys, (at + W) << 2, NATIVE).fma(v, b);
        c = fromMemorySegment(F, keys, (at + 2 * W) << 2, NATIVE).fma(v, c);
        d = fromMemorySegment(F, keys, (at + 3 * W) << 2, NATIVE).fma(v, d);
      }
      a.mul(scale).intoMemorySegment(scores, j << 2, NATIVE);
      b.mul(scale).intoMemorySegment(scores, (j + W) << 2, NATIVE);
      c.mul(scale).intoMemorySegment(scores, (j + 2 * W) << 2, NATIVE);
      d.mul(scale).intoMemorySegment(scores, (j + 3 * W) << 2, NATIVE);
    }
    for (; j + W <= n; j += W) {
      FloatVector a = FloatVector.zero(F);
      for (int i = 0; i < h; i++) {
        a =
            fromMemorySegment(F, keys, (keysAt + (long) i * capacity + j) << 2, NATIVE)
                .fma(FloatVector.broadcast(F, get(q, qAt + i)), a);
      }
      a.mul(scale).intoMemorySegment(scores, j << 2, NATIVE);
    }
    for (; j < n; j++) {
      float s = 0;
      for (int i = 0; i < h; i++) {
        s = Math.fma(get(keys, keysAt + (long) i * capacity + j), get(q, qAt + i), s);
      }
      set(scores, j, s * scale);
    }
  }

  private static void mix(
      MemorySegment weights,
      MemorySegment values,
      long valuesAt,
      int n,
      int h,
      float factor,
      MemorySegment out,
      long outAt) {
    int i = 0;
    for (; i + 2 * W <= h; i += 2 * W) {
      FloatVector a = FloatVector.zero(F);
      FloatVector b = a;
      for (int j = 0; j < n; j++) {
        FloatVector p = FloatVector.broadcast(F, get(weights, j));
        long at = valuesAt + (long) j * h + i;
        a = fromMemorySegment(F, values, at << 2, NATIVE).fma(p, a);
        b = fromMemorySegment(F, values, (at + W) << 2, NATIVE).fma(p, b);
      }
      a.mul(factor).intoMemorySegment(out, (outAt + i) << 2, NATIVE);
      b.mul(factor).intoMemorySegment(out, (outAt + i + W) << 2, NATIVE);
    }
    for (; i + W <= h; i += W) {
      FloatVector a = FloatVector.zero(F);
      for (int j = 0; j < n; j++) {
        a =
            fromMemorySegment(F, values, (valuesAt + (long) j * h + i) << 2, NATIVE)
                .fma(FloatVector.broadcast(F, get(weights, j)), a);
      }
      a.mul(factor).intoMemorySegment(out, (outAt + i) << 2, NATIVE);
    }
    for (; i < h; i++) {
      float s = 0;
      for (int j = 0; j < n; j++) {
        s = Math.fma(get(values, valuesAt + (long) j * h + i), get(weights, j), s);
      }
      set(out, outAt + i, s * factor);
    }
  }

  /**
   * Stores one key and its value.
   *
   * @param kv where they lie
   * @param keyAt first element of the key
   * @param valueAt first element of the value
   * @param keys [h, capacity]
   * @param keysAt first element of the head's keys
   * @param values [capacity, h]
   * @param valuesAt first element of the head's values
   * @param capacity floats from one element of the keys to the next
   * @param index which key
   * @param h head size
   */
  public static void put(
      Tensor kv,
      long keyAt,
      long valueAt,
      Tensor keys,
      long keysAt,
      Tensor values,
      long valuesAt,
      int capacity,
      int index,
      int h) {
    for (int i = 0; i < h; i++) {
      keys.set(keysAt + (long) i * capacity + index, kv.get(keyAt + i));
    }
    MemorySegment.copy(
        kv.memory(),
        valueAt << 2,
        values.memory(),
        (valuesAt + (long) index * h) << 2,
        (long) h << 2);
  }
}
