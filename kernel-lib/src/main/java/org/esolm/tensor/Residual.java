package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.get;
import static org.esolm.tensor.Memory.set;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.whole;

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
    long first = (long) from * d;
    long x0 = x.address(first, to - from, d, d);
    long b0 = branch.address(first, to - from, d, d);
    long o0 = out.address(first, to - from, d, d);
    long cs = bias == null ? 0 : bias.address(0, d) & ADDRESS;
    long gs = gate == null ? 0 : gate.address(0, d) & ADDRESS;
    int whole = whole(d);
    int threshold = threshold(dropout);
    float scale = 1 / (1 - dropout);
    for (int r = from; r < to; r++) {
      int at = r * d; // for the hash, which may overflow
      long row = 4L * d * (r - from);
      long xs = x0 + row & ADDRESS;
      long bs = b0 + row & ADDRESS;
      long os = o0 + row & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        FloatVector b = fromMemorySegment(F, ALL, bs + 4L * i, NATIVE);
        if (cs != 0) {
          b = b.add(fromMemorySegment(F, ALL, cs + 4L * i, NATIVE));
        }
        if (threshold > 0) {
          b = FloatVector.zero(F).blend(b.mul(scale), kept(at + i, seed, threshold));
        }
        b.intoMemorySegment(ALL, bs + 4L * i, NATIVE);
        FloatVector g = gs == 0 ? b : b.mul(fromMemorySegment(F, ALL, gs + 4L * i, NATIVE));
        fromMemorySegment(F, ALL, xs + 4L * i, NATIVE)
            .add(g)
            .intoMemorySegment(ALL, os + 4L * i, NATIVE);
      }
      for (int i = whole; i < d; i++) {
        float b = get(bs + 4L * i) + (cs == 0 ? 0 : get(cs + 4L * i));
        if (threshold > 0) {
          b = hash(at + i, seed) >= threshold ? b * scale : 0;
        }
        set(bs + 4L * i, b);
        set(os + 4L * i, get(xs + 4L * i) + (gs == 0 ? b : b * get(gs + 4L * i)));
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
    long first = (long) from * d;
    long d0 = dout.address(first, to - from, d, d);
    long e0 = dbranch.address(first, to - from, d, d);
    long b0 = gate == null ? 0 : branch.address(first, to - from, d, d);
    long gs = gate == null ? 0 : gate.address(0, d) & ADDRESS;
    long gates = sums.address(sumsAt, 2L * d) & ADDRESS;
    long biases = gates + 4L * d & ADDRESS;
    int whole = whole(d);
    int threshold = threshold(dropout);
    float scale = 1 / (1 - dropout);
    for (int r = from; r < to; r++) {
      int at = r * d; // for the hash, which may overflow
      long row = 4L * d * (r - from);
      long ds = d0 + row & ADDRESS;
      long es = e0 + row & ADDRESS;
      long bs = b0 + row & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        FloatVector v = fromMemorySegment(F, ALL, ds + 4L * i, NATIVE);
        if (gs != 0) {
          v.fma(
                  fromMemorySegment(F, ALL, bs + 4L * i, NATIVE),
                  fromMemorySegment(F, ALL, gates + 4L * i, NATIVE))
              .intoMemorySegment(ALL, gates + 4L * i, NATIVE);
          v = v.mul(fromMemorySegment(F, ALL, gs + 4L * i, NATIVE));
        }
        if (threshold > 0) {
          v = FloatVector.zero(F).blend(v.mul(scale), kept(at + i, seed, threshold));
        }
        v.intoMemorySegment(ALL, es + 4L * i, NATIVE);
        fromMemorySegment(F, ALL, biases + 4L * i, NATIVE)
            .add(v)
            .intoMemorySegment(ALL, biases + 4L * i, NATIVE);
      }
      for (int i = whole; i < d; i++) {
        float v = get(ds + 4L * i);
        if (gs != 0) {
          set(gates + 4L * i, Math.fma(v, get(bs + 4L * i), get(gates + 4L * i)));
          v *= get(gs + 4L * i);
        }
        if (threshold > 0) {
          v = hash(at + i, seed) >= threshold ? v * scale : 0;
        }
        set(es + 4L * i, v);
        set(biases + 4L * i, get(biases + 4L * i) + v);
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
