package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.broadcast;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.bytes;
import static org.esolm.tensor.PanelProduct.P;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Weights as signed bytes with a factor for each output, four in an int: [strips, 2, in, W] ints,
 * of which byte b of lane j is output b W + j of its half strip. Products are of the bytes as
 * floats; factors come last.
 */
final class Int8Matrix extends PackedMatrix {
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final int LARGEST = 127;

  /** Bytes of one vector: the weights of four vectors of outputs and one input. */
  private static final int V = W * Integer.BYTES;

  private final Tensor data; // bits of four weights in each element
  private final Tensor factors; // [out]

  Int8Matrix(Arena arena, int out, int in) {
    super(out, in);
    data = Tensor.zeros(arena, (out + STRIP - 1) / STRIP, 2, in, W);
    factors = Tensor.zeros(arena, out);
  }

  @Override
  public void pack(Tensor w, int strip) {
    int first = strip * STRIP;
    int end = Math.min(out, first + STRIP);
    for (int o = first; o < end; o++) {
      float largest = largest(w, o);
      factors.set(o, largest / LARGEST);
      int half = (o - first) / (4 * W);
      int b = (o - first) / W % 4;
      long at = ((2L * strip + half) * in * W + (o - first) % W) * Integer.BYTES + b;
      for (int k = 0; k < in; k++) {
        byte kept = nearest(w.get((long) o * in + k), largest);
        data.memory().set(ValueLayout.JAVA_BYTE, at + (long) k * V, kept);
      }
    }
  }

  private static float largest(Tensor w, int o) {
    int n = w.dim(1);
    float largest = 0;
    for (int k = 0; k < n; k++) {
      largest = Math.max(largest, Math.abs(w.get((long) o * n + k)));
    }
    return largest;
  }

  private static byte nearest(float v, float largest) {
    return largest == 0 ? 0 : (byte) Math.round(v * (LARGEST / largest));
  }

  static void round(Tensor w) {
    int n = w.dim(1);
    for (int o = 0; o < w.dim(0); o++) {
      float largest = largest(w, o);
      for (long i = (long) o * n; i < (o + 1L) * n; i++) {
        w.set(i, nearest(w.get(i), largest) * (largest / LARGEST));
      }
    }
  }

  @Override
  public long size() {
    return bytes(data.size() + factors.size());
  }

  private long address(int strip) {
    return data.address(2L * strip * in * W, 2L * in * W);
  }

  @Override
  void strip(long x, long ldx, int strip, long y, long ldy, int rows, long scratch) {
    int panels = panels(strip);
    if (rows < WIDEN && panels == STRIP / P) {
      for (int r = 0; r < rows; r++) {
        row(x + r * ldx, address(strip), address(strip) + (long) in * V, in, y + r * ldy);
      }
    } else {
      widen(address(strip), in, scratch);
      PanelProduct.multiply(x, ldx, scratch, bytes((long) in * P), in, y, ldy, rows, panels);
    }
  }

  /** One row by the two halves of a strip. */
  private static void row(long x, long w, long wb, int n, long y) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, a2 = zero, a3 = zero;
    FloatVector b0 = zero, b1 = zero, b2 = zero, b3 = zero;
    long xs = x & ADDRESS;
    long first = w & ADDRESS;
    long second = wb & ADDRESS;
    for (int k = 0; k < n; k++) {
      FloatVector v = broadcast(F, ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xs + 4L * k));
      IntVector four = IntVector.fromMemorySegment(I, ALL, first + (long) V * k, NATIVE);
      a0 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 24)), a0);
      a1 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 16)), a1);
      a2 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 8)), a2);
      a3 = v.fma(floats(four), a3);
      four = IntVector.fromMemorySegment(I, ALL, second + (long) V * k, NATIVE);
      b0 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 24)), b0);
      b1 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 16)), b1);
      b2 = v.fma(floats(four.lanewise(VectorOperators.LSHL, 8)), b2);
      b3 = v.fma(floats(four), b3);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    a2.intoMemorySegment(ALL, y + 2 * V, NATIVE);
    a3.intoMemorySegment(ALL, y + 3 * V, NATIVE);
    b0.intoMemorySegment(ALL, y + 4 * V, NATIVE);
    b1.intoMemorySegment(ALL, y + 5 * V, NATIVE);
    b2.intoMemorySegment(ALL, y + 6 * V, NATIVE);
    b3.intoMemorySegment(ALL, y + 7 * V, NATIVE);
  }

  /** The uppermost byte of each lane. */
  private static FloatVector floats(IntVector bytes) {
    return (FloatVector) bytes.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0);
  }

  /** Half strips [2, in, 4 bytes, W] to panels of floats [4, in, P]. */
  private static void widen(long w, int n, long to) {
    long panel = 2L * V * n;
    for (int half = 0; half < 2; half++) {
      long from = w + (long) half * n * V & ADDRESS;
      long a = to + 2 * half * panel & ADDRESS;
      long b = a + panel & ADDRESS;
      for (int k = 0; k < n; k++) {
        IntVector four = IntVector.fromMemorySegment(I, ALL, from + (long) V * k, NATIVE);
        long at = 2L * V * k;
        floats(four.lanewise(VectorOperators.LSHL, 24)).intoMemorySegment(ALL, a + at, NATIVE);
        floats(four.lanewise(VectorOperators.LSHL, 16)).intoMemorySegment(ALL, a + at + V, NATIVE);
        floats(four.lanewise(VectorOperators.LSHL, 8)).intoMemorySegment(ALL, b + at, NATIVE);
        floats(four).intoMemorySegment(ALL, b + at + V, NATIVE);
      }
    }
  }

  @Override
  int stripScratch() {
    return STRIP * in;
  }

  @Override
  Tensor factors() {
    return factors;
  }
}
