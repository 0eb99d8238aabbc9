package org.esolm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;
import org.esolm.metric.Mauve.Options;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.NdArrays;
import org.esolm.tensor.SymmetricEigen;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class MauveTest {
  @Test
  void ofHistogramsAsTheReferenceComputesIt() {
    Mauve m = Mauve.ofHistograms(new int[] {6, 8}, new int[] {5, 1}, Options.DEFAULT);
    assertThat(m.mauve()).isCloseTo(0.7155311809891902, within(1e-12));
    assertThat(m.mauveStar()).isCloseTo(0.8188429946912901, within(1e-12));
    assertThat(m.frontierIntegral()).isCloseTo(0.12334004240769036, within(1e-12));
    assertThat(m.frontierIntegralStar()).isCloseTo(0.0899134830657084, within(1e-12));
    assertThat(m.buckets()).isEqualTo(2);
  }

  @Test
  void isSymmetricAndFallsAsHistogramsPart() {
    int[] p = {9, 4, 1, 0, 3};
    int[] q = {1, 5, 2, 6, 0};
    Mauve m = Mauve.ofHistograms(p, q, Options.DEFAULT);
    Mauve turned = Mauve.ofHistograms(q, p, Options.DEFAULT);
    assertThat(turned.mauve()).isCloseTo(m.mauve(), within(1e-12));
    assertThat(turned.frontierIntegral()).isCloseTo(m.frontierIntegral(), within(1e-12));
    Mauve apart = Mauve.ofHistograms(new int[] {3, 0}, new int[] {0, 7}, Options.DEFAULT);
    assertThat(apart.frontierIntegral()).isCloseTo(1, within(1e-12));
    assertThat(apart.mauve()).isLessThan(0.01).isLessThan(m.mauve());
    assertThatThrownBy(() -> Mauve.ofHistograms(p, new int[2], Options.DEFAULT))
        .hasMessage("histograms: 5 and 2 buckets, must be equally many");
    assertThatThrownBy(() -> Mauve.ofHistograms(p, new int[5], Options.DEFAULT))
        .hasMessage("histogram: all counts are 0, must be at least one");
    assertThatThrownBy(() -> new Options(0, 5, 1, 0.9, 5, 500))
        .hasMessage("discretization: 1, must be at least 2");
  }

  /** Points of a mixture of two clouds, the first with a given weight. */
  private static Tensor features(Arena arena, int n, double first, long seed) {
    int d = 9;
    Tensor t = Tensor.zeros(arena, n, d);
    Rng rng = Rng.of(seed, Purpose.LANGUAGE);
    for (int i = 0; i < n; i++) {
      double centre = rng.nextDouble() < first ? 1 : -1;
      for (int j = 0; j < d; j++) {
        t.set((long) i * d + j, (float) ((j % 2 == 0 ? centre : 1) + 0.3 * rng.nextGaussian()));
      }
    }
    return t;
  }

  @Test
  void ofFeaturesTellsEqualLawsFromOthers() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor p = features(arena, 200, 0.8, 1);
      Mauve same = Mauve.ofFeatures(p, features(arena, 200, 0.8, 2), Options.DEFAULT, 0);
      Mauve other = Mauve.ofFeatures(p, features(arena, 150, 0.2, 3), Options.DEFAULT, 0);
      assertThat(same.buckets()).isEqualTo(20);
      assertThat(other.buckets()).isEqualTo(15);
      assertThat(same.mauve()).isGreaterThan(0.9);
      assertThat(other.mauve()).isBetween(0.1, 0.7);
      assertThat(Mauve.ofFeatures(p, features(arena, 150, 0.2, 3), Options.DEFAULT, 0))
          .isEqualTo(other);
      Mauve.Spread spread = Mauve.spread(p, features(arena, 150, 0.2, 3), Options.DEFAULT, 4);
      assertThat(spread.mauve().value()).isCloseTo(other.mauve(), within(0.1));
      assertThat(spread.sd()).isBetween(1e-6, 0.1);
      assertThat(spread.mauve().standardError()).isCloseTo(spread.sd() / 2, within(1e-12));
      assertThatThrownBy(() -> Mauve.ofFeatures(p, Tensor.zeros(arena, 5, 4), Options.DEFAULT, 0))
          .hasMessageStartingWith("features: Tensor[200, 9] and Tensor[5, 4], must be");
    }
  }

  @Test
  @Timeout(60)
  void anInterruptEndsClustering() {
    try (Arena arena = Arena.ofShared()) {
      Tensor p = features(arena, 200, 0.8, 1);
      Tensor q = features(arena, 200, 0.5, 2);
      Thread caller = Thread.currentThread();
      Thread.ofPlatform()
          .start(
              () -> {
                LockSupport.parkNanos(300_000_000);
                caller.interrupt();
              });
      assertThatThrownBy(() -> Mauve.spread(p, q, Options.DEFAULT, 1_000_000))
          .isInstanceOf(CancellationException.class)
          .hasMessage("clustering: interrupted");
      assertThat(Thread.interrupted()).as("heard").isFalse();
      assertThat(Mauve.ofFeatures(p, q, Options.DEFAULT, 0).buckets()).isEqualTo(20);
    }
  }

  @Test
  void ofArraysIsThatOfTensors() {
    try (Arena arena = Arena.ofShared()) {
      Tensor p = features(arena, 60, 0.8, 1);
      Tensor q = features(arena, 60, 0.5, 2);
      assertThat(Mauve.ofFeatures(NdArrays.view(p), NdArrays.view(q), Options.DEFAULT, 3))
          .isEqualTo(Mauve.ofFeatures(p, q, Options.DEFAULT, 3));
    }
  }

  @Test
  void componentsExplainWhatIsAsked() {
    try (Arena arena = Arena.ofConfined()) {
      int n = 500;
      Rng rng = Rng.of(4, Purpose.LANGUAGE);
      double[] scale = {0.1, 3, 1, 0.1};
      Tensor x = Tensor.zeros(arena, n, 4);
      for (long i = 0; i < x.size(); i++) {
        x.set(i, (float) (7 + scale[(int) (i % 4)] * rng.nextGaussian()));
      }
      float[] second = new float[n];
      for (int i = 0; i < n; i++) {
        second[i] = x.get(4L * i + 1) - 7;
      }
      Tensor one =
          PrincipalComponents.project(Tensor.copyOf(arena, x.toArray(), n, 4), 0.85, arena);
      assertThat(one.shape()).containsExactly(n, 1);
      float sign = Math.signum(one.get(0) * second[0]);
      for (int i = 0; i < n; i++) {
        assertThat(sign * one.get(i)).isCloseTo(second[i], within(0.5f));
      }
      assertThat(PrincipalComponents.project(x, 0.99, arena).dim(1)).isEqualTo(2);
    }
  }

  @Test
  void eigenvectorsDiagonalise() {
    double[] a = {2, 1, 0, 1, 3, 1, 0, 1, 4};
    double[] v = a.clone();
    double[] values = SymmetricEigen.decompose(v, 3);
    assertThat(values).isSorted();
    for (int c = 0; c < 3; c++) {
      for (int r = 0; r < 3; r++) {
        double av = 0;
        for (int k = 0; k < 3; k++) {
          av += a[3 * r + k] * v[3 * k + c];
        }
        assertThat(av).isCloseTo(values[c] * v[3 * r + c], within(1e-12));
      }
    }
  }
}
