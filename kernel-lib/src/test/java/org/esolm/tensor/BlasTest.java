package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BlasTest {
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void multipliesPartsOfWiderMatrices(boolean transposeA, boolean transposeB) {
    try (Arena arena = Arena.ofConfined()) {
      int m = 5;
      int n = 17;
      int k = 9;
      int ld = 21; // of all three
      Tensor a = Numbers.normal(arena, 1, 20, ld);
      Tensor b = Numbers.normal(arena, 2, 20, ld);
      Tensor c = Tensor.zeros(arena, m, ld).fill(6);
      Blas.multiply(transposeA, transposeB, m, n, k, a, 2, ld, b, 1, ld, c, 3, ld);
      Numbers.assertClose(
          c,
          1e-5,
          at -> {
            long r = at / ld;
            long j = at % ld - 3;
            double s = 0;
            for (int p = 0; j >= 0 && j < n && p < k; p++) {
              s +=
                  (double) a.get(2 + (transposeA ? p * ld + r : r * ld + p))
                      * b.get(1 + (transposeB ? j * ld + p : p * ld + j));
            }
            return j < 0 || j >= n ? 6 : s;
          });
    }
  }

  @Test
  void memoryBeyondATensorIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = Tensor.zeros(arena, 3, 4);
      assertThatThrownBy(() -> Blas.multiply(false, false, 4, 3, 3, t, 0, 4, t, 0, 4, t, 0, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> Blas.multiply(false, false, 3, 3, 3, t, 0, 4, t, 2, 4, t, 0, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
