package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class CrossEntropyTest {
  static int[] sizes() {
    return Numbers.SIZES;
  }

  private static double logSumExp(Tensor x, int at, int n) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < n; i++) {
      max = Math.max(max, x.get(at + i));
    }
    double s = 0;
    for (int i = 0; i < n; i++) {
      s += Math.exp(x.get(at + i) - max);
    }
    return max + Math.log(s);
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void forwardAndBackward(int n) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, n + 7);
      Attention.scale(x, 0, n + 7, 4);
      int target = n / 2;
      double lse = logSumExp(x, 3, n);
      double nll = lse - x.get(3 + target);
      assertThat((double) CrossEntropy.logSumExp(x, 3, n)).isCloseTo(lse, within(1e-5));
      assertThat((double) CrossEntropy.forward(x, 3, n, target)).isCloseTo(nll, within(1e-5));
      Tensor g = Numbers.copy(arena, x);
      assertThat((double) CrossEntropy.backward(g, 3, n, target, 2.5f))
          .isCloseTo(nll, within(1e-5));
      Numbers.assertClose(
          g,
          1e-5,
          i ->
              i < 3 || i >= 3 + n
                  ? x.get(i)
                  : 2.5 * (Math.exp(x.get(i) - lse) - (i == 3 + target ? 1 : 0)));
    }
  }

  @Test
  void survivesHugeAndForbiddenLogits() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Tensor.zeros(arena, 19);
      x.set(4, -1e6f); // the mask token
      x.set(18, 1e4f);
      assertThat(CrossEntropy.forward(x, 0, 19, 18)).isZero();
      assertThat(CrossEntropy.forward(x, 0, 19, 0)).isEqualTo(1e4f);
      CrossEntropy.backward(x, 0, 19, 0, 1f);
      Numbers.assertClose(x, 0, i -> i == 18 ? 1 : i == 0 ? -1 : 0);
    }
  }
}
