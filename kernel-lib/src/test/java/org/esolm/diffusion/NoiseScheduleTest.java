package org.esolm.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;

class NoiseScheduleTest {
  @Test
  void isLogLinearWithEps() {
    var noise = new NoiseSchedule(0.25);
    assertThat(noise.alphaT(0)).isEqualTo(0.25);
    assertThat(noise.alphaT(1)).isCloseTo(0.25e-3, within(1e-15));
    assertThat(noise.alphaT(0.5)).isCloseTo(0.25 * 0.5005, within(1e-15));
    double h = 1e-6;
    assertThat(noise.dAlphaT())
        .isCloseTo((noise.alphaT(0.3 + h) - noise.alphaT(0.3 - h)) / (2 * h), within(1e-9));
    assertThat(noise.weight(0.5)).isCloseTo(0.25 * 0.999 / (1 - 0.25 * 0.5005), within(1e-12));
    assertThat(new NoiseSchedule(1).weight(0.25)).isCloseTo(4, within(1e-12));
  }

  @Test
  void reverseProcessEndsWithEverythingClean() {
    var noise = new NoiseSchedule(1);
    assertThat(noise.unmaskProbability(0, 0.01)).isEqualTo(1);
    assertThat(noise.unmaskProbability(0.5, 1)).isCloseTo(0.5, within(1e-12));
    assertThat(new NoiseSchedule(0).unmaskProbability(0, 1)).isZero();
  }

  @Test
  void rejectsAlpha0OutsideTheUnitInterval() {
    for (double bad : new double[] {-0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> new NoiseSchedule(bad))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("alpha0: " + bad + ", must be in [0, 1]");
    }
  }

  @Test
  void timesAreStratified() {
    double[] t = new double[8];
    Times.lowDiscrepancy(t, Rng.of(1, Purpose.TIMES));
    for (int i = 0; i < t.length; i++) {
      assertThat((t[i] - 1e-3) / (1 - 1e-3)).isBetween(i / 8.0, (i + 1) / 8.0);
    }
    double sum = 0;
    double[] one = new double[1];
    for (int i = 0; i < 20_000; i++) {
      Times.lowDiscrepancy(one, Rng.of(2, Purpose.TIMES, i));
      sum += one[0];
    }
    assertThat(sum / 20_000).isCloseTo(0.5005, within(4 * Math.sqrt(1 / 12.0 / 20_000)));
  }

  @Test
  void masksWithProbabilityOneMinusAlpha() {
    int[] x = DenoisingOrder.identity(50_000);
    int[] xt = new int[x.length];
    int masked = Masking.qXt(x, 0.3, -7, Rng.of(3, Purpose.MASKING), xt);
    assertThat(masked / 50_000.0).isCloseTo(0.7, within(4 * Math.sqrt(0.21 / 50_000)));
    int counted = 0;
    for (int l = 0; l < x.length; l++) {
      assertThat(xt[l] == x[l] || xt[l] == -7).isTrue();
      counted += xt[l] == -7 ? 1 : 0;
    }
    assertThat(counted).isEqualTo(masked);
    assertThat(Masking.qXt(x, 1, -7, Rng.of(3, Purpose.MASKING), xt)).isZero();
    assertThat(Masking.qXt(x, 0, -7, Rng.of(3, Purpose.MASKING), xt)).isEqualTo(50_000);
  }

  @Test
  void masksAPartOnly() {
    int[] x = {1, 2, 3, 4, 5, 6};
    assertThat(Masking.qXt(x, 2, 4, 0, 9, Rng.of(1, Purpose.MASKING), x)).isEqualTo(2);
    assertThat(x).containsExactly(1, 2, 9, 9, 5, 6);
  }
}
