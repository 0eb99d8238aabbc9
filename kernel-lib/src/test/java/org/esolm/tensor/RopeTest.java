package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RopeTest {
  private static final int POSITIONS = 300;

  @ParameterizedTest
  @ValueSource(ints = {2, 6, 14, 16, 30, 32, 34, 66})
  void rotatesPairsOfTheTwoHalves(int h) {
    try (Arena arena = Arena.ofConfined()) {
      Rope rope = new Rope(arena, POSITIONS, h, 10_000);
      assertThat(rope.positions()).isEqualTo(POSITIONS);
      Tensor x = Numbers.normal(arena, 1, 3 + 2 * h + 5);
      for (int position : new int[] {0, 1, 17, POSITIONS - 1}) {
        Tensor y = Numbers.copy(arena, x);
        rope.rotate(y, 3, 2, position, false);
        Numbers.assertClose(
            y,
            1e-4, // the angle is a float, which at position 299 costs 2e-5
            at -> {
              if (at < 3 || at >= 3 + 2 * h) {
                return x.get(at);
              }
              int i = (int) (at - 3) % h;
              int pair = i % (h / 2);
              double angle = position / Math.pow(10_000, 2.0 * pair / h);
              double other = i < h / 2 ? -x.get(at + h / 2) : x.get(at - h / 2);
              return x.get(at) * Math.cos(angle) + other * Math.sin(angle);
            });
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 14, 34})
  void backwardIsTheInverse(int h) {
    try (Arena arena = Arena.ofConfined()) {
      Rope rope = new Rope(arena, POSITIONS, h, 10_000);
      Tensor x = Numbers.normal(arena, 1, 3 * h);
      Tensor y = Numbers.copy(arena, x);
      rope.rotate(y, 0, 3, 123, false);
      rope.rotate(y, 0, 3, 123, true);
      Numbers.assertClose(y, 1e-6, x::get);
    }
  }

  @Test
  void scalarProductsDependOnTheDistanceOnly() {
    try (Arena arena = Arena.ofConfined()) {
      int h = 30;
      Rope rope = new Rope(arena, POSITIONS, h, 10_000);
      double[] products = new double[2];
      for (int k = 0; k < 2; k++) {
        Tensor q = Numbers.normal(arena, 1, h);
        Tensor key = Numbers.normal(arena, 2, h);
        rope.rotate(q, 0, 1, 50 + 100 * k, false);
        rope.rotate(key, 0, 1, 20 + 100 * k, false);
        products[k] = Rows.dot(q, 0, key, 0, h);
      }
      assertThat(products[0]).isCloseTo(products[1], org.assertj.core.api.Assertions.within(1e-3));
    }
  }
}
