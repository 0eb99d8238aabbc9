package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashSet;
import java.util.stream.IntStream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenSamplerTest {
  private static final double[] P = {0.05, 0.4, 0.25, 0.3};

  /** The law P, and a mask behind it that would win by far if it could. */
  private static final Tensor LAW = laws(logit(0.05), logit(0.4), logit(0.25), logit(0.3), 1000f);

  private static float logit(double p) {
    return (float) Math.log(p) + 7;
  }

  private static Tensor laws(float... logits) {
    return Tensor.copyOf(Arena.ofAuto(), logits, 1, logits.length);
  }

  private static int[] counts(double temperature, double nucleus) {
    var sampler = new TokenSampler(5, 4, 1, temperature, nucleus);
    int[] counts = new int[5];
    for (int i = 0; i < 20_000; i++) {
      counts[sampler.draw(LAW, 0, i / 100, i % 100)]++;
    }
    return counts;
  }

  @ParameterizedTest
  @ValueSource(doubles = {1, 0.5, 2})
  void drawsFromTheTemperedLaw(double temperature) {
    double[] law = Arrays.stream(P).map(p -> Math.pow(p, 1 / temperature)).toArray();
    double total = Arrays.stream(law).sum();
    double[] tempered = Arrays.copyOf(Arrays.stream(law).map(p -> p / total).toArray(), 5);
    assertThat(Statistics.misfit(counts(temperature, 1), tempered)).isLessThan(1);
  }

  @ParameterizedTest
  @CsvSource({"0.39,1", "0.41,2", "0.69,2", "0.71,3", "0.94,3", "0.96,4"})
  void nucleusKeepsTheTokenThatCrosses(double p, int size) {
    double[] kept = {size > 3 ? 0.05 : 0, 0.4, size > 2 ? 0.25 : 0, size > 1 ? 0.3 : 0, 0};
    double total = Arrays.stream(kept).sum();
    double[] law = Arrays.stream(kept).map(q -> q / total).toArray();
    int[] counts = counts(1, p);
    if (size == 1) {
      assertThat(counts[1]).isEqualTo(20_000);
    } else {
      assertThat(Statistics.misfit(counts, law)).isLessThan(1);
    }
  }

  /** The mass is that of the tempered law: at temperature 1/2 the likeliest has 0.16 / 0.315. */
  @Test
  void nucleusIsTakenAfterTheTemperature() {
    assertThat(counts(0.5, 0.5)[1]).isEqualTo(20_000);
    assertThat(counts(0.5, 0.52)[3]).isPositive();
  }

  @Test
  void selectionAgreesWithSorting() {
    for (int trial = 0; trial < 300; trial++) {
      var random = Rng.of(2, Purpose.EVALUATION, trial);
      int v = 1 + random.nextInt(200);
      boolean ties = trial % 2 == 0;
      float[] logits = new float[v];
      for (int i = 0; i < v; i++) {
        float x = (float) (4 * random.nextGaussian());
        logits[i] = ties ? Math.round(x) : x;
      }
      double p = trial % 7 == 0 ? 0.999999 : random.nextDouble(0.01, 0.99);
      double temperature = random.nextDouble(0.3, 3);
      double max = IntStream.range(0, v).mapToDouble(i -> logits[i]).max().orElseThrow();
      double[] weight =
          IntStream.range(0, v)
              .mapToDouble(i -> Math.exp((logits[i] - max) / temperature))
              .toArray();
      double mass = p * Arrays.stream(weight).sum();
      var expected = new HashSet<Integer>();
      var sorted =
          IntStream.range(0, v)
              .boxed()
              .sorted((a, b) -> Double.compare(weight[b], weight[a]))
              .toList();
      for (int i = 0; i < v && mass > 0; i++) {
        expected.add(sorted.get(i));
        mass -= weight[sorted.get(i)];
      }
      float[] restricted = logits.clone();
      new Nucleus(v, p).restrict(restricted, temperature);
      assertThat(IntStream.range(0, v).filter(i -> restricted[i] > Float.NEGATIVE_INFINITY))
          .containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  /** Few logarithms are taken; the token is the one that all of them would give. */
  @Test
  void shortcutChangesNothing() {
    int v = 500;
    float[] logits = new float[v];
    var gaussian = Rng.of(3, Purpose.EVALUATION);
    for (int i = 0; i < v; i++) {
      logits[i] = (float) (2 * gaussian.nextGaussian());
    }
    var sampler = new TokenSampler(v, v - 1, 9, 0.7, 1);
    for (int position = 0; position < 2_000; position++) {
      var random = Rng.of(9, Purpose.TOKENS).at(3).at(position);
      int best = -1;
      double bestScore = Double.NEGATIVE_INFINITY;
      for (int i = 0; i < v - 1; i++) {
        double oneMinusU = ((random.nextLong() >>> 11) + 0.5) * 0x1p-53;
        double score = logits[i] / 0.7 - Math.log(-Math.log1p(-oneMinusU));
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
      assertThat(sampler.draw(laws(logits), 0, 3, position)).isEqualTo(best);
    }
  }

  @Test
  void temperatureZeroIsGreedy() {
    assertThat(counts(0, 1)[1]).isEqualTo(20_000);
    assertThat(counts(0, 0.5)[1]).isEqualTo(20_000);
    assertThat(new TokenSampler(4, 0, 1, 0, 1).draw(laws(9, 1, 2, 2), 0, 0, 0)).isEqualTo(2);
  }

  @Test
  void aLawWithoutMassIsAnError() {
    float none = Float.NEGATIVE_INFINITY;
    for (double temperature : new double[] {0, 1}) {
      for (double nucleus : new double[] {0.5, 1}) {
        var sampler = new TokenSampler(3, 2, 1, temperature, nucleus);
        assertThatThrownBy(() -> sampler.draw(laws(none, none, 0), 0, 0, 5))
            .isInstanceOf(ArithmeticException.class)
            .hasMessage("law of position 5: no token has any mass");
        assertThatThrownBy(() -> sampler.draw(laws(1, Float.NaN, 0), 0, 0, 5))
            .isInstanceOf(ArithmeticException.class)
            .hasMessage("logit of token 1: NaN");
        assertThat(sampler.draw(laws(none, -50, Float.NaN), 0, 0, 5)).isEqualTo(1);
      }
    }
  }
}
