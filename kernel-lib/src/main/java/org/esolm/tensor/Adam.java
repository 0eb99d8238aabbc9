package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.get;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.whole;

import jdk.incubator.vector.FloatVector;

/**
 * One step of AdamW (Loshchilov and Hutter, 2019) and of an average of the weights, in one loop
 * over flat buffers.
 */
public final class Adam {
  private static final int STRETCH = 64 * W; // short enough for sums in float

  private Adam() {}

  /**
   * Factors of one step, all of them numbers of the step and not of an element.
   *
   * @param clip factor of the gradient
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param stepSize learning rate / (1 - beta1^n)
   * @param rootCorrection sqrt(1 - beta2^n), by which the root of the second moment is divided
   * @param epsilon added to that root
   * @param shrink 1 - learning rate times weight decay
   * @param emaDecay share of the old average in the new one
   */
  public record Factors(
      float clip,
      float beta1,
      float beta2,
      float stepSize,
      float rootCorrection,
      float epsilon,
      float shrink,
      float emaDecay) {}

  /**
   * Updates elements [from, to); the range is a multiple of the vector width or the buffers have
   * room behind it.
   *
   * @param w weights, updated
   * @param g gradient; set to zero for the next step
   * @param m first moment, updated
   * @param v second moment, updated
   * @param ema average of the weights, updated
   * @param f the step's factors
   * @param from first element
   * @param to behind the last element
   */
  public static void step(
      Tensor w, Tensor g, Tensor m, Tensor v, Tensor ema, Factors f, long from, long to) {
    int n = Math.toIntExact(to - from);
    long ws = w.address(from, n) & ADDRESS;
    long gs = g.address(from, n) & ADDRESS;
    long ms = m.address(from, n) & ADDRESS;
    long vs = v.address(from, n) & ADDRESS;
    long es = ema.address(from, n) & ADDRESS;
    FloatVector zero = FloatVector.zero(F);
    float divide = 1 / f.rootCorrection();
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      FloatVector gi = fromMemorySegment(F, ALL, gs + 4L * i, NATIVE).mul(f.clip());
      FloatVector mi =
          fromMemorySegment(F, ALL, ms + 4L * i, NATIVE).mul(f.beta1()).add(gi.mul(1 - f.beta1()));
      FloatVector vi =
          fromMemorySegment(F, ALL, vs + 4L * i, NATIVE)
              .mul(f.beta2())
              .add(gi.mul(gi).mul(1 - f.beta2()));
      FloatVector root = vi.sqrt().mul(divide).add(f.epsilon());
      FloatVector wi =
          fromMemorySegment(F, ALL, ws + 4L * i, NATIVE)
              .mul(f.shrink())
              .sub(mi.div(root).mul(f.stepSize()));
      FloatVector ei = fromMemorySegment(F, ALL, es + 4L * i, NATIVE);
      mi.intoMemorySegment(ALL, ms + 4L * i, NATIVE);
      vi.intoMemorySegment(ALL, vs + 4L * i, NATIVE);
      wi.intoMemorySegment(ALL, ws + 4L * i, NATIVE);
      (wi.add(ei.sub(wi).mul(f.emaDecay()))).intoMemorySegment(ALL, es + 4L * i, NATIVE);
      zero.intoMemorySegment(ALL, gs + 4L * i, NATIVE);
    }
    for (long i = from + whole; i < to; i++) {
      float gi = g.get(i) * f.clip();
      float mi = m.get(i) * f.beta1() + gi * (1 - f.beta1());
      float vi = v.get(i) * f.beta2() + gi * gi * (1 - f.beta2());
      float wi =
          w.get(i) * f.shrink()
              - mi / ((float) Math.sqrt(vi) * divide + f.epsilon()) * f.stepSize();
      m.set(i, mi);
      v.set(i, vi);
      w.set(i, wi);
      ema.set(i, wi + (ema.get(i) - wi) * f.emaDecay());
      g.set(i, 0f);
    }
  }

  /**
   * The sum of squares of elements [from, to).
   *
   * @param x the tensor
   * @param from first element
   * @param to behind the last element
   * @return sum x^2
   */
  public static double squares(Tensor x, long from, long to) {
    double total = 0;
    for (long at = from; at < to; at += STRETCH) {
      total += squares(x.address(at, Math.min(STRETCH, to - at)), (int) Math.min(STRETCH, to - at));
    }
    return total;
  }

  private static double squares(long x, int n) {
    long xs = x & ADDRESS;
    int whole = whole(n);
    FloatVector sum = FloatVector.zero(F);
    for (int i = 0; i < whole; i += W) {
      FloatVector v = fromMemorySegment(F, ALL, xs + 4L * i, NATIVE);
      sum = v.fma(v, sum);
    }
    double total = Simd.sum(sum);
    for (int i = whole; i < n; i++) {
      total += (double) get(xs + 4L * i) * get(xs + 4L * i);
    }
    return total;
  }
}
