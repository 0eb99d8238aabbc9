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
import jdk.incubator.vector.VectorOperators;

/** Softmax over one row of logits, and the negative log-likelihood of one of its entries. */
public final class CrossEntropy {
  private CrossEntropy() {}

  /**
   * The logarithm of the sum of exponentials of a stretch of floats.
   *
   * @param x where it lies
   * @param at first element
   * @param n number of elements, at least 1
   * @return log sum exp(x)
   */
  public static float logSumExp(Tensor x, long at, int n) {
    return logSumExp(x.memory(), at, n);
  }

  static float logSumExp(MemorySegment x, long at, int n) {
    float max = max(x, at, n);
    int whole = Simd.whole(n);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total = total.add(Simd.exp(fromMemorySegment(F, x, (at + i) << 2, NATIVE).sub(max)));
    }
    float s = sum(total);
    for (int i = whole; i < n; i++) {
      s += Simd.exp(get(x, at + i) - max);
    }
    return max + (float) Math.log(s);
  }

  static float max(MemorySegment x, long at, int n) {
    int whole = Simd.whole(n);
    FloatVector m = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += W) {
      m = m.max(fromMemorySegment(F, x, (at + i) << 2, NATIVE));
    }
    float max = m.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, get(x, at + i));
    }
    return max;
  }

  /**
   * {@code -log softmax(logits)[target]}.
   *
   * @param logits where the row lies
   * @param at its first element
   * @param n its length
   * @param target index in [0, n)
   * @return the negative log-likelihood in nats
   */
  public static float forward(Tensor logits, long at, int n, int target) {
    return logSumExp(logits.memory(), at, n) - logits.get(at + target);
  }

  /**
   * The negative log-likelihood; the logits are replaced by its gradient times a weight: {@code
   * weight (softmax(logits) - onehot(target))}.
   *
   * @param logits where the row lies
   * @param at its first element
   * @param n its length
   * @param target index in [0, n)
   * @param weight factor of the gradient
   * @return the negative log-likelihood in nats, without the weight
   */
  public static float backward(Tensor logits, long at, int n, int target, float weight) {
    MemorySegment x = logits.memory();
    float truth = get(x, at + target);
    float max = max(x, at, n);
    float sum = Attention.exponentials(logits, at, 0, n, max);
    Attention.scale(logits, at, n, weight / sum);
    set(x, at + target, get(x, at + target) - weight);
    return max + (float) Math.log(sum) - truth;
  }
}
