package org.esolm.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class OrderLawTest {
  static Stream<OrderLaw> laws() {
    return Stream.of(
        new OrderLaw.Hybrid(4, 1),
        new OrderLaw.Hybrid(4, 0),
        new OrderLaw.Hybrid(4, 0.3),
        new OrderLaw.Blockwise(4, 2, false),
        new OrderLaw.Blockwise(6, 3, true),
        new OrderLaw.Blockwise(4, 1, false),
        new OrderLaw.Blockwise(4, 4, false));
  }

  private static String name(Order order) {
    return Arrays.toString(order.sigma()) + "/" + order.diffusion();
  }

  /** Draws fall on the enumerated orders as often as their probabilities say. */
  @ParameterizedTest
  @MethodSource("laws")
  void drawsFollowTheEnumeration(OrderLaw law) {
    Map<String, Double> all = new HashMap<>();
    law.forEach((order, p) -> assertThat(all.put(name(order), p)).isNull());
    assertThat((double) all.size()).isEqualTo(law.count());
    assertThat(all.values().stream().mapToDouble(p -> p).sum()).isCloseTo(1, within(1e-12));
    int n = 20_000;
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < n; i++) {
      counts.merge(name(law.draw(Rng.of(1, Purpose.ORDERS, i))), 1, Integer::sum);
    }
    assertThat(all.keySet()).containsAll(counts.keySet());
    all.forEach(
        (order, p) ->
            assertThat((double) counts.getOrDefault(order, 0))
                .as(order)
                .isCloseTo(n * p, within(5 * Math.sqrt(n * p) + 1e-9)));
  }

  @Test
  void countsOfKnownLaws() {
    assertThat(new OrderLaw.Hybrid(5, 1).count()).isEqualTo(120);
    assertThat(new OrderLaw.Hybrid(5, 0).count()).isEqualTo(1);
    assertThat(new OrderLaw.Hybrid(4, 0.5).count()).isEqualTo(1 + 4 + 12 + 24 + 24);
    assertThat(new OrderLaw.Blockwise(9, 3, false).count()).isEqualTo(216);
    assertThat(new OrderLaw.Blockwise(9, 3, true).count()).isEqualTo(72);
  }

  @Test
  void longTextsAreNotEnumerated() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new OrderLaw.Hybrid(20, 1).forEach((order, p) -> {}))
        .withMessage("orders: 2.433e+18, must be at most 1,000,000 to be enumerated");
  }
}
