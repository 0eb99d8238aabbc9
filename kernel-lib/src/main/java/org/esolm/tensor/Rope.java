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

import java.lang.foreign.Arena;
import jdk.incubator.vector.FloatVector;

/**
 * Rotary position embedding (Su et al., 2021) in the half-split form: of each head's vector,
 * element i and element i + h/2 are rotated by the angle position / base^(2i/h).
 */
public final class Rope {
  private final int half;
  private final Tensor cos; // [positions, h/2]
  private final Tensor sin; // [positions, h/2]

  /**
   * Computes the angles.
   *
   * @param arena owner of the tables
   * @param positions positions 0 to positions - 1 can be rotated
   * @param headSize h, even
   * @param base 10,000 in the paper
   */
  public Rope(Arena arena, int positions, int headSize, double base) {
    half = headSize / 2;
    cos = Tensor.zeros(arena, positions, half);
    sin = Tensor.zeros(arena, positions, half);
    for (int i = 0; i < half; i++) {
      // in float, as the released code computes it
      float frequency = (float) (1.0 / Math.pow(base, 2.0 * i / headSize));
      for (int p = 0; p < positions; p++) {
        float angle = p * frequency;
        cos.set((long) p * half + i, (float) Math.cos(angle));
        sin.set((long) p * half + i, (float) Math.sin(angle));
      }
    }
  }

  /**
   * How many positions can be rotated.
   *
   * @return positions 0 to this - 1
   */
  public int positions() {
    return cos.dim(0);
  }

  /**
   * Rotates the heads of one row in place.
   *
   * @param x where the row lies
   * @param at index of the first head's first element
   * @param heads number of heads, one behind the other
   * @param position the row's position
   * @param backward whether to rotate back, which is the gradient of rotating
   */
  public void rotate(Tensor x, long at, int heads, int position, boolean backward) {
    long cs = cos.address((long) position * half, half) & ADDRESS;
    long ss = sin.address((long) position * half, half) & ADDRESS;
    long first = x.address(at, 2L * half * heads);
    float sign = backward ? -1f : 1f;
    int whole = whole(half);
    for (int head = 0; head < heads; head++) {
      long a = first + 8L * half * head & ADDRESS;
      long b = a + 4L * half & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        FloatVector c = fromMemorySegment(F, ALL, cs + 4L * i, NATIVE);
        FloatVector s = fromMemorySegment(F, ALL, ss + 4L * i, NATIVE).mul(sign);
        FloatVector u = fromMemorySegment(F, ALL, a + 4L * i, NATIVE);
        FloatVector v = fromMemorySegment(F, ALL, b + 4L * i, NATIVE);
        u.mul(c).sub(v.mul(s)).intoMemorySegment(ALL, a + 4L * i, NATIVE);
        v.mul(c).add(u.mul(s)).intoMemorySegment(ALL, b + 4L * i, NATIVE);
      }
      for (int i = whole; i < half; i++) {
        float c = get(cs + 4L * i);
        float s = sign * get(ss + 4L * i);
        float u = get(a + 4L * i);
        float v = get(b + 4L * i);
        set(a + 4L * i, u * c - v * s);
        set(b + 4L * i, v * c + u * s);
      }
    }
  }
}
