package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProductsTest {
  private static final String SHAPES = // rows, k, n: around tiles of 6 rows, panels, and depth
      """
      1, 1, 1
      5, 7, 3
      6, 16, 16
      7, 33, 17
      13, 48, 31
      12, 5, 64
      23, 1100, 37
      """;

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void multipliesColumnsOfWiderMatrices(int rows, int k, int n) {
    try (Arena arena = Arena.ofConfined()) {
      int lda = k + 3;
      int ldc = n + 5;
      Tensor a = Numbers.normal(arena, 1, rows, lda);
      Tensor w = Numbers.normal(arena, 2, n + 2, k);
      Tensor bias = Numbers.normal(arena, 3, n);
      Panels panels = new Panels(arena, k, n);
      for (int i = 0; i < panels.count(); i++) {
        panels.packTransposed(w, 2L * k, k, i);
      }
      for (Tensor b : new Tensor[] {null, bias}) {
        Tensor c = Tensor.zeros(arena, rows, ldc).fill(6);
        new Products(arena).multiply(a, 2, lda, panels, b, c, 4, ldc, rows);
        for (int r = 0; r < rows; r++) {
          for (int j = 0; j < ldc - 4; j++) {
            float expected = b == null || j >= n ? 0 : b.get(j);
            for (int p = 0; p < k && j < n; p++) { // in this order, fused: to the bit
              expected =
                  Math.fma(
                      a.get(2 + (long) r * lda + p), w.get(2L * k + (long) j * k + p), expected);
            }
            assertThat(c.get(4 + (long) r * ldc + j)).isEqualTo(j < n ? expected : 6);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void multipliesBySomeRowsOfAMatrix(int rows, int k, int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor a = Numbers.normal(arena, 1, rows, k);
      Tensor b = Numbers.normal(arena, 2, k + 3, n + 1);
      Panels panels = new Panels(arena, k + 3, n);
      for (int i = 0; i < panels.count(); i++) {
        panels.pack(b, 1, n + 1, i);
      }
      Tensor c = Tensor.zeros(arena, rows, n);
      new Products(arena).multiply(a, 0, k, panels, 2, k, null, c, 0, n, rows);
      Numbers.assertClose(
          c,
          1e-5 * k,
          at -> {
            double s = 0;
            for (int p = 0; p < k; p++) {
              s += (double) a.get(at / n * k + p) * b.get(1 + (p + 2L) * (n + 1) + at % n);
            }
            return s;
          });
    }
  }

  @ParameterizedTest
  @CsvSource(textBlock = SHAPES)
  void addsProductsSummedOverRows(int m, int rows, int n) {
    try (Arena arena = Arena.ofConfined()) {
      int lda = m + 2;
      int ldb = n + 1;
      int ldc = n + 3;
      Tensor a = Numbers.normal(arena, 1, rows, lda);
      Tensor b = Numbers.normal(arena, 2, rows, ldb);
      Tensor before = Numbers.normal(arena, 3, m + 1, ldc);
      Tensor c = Numbers.copy(arena, before);
      new Products(arena).addTransposed(a, 2, lda, b, 1, ldb, c, 3, ldc, rows, m, n);
      Numbers.assertClose(
          c,
          1e-5 * rows,
          at -> {
            long i = (at - 3) / ldc;
            long j = (at - 3) % ldc;
            double s = before.get(at);
            for (int r = 0; at >= 3 && i < m && j < n && r < rows; r++) {
              s += (double) a.get(2 + r * (long) lda + i) * b.get(1 + r * (long) ldb + j);
            }
            return s;
          });
    }
  }

  @Test
  void memoryBeyondATensorIsRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor small = Tensor.zeros(arena, 3, 4);
      Panels panels = new Panels(arena, 4, 4);
      Products products = new Products(arena);
      assertThatThrownBy(() -> products.multiply(small, 0, 4, panels, null, small, 0, 4, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> products.multiply(small, -1, 4, panels, null, small, 0, 4, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(
              () -> products.addTransposed(small, 0, 4, small, 0, 4, small, 0, 4, 3, 4, 4))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> panels.packTransposed(small, 0, 4, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
