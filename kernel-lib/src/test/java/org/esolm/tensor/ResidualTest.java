package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResidualTest {
  private static final int ROWS = 5;

  /**
   * Which elements dropout keeps, as forward shows it: ones go in, zeros or 1 / (1 - p) come out.
   */
  private static Tensor mask(Arena arena, float dropout, int seed, int rows, int d) {
    Tensor zeros = Tensor.zeros(arena, rows, d);
    Tensor branch = Tensor.zeros(arena, rows, d).fill(1);
    Residual.forward(zeros, branch, null, null, zeros, dropout, seed, 0, rows, d);
    return branch;
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0, true, true", "16, 0, false, false", "17, 0.1, true, false",
    "33, 0.5, false, true", "48, 0.9, true, true", "7, 0.3, false, false"
  })
  void forwardAddsTheGatedBranch(int d, float dropout, boolean hasBias, boolean hasGate) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, ROWS, d);
      Tensor branch = Numbers.normal(arena, 2, ROWS, d);
      Tensor bias = hasBias ? Numbers.normal(arena, 3, d) : null;
      Tensor gate = hasGate ? Numbers.normal(arena, 4, d) : null;
      Tensor mask = mask(arena, dropout, 11, ROWS, d);
      Tensor dropped = Numbers.copy(arena, branch);
      Tensor out = Tensor.zeros(arena, ROWS, d).fill(8);
      Residual.forward(x, dropped, bias, gate, out, dropout, 11, 1, 4, d);
      Numbers.assertClose(
          dropped,
          1e-5,
          at -> {
            double b = branch.get(at);
            int i = (int) (at % d);
            boolean touched = at >= d && at < 4L * d;
            return touched ? (b + (hasBias ? bias.get(i) : 0)) * mask.get(at) : b;
          });
      Numbers.assertClose(
          out,
          1e-5,
          at -> {
            int i = (int) (at % d);
            boolean touched = at >= d && at < 4L * d;
            return touched ? x.get(at) + (double) dropped.get(at) * (hasGate ? gate.get(i) : 1) : 8;
          });

      Tensor inPlace = Numbers.copy(arena, x);
      Residual.forward(
          inPlace, Numbers.copy(arena, branch), bias, gate, inPlace, dropout, 11, 1, 4, d);
      Numbers.assertClose(inPlace, 0, at -> at >= d && at < 4L * d ? out.get(at) : x.get(at));
    }
  }

  @ParameterizedTest
  @CsvSource({"3, 0, true", "17, 0.1, true", "33, 0.5, false", "48, 0.9, true", "16, 0, false"})
  void backwardUsesTheSameMask(int d, float dropout, boolean hasGate) {
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = Numbers.normal(arena, 1, ROWS, d);
      Tensor branch = Numbers.normal(arena, 2, ROWS, d);
      Tensor gate = hasGate ? Numbers.normal(arena, 4, d) : null;
      Tensor dout = Numbers.normal(arena, 5, ROWS, d);
      Residual.forward(x, branch, null, gate, x, dropout, 11, 0, ROWS, d);
      Tensor dbranch = Tensor.zeros(arena, ROWS, d);
      Tensor sums = Tensor.zeros(arena, 3 + 2 * d).fill(1);
      Residual.backward(dout, branch, gate, dbranch, sums, 3, dropout, 11, 0, ROWS, d);
      Tensor mask = mask(arena, dropout, 11, ROWS, d);
      Numbers.assertClose(
          dbranch,
          1e-5,
          at -> dout.get(at) * (double) mask.get(at) * (hasGate ? gate.get((int) (at % d)) : 1));
      Numbers.assertClose(
          sums,
          1e-5,
          at -> {
            double s = 1;
            for (int r = 0; at >= 3 && r < ROWS; r++) {
              long e = (long) r * d + (at - 3) % d;
              boolean ofGate = at - 3 < d;
              s +=
                  ofGate
                      ? (hasGate ? (double) dout.get(e) * branch.get(e) : 0)
                      : (double) dbranch.get(e);
            }
            return s;
          });
    }
  }

  @ParameterizedTest
  @CsvSource({"0.1", "0.5", "0.9"})
  void theShareOfZerosIsTheRate(float dropout) {
    try (Arena arena = Arena.ofConfined()) {
      int n = 200_000;
      for (int seed : new int[] {0, 1, -7}) {
        Tensor mask = mask(arena, dropout, seed, n / 100, 100);
        int zeros = 0;
        for (int i = 0; i < n; i++) {
          float m = mask.get(i);
          assertThat(m == 0 || Math.abs(m - 1 / (1 - dropout)) < 1e-5).isTrue();
          zeros += m == 0 ? 1 : 0;
        }
        double error = Math.sqrt(dropout * (1 - dropout) / n);
        assertThat(zeros / (double) n).isCloseTo(dropout, within(5 * error));
      }
    }
  }

  @Test
  void masksOfDifferentSeedsAndNeighboursAreIndependent() {
    try (Arena arena = Arena.ofConfined()) {
      int n = 200_000;
      Tensor a = mask(arena, 0.5f, 1, n / 100, 100);
      Tensor b = mask(arena, 0.5f, 2, n / 100, 100);
      for (int lag : new int[] {0, 1, 2}) {
        int both = 0;
        for (int i = 0; i + lag < n; i++) {
          both += a.get(i + lag) != 0 && b.get(i) != 0 ? 1 : 0;
        }
        assertThat(both / (double) (n - lag)).isCloseTo(0.25, within(5 * Math.sqrt(0.1875 / n)));
      }
      int pairs = 0;
      for (int i = 1; i < n; i++) {
        pairs += a.get(i) != 0 && a.get(i - 1) != 0 ? 1 : 0;
      }
      assertThat(pairs / (n - 1.0)).isCloseTo(0.25, within(6 * Math.sqrt(0.1875 / n)));
    }
  }
}
