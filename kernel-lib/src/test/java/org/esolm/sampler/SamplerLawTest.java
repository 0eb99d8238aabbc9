package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.StepSchedule;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** With the exact posterior for a network, what is left is the sampler's own error. */
class SamplerLawTest {
  private static final int N = 20_000;
  private static final TabularOracle TRUTH = TabularOracle.correlated(3, 4);
  private static final Denoiser ORACLE = new OracleDenoiser(TRUTH);

  static Stream<Sampler> oneAtATime() {
    return Stream.of(
        new ArSampler(),
        new MdlmSampler(true),
        new EsoSampler(0, false),
        new EsoSampler(0.5, false), // on a grid so fine that no step takes two
        new EsoSampler(1, false),
        new EsoSampler(0, true),
        new EsoSampler(0.5, true),
        new EsoSampler(1, true),
        new BlockSampler(1, true),
        new BlockSampler(2, true),
        new BlockSampler(4, true));
  }

  @ParameterizedTest
  @MethodSource("oneAtATime")
  void oneTokenAtATimeIsExactInAnyOrder(Sampler sampler) {
    var request = SampleRequest.of(N, 4).withSteps(1_000_000).withSeed(1);
    var samples = sampler.sample(ORACLE, request);
    assertThat(samples.nfe())
        .isEqualTo(sampler instanceof BlockSampler b ? 4 + 4 / b.blockSize() : 4);
    assertThat(Statistics.misfit(counts(samples), TRUTH.p())).isLessThan(1);
  }

  static Stream<Sampler> infilling() {
    return Stream.of(
        new MdlmSampler(true),
        new EsoSampler(0, true),
        new EsoSampler(0.5, true),
        new EsoSampler(1, true),
        new BlockSampler(4, true));
  }

  @ParameterizedTest
  @MethodSource("infilling")
  void infillingFollowsTheConditionalLaw(Sampler sampler) {
    int[] given = {-1, 2, -1, 0};
    var samples = sampler.sample(ORACLE, SampleRequest.of(N, 4).withGiven(given).withSeed(2));
    assertThat(Statistics.misfit(counts(samples), TRUTH.conditional(given))).isLessThan(1);
    assertThat(Statistics.misfit(counts(samples), TRUTH.p())).isGreaterThan(5);
  }

  static Stream<Sampler> prompted() {
    return Stream.concat(infilling(), Stream.of(new ArSampler(), new BlockSampler(2, true)));
  }

  @ParameterizedTest
  @MethodSource("prompted")
  void aPromptIsContinuedByTheConditionalLaw(Sampler sampler) {
    var request = SampleRequest.of(N, 4).withPrompt(1, 0).withSeed(3);
    var samples = sampler.sample(ORACLE, request);
    double[] law = TRUTH.conditional(new int[] {1, 0, -1, -1});
    assertThat(Statistics.misfit(counts(samples), law)).isLessThan(1);
  }

  /**
   * Two at once ignores that the two depend on one another. Which law comes out can be enumerated:
   * the mean over the six first pairs. It is not the truth, and the sampler draws from it.
   */
  @Test
  void twoAtOnceDrawsFromAnotherLaw() {
    double[] law = new double[TRUTH.p().length];
    for (int pair : new int[] {0b0011, 0b0101, 0b1001, 0b0110, 0b1010, 0b1100}) {
      double[] two = TRUTH.twoSteps(pair);
      Arrays.setAll(law, i -> law[i] + two[i] / 6);
    }
    long seed = 0;
    while (!Arrays.equals(pairs(seed).counts(), new int[] {2, 2})) {
      seed++;
    }
    var samples =
        new EsoSampler(1, false).sample(ORACLE, SampleRequest.of(N, 4).withSteps(2).withSeed(seed));
    assertThat(samples.nfe()).isEqualTo(2);
    assertIsThisLawAndNotTheTruth(counts(samples), law);
  }

  private static StepSchedule pairs(long seed) {
    return StepSchedule.draw(4, 2, new NoiseSchedule(1), Rng.of(seed, Purpose.SCHEDULE));
  }

  /** Two ancestral steps: each of the 16 sets is the first step's with probability 1/16. */
  @Test
  void twoAncestralStepsDrawFromTheirOwnLaw() {
    double[] law = new double[TRUTH.p().length];
    for (int set = 0; set < 16; set++) {
      double[] two = TRUTH.twoSteps(set);
      Arrays.setAll(law, i -> law[i] + two[i] / 16);
    }
    var request = SampleRequest.of(N, 4).withSteps(2).withSeed(4);
    assertIsThisLawAndNotTheTruth(counts(new MdlmSampler(false).sample(ORACLE, request)), law);
    var oneBlock = new BlockSampler(4, false).sample(ORACLE, request);
    assertIsThisLawAndNotTheTruth(counts(oneBlock), law);
  }

  private static void assertIsThisLawAndNotTheTruth(int[] counts, double[] law) {
    double[] empirical = Arrays.stream(counts).mapToDouble(n -> n / (double) N).toArray();
    int[] oneAtATime = counts(new ArSampler().sample(ORACLE, SampleRequest.of(N, 4)));
    double[] exact = Arrays.stream(oneAtATime).mapToDouble(n -> n / (double) N).toArray();
    double error = Statistics.totalVariation(law, TRUTH.p());

    assertThat(Arrays.stream(law).sum()).isCloseTo(1, within(1e-9));
    assertThat(Statistics.misfit(counts, law)).isLessThan(1);
    assertThat(Statistics.misfit(counts, TRUTH.p())).isGreaterThan(5);
    assertThat(Statistics.kl(TRUTH.p(), law)).isGreaterThan(0.05);
    // Of 20,000 draws from 81 sequences about 0.025 is noise.
    assertThat(Statistics.totalVariation(empirical, TRUTH.p())).isCloseTo(error, within(0.03));
    assertThat(Statistics.totalVariation(exact, TRUTH.p())).isLessThan(0.04).isLessThan(error / 2);
    assertThat(Statistics.kl(TRUTH.p(), empirical))
        .isCloseTo(Statistics.kl(TRUTH.p(), law), within(0.03));
  }

  private static int[] counts(Samples samples) {
    int[] counts = new int[TRUTH.p().length];
    for (int[] x : samples.tokens()) {
      counts[TRUTH.index(x)]++;
    }
    return counts;
  }
}
