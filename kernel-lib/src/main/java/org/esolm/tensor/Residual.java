package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.get;
import static org.esolm.tensor.Simd.set;
import static org.esolm.tensor.Simd.whole;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The end of a transformer's branch: {@code out = x + gate * dropout(branch + bias)}. The dropout
 * mask is a hash of a seed and the element's index, so the backward pass finds it again and nothing
 * is stored.
 */
public final class Residual {
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final IntVector LANES = IntVector.zero(I).addIndex(1);

  private Residual() {}

  /**
   * Adds a branch to the residual stream.
   *
   * @param x [rows, d] the stream
   * @param branch [rows, d] the branch's output; replaced by dropout(branch + bias)
   * @param bias [d], or null for none
   * @param gate [d], or null for ones
   * @param out [rows, d], written; may be {@code x}
   * @param dropout probability of a zero, in [0, 1)
   * @param seed of the dropout mask
   * @param from first row
   * @param to behind the last row
   * @param d columns
   */
  public static void forward(
      Tensor x,
      Tensor branch,
      Tensor bias,
      Tensor gate,
      Tensor out,
      float dropout,
      int seed,
      int from,
      int to,
      int d) {
    MemorySegment xs = x.memory();
    MemorySegment bs = branch.memory();
    MemorySegment cs = bias == null ? null : bias.memory();
    MemorySegment gs = gate == null ? null : gate.memory();
    MemorySegment os = out.memory();
    int whole = whole(d);
    int threshold = threshold(dropout);
    float scale = 1 / (1 - dropout);
    for (int r = from; r < to; r++) {
      long at = (long) r * d;
      for (int i = 0; i < whole; i += W) {
        FloatVector b = fromMemorySegment(F, bs, (at + i) << 2, NATIVE);
        if (cs != null) {
          b = b.add(fromMemorySegment(F, cs, i << 2, NATIVE));
        }
        if (threshold > 0) {
          b = FloatVector.zero(F).blend(b.mul(scale), kept((int) at + i, seed, threshold));
        }
        b.intoMemorySegment(bs, (at + i) << 2, NATIVE);
        FloatVector g = gs == null ? b : b.mul(fromMemorySegment(F, gs, i << 2, NATIVE));
        fromMemorySegment(F, xs, (at + i) << 2, NATIVE)
            .add(g)
            .intoMemorySegment(os, (at + i) << 2, NATIVE);
      }
      for (int i = whole; i < d; i++) {
        float b = get(bs, at + i) + (cs == null ? 0 : get(cs, i));
        if (threshold > 0) {
          b = hash((int) at + i, seed) >= threshold ? b * scale : 0;
        }
        set(bs, at + i, b);
        set(os, at + i, get(xs, at + i) + (gs == null ? b : b * get(gs, i)));
      }
    }
  }

  /**
   * The gradient of the branch; that of {@code x} is {@code dout} itself.
   *
   * @param dout [rows, d] gradient of the sum
   * @param branch [rows, d] as {@link #forward} left it; not read where {@code gate} is null
   * @param gate [d], or null for ones
   * @param dbranch [rows, d], written
   * @param sums [2 d], added to: sums over the rows of dout branch (gradient of the gate) and of
   *     dbranch (of the bias)
   * @param sumsAt where the sums start
   * @param dropout as in {@link #forward}
   * @param seed as in {@link #forward}
   * @param from first row
   * @param to behind the last row
   * @param d columns
   */
  public static void backward(
      Tensor dout,
      Tensor branch,
      Tensor gate,
      Tensor dbranch,
      Tensor sums,
      long sumsAt,
      float dropout,
      int seed,
      int from,
      int to,
      int d) {
    MemorySegment ds = dout.memory();
    MemorySegment bs = branch.memory();
    MemorySegment gs = gate == null ? null : gate.memory();
    MemorySegment es = dbranch.memory();
    MemorySegment ss = sums.memory();
    int whole = whole(d);
    int threshold = threshold(dropout);
    float scale = 1 / (1 - dropout);
    for (int r = from; r < to; r++) {
      long at = (long) r * d;
      for (int i = 0; i < whole; i += W) {
        FloatVector v = fromMemorySegment(F, ds, (at + i) << 2, NATIVE);
        if (gs != null) {
          v.fma(
                  fromMemorySegment(F, bs, (at + i) << 2, NATIVE),
                  fromMemorySegment(F, ss, (sumsAt + i) << 2, NATIVE))
              .intoMemorySegment(ss, (sumsAt + i) << 2, NATIVE);
          v = v.mul(fromMemorySegment(F, gs, i << 2, NATIVE));
        }
        if (threshold > 0) {
          v = FloatVector.zero(F).blend(v.mul(scale), kept((int) at + i, seed, threshold));
        }
        v.intoMemorySegment(es, (at + i) << 2, NATIVE);
        fromMemorySegment(F, ss, (sumsAt + d + i) << 2, NATIVE)
            .add(v)
            .intoMemorySegment(ss, (sumsAt + d + i) << 2, NATIVE);
      }
      for (int i = whole; i < d; i++) {
        float v = get(ds, at + i);
        if (gs != null) {
          set(ss, sumsAt + i, Math.fma(v, get(bs, at + i), get(ss, sumsAt + i)));
          v *= get(gs, i);
        }
        if (threshold > 0) {
          v = hash((int) at + i, seed) >= threshold ? v * scale : 0;
        }
        set(es, at + i, v);
        set(ss, sumsAt + d + i, get(ss, sumsAt + d + i) + v);
      }
    }
  }

  /** Hashes are 24 bits; those below this are dropped. */
  private static int threshold(float dropout) {
    return Math.round(dropout * (1 << 24));
  }

  private static VectorMask<Float> kept(int index, int seed, int threshold) {
    IntVector h = LANES.add(index).mul(0x9E3779B1).add(seed);
    h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 16)).mul(0x85EBCA6B);
    h = h.lanewise(VectorOperators.XOR, h.lanewise(VectorOperators.LSHR, 13)).mul(0xC2B2AE35);
    h = h.lanewise(VectorOperators.LSHR, 8);
    return h.compare(VectorOperators.GE, threshold).cast(F);
  }

  private static int hash(int index, int seed) {
    int h = index * 0x9E3779B1 + seed;
    h = (h ^ (h >>> 16)) * 0x85EBCA6B;
    h = (h ^ (h >>> 13)) * 0xC2B2AE35;
    return h >>> 8;
  }
}
