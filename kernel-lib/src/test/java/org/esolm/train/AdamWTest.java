package org.esolm.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdamWTest {
  private static final ModelConfig MODEL = new ModelConfig(6, 0, 1, 1, 4, 5, 4, 0);

  private static TrainConfig config(double clip, double weightDecay) {
    return new TrainConfig(50, 2, 0.01, 4, 0, 0.9, 0.98, 1e-8, weightDecay, clip, 0.9, 0, 1, 0, 3);
  }

  /** The update as Loshchilov and Hutter write it, in double precision, one parameter at a time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void followsThePlainRecursion(int threads) {
    TrainConfig config = config(0.5, 0.1);
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(threads)) {
      Parameters weights = new Parameters(arena, MODEL).initialize(1);
      AdamW adam = new AdamW(arena, weights, config, workers);
      int n = (int) weights.flat().size();
      double[] w = widen(weights);
      double[] ema = w.clone();
      double[] m = new double[n];
      double[] v = new double[n];
      Rng random = Rng.of(5, Purpose.BATCHES);
      for (int step = 0; step < 20; step++) {
        double[] g = new double[n];
        double squares = 0;
        for (int i = 0; i < n; i++) {
          float gi = (float) random.nextGaussian() * (step % 2 == 0 ? 1 : 0.001f);
          adam.gradient.flat().set(i, gi);
          g[i] = gi;
          squares += g[i] * g[i];
        }
        double norm = adam.step(step);
        assertThat(norm).isCloseTo(Math.sqrt(squares), within(1e-5 * norm));
        double clip = Math.min(1, 0.5 / norm);
        double rate = 0.01 * Math.min(1, (step + 1) / 4.0);
        double decay = Math.min(0.9, (2.0 + step) / (11.0 + step));
        for (int i = 0; i < n; i++) {
          double gi = g[i] * clip;
          m[i] = 0.9 * m[i] + 0.1 * gi;
          v[i] = 0.98 * v[i] + 0.02 * gi * gi;
          double mHat = m[i] / (1 - Math.pow(0.9, step + 1));
          double vHat = v[i] / (1 - Math.pow(0.98, step + 1));
          w[i] -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + 0.1 * w[i]);
          ema[i] = decay * ema[i] + (1 - decay) * w[i];
        }
      }
      for (int i = 0; i < n; i++) {
        assertThat((double) weights.flat().get(i)).isCloseTo(w[i], within(2e-5));
        assertThat((double) adam.ema.flat().get(i)).isCloseTo(ema[i], within(2e-5));
        assertThat(adam.gradient.flat().get(i)).isZero();
      }
    }
  }

  private static double[] widen(Parameters p) {
    double[] d = new double[(int) p.flat().size()];
    for (int i = 0; i < d.length; i++) {
      d[i] = p.flat().get(i);
    }
    return d;
  }

  @Test
  void theLearningRateRisesStaysAndFalls() {
    TrainConfig c =
        new TrainConfig(100, 1, 1e-3, 10, 20, 0.9, 0.999, 1e-8, 0, 1, 0.9999, 0, 1, 0, 1);
    assertThat(c.learningRate(0)).isCloseTo(1e-4, within(1e-12));
    assertThat(c.learningRate(9)).isCloseTo(1e-3, within(1e-12));
    assertThat(c.learningRate(79)).isCloseTo(1e-3, within(1e-12));
    assertThat(c.learningRate(90)).isCloseTo(5e-4, within(1e-12));
    assertThat(c.learningRate(99)).isCloseTo(5e-5, within(1e-12));
    assertThat(TrainConfig.paper(1_000_000, 512).learningRate(500_000)).isEqualTo(3e-4);
  }

  @Test
  void aGradientThatIsNoNumberIsReported() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(1)) {
      AdamW adam = new AdamW(arena, new Parameters(arena, MODEL), config(1, 0), workers);
      adam.gradient.flat().set(3, Float.NaN);
      assertThatThrownBy(() -> adam.step(7))
          .isInstanceOf(ArithmeticException.class)
          .hasMessageContaining("NaN at step 7");
    }
  }

  @Test
  void everyFieldIsChecked() {
    assertThatThrownBy(() -> TrainConfig.paper(0, 1)).hasMessage("steps: 0, must be at least 1");
    assertThatThrownBy(
            () -> new TrainConfig(5, 1, 1e-3, 0, 6, 0.9, 0.9, 1e-8, 0, 1, 0.9, 0, 1, 0, 1))
        .hasMessage("decaySteps: 6, must be 0 to steps (5)");
    assertThatThrownBy(
            () -> new TrainConfig(5, 1, 1e-3, 0, 0, 0.9, 0.9, 1e-8, 0, 1, 1.0, 0, 1, 0, 1))
        .hasMessage("emaDecay: 1.0, must be in [0, 1)");
  }
}
