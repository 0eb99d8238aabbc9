package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;

/** The recursions against plain enumeration, on a model with impossible words and transitions. */
class HiddenMarkovModelTest {
  private static final int V = 4;
  private static final int L = 5;

  private static final double[][] TRANSITION = {
    {0.0, 0.7, 0.3, 0.0}, {0.1, 0.0, 0.0, 0.9}, {0.5, 0.0, 0.25, 0.25}, {0.6, 0.4, 0.0, 0.0}
  };
  private static final double[][] EMISSION = {
    {0.5, 0.5, 0.0, 0.0}, {0.0, 0.2, 0.8, 0.0}, {0.0, 0.0, 0.0, 1.0}, {0.5, 0.5, 0.0, 0.0}
  };
  private static final HiddenMarkovModel MODEL = HiddenMarkovModel.of(TRANSITION, EMISSION);

  @Test
  void stationaryLawIsLeftUnchanged() {
    double[] pi = MODEL.stationary();
    assertThat(Arrays.stream(pi).sum()).isCloseTo(1, within(1e-14));
    for (int t = 0; t < pi.length; t++) {
      double mass = 0;
      for (int s = 0; s < pi.length; s++) {
        mass += pi[s] * TRANSITION[s][t];
      }
      assertThat(mass).isCloseTo(pi[t], within(1e-14));
    }
  }

  @Test
  void periodicChainHasItsStationaryLaw() {
    double[][] identity = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}};
    double[][] cycle = {{0, 1, 0}, {0, 0, 1}, {1, 0, 0}};
    assertThat(HiddenMarkovModel.of(cycle, identity).stationary())
        .containsExactly(new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, within(1e-12));
  }

  @Test
  void logProbabilityIsTheSumOverAllPaths() {
    double total = 0;
    int impossible = 0;
    for (int[] x : sequences()) {
      double p = byPaths(x);
      assertThat(MODEL.logProbability(x)).isCloseTo(Math.log(p), within(1e-12));
      impossible += p == 0 ? 1 : 0;
      total += Math.exp(MODEL.logProbability(x));
    }
    assertThat(impossible).isPositive();
    assertThat(total).isCloseTo(1, within(1e-12));
  }

  @Test
  void posteriorIsThatOfEnumerationForEverySubsetOfObservations() {
    List<int[]> sequences = sequences();
    double[] p = sequences.stream().mapToDouble(HiddenMarkovModelTest::byPaths).toArray();
    float[][] posterior = new float[L][V];
    for (int[] clean : sequences) {
      for (int subset = 0; subset < 1 << L; subset++) {
        int[] observed = clean.clone();
        boolean wasSeen = false;
        for (int l = 0; l < L; l++) {
          boolean hidden = (subset >> l & 1) == 0;
          wasSeen |= hidden && clean[l] != 0; // one representative of each pattern is enough
          observed[l] = hidden ? -1 : clean[l];
        }
        if (!wasSeen) {
          checkPosterior(observed, posterior, sequences, p);
        }
      }
    }
  }

  private static void checkPosterior(
      int[] observed, float[][] posterior, List<int[]> sequences, double[] p) {
    double[][] expected = new double[L][V];
    double total = 0;
    for (int i = 0; i < p.length; i++) {
      int[] x = sequences.get(i);
      if (agrees(x, observed)) {
        total += p[i];
        for (int l = 0; l < L; l++) {
          expected[l][x[l]] += p[i];
        }
      }
    }
    double logP = MODEL.posterior(observed, posterior);
    if (total == 0) {
      assertThat(logP).isEqualTo(Double.NEGATIVE_INFINITY);
      assertThat(posterior[L - 1][V - 1]).isNaN();
      return;
    }
    assertThat(logP).isCloseTo(Math.log(total), within(1e-12));
    for (int l = 0; l < L; l++) {
      for (int v = 0; v < V; v++) {
        assertThat((double) posterior[l][v]).isCloseTo(expected[l][v] / total, within(1e-7));
      }
    }
  }

  @Test
  void blockEntropyIsThatOfEnumeration() {
    for (int length = 1; length <= 3; length++) {
      double h = 0;
      for (int[] x : sequences(length)) {
        double p = byPaths(x);
        h -= p > 0 ? p * Math.log(p) : 0;
      }
      assertThat(MODEL.blockEntropy(length)).isCloseTo(h, within(1e-12));
    }
    Estimate estimate = MODEL.entropyPerToken(3, 4000, 1);
    assertThat(estimate.value())
        .isCloseTo(MODEL.blockEntropy(3) / 3, within(4 * estimate.standardError()));
    assertThat(estimate.standardError()).isBetween(1e-4, 1e-2);
  }

  @Test
  void samplesHaveTheLawOfTheModel() {
    int n = 100_000;
    List<int[]> sequences = sequences(3);
    int[] counts = new int[sequences.size()];
    for (int i = 0; i < n; i++) {
      int[] x = MODEL.sample(3, Rng.of(7, Purpose.LANGUAGE, i));
      counts[(x[0] * V + x[1]) * V + x[2]]++;
    }
    double chiSquare = 0;
    int degrees = -1;
    for (int i = 0; i < counts.length; i++) {
      double expected = n * byPaths(sequences.get(i));
      if (expected == 0) {
        assertThat(counts[i]).isZero();
      } else {
        chiSquare += (counts[i] - expected) * (counts[i] - expected) / expected;
        degrees++;
      }
    }
    assertThat(chiSquare).isLessThan(degrees + 4 * Math.sqrt(2 * degrees));
  }

  @Test
  void badModelsAreRefused() {
    double[][] identity = {{1, 0}, {0, 1}};
    assertThatThrownBy(() -> HiddenMarkovModel.of(new double[][] {{1, 0}, {0.5, 0.5}}, identity))
        .hasMessageContaining("state 1 cannot be reached from state 0");
    assertThatThrownBy(() -> HiddenMarkovModel.of(new double[][] {{0.5, 0.5}, {0, 1}}, identity))
        .hasMessageContaining("state 1 has no way back to state 0");
    assertThatThrownBy(() -> HiddenMarkovModel.of(new double[][] {{0.5, 0.6}, {0, 1}}, identity))
        .hasMessageContaining("transition[0]")
        .hasMessageContaining("sum 1");
    assertThatThrownBy(() -> MODEL.logProbability(new int[] {0, 4}))
        .hasMessage("token: 4, allowed: 0 to 3");
    assertThatThrownBy(() -> MODEL.posterior(new int[] {-2}, new float[1][V]))
        .hasMessage("token: -2, allowed: -1 to 3");
  }

  private static boolean agrees(int[] x, int[] observed) {
    for (int l = 0; l < x.length; l++) {
      if (observed[l] >= 0 && observed[l] != x[l]) {
        return false;
      }
    }
    return true;
  }

  private static List<int[]> sequences() {
    return sequences(L);
  }

  /** All sequences, the last token counting fastest. */
  private static List<int[]> sequences(int length) {
    List<int[]> all = new ArrayList<>();
    for (int code = 0; code < Math.pow(V, length); code++) {
      int[] x = new int[length];
      for (int l = length - 1, rest = code; l >= 0; l--, rest /= V) {
        x[l] = rest % V;
      }
      all.add(x);
    }
    return all;
  }

  /** p(x) by adding up every path of hidden states. */
  private static double byPaths(int[] x) {
    double total = 0;
    double[] pi = MODEL.stationary();
    int states = pi.length;
    for (int code = 0; code < Math.pow(states, x.length); code++) {
      double p = 1;
      int last = -1;
      for (int l = 0, rest = code; l < x.length; l++, rest /= states) {
        int s = rest % states;
        p *= (last < 0 ? pi[s] : TRANSITION[last][s]) * EMISSION[s][x[l]];
        last = s;
      }
      total += p;
    }
    return total;
  }

  @Test
  void withNoiseNothingIsImpossibleAndAllStillSumsToOne() {
    HiddenMarkovModel noisy =
        HiddenMarkovModel.of(
                new double[][] {{0, 1}, {1, 0}}, new double[][] {{1, 0, 0}, {0, 0.5, 0.5}})
            .smoothed(0.1);
    double total = 0;
    for (int a = 0; a < 3; a++) {
      for (int b = 0; b < 3; b++) {
        double logP = noisy.logProbability(new int[] {a, b});
        assertThat(logP).isFinite();
        total += Math.exp(logP);
      }
    }
    assertThat(total).isCloseTo(1, within(1e-12));
    double first = 0.9 + 0.1 / 3;
    double second = 0.45 + 0.1 / 3;
    double other = 0.1 / 3;
    assertThat(noisy.logProbability(new int[] {0, 1}))
        .isCloseTo(Math.log(0.5 * first * second + 0.5 * other * other), within(1e-12));
  }
}
