package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Packed weights against a plain loop, bit by bit. */
class PackedMatrixTest {
  private static final int[] INS = {1, 3, 16, 37};
  private static final int STRIP = PackedMatrix.STRIP;
  private static final int[] OUTS = {1, 5, 16, 33, STRIP, STRIP + 7, 2 * STRIP + STRIP / 2};

  /** The weight that the format keeps, to the left of the factor of its output. */
  private static float kept(WeightFormat format, Tensor w, int in, int o, int k) {
    float v = w.get((long) o * in + k);
    return switch (format) {
      case F32 -> v;
      case BF16 -> nearestBf16(v);
      case INT8 -> Math.round(v * (127 / largest(w, in, o)));
    };
  }

  private static float nearestBf16(float v) {
    float down = Float.intBitsToFloat(Float.floatToRawIntBits(v) & 0xffff0000);
    float up = Float.intBitsToFloat((Float.floatToRawIntBits(v) & 0xffff0000) + 0x10000);
    double toDown = Math.abs((double) v - down);
    double toUp = Math.abs((double) up - v);
    boolean downIsEven = (Float.floatToRawIntBits(down) >>> 16) % 2 == 0;
    return toDown < toUp || toDown == toUp && downIsEven ? down : up;
  }

  private static float factor(WeightFormat format, Tensor w, int in, int o) {
    return format == WeightFormat.INT8 ? largest(w, in, o) / 127 : 1;
  }

  private static float largest(Tensor w, int in, int o) {
    float largest = 0;
    for (int k = 0; k < in; k++) {
      largest = Math.max(largest, Math.abs(w.get((long) o * in + k)));
    }
    return largest;
  }

  /** One chain of fused multiply-adds, then the factor, then the bias. */
  private static float element(
      WeightFormat format, Tensor x, Tensor w, Tensor bias, int in, int r, int o) {
    float s = 0;
    for (int k = 0; k < in; k++) {
      s = Math.fma(x.get((long) r * in + k), kept(format, w, in, o, k), s);
    }
    s *= factor(format, w, in, o);
    return bias == null ? s : s + bias.get(o);
  }

  private static PackedMatrix pack(Arena arena, WeightFormat format, Tensor w) {
    PackedMatrix packed = PackedMatrix.of(arena, format, w.dim(0), w.dim(1));
    for (int strip = 0; strip < packed.strips(); strip++) {
      packed.pack(w, strip);
    }
    return packed;
  }

  /** The promise that sampling rests on: the same bits whatever is computed beside an element. */
  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void anElementIsOneChainWhateverRowsAndStripsAreComputedWithIt(WeightFormat format) {
    for (int in : INS) {
      for (int out : OUTS) {
        try (Arena arena = Arena.ofConfined()) {
          Tensor w = Numbers.normal(arena, 2, out, in);
          Tensor bias = out % 2 == 0 ? null : Numbers.normal(arena, 3, out);
          PackedMatrix packed = pack(arena, format, w);
          Tensor scratch = Tensor.zeros(arena, packed.scratch());
          Tensor x = Numbers.normal(arena, 1, 11, in);
          float[][] expected = new float[11][out];
          for (int r = 0; r < 11; r++) {
            for (int o = 0; o < out; o++) {
              expected[r][o] = element(format, x, w, bias, in, r, o);
            }
          }
          for (int rows = 1; rows <= 9; rows++) {
            int from = rows % packed.strips();
            Tensor y = Tensor.zeros(arena, rows + 2, out).fill(9);
            packed.multiply(x, 2L * in, rows, from, packed.strips(), bias, y, out, scratch);
            for (int r = -1; r <= rows; r++) {
              for (int o = 0; o < out; o++) {
                boolean written = r >= 0 && r < rows && o >= from * STRIP;
                assertThat(y.get((r + 1L) * out + o))
                    .describedAs("%d x %d, %d rows: row %d, output %d", out, in, rows, r, o)
                    .isEqualTo(written ? expected[r + 2][o] : 9);
              }
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(WeightFormat.class)
  void roundingLeavesWhatPackingKeeps(WeightFormat format) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor w = Numbers.normal(arena, 2, 5, 37);
      for (int k = 0; k < 37; k++) {
        w.set(2L * 37 + k, 0); // an output without weights
      }
      Tensor rounded = Numbers.copy(arena, w);
      format.round(rounded);
      for (int o = 0; o < 5; o++) {
        float step = factor(format, w, 37, o);
        for (int k = 0; k < 37; k++) {
          int i = o * 37 + k;
          assertThat(rounded.get(i)).isEqualTo(o == 2 ? 0 : kept(format, w, 37, o, k) * step);
          double error = Math.abs(rounded.get(i) - w.get(i));
          switch (format) {
            case F32 -> assertThat(error).isZero();
            case BF16 -> assertThat(error).isLessThanOrEqualTo(Math.abs(w.get(i)) / 256.0);
            case INT8 -> assertThat(error).isLessThanOrEqualTo(0.5001 * step);
          }
        }
      }
    }
  }

  @Test
  void sizesAreOfWhatIsRead() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor w = Tensor.zeros(arena, 2 * STRIP, 10);
      long floats = 2L * STRIP * 10;
      assertThat(pack(arena, WeightFormat.F32, w).size()).isEqualTo(4 * floats);
      assertThat(pack(arena, WeightFormat.BF16, w).size()).isEqualTo(2 * floats);
      assertThat(pack(arena, WeightFormat.INT8, w).size()).isEqualTo(floats + 2L * STRIP * 4);
    }
  }

  @Test
  void aFormatHasAName() {
    for (WeightFormat format : WeightFormat.values()) {
      assertThat(WeightFormat.of(format.toString())).isEqualTo(format);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> WeightFormat.of("f16"))
        .withMessage("weights: 'f16', must be one of f32, bf16, int8");
  }
}
