package org.esolm.tensor;

import static org.esolm.tensor.Memory.bytes;
import static org.esolm.tensor.PanelProduct.P;

import java.lang.foreign.Arena;

/** Weights as floats: [panels, in, P]. */
final class FloatMatrix extends PackedMatrix {
  private final Tensor data;

  FloatMatrix(Arena arena, int out, int in) {
    super(out, in);
    data = Tensor.zeros(arena, (out + P - 1) / P, in, P);
  }

  @Override
  public void pack(Tensor w, int strip) {
    int end = Math.min(out, (strip + 1) * STRIP);
    for (int o = strip * STRIP; o < end; o += P) {
      long at = (long) o * in;
      int n = Math.min(P, end - o);
      for (int k = 0; k < in; k++, at += P) {
        for (int j = 0; j < n; j++) {
          data.set(at + j, w.get((long) (o + j) * in + k));
        }
      }
    }
  }

  @Override
  public long size() {
    return bytes(data.size());
  }

  @Override
  void strip(long x, long ldx, int strip, long y, long ldy, int rows, long scratch) {
    long w = data.address((long) strip * STRIP * in, (long) panels(strip) * P * in);
    PanelProduct.multiply(x, ldx, w, bytes((long) in * P), in, y, ldy, rows, panels(strip));
  }

  @Override
  int stripScratch() {
    return 0;
  }

  @Override
  Tensor factors() {
    return null;
  }
}
