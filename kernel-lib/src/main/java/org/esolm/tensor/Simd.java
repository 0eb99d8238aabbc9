package org.esolm.tensor;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this machine, and what all vector kernels share.
 *
 * <p>There is no load and no store here: where a compiled loop has grown large, the compiler goes
 * on to inline the Vector API's own methods but no others, and a vector that crosses a call is an
 * object.
 */
final class Simd {
  static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
  static final int W = F.length();

  static final ByteOrder NATIVE = ByteOrder.nativeOrder();

  /** Adding and subtracting this rounds to the nearest integer, and leaves it in the low bits. */
  private static final float ROUND = 0x1.8p23f;

  private static final float LOWEST = -88.1f; // rounds to 2^-127, whose bits are those of 0
  private static final float HIGHEST = 88.3f;
  private static final float LOG2_E = 1.4426950408889634f;
  private static final float LN2_HIGH = 0.693359375f;
  private static final float LN2_LOW = -2.12194440e-4f;

  // Constants of the vector form stand ready: each broadcast in place costs the compiler nodes, and
  // with too many of them it leaves the vectors of a loop on the heap.
  static final FloatVector LOWEST_LANES = FloatVector.broadcast(F, LOWEST);
  static final FloatVector HIGHEST_LANES = FloatVector.broadcast(F, HIGHEST);
  static final FloatVector ROUND_LANES = FloatVector.broadcast(F, ROUND);
  static final FloatVector LOG2_E_LANES = FloatVector.broadcast(F, LOG2_E);
  static final FloatVector MINUS_LN2_HIGH = FloatVector.broadcast(F, -LN2_HIGH);
  static final FloatVector MINUS_LN2_LOW = FloatVector.broadcast(F, -LN2_LOW);
  static final FloatVector P0 = FloatVector.broadcast(F, 1.9875691500e-4f);
  static final FloatVector P1 = FloatVector.broadcast(F, 1.3981999507e-3f);
  static final FloatVector P2 = FloatVector.broadcast(F, 8.3334519073e-3f);
  static final FloatVector P3 = FloatVector.broadcast(F, 4.1665795894e-2f);
  static final FloatVector P4 = FloatVector.broadcast(F, 1.6666665459e-1f);
  static final FloatVector P5 = FloatVector.broadcast(F, 5.0000001201e-1f);
  static final FloatVector ONE = FloatVector.broadcast(F, 1f);
  static final IntVector BIAS = IntVector.broadcast(IntVector.SPECIES_PREFERRED, 127);

  private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F, 8, 1, true);
  private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(F, 4, 1, true);
  private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(F, 2, 1, true);

  private Simd() {}

  /** The end of the whole vectors among n elements. */
  static int whole(int n) {
    return n - n % W;
  }

  /**
   * The sum of all lanes, by halves. {@code reduceLanes} leaves the order open, and compiled code
   * does add in another than interpreted code: the same row would have other bits once warm.
   */
  static float sum(FloatVector v) {
    FloatVector s = v;
    if (W > 8) {
      s = s.add(s.rearrange(BY_8));
    }
    if (W > 4) {
      s = s.add(s.rearrange(BY_4));
    }
    if (W > 2) {
      s = s.add(s.rearrange(BY_2));
    }
    return s.lane(0) + s.lane(1);
  }

  /**
   * e to the power of every lane, to about two units in the last place; 0 below -87.7 (Cephes'
   * expf, its polynomial in pairs). The same on every machine, unlike the Vector API's own EXP, and
   * with no call out of the loop. Comparing and blending is cheaper than {@code max} and {@code
   * min}, which order zeros too.
   */
  static FloatVector exp(FloatVector x) {
    FloatVector low = x.blend(LOWEST_LANES, x.lt(LOWEST_LANES));
    FloatVector clamped = low.blend(HIGHEST_LANES, low.compare(VectorOperators.GT, HIGHEST_LANES));
    FloatVector shifted = clamped.fma(LOG2_E_LANES, ROUND_LANES);
    FloatVector n = shifted.sub(ROUND_LANES);
    FloatVector r = n.fma(MINUS_LN2_LOW, n.fma(MINUS_LN2_HIGH, clamped));
    FloatVector r2 = r.mul(r);
    FloatVector p = P0.fma(r, P1).fma(r2, P2.fma(r, P3)).fma(r2, P4.fma(r, P5));
    FloatVector scale =
        shifted
            .reinterpretAsInts()
            .add(BIAS)
            .lanewise(VectorOperators.LSHL, 23)
            .reinterpretAsFloats();
    return p.fma(r2, r.add(ONE)).mul(scale);
  }

  /** The scalar twin of {@link #exp(FloatVector)}, for the ends of rows. */
  static float exp(float x) {
    float low = x < LOWEST ? LOWEST : x;
    float clamped = low > HIGHEST ? HIGHEST : low;
    float shifted = Math.fma(clamped, LOG2_E, ROUND);
    float n = shifted - ROUND;
    float r = Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, clamped));
    float r2 = r * r;
    float p = Math.fma(1.9875691500e-4f, r, 1.3981999507e-3f);
    p = Math.fma(p, r2, Math.fma(8.3334519073e-3f, r, 4.1665795894e-2f));
    p = Math.fma(p, r2, Math.fma(1.6666665459e-1f, r, 5.0000001201e-1f));
    float scale = Float.intBitsToFloat((Float.floatToRawIntBits(shifted) + 127) << 23);
    return Math.fma(p, r2, r + 1f) * scale;
  }
}
