package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LinearTest {
  private static final String SHAPES =
      """
      1, 1, 1
      3, 7, 5
      4, 16, 4
      5, 17, 9
      9, 33, 18
      13, 48, 31
      """;

  /** x [rows, in] as columns 2.. of a matrix with in + 3 columns, and so on. */
  private static double product(
      Tensor x, int xAt, int ldx, int r, Tensor w, int wAt, int in, int o) {
    double s = 0;
    for (int i = 0; i < in; i++) {
      s += (double) x.get(xAt + (long) r * ldx + i) * w.get(wAt + (long) o * in + i);
    }
    return s;
  }

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void forwardMultipliesColumnsOfWiderMatrices(int rows, int in, int out) {
    try (Arena arena = Arena.ofConfined()) {
      int ldx = in + 3;
      int ldy = out + 5;
      Tensor x = Numbers.normal(arena, 1, rows, ldx);
      Tensor w = Numbers.normal(arena, 2, out + 1, in);
      Tensor bias = Numbers.normal(arena, 3, out + 2);
      for (Tensor b : new Tensor[] {null, bias}) {
        Tensor y = Tensor.zeros(arena, rows, ldy).fill(6);
        Linear.forward(x, 2, ldx, w, in, y, 4, ldy, rows, in, out);
        if (b != null) {
          Linear.addBias(y, b, 2, 4, ldy, rows, out);
        }
        Numbers.assertClose(
            y,
            1e-5,
            at -> {
              int r = (int) (at / ldy);
              int o = (int) (at % ldy) - 4;
              return o < 0 || o >= out
                  ? 6
                  : product(x, 2, ldx, r, w, in, in, o) + (b == null ? 0 : b.get(2 + o));
            });
      }
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void backwardInput(int rows, int in, int out) {
    try (Arena arena = Arena.ofConfined()) {
      int lddy = out + 3;
      int lddx = in + 2;
      Tensor dy = Numbers.normal(arena, 1, rows, lddy);
      Tensor w = Numbers.normal(arena, 2, out + 1, in);
      Tensor dx = Tensor.zeros(arena, rows, lddx).fill(6);
      Linear.backwardInput(dy, 1, lddy, w, in, dx, 2, lddx, rows, in, out);
      Numbers.assertClose(
          dx,
          1e-5,
          at -> {
            int r = (int) (at / lddx);
            int i = (int) (at % lddx) - 2;
            double s = 0;
            for (int o = 0; o < out; o++) {
              s += (double) dy.get(1 + (long) r * lddy + o) * w.get((o + 1L) * in + Math.max(i, 0));
            }
            return i < 0 ? 6 : s;
          });
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void backwardWeightAddsUpSomeRows(int rows, int in, int out) {
    try (Arena arena = Arena.ofConfined()) {
      int lddy = out + 3;
      int ldx = in + 2;
      Tensor dy = Numbers.normal(arena, 1, rows, lddy);
      Tensor x = Numbers.normal(arena, 2, rows, ldx);
      Tensor dw = Tensor.zeros(arena, out + 1, in).fill(3);
      Linear.backwardWeight(dy, 2, lddy, x, 1, ldx, dw, in, rows, in, out);
      Numbers.assertClose(
          dw,
          1e-5,
          at -> {
            int o = (int) (at / in) - 1;
            int i = (int) (at % in);
            double s = 3;
            for (int r = 0; o >= 0 && r < rows; r++) {
              s += (double) dy.get(2 + (long) r * lddy + o) * x.get(1 + (long) r * ldx + i);
            }
            return s;
          });
    }
  }

  static int[] sizes() {
    return Numbers.SIZES;
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void sumRowsAddsUpColumns(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor dy = Numbers.normal(arena, 1, 6, n + 2);
      Tensor sums = Tensor.zeros(arena, n + 3).fill(5);
      Linear.sumRows(dy, 1, n + 2, sums, 2, 6, n);
      Numbers.assertClose(
          sums,
          1e-5,
          at -> {
            double s = 5;
            for (int r = 0; at >= 2 && at < 2 + n && r < 6; r++) {
              s += dy.get(r * (n + 2L) + at - 1);
            }
            return s;
          });
      assertThat((double) Linear.dot(dy, 1, dy, n + 2, n))
          .isCloseTo(
              product(dy, 1, 0, 0, dy, n + 2, n, 0), org.assertj.core.api.Assertions.within(1e-4));
    }
  }
}
