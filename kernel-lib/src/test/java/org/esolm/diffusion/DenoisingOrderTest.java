package org.esolm.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;

class DenoisingOrderTest {
  private static final int M = 99;

  /** z = (A, M, C, M, M, F) of appendices B.6 and B.7. */
  private static final int[] Z = {0, M, 2, M, M, 5};

  @Test
  void diffusionPhaseExampleOfThePaper() {
    int[] sigma = fromOne(3, 1, 6, 4, 5, 2);
    int[] input = new int[6];
    int[] targets = new int[6];
    DenoisingOrder.gather(Z, sigma, input);
    DenoisingOrder.gather(new int[] {0, 1, 2, 3, 4, 5}, sigma, targets);
    assertThat(input).containsExactly(2, 0, 5, M, M, M); // C A F M M M
    assertThat(targets).containsExactly(2, 0, 5, 3, 4, 1); // C A F D E B

    var frequency =
        frequencies(
            36_000,
            i -> {
              int[] order = new int[6];
              assertThat(DenoisingOrder.diffusion(Z, M, Rng.of(1, Purpose.ORDERS, i), order))
                  .isEqualTo(3);
              return order;
            });
    assertThat(frequency).hasSize(36).containsKey(Arrays.toString(sigma));
    assertUniform(frequency, 36_000);
  }

  @Test
  void sequentialPhaseExampleOfThePaper() {
    var frequency =
        frequencies(
            6_000,
            i -> {
              int[] order = new int[6];
              assertThat(DenoisingOrder.sequential(Z, M, Rng.of(2, Purpose.ORDERS, i), order))
                  .isEqualTo(3);
              assertThat(Arrays.copyOfRange(order, 3, 6)).containsExactly(1, 3, 4);
              return order;
            });
    assertThat(frequency).hasSize(6).containsKey(Arrays.toString(fromOne(3, 1, 6, 2, 4, 5)));
    assertUniform(frequency, 6_000);
  }

  /**
   * Each position belongs to the diffusion phase on its own: P(C) = alpha_0^|C| (1-alpha_0)^|M|.
   */
  @Test
  void drawnOrdersFollowTheoremB4() {
    int draws = 60_000;
    double alpha0 = 0.3;
    var frequency =
        frequencies(
            draws,
            i -> {
              int[] order = new int[3];
              int n = DenoisingOrder.draw(alpha0, Rng.of(3, Purpose.ORDERS, i), order);
              return IntStream.concat(IntStream.of(n), Arrays.stream(order)).toArray();
            });
    // Sums over |C|: 1 order; 3 subsets; 3 subsets of 2 orders; 6 orders.
    assertThat(frequency).hasSize(1 + 3 + 6 + 6);
    frequency.forEach(
        (key, n) -> {
          int c = key.charAt(1) - '0';
          int orders = c == 2 ? 2 : c == 3 ? 6 : 1;
          double p = Math.pow(alpha0, c) * Math.pow(1 - alpha0, 3 - c) / orders;
          assertThat(n / (double) draws)
              .as(key)
              .isCloseTo(p, within(4 * Math.sqrt(p * (1 - p) / draws)));
        });
  }

  @Test
  void inverseUndoesAnOrder() {
    int[] sigma = new int[50];
    DenoisingOrder.draw(0.5, Rng.of(4, Purpose.ORDERS), sigma);
    int[] inverse = DenoisingOrder.inverse(sigma);
    int[] back = new int[50];
    DenoisingOrder.gather(sigma, inverse, back);
    assertThat(back).isEqualTo(DenoisingOrder.identity(50)).isNotEqualTo(sigma);
  }

  private static int[] fromOne(int... sigma) {
    return Arrays.stream(sigma).map(i -> i - 1).toArray();
  }

  private static Map<String, Integer> frequencies(int draws, IntFunction<int[]> draw) {
    var frequency = new HashMap<String, Integer>();
    for (int i = 0; i < draws; i++) {
      frequency.merge(Arrays.toString(draw.apply(i)), 1, Integer::sum);
    }
    return frequency;
  }

  private static void assertUniform(Map<String, Integer> frequency, int draws) {
    double p = 1.0 / frequency.size();
    double sd = Math.sqrt(p * (1 - p) / draws);
    frequency.forEach(
        (key, n) -> assertThat(n / (double) draws).as(key).isCloseTo(p, within(4 * sd)));
  }
}
