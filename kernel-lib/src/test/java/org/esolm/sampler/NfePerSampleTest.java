package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a sample costs does not depend on the batch that it is drawn in. */
class NfePerSampleTest {
  private static final int LENGTH = 6;
  private static final int COUNT = 8;

  static List<Sampler> samplers() {
    return List.of(
        new ArSampler(),
        new MdlmSampler(false),
        new MdlmSampler(true),
        new BlockSampler(3, false),
        new BlockSampler(3, true),
        new EsoSampler(0.5, false));
  }

  @ParameterizedTest
  @MethodSource("samplers")
  void isTheMeanOverSamplesDrawnSingly(Sampler sampler) {
    double[] even = new double[1 << LENGTH];
    Arrays.fill(even, 1.0 / even.length);
    Denoiser oracle = new OracleDenoiser(new TabularOracle(2, LENGTH, even));
    SampleRequest request = SampleRequest.of(COUNT, LENGTH).withSteps(20);
    Samples together = sampler.sample(oracle, request);
    double singly =
        Stream.iterate(0, i -> i + 1)
            .limit(COUNT)
            .mapToInt(i -> sampler.sample(oracle, request.withBatch(i, 1)).nfe())
            .average()
            .orElseThrow();
    assertThat(together.nfePerSample()).isCloseTo(singly, within(1e-12));
    assertThat((double) together.nfe()).isGreaterThanOrEqualTo(singly);
  }
}
