package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.get;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.sum;
import static org.esolm.tensor.Simd.whole;

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
    float max = max(x, at, n);
    long row = x.address(at, n) & ADDRESS;
    int whole = whole(n);
    FloatVector total = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      total = total.add(Simd.exp(fromMemorySegment(F, ALL, row + 4L * i, NATIVE).sub(max)));
    }
    float s = sum(total);
    for (int i = whole; i < n; i++) {
      s += Simd.exp(get(row + 4L * i) - max);
    }
    return max + (float) Math.log(s);
  }

  static float max(Tensor x, long at, int n) {
    long row = x.address(at, n) & ADDRESS;
    int whole = whole(n);
    FloatVector m = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < whole; i += W) {
      FloatVector v = fromMemorySegment(F, ALL, row + 4L * i, NATIVE);
      m = m.blend(v, v.compare(VectorOperators.GT, m)); // cheaper than max, which orders zeros
    }
    float max = m.reduceLanes(VectorOperators.MAX);
    for (int i = whole; i < n; i++) {
      max = Math.max(max, get(row + 4L * i));
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
    return logSumExp(logits, at, n) - logits.get(at + target);
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
    float truth = logits.get(at + target);
    float max = max(logits, at, n);
    float sum = Attention.exponentials(logits, at, 0, n, max);
    Attention.scale(logits, at, n, weight / sum);
    logits.set(at + target, logits.get(at + target) - weight);
    return max + (float) Math.log(sum) - truth;
  }
}
