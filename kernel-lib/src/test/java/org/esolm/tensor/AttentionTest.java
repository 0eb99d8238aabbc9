package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTest {
  static int[] sizes() {
    return Numbers.SIZES;
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void rowHelpersTouchTheirStretchOnly(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, 4 + n + 3);
      int from = 2;
      int to = 2 + n; // of a row that starts at element 2

      Tensor e = Numbers.copy(arena, x);
      float sum = Attention.exponentials(e, 2, from, to, 0.5f);
      Numbers.assertClose(
          e, 1e-6, at -> at < 4 || at >= 4 + n ? x.get(at) : Math.exp(x.get(at) - 0.5));
      double expected = 0;
      double max = Double.NEGATIVE_INFINITY;
      for (int i = 4; i < 4 + n; i++) {
        expected += Math.exp(x.get(i) - 0.5);
        max = Math.max(max, x.get(i));
      }
      assertThat((double) sum).isCloseTo(expected, within(1e-5 * expected));
      assertThat((double) Attention.max(x, 2, from, to)).isEqualTo(max);

      Tensor z = Numbers.copy(arena, x);
      Attention.zero(z, 2, from, to);
      Numbers.assertClose(z, 0, at -> at < 4 || at >= 4 + n ? x.get(at) : 0);

      Tensor s = Numbers.copy(arena, x);
      Attention.scale(s, 4, n, -3f);
      Numbers.assertClose(s, 1e-6, at -> x.get(at) * (at < 4 || at >= 4 + n ? 1.0 : -3.0));

      Tensor y = Numbers.normal(arena, 2, 1 + n + 2);
      Tensor sum2 = Numbers.copy(arena, x);
      Attention.axpy(2f, y, 1, sum2, 4, n);
      Numbers.assertClose(
          sum2, 1e-6, at -> at < 4 || at >= 4 + n ? x.get(at) : x.get(at) + 2.0 * y.get(at - 3));
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void paddingChangesNeitherMaximumNorSum(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, 3 + n + Attention.ROOM);
      float max = Attention.max(x, 1, 2, 2 + n);
      Tensor plain = Numbers.copy(arena, x);
      float sum = Attention.exponentials(plain, 1, 2, 2 + n, max);
      int end = Attention.pad(x, 1, 2, 2 + n);
      assertThat((end - 2) % Attention.ROOM).isZero();
      assertThat(end).isBetween(2 + n, 1 + n + Attention.ROOM);
      assertThat(Attention.max(x, 1, 2, end)).isEqualTo(max);
      assertThat((double) Attention.exponentials(x, 1, 2, end, max))
          .isCloseTo(sum, within(1e-5 * sum));
      Numbers.assertClose(x, 1e-6, at -> at < 3 + n ? plain.get(at) : at <= end ? 0 : x.get(at));
    }
  }

  @Test
  void nothingHasNoMaximumAndNoSum() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, 5);
      assertThat(Attention.max(x, 0, 3, 3)).isEqualTo(Float.NEGATIVE_INFINITY);
      assertThat(Attention.exponentials(x, 0, 3, 3, 0)).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void backwardSoftmaxIsTheDerivative(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor logits = Numbers.normal(arena, 1, n);
      Tensor dp = Numbers.normal(arena, 2, n);
      double[] p = softmax(logits, n);
      Tensor ps = Tensor.zeros(arena, n);
      double delta = 0;
      for (int i = 0; i < n; i++) {
        ps.set(i, (float) p[i]);
        delta += p[i] * dp.get(i);
      }
      Tensor ds = Numbers.copy(arena, dp);
      Attention.backwardSoftmax(ps, ds, 0, n, (float) delta, 0.5f);
      for (int i = 0; i < n; i++) {
        double slope =
            Numbers.slope(
                logits,
                i,
                1e-3f,
                () -> {
                  double[] q = softmax(logits, n);
                  double s = 0;
                  for (int j = 0; j < n; j++) {
                    s += q[j] * dp.get(j);
                  }
                  return s;
                });
        assertThat((double) ds.get(i)).isCloseTo(0.5 * slope, within(1e-5));
      }
    }
  }

  private static double[] softmax(Tensor x, int n) {
    double sum = 0;
    double[] p = new double[n];
    for (int i = 0; i < n; i++) {
      p[i] = Math.exp(x.get(i));
      sum += p[i];
    }
    for (int i = 0; i < n; i++) {
      p[i] /= sum;
    }
    return p;
  }

  @ParameterizedTest
  @CsvSource({"1, 2", "3, 6", "7, 16", "16, 18", "19, 32", "65, 34", "133, 66"})
  void cachedAttentionIsSoftmaxAttention(int n, int h) {
    int rows = 7;
    try (Arena arena = Arena.ofConfined()) {
      int capacity = CachedAttention.capacity(n + 5);
      Tensor q = Numbers.normal(arena, 1, rows, h + 3);
      Tensor kv = Numbers.normal(arena, 2, n, 2 * h);
      Tensor keys = Tensor.zeros(arena, 5 + h * capacity).fill(Float.NaN); // unused room is junk
      int valueFloats = CachedAttention.valueFloats(capacity, h);
      Tensor values = Tensor.zeros(arena, 7 + valueFloats).fill(Float.NaN);
      for (int j = 0; j < n; j++) {
        CachedAttention.put(kv, j * 2L * h, j * 2L * h + h, keys, 5, values, 7, capacity, j, h);
      }
      int[] ends = new int[rows + 1];
      for (int r = 0; r < rows; r++) {
        ends[r + 1] = Math.max(1, n - r * r);
      }
      CachedAttention attention = new CachedAttention(arena, capacity, h);
      int ldo = h + 2;
      Tensor out = Tensor.zeros(arena, rows, ldo).fill(9);
      attention.attend(q, 3, h + 3, rows - 1, ends, 1, keys, 5, values, 7, out, 1, ldo);
      Numbers.assertClose(
          out,
          1e-5,
          at -> {
            int r = (int) (at / ldo);
            int i = (int) (at % ldo) - 1;
            return r == rows - 1 || i < 0 || i >= h
                ? 9
                : attended(q, 3 + r * (h + 3L), kv, ends[r + 1], h, i);
          });
      for (int r = 0; r < rows - 1; r++) {
        Tensor alone = Tensor.zeros(arena, h);
        long query = 3 + r * (h + 3L);
        attention.attend(q, query, h, 1, ends, r + 1, keys, 5, values, 7, alone, 0, h);
        for (int i = 0; i < h; i++) {
          assertThat(alone.get(i)).isEqualTo(out.get((long) r * ldo + 1 + i));
        }
      }
    }
  }

  private static double attended(Tensor q, long qAt, Tensor kv, int n, int h, int i) {
    double sum = 0;
    double total = 0;
    for (int j = 0; j < n; j++) {
      double s = 0;
      for (int k = 0; k < h; k++) {
        s += (double) q.get(qAt + k) * kv.get(j * 2L * h + k);
      }
      sum += Math.exp(s);
      total += Math.exp(s) * kv.get(j * 2L * h + h + i);
    }
    return total / sum;
  }
}
