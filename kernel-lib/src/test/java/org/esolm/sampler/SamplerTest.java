package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.StepSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class SamplerTest {
  private static final Denoiser ORACLE = new OracleDenoiser(TabularOracle.correlated(3, 6));

  static Stream<Sampler> all() {
    return Stream.of(
        new ArSampler(),
        new MdlmSampler(false),
        new MdlmSampler(true),
        new BlockSampler(2, false),
        new BlockSampler(3, true),
        new EsoSampler(0, false),
        new EsoSampler(0.5, false),
        new EsoSampler(1, false),
        new EsoSampler(0.5, true));
  }

  @ParameterizedTest
  @MethodSource("all")
  void aSampleDoesNotDependOnItsBatch(Sampler sampler) {
    for (double nucleus : new double[] {1, 0.8}) {
      var request =
          SampleRequest.of(16, 6)
              .withSteps(4)
              .withSeed(5)
              .withNucleus(nucleus)
              .withTemperature(0.9)
              .recordingOrder();
      var together = sampler.sample(ORACLE, request);
      for (int i = 0; i < 16; i++) {
        var alone = sampler.sample(ORACLE, request.withBatch(i, 1));
        assertThat(alone.tokens()[0]).isEqualTo(together.tokens()[i]);
        assertThat(alone.decodedAt()[0]).isEqualTo(together.decodedAt()[i]);
      }
      assertThat(Arrays.stream(together.tokens()).map(Arrays::toString).distinct().count())
          .isGreaterThan(4);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void keepsToTheRulesOfAConversation(Sampler sampler) {
    var strict = new StrictDenoiser(ORACLE);
    int[] last = {0, 0};
    var request = SampleRequest.of(3, 6).withSteps(4).withSeed(6).withPrompt(2);
    var samples =
        sampler.sample(
            strict,
            request.recordingOrder(),
            (done, total) -> {
              assertThat(done).isEqualTo(last[0] + 1).isLessThanOrEqualTo(total);
              last[0] = done;
              last[1] = total;
            });
    assertThat(last[0]).isEqualTo(last[1]);
    assertThat(strict.closed).isTrue();
    assertThat(strict.log).hasSize(samples.nfe());
    assertThat(strict.log.getFirst()).startsWith("+0").contains("?");
    for (int b = 0; b < 3; b++) {
      assertThat(Arrays.stream(samples.tokens()[b]).allMatch(t -> 0 <= t && t < 3)).isTrue();
      assertThat(samples.tokens()[b][0]).isEqualTo(2);
      assertThat(samples.decodedAt()[b][0]).isEqualTo(-1);
      assertThat(Arrays.stream(samples.decodedAt()[b]).skip(1).allMatch(k -> k >= 0)).isTrue();
    }
  }

  @Test
  void arGoesFromLeftToRight() {
    assertThat(dialogue(new ArSampler(), SampleRequest.of(1, 4)))
        .containsExactly("?0", "+0?1", "+1?2", "+2?3");
    assertThat(dialogue(new ArSampler(), SampleRequest.of(2, 4).withPrompt(1, 1)))
        .containsExactly("+0+1?2|+0+1?2", "+2?3|+2?3");
  }

  @Test
  void finishedBlocksAreStored() {
    var log = dialogue(new BlockSampler(3, false), SampleRequest.of(1, 6).withSteps(1));
    assertThat(log).containsExactly("?0?1?2", "+0+1+2", "?3?4?5", "+3+4+5");
    log =
        dialogue(
            new BlockSampler(2, false),
            SampleRequest.of(1, 6).withSteps(1).withGiven(1, 1, -1, 0, -1, -1));
    assertThat(log).containsExactly("+0+1", "+3?2", "+2", "?4?5", "+4+5");
  }

  @Test
  void esoEndsWithTheRestFromLeftToRight() {
    var request = SampleRequest.of(20, 12).withSteps(4).withSeed(8).recordingOrder();
    var samples = new EsoSampler(0.5, false).sample(new UniformDenoiser(4), request);
    boolean severalOrders = false;
    for (int[] at : samples.decodedAt()) {
      int[] perStep = new int[samples.nfe()];
      Arrays.stream(at).forEach(k -> perStep[k]++);
      int[] first = new int[samples.nfe()];
      Arrays.stream(samples.decodedAt()[0]).forEach(k -> first[k]++);
      assertThat(perStep).isEqualTo(first); // one schedule for all
      severalOrders |= !Arrays.equals(at, samples.decodedAt()[0]);
      int sequentialFrom = 4; // at most T steps belong to the diffusion phase
      int[] late = IntStream.of(at).filter(k -> k >= sequentialFrom).toArray();
      assertThat(late).isSorted();
    }
    assertThat(severalOrders).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1,8", "1,64", "0.5,16", "0.25,32", "0,4"})
  void esoNfeIsTheClosedForm(double alpha0, int steps) {
    assertMeanNfe(
        new EsoSampler(alpha0, false),
        32,
        steps,
        StepSchedule.expectedNfe(32, steps, new NoiseSchedule(alpha0)));
  }

  @ParameterizedTest
  @CsvSource({"1", "8", "64"})
  void mdlmNfeIsTheClosedForm(int steps) {
    double closedForm = steps * (1 - Math.pow(1 - 1.0 / steps, 32));
    assertMeanNfe(new MdlmSampler(false), 32, steps, closedForm);
  }

  @ParameterizedTest
  @CsvSource({"4,2", "4,4", "8,16", "1,3"})
  void blockNfeIsTheClosedForm(int blockSize, int steps) {
    double closedForm = StepSchedule.expectedBlockNfe(32, blockSize, steps);
    assertMeanNfe(new BlockSampler(blockSize, false), 32, steps, closedForm);
  }

  private static void assertMeanNfe(Sampler sampler, int length, int steps, double expected) {
    int runs = 1_000;
    var request = SampleRequest.of(1, length).withSteps(steps);
    int[] nfe =
        IntStream.range(0, runs)
            .map(i -> sampler.sample(new UniformDenoiser(3), request.withSeed(i)).nfe())
            .toArray();
    double mean = Arrays.stream(nfe).average().orElseThrow();
    double variance = Arrays.stream(nfe).mapToDouble(x -> (x - mean) * (x - mean)).sum() / runs;
    assertThat(mean).isCloseTo(expected, within(4 * Math.sqrt(variance / runs) + 1e-9));
  }

  @Test
  void interruptionCancels() {
    var strict = new StrictDenoiser(ORACLE);
    StepListener interruptAfterTwo =
        (done, total) -> {
          if (done == 2) {
            Thread.currentThread().interrupt();
          }
        };
    assertThatThrownBy(
            () -> new ArSampler().sample(strict, SampleRequest.of(1, 6), interruptAfterTwo))
        .isInstanceOf(CancellationException.class)
        .hasMessage("sampling stopped after step 2 of 6");
    assertThat(Thread.interrupted()).isFalse();
    assertThat(strict.closed).isTrue();
    assertThat(strict.log).hasSize(2);
  }

  @Test
  void rejectsWhatCannotBeConditionedOn() {
    var request = SampleRequest.of(1, 6);
    assertThatThrownBy(
            () -> new ArSampler().sample(ORACLE, request.withGiven(1, -1, 1, -1, -1, -1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "given: position 1 is free and a later one is not, left-to-right decoding allows a"
                + " prefix only");
    assertThatThrownBy(
            () -> new BlockSampler(2, true).sample(ORACLE, request.withGiven(1, -1, -1, -1, -1, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "given: position 5 is known but block 0 before it is not, block decoding never looks"
                + " ahead");
    assertThatThrownBy(() -> new BlockSampler(4, true).sample(ORACLE, request))
        .hasMessage("length: 6, must be a multiple of the block size 4");
    assertThatThrownBy(() -> new ArSampler().sample(ORACLE, request.withPrompt(3)))
        .hasMessage("given: 3, must be below 4 and not the mask");
  }

  @Test
  void rejectsBadRequests() {
    List<Function<SampleRequest, SampleRequest>> bad = new ArrayList<>();
    bad.add(r -> r.withBatch(0, 0));
    bad.add(r -> r.withBatch(-1, 1));
    bad.add(r -> r.withSteps(0));
    bad.add(r -> r.withTemperature(-1));
    bad.add(r -> r.withTemperature(Double.NaN));
    bad.add(r -> r.withNucleus(0));
    bad.add(r -> r.withNucleus(1.5));
    bad.add(r -> r.withGiven(1, 2));
    bad.add(r -> r.withPrompt(-2));
    bad.add(r -> r.withPrompt(new int[7]));
    bad.add(r -> SampleRequest.of(1, 0));
    for (var change : bad) {
      assertThatThrownBy(() -> change.apply(SampleRequest.of(1, 6)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageMatching("\\w+: .+, must (not )?be .+");
    }
    assertThatThrownBy(() -> new EsoSampler(2, false)).hasMessage("alpha0: 2.0, must be in [0, 1]");
    assertThatThrownBy(() -> new BlockSampler(0, false))
        .hasMessage("blockSize: 0, must be at least 1");
  }

  private static List<String> dialogue(Sampler sampler, SampleRequest request) {
    var strict = new StrictDenoiser(new UniformDenoiser(4));
    sampler.sample(strict, request);
    return strict.log;
  }
}
