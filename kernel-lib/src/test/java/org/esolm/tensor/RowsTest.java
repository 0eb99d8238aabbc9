package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RowsTest {
  static int[] sizes() {
    return Numbers.SIZES;
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void addBiasAddsToEveryRow(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor before = Numbers.normal(arena, 1, 6, n + 2);
      Tensor bias = Numbers.normal(arena, 2, n + 3);
      Tensor y = Numbers.copy(arena, before);
      Rows.addBias(y, bias, 2, 1, n + 2, 6, n);
      Numbers.assertClose(
          y,
          1e-6,
          at -> {
            long column = at % (n + 2) - 1;
            return before.get(at) + (column < 0 || column >= n ? 0.0 : bias.get(2 + column));
          });
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void sumRowsAddsUpColumns(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor dy = Numbers.normal(arena, 1, 6, n + 2);
      Tensor sums = Tensor.zeros(arena, n + 3).fill(5);
      Rows.sumRows(dy, 1, n + 2, sums, 2, 6, n);
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
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void dotIsTheSumOfProducts(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, n + 3);
      Tensor y = Numbers.normal(arena, 2, n + 2);
      double s = 0;
      for (int i = 0; i < n; i++) {
        s += (double) x.get(1 + i) * y.get(2 + i);
      }
      assertThat((double) Rows.dot(x, 1, y, 2, n)).isCloseTo(s, within(1e-4));
    }
  }
}
