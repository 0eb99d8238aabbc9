package org.esolm.tensor;

import static jdk.incubator.vector.FloatVector.fromMemorySegment;
import static org.esolm.tensor.Memory.ADDRESS;
import static org.esolm.tensor.Memory.ALL;
import static org.esolm.tensor.Memory.bytes;
import static org.esolm.tensor.Memory.get;
import static org.esolm.tensor.Memory.set;
import static org.esolm.tensor.PanelProduct.P;
import static org.esolm.tensor.Simd.F;
import static org.esolm.tensor.Simd.NATIVE;
import static org.esolm.tensor.Simd.W;
import static org.esolm.tensor.Simd.whole;

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
    long xs = x.address(xAt, (long) rows * in);
    long ys = y.address(yAt, (long) rows * out);
    long aside = scratch.address(0, scratch());
    long rest = aside + bytes(MAX_ROWS * STRIP);
    for (int strip = from; strip < to; strip++) {
      int first = strip * STRIP;
      int n = Math.min(STRIP, out - first);
      if (n % P == 0) {
        strip(xs, bytes(in), strip, ys + bytes(first), bytes(out), rows, rest);
      } else { // the last panel would write into the next row
        strip(xs, bytes(in), strip, aside, bytes(STRIP), rows, rest);
        for (int r = 0; r < rows; r++) {
          long toRow = bytes(yAt + (long) r * out + first);
          MemorySegment.copy(
              scratch.memory(), bytes((long) r * STRIP), y.memory(), toRow, bytes(n));
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
    int n = to - from;
    long first = y.address(yAt + from, rows, out, n);
    long fs = factors.address(from, n) & ADDRESS;
    long bs = bias == null ? 0 : bias.address(from, n) & ADDRESS;
    int whole = whole(n);
    for (int r = 0; r < rows; r++) {
      long ys = first + bytes((long) r * out) & ADDRESS;
      for (int i = 0; i < whole; i += W) {
        FloatVector v =
            fromMemorySegment(F, ALL, ys + 4L * i, NATIVE)
                .mul(fromMemorySegment(F, ALL, fs + 4L * i, NATIVE));
        (bs == 0 ? v : v.add(fromMemorySegment(F, ALL, bs + 4L * i, NATIVE)))
            .intoMemorySegment(ALL, ys + 4L * i, NATIVE);
      }
      for (int i = whole; i < n; i++) {
        float v = get(ys + 4L * i) * get(fs + 4L * i);
        set(ys + 4L * i, bs == 0 ? v : v + get(bs + 4L * i));
      }
    }
  }
}
