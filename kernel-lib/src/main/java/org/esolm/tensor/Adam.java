package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/**
 * One step of AdamW (Loshchilov and Hutter, 2019) and of an average of the weights, in one loop
 * over flat buffers.
 */
public final class Adam {
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
    MemorySegment ws = w.memory();
    MemorySegment gs = g.memory();
    MemorySegment ms = m.memory();
    MemorySegment vs = v.memory();
    MemorySegment es = ema.memory();
    FloatVector zero = FloatVector.zero(F);
    float divide = 1 / f.rootCorrection();
    long whole = to - (to - from) % W;
    for (long i = from; i < whole; i += W) {
      FloatVector gi = fromMemorySegment(F, gs, i << 2, NATIVE).mul(f.clip());
      FloatVector mi =
          fromMemorySegment(F, ms, i << 2, NATIVE).mul(f.beta1()).add(gi.mul(1 - f.beta1()));
      FloatVector vi =
          fromMemorySegment(F, vs, i << 2, NATIVE)
              .mul(f.beta2())
              .add(gi.mul(gi).mul(1 - f.beta2()));
      FloatVector root = vi.sqrt().mul(divide).add(f.epsilon());
      FloatVector wi =
          fromMemorySegment(F, ws, i << 2, NATIVE)
              .mul(f.shrink())
              .sub(mi.div(root).mul(f.stepSize()));
      FloatVector ei = fromMemorySegment(F, es, i << 2, NATIVE);
      mi.intoMemorySegment(ms, i << 2, NATIVE);
      vi.intoMemorySegment(vs, i << 2, NATIVE);
      wi.intoMemorySegment(ws, i << 2, NATIVE);
      (wi.add(ei.sub(wi).mul(f.emaDecay()))).intoMemorySegment(es, i << 2, NATIVE);
      zero.intoMemorySegment(gs, i << 2, NATIVE);
    }
    for (long i = whole; i < to; i++) {
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
    MemorySegment xs = x.memory();
    double total = 0;
    long i = from;
    while (i + W <= to) { // in stretches short enough for float sums
      FloatVector sum = FloatVector.zero(F);
      for (long end = Math.min(to, i + 64L * W); i + W <= end; i += W) {
        FloatVector v = fromMemorySegment(F, xs, i << 2, NATIVE);
        sum = v.fma(v, sum);
      }
      total += Simd.sum(sum);
    }
    for (; i < to; i++) {
      total += (double) x.get(i) * x.get(i);
    }
    return total;
  }
}
