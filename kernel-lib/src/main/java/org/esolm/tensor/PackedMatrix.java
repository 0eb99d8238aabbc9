package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.PanelProduct.P;
import static org.esolm.tensor.PanelProduct.address;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.get;
import static org.esolm.tensor.Simd.set;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/**
 * A weight matrix [out, in] as decoding reads it: strips of {@link #STRIP} outputs, each a stretch
 * of memory that is read from front to end, once for a few rows of input. An element of {@code y =
 * x W' + b} has the same bits whatever rows and strips are computed with it ({@link PanelProduct}).
 */
public abstract sealed class PackedMatrix permits FloatMatrix, Bf16Matrix, Int8Matrix {
  /** Outputs of one strip, the unit of work. */
  public static final int STRIP = 4 * P;

  /** The most rows of input of one call. */
  public static final int MAX_ROWS = 60;

  /** From so many rows on, weights that are not floats are made floats once for all rows. */
  static final int WIDEN = 4;

  final int out;
  final int in;

  PackedMatrix(int out, int in) {
    this.out = out;
    this.in = in;
  }

  /**
   * Memory for a matrix.
   *
   * @param arena its owner
   * @param format of the weights
   * @param out number of outputs
   * @param in number of inputs
   * @return a matrix to be filled by {@link #pack}
   */
  public static PackedMatrix of(Arena arena, WeightFormat format, int out, int in) {
    return switch (format) {
      case F32 -> new FloatMatrix(arena, out, in);
      case BF16 -> new Bf16Matrix(arena, out, in);
      case INT8 -> new Int8Matrix(arena, out, in);
    };
  }

  /**
   * Packs the weights of one strip; several threads may pack a matrix.
   *
   * @param w [out, in], as in training
   * @param strip which
   */
  public abstract void pack(Tensor w, int strip);

  /**
   * Bytes that a product reads.
   *
   * @return the size of weights and factors
   */
  public abstract long size();

  /** Rows by all panels of a strip, to the left of factor and bias. All distances in bytes. */
  abstract void strip(long x, long ldx, int strip, long y, long ldy, int rows, long scratch);

  /** Floats of scratch of {@link #strip}. */
  abstract int stripScratch();

  /** The factor of each output, or null for ones. */
  abstract Tensor factors();

  /**
   * The number of outputs.
   *
   * @return columns of y
   */
  public final int out() {
    return out;
  }

  /**
   * The number of inputs.
   *
   * @return columns of x
   */
  public final int in() {
    return in;
  }

  /**
   * The number of strips.
   *
   * @return out / {@link #STRIP}, rounded up
   */
  public final int strips() {
    return (out + STRIP - 1) / STRIP;
  }

  /** Panels of a strip; the last may reach behind the last output. */
  final int panels(int strip) {
    return Math.min(STRIP / P, (out - strip * STRIP + P - 1) / P);
  }

  /**
   * Floats of scratch that {@link #multiply} needs.
   *
   * @return their number
   */
  public final int scratch() {
    return MAX_ROWS * STRIP + stripScratch();
  }

  /**
   * Some strips of {@code y = x W' + b}.
   *
   * @param x [rows, in]
   * @param xAt index of the first row's first element
   * @param rows at most {@link #MAX_ROWS}
   * @param from first strip
   * @param to behind the last strip
   * @param bias [out], or null for none
   * @param y [rows, out], the columns of these strips written
   * @param yAt index of the first row's first element
   * @param scratch at least {@link #scratch} floats that are nobody else's
   */
  public final void multiply(
      Tensor x,
      long xAt,
      int rows,
      int from,
      int to,
      Tensor bias,
      Tensor y,
      long yAt,
      Tensor scratch) {
    Objects.checkFromToIndex(from, to, strips());
    Objects.checkIndex(rows, MAX_ROWS + 1);
    Objects.checkFromIndexSize(0, scratch(), scratch.size());
    Objects.checkFromIndexSize(xAt, (long) rows * in, x.size());
    Objects.checkFromIndexSize(yAt, (long) rows * out, y.size());
    long xs = address(x, xAt);
    long aside = address(scratch, 0);
    long rest = aside + PanelProduct.bytes(MAX_ROWS * STRIP);
    for (int strip = from; strip < to; strip++) {
      int first = strip * STRIP;
      int n = Math.min(STRIP, out - first);
      if (n % P == 0) {
        long ys = address(y, yAt + first);
        strip(xs, PanelProduct.bytes(in), strip, ys, PanelProduct.bytes(out), rows, rest);
      } else { // the last panel would write into the next row
        strip(xs, PanelProduct.bytes(in), strip, aside, PanelProduct.bytes(STRIP), rows, rest);
        for (int r = 0; r < rows; r++) {
          long toRow = PanelProduct.bytes(yAt + (long) r * out + first);
          MemorySegment.copy(
              scratch.memory(),
              PanelProduct.bytes((long) r * STRIP),
              y.memory(),
              toRow,
              PanelProduct.bytes(n));
        }
      }
    }
    int first = from * STRIP;
    finish(y, yAt, rows, first, Math.min(to * STRIP, out), factors(), bias);
  }

  /** {@code y = y factor + bias} in columns [from, to). */
  private void finish(Tensor y, long yAt, int rows, int from, int to, Tensor factors, Tensor bias) {
    if (factors == null) {
      if (bias != null) {
        Rows.addBias(y, bias, from, yAt + from, out, rows, to - from);
      }
      return;
    }
    MemorySegment ys = y.memory();
    MemorySegment fs = factors.memory();
    MemorySegment bs = bias == null ? null : bias.memory();
    int whole = to - (to - from) % W;
    for (int r = 0; r < rows; r++) {
      long at = yAt + (long) r * out;
      for (int i = from; i < whole; i += W) {
        FloatVector v =
            fromMemorySegment(F, ys, (at + i) << 2, NATIVE)
                .mul(fromMemorySegment(F, fs, (long) i << 2, NATIVE));
        (bs == null ? v : v.add(fromMemorySegment(F, bs, (long) i << 2, NATIVE)))
            .intoMemorySegment(ys, (at + i) << 2, NATIVE);
      }
      for (int i = whole; i < to; i++) {
        float v = get(ys, at + i) * get(fs, i);
        set(ys, at + i, bs == null ? v : v + get(bs, i));
      }
    }
  }
}
