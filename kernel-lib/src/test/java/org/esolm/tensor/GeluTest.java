package org.esolm.tensor;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class GeluTest {
  private static double gelu(double x) {
    return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  private static double slope(double x) {
    return (gelu(x + 1e-5) - gelu(x - 1e-5)) / 2e-5;
  }

  /** From -40 to 40, so that both ends saturate. */
  private static Tensor line(Arena arena, int n) {
    Tensor x = Tensor.zeros(arena, n);
    for (int i = 0; i < n; i++) {
      x.set(i, -40 + 80f * i / (n - 1));
    }
    return x;
  }

  @Test
  void forwardIsTheTanhFormOnAnyStretch() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = line(arena, 1003);
      for (int from : new int[] {0, 5}) {
        for (int to : new int[] {5, 12, 998, 1003}) {
          Tensor y = Tensor.zeros(arena, 1003).fill(9);
          Gelu.forward(x, y, from, to);
          Numbers.assertClose(y, 2e-6, i -> i < from || i >= to ? 9 : gelu(x.get(i)));
        }
      }
    }
  }

  @Test
  void forwardWorksInPlace() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = line(arena, 37);
      Tensor y = Numbers.copy(arena, x);
      Gelu.forward(y, y, 0, 37);
      Numbers.assertClose(y, 2e-6, i -> gelu(x.get(i)));
    }
  }

  @Test
  void backwardIsTheDerivative() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = line(arena, 1003);
      Tensor dy = Numbers.normal(arena, 1, 1003);
      Tensor dx = Numbers.copy(arena, dy);
      Tensor y = Tensor.zeros(arena, 1003);
      Gelu.backward(x, dx, y, 3, 1000);
      Numbers.assertClose(dx, 1e-5, i -> dy.get(i) * (i < 3 || i >= 1000 ? 1 : slope(x.get(i))));
      Numbers.assertClose(y, 2e-6, i -> i < 3 || i >= 1000 ? 0 : gelu(x.get(i)));
    }
  }
}
