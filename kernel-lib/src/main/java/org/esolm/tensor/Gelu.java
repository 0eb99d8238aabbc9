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
    int n = Math.toIntExact(to - from);
    long hs = h.address(from, n) & ADDRESS;
    long ys = y.address(yAt, n) & ADDRESS;
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      FloatVector x = fromMemorySegment(F, ALL, hs + 4L * i, NATIVE);
      x.mul(sigmoid(x)).intoMemorySegment(ALL, ys + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      float x = get(hs + 4L * i);
      set(ys + 4L * i, x * sigmoid(x));
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
      int n = (int) Math.min(CHUNK, to - i);
      long hs = h.address(i, n);
      long ys = y.address(i, n);
      sigmoids(hs, ys, n);
      derive(hs, dy.address(i, n), ys, n);
    }
  }

  // Two loops over what the first-level cache holds: with all in one, the compiler reaches its
  // limit of nodes and leaves vectors on the heap.

  private static void sigmoids(long h, long s, int n) {
    long hs = h & ADDRESS;
    long ss = s & ADDRESS;
    int whole = whole(n);
    for (int i = 0; i < whole; i += W) {
      sigmoid(fromMemorySegment(F, ALL, hs + 4L * i, NATIVE))
          .intoMemorySegment(ALL, ss + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      set(ss + 4L * i, sigmoid(get(hs + 4L * i)));
    }
  }

  private static void derive(long h, long d, long y, int n) {
    long hs = h & ADDRESS;
    long ds = d & ADDRESS;
    long ys = y & ADDRESS;
    int whole = whole(n);
    FloatVector one = FloatVector.broadcast(F, 1f);
    FloatVector root = FloatVector.broadcast(F, TWO_ROOT);
    FloatVector rootCubic = FloatVector.broadcast(F, 3 * CUBIC * TWO_ROOT);
    for (int i = 0; i < whole; i += W) {
      FloatVector x = fromMemorySegment(F, ALL, hs + 4L * i, NATIVE);
      FloatVector s = fromMemorySegment(F, ALL, ys + 4L * i, NATIVE);
      FloatVector activated = x.mul(s);
      FloatVector slope = x.mul(x).fma(rootCubic, root);
      FloatVector derivative = activated.mul(one.sub(s)).fma(slope, s);
      activated.intoMemorySegment(ALL, ys + 4L * i, NATIVE);
      fromMemorySegment(F, ALL, ds + 4L * i, NATIVE)
          .mul(derivative)
          .intoMemorySegment(ALL, ds + 4L * i, NATIVE);
    }
    for (int i = whole; i < n; i++) {
      float x = get(hs + 4L * i);
      float s = get(ys + 4L * i);
      float slope = Math.fma(x * x, 3 * CUBIC * TWO_ROOT, TWO_ROOT);
      set(ys + 4L * i, x * s);
      set(ds + 4L * i, get(ds + 4L * i) * Math.fma(x * s * (1 - s), slope, s));
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
