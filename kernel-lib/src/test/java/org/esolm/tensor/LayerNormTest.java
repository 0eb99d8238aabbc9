package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

class LayerNormTest {
  static final int[] sizes = {2, 3, 7, 8, 15, 16, 17, 31, 33, 48, 67};
  private static final int ROWS = 4;

  private static double[] normalised(Tensor x, int row, int d) {
    double mean = 0;
    for (int i = 0; i < d; i++) {
      mean += x.get((long) row * d + i) / (double) d;
    }
    double variance = 0;
    for (int i = 0; i < d; i++) {
      variance += Math.pow(x.get((long) row * d + i) - mean, 2) / d;
    }
    double[] y = new double[d + 1];
    y[d] = 1 / Math.sqrt(variance + 1e-5);
    for (int i = 0; i < d; i++) {
      y[i] = (x.get((long) row * d + i) - mean) * y[d];
    }
    return y;
  }

  @ParameterizedTest
  @FieldSource("sizes")
  void forwardNormalisesTheGivenRowsOnly(int d) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, ROWS, d);
      Tensor weight = Numbers.normal(arena, 2, d);
      Tensor shift = Numbers.normal(arena, 3, d);
      Tensor statistics = Tensor.zeros(arena, ROWS, 2);
      for (Tensor s : new Tensor[] {shift, null}) {
        Tensor y = Tensor.zeros(arena, ROWS, d).fill(7);
        LayerNorm.forward(x, weight, s, y, statistics, 1, 3, d);
        Numbers.assertClose(
            y,
            2e-5,
            at -> {
              int r = (int) (at / d);
              int i = (int) (at % d);
              return r < 1 || r > 2
                  ? 7
                  : normalised(x, r, d)[i] * weight.get(i) + (s == null ? 0 : s.get(i));
            });
      }
    }
  }

  @ParameterizedTest
  @FieldSource("sizes")
  void backwardIsTheDerivativeAndAddsUp(int d) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, ROWS, d);
      Tensor weight = Numbers.normal(arena, 2, d);
      Tensor dy = Numbers.normal(arena, 4, ROWS, d);
      Tensor statistics = Tensor.zeros(arena, ROWS, 2);
      LayerNorm.forward(x, weight, null, Tensor.zeros(arena, ROWS, d), statistics, 0, ROWS, d);
      Tensor dx = Tensor.zeros(arena, ROWS, d).fill(2);
      Tensor sums = Tensor.zeros(arena, 5 + 2 * d).fill(3);
      LayerNorm.backward(dy, x, weight, statistics, dx, sums, 5, 1, ROWS, d);

      Numbers.assertClose(
          dx,
          1e-4,
          at -> {
            int r = (int) (at / d);
            if (r == 0) {
              return 2;
            }
            double[] n = normalised(x, r, d);
            double meanG = 0;
            double meanGx = 0;
            for (int j = 0; j < d; j++) {
              double g = dy.get((long) r * d + j) * (double) weight.get(j);
              meanG += g / d;
              meanGx += g * n[j] / d;
            }
            int i = (int) (at % d);
            double g = dy.get(at) * (double) weight.get(i);
            return 2 + (g - meanG - n[i] * meanGx) * n[d];
          });
      Numbers.assertClose(
          sums,
          1e-4,
          at -> {
            if (at < 5) {
              return 3;
            }
            int i = (int) (at - 5) % d;
            double s = 3;
            for (int r = 1; r < ROWS; r++) {
              double factor = at - 5 < d ? normalised(x, r, d)[i] : 1;
              s += dy.get((long) r * d + i) * factor;
            }
            return s;
          });
    }
  }

  @ParameterizedTest
  @FieldSource("sizes")
  void backwardAgreesWithFiniteDifferences(int d) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, 1, d);
      Tensor weight = Numbers.normal(arena, 2, d);
      Tensor dy = Numbers.normal(arena, 4, 1, d);
      Tensor y = Tensor.zeros(arena, 1, d);
      Tensor statistics = Tensor.zeros(arena, 1, 2);
      Tensor dx = Tensor.zeros(arena, 1, d);
      LayerNorm.forward(x, weight, null, y, statistics, 0, 1, d);
      LayerNorm.backward(dy, x, weight, statistics, dx, Tensor.zeros(arena, 2 * d), 0, 0, 1, d);
      for (int i = 0; i < d; i++) {
        double slope =
            Numbers.slope(
                x,
                i,
                1e-2f,
                () -> {
                  LayerNorm.forward(x, weight, null, y, statistics, 0, 1, d);
                  double s = 0;
                  for (int j = 0; j < d; j++) {
                    s += (double) y.get(j) * dy.get(j);
                  }
                  return s;
                });
        assertThat((double) dx.get(i))
            .isCloseTo(slope, org.assertj.core.api.Assertions.within(0.02 * (1 + Math.abs(slope))));
      }
    }
  }
}
