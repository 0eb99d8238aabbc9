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
 * Weights as bf16, two in an int: [panels, in, W] ints, of which lane j has output j of its panel
 * in the lower half and output W + j in the upper. A shift or a mask makes either a float.
 */
final class Bf16Matrix extends PackedMatrix {
  private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
  private static final int UPPER = 0xffff0000;

  /** Bytes of one vector, that is, of a panel's weights of one input. */
  private static final int V = W * Integer.BYTES;

  private final Tensor data; // bits of two weights in each element

  Bf16Matrix(Arena arena, int out, int in) {
    super(out, in);
    data = Tensor.zeros(arena, (out + P - 1) / P, in, W);
  }

  /** The nearest bf16, of two equally near ones the even. */
  private static int round(float v) {
    int bits = Float.floatToRawIntBits(v);
    return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }

  static void round(Tensor w) {
    for (long i = 0; i < w.size(); i++) {
      w.set(i, Float.intBitsToFloat(round(w.get(i)) << 16));
    }
  }

  @Override
  public void pack(Tensor w, int strip) {
    int end = Math.min(out, (strip + 1) * STRIP);
    for (int o = strip * STRIP; o < end; o += P) {
      long at = (long) o / P * in * W;
      for (int k = 0; k < in; k++, at += W) {
        for (int j = 0; j < W; j++) {
          int low = o + j < out ? round(w.get((long) (o + j) * in + k)) : 0;
          int high = o + W + j < out ? round(w.get((long) (o + W + j) * in + k)) : 0;
          data.memory().setAtIndex(ValueLayout.JAVA_INT, at + j, high << 16 | low);
        }
      }
    }
  }

  @Override
  public long size() {
    return bytes(data.size());
  }

  private long address(int strip) {
    return data.address((long) strip * STRIP / P * in * W, (long) panels(strip) * in * W);
  }

  @Override
  void strip(long x, long ldx, int strip, long y, long ldy, int rows, long scratch) {
    int panels = panels(strip);
    if (rows < WIDEN && panels == STRIP / P) {
      for (int r = 0; r < rows; r++) {
        row(x + r * ldx, address(strip), (long) in * V, in, y + r * ldy);
      }
    } else {
      widen(address(strip), panels * in, scratch);
      PanelProduct.multiply(x, ldx, scratch, bytes((long) in * P), in, y, ldy, rows, panels);
    }
  }

  /** One row by four panels. */
  private static void row(long x, long w, long ldw, int n, long y) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector a0 = zero, a1 = zero, b0 = zero, b1 = zero;
    FloatVector c0 = zero, c1 = zero, d0 = zero, d1 = zero;
    IntVector upper = IntVector.broadcast(I, UPPER);
    long xs = x & ADDRESS;
    long wa = w & ADDRESS;
    long wb = wa + ldw & ADDRESS;
    long wc = wb + ldw & ADDRESS;
    long wd = wc + ldw & ADDRESS;
    for (int k = 0; k < n; k++) {
      FloatVector v = broadcast(F, ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, xs + 4L * k));
      long at = (long) V * k;
      IntVector two = IntVector.fromMemorySegment(I, ALL, wa + at, NATIVE);
      a0 = v.fma(two.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), a0);
      a1 = v.fma(two.and(upper).reinterpretAsFloats(), a1);
      two = IntVector.fromMemorySegment(I, ALL, wb + at, NATIVE);
      b0 = v.fma(two.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), b0);
      b1 = v.fma(two.and(upper).reinterpretAsFloats(), b1);
      two = IntVector.fromMemorySegment(I, ALL, wc + at, NATIVE);
      c0 = v.fma(two.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), c0);
      c1 = v.fma(two.and(upper).reinterpretAsFloats(), c1);
      two = IntVector.fromMemorySegment(I, ALL, wd + at, NATIVE);
      d0 = v.fma(two.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), d0);
      d1 = v.fma(two.and(upper).reinterpretAsFloats(), d1);
    }
    a0.intoMemorySegment(ALL, y, NATIVE);
    a1.intoMemorySegment(ALL, y + V, NATIVE);
    b0.intoMemorySegment(ALL, y + 2 * V, NATIVE);
    b1.intoMemorySegment(ALL, y + 3 * V, NATIVE);
    c0.intoMemorySegment(ALL, y + 4 * V, NATIVE);
    c1.intoMemorySegment(ALL, y + 5 * V, NATIVE);
    d0.intoMemorySegment(ALL, y + 6 * V, NATIVE);
    d1.intoMemorySegment(ALL, y + 7 * V, NATIVE);
  }

  /** Vectors of pairs to twice as many vectors of floats. */
  private static void widen(long w, int vectors, long to) {
    IntVector upper = IntVector.broadcast(I, UPPER);
    long from = w & ADDRESS;
    long floats = to & ADDRESS;
    for (int i = 0; i < vectors; i++) {
      IntVector two = IntVector.fromMemorySegment(I, ALL, from + (long) V * i, NATIVE);
      long at = floats + 2L * V * i;
      two.lanewise(VectorOperators.LSHL, 16).intoMemorySegment(ALL, at, NATIVE);
      two.and(upper).intoMemorySegment(ALL, at + V, NATIVE);
    }
  }

  @Override
  int stripScratch() {
    return STRIP * in;
  }

  @Override
  Tensor factors() {
    return null;
  }
}
