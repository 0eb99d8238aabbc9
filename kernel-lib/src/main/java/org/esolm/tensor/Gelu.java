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
 * The tanh form of GELU. As (1 + tanh u) / 2 = sigmoid(2u), it is x sigmoid(2u) with u = sqrt(2/pi)
 * (x + 0.044715 x^3): one exponential and one division.
 */
public final class Gelu {
  private static final float TWO_ROOT = (float) (2 * Math.sqrt(2 / Math.PI));
  private static final float CUBIC = 0.044715f;
  private static final int CHUNK = 2048;

  private Gelu() {}

  /**
   * {@code y = gelu(h)}, elementwise.
   *
   * @param h input
   * @param y output, may be {@code h}
   * @param from first element
   * @param to behind the last element
   */
  public static void forward(Tensor h, Tensor y, long from, long to) {
    forward(h, y, from, to, from);
  }

  /**
   * {@code y = gelu(h)}, elementwise, into another place.
   *
   * @param h input
   * @param y output
   * @param from first element of h
   * @param to behind its last element
   * @param yAt first element of y
   */
  public static void forward(Tensor h, Tensor y, long from, long to, long yAt) {
    MemorySegment hs = h.memory();
    MemorySegment ys = y.memory();
    long n = to - from;
    long whole = n - n % W;
    for (long i = 0; i < whole; i += W) {
      FloatVector x = fromMemorySegment(F, hs, (from + i) << 2, NATIVE);
      x.mul(sigmoid(x)).intoMemorySegment(ys, (yAt + i) << 2, NATIVE);
    }
    for (long i = whole; i < n; i++) {
      float x = get(hs, from + i);
      set(ys, yAt + i, x * sigmoid(x));
    }
  }

  /**
   * The activation again, and the gradient through it: with s = sigmoid(2u), gelu'(x) = s + x s (1
   * - s) 2u'.
   *
   * @param h the input of {@link #forward}
   * @param dy gradient of the output; replaced by the gradient of the input
   * @param y written: gelu(h)
   * @param from first element
   * @param to behind the last element
   */
  public static void backward(Tensor h, Tensor dy, Tensor y, long from, long to) {
    for (long i = from; i < to; i += CHUNK) {
      long end = Math.min(i + CHUNK, to);
      sigmoids(h.memory(), y.memory(), i, end);
      derive(h.memory(), dy.memory(), y.memory(), i, end);
    }
  }

  // Two loops over what the first-level cache holds: with all in one, the compiler reaches its
  // limit of nodes and leaves vectors on the heap.

  private static void sigmoids(MemorySegment hs, MemorySegment ss, long from, long to) {
    long whole = to - (to - from) % W;
    for (long i = from; i < whole; i += W) {
      sigmoid(fromMemorySegment(F, hs, i << 2, NATIVE)).intoMemorySegment(ss, i << 2, NATIVE);
    }
    for (long i = whole; i < to; i++) {
      set(ss, i, sigmoid(get(hs, i)));
    }
  }

  private static void derive(
      MemorySegment hs, MemorySegment ds, MemorySegment ys, long from, long to) {
    long whole = to - (to - from) % W;
    FloatVector one = FloatVector.broadcast(F, 1f);
    FloatVector root = FloatVector.broadcast(F, TWO_ROOT);
    FloatVector rootCubic = FloatVector.broadcast(F, 3 * CUBIC * TWO_ROOT);
    for (long i = from; i < whole; i += W) {
      FloatVector x = fromMemorySegment(F, hs, i << 2, NATIVE);
      FloatVector s = fromMemorySegment(F, ys, i << 2, NATIVE);
      FloatVector y = x.mul(s);
      FloatVector slope = x.mul(x).fma(rootCubic, root);
      FloatVector derivative = y.mul(one.sub(s)).fma(slope, s);
      y.intoMemorySegment(ys, i << 2, NATIVE);
      fromMemorySegment(F, ds, i << 2, NATIVE)
          .mul(derivative)
          .intoMemorySegment(ds, i << 2, NATIVE);
    }
    for (long i = whole; i < to; i++) {
      float x = get(hs, i);
      float s = get(ys, i);
      float slope = Math.fma(x * x, 3 * CUBIC * TWO_ROOT, TWO_ROOT);
      set(ys, i, x * s);
      set(ds, i, get(ds, i) * Math.fma(x * s * (1 - s), slope, s));
    }
  }

  private static FloatVector sigmoid(FloatVector x) {
    FloatVector u =
        x.mul(x).fma(FloatVector.broadcast(F, CUBIC), FloatVector.broadcast(F, 1f)).mul(x);
    FloatVector one = FloatVector.broadcast(F, 1f);
    return one.div(one.add(Simd.exp(u.mul(-TWO_ROOT))));
  }

  private static float sigmoid(float x) {
    float u = Math.fma(x * x, CUBIC, 1f) * x;
    return 1f / (1f + Simd.exp(u * -TWO_ROOT));
  }
}
