package org.esolm.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepScheduleTest {
  /** Appendix B.5: L = 8, n_MDM = 5, n_t = (2, 1, 2), S = ((3,1), (6), (4,7), (2), (5), (8)). */
  @Test
  void exampleOfThePaper() {
    var schedule = new StepSchedule(new int[] {2, 1, 2, 1, 1, 1}, 5);
    assertThat(schedule.nfe()).isEqualTo(6);
    assertThat(schedule.split(new int[] {3, 1, 6, 4, 7, 2, 5, 8}))
        .isDeepEqualTo(new int[][] {{3, 1}, {6}, {4, 7}, {2}, {5}, {8}});
  }

  @ParameterizedTest
  @CsvSource({"1,16", "1,1", "0.5,8", "0.25,64", "0,4"})
  void isWellFormed(double alpha0, int steps) {
    for (int i = 0; i < 200; i++) {
      var s =
          StepSchedule.draw(37, steps, new NoiseSchedule(alpha0), Rng.of(1, Purpose.SCHEDULE, i));
      assertThat(Arrays.stream(s.counts())).allMatch(n -> n > 0);
      assertThat(Arrays.stream(s.counts()).sum()).isEqualTo(37);
      int sequential = 37 - s.diffusionTokens();
      assertThat(Arrays.stream(s.counts()).skip(s.nfe() - sequential)).allMatch(n -> n == 1);
      assertThat(s.nfe() - sequential).isLessThanOrEqualTo(steps);
      if (alpha0 == 1) {
        assertThat(sequential).isZero();
      }
      if (alpha0 == 0) {
        assertThat(sequential).isEqualTo(37);
      }
    }
  }

  /** Numbers of Table 13 and 14's closed forms, which leave the schedule's eps out. */
  @ParameterizedTest
  @CsvSource({
    "1,256,251.3", "1,1024,647.5", "1,4096,906.1", "0.25,16,784", "0.25,128,878.7",
    "0.25,1024,994.5", "0.0625,16,976", "0.0625,128,1010", "0.0625,1024,1022", "0.5,16,528",
    "0.5,128,638", "0.5,1024,915"
  })
  void closedFormMatchesThePaper(double alpha0, int steps, double nfe) {
    assertThat(StepSchedule.expectedNfe(1024, steps, new NoiseSchedule(alpha0)))
        .isCloseTo(nfe, within(0.7));
  }

  @ParameterizedTest
  @CsvSource({"4,317", "8,516", "16,723", "32,880", "64,976"})
  void blockClosedFormMatchesThePaper(int blockSteps, double nfe) {
    assertThat(StepSchedule.expectedBlockNfe(1024, 16, blockSteps)).isCloseTo(nfe, within(0.6));
  }

  @ParameterizedTest
  @CsvSource({"1,32", "1,512", "0.5,16", "0.25,64", "0.0625,128"})
  void meanNfeIsTheClosedForm(double alpha0, int steps) {
    int draws = 4_000;
    var noise = new NoiseSchedule(alpha0);
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; i++) {
      double nfe = StepSchedule.draw(256, steps, noise, Rng.of(2, Purpose.SCHEDULE, i)).nfe();
      sum += nfe;
      squares += nfe * nfe;
    }
    double mean = sum / draws;
    double error = Math.sqrt((squares / draws - mean * mean) / draws);
    assertThat(mean)
        .isCloseTo(StepSchedule.expectedNfe(256, steps, noise), within(4 * error + 1e-9));
  }

  @ParameterizedTest
  @CsvSource({"10,0.3", "10,0.8", "1000,0.001", "5000,0.4", "1,0.5", "20,1", "20,0"})
  void binomialHasTheRightMoments(int n, double p) {
    int draws = 5_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; i++) {
      double k = Binomial.draw(n, p, Rng.of(3, Purpose.SCHEDULE, i));
      assertThat(k).isBetween(0.0, (double) n);
      sum += k;
      squares += (k - n * p) * (k - n * p);
    }
    double variance = n * p * (1 - p);
    assertThat(sum / draws).isCloseTo(n * p, within(4 * Math.sqrt(variance / draws) + 1e-9));
    // Var((k - np)^2) = variance (1 + (2n - 6) p (1 - p)) for a binomial
    double spread = variance * (1 + (2.0 * n - 6) * p * (1 - p));
    assertThat(squares / draws)
        .isCloseTo(variance, within(4 * Math.sqrt(Math.abs(spread) / draws) + 1e-9));
  }

  @Test
  void binomialHasTheRightLaw() {
    int draws = 50_000;
    int[] count = new int[5];
    for (int i = 0; i < draws; i++) {
      count[Binomial.draw(4, 0.35, Rng.of(4, Purpose.SCHEDULE, i))]++;
    }
    int[] choose = {1, 4, 6, 4, 1};
    for (int k = 0; k <= 4; k++) {
      double p = choose[k] * Math.pow(0.35, k) * Math.pow(0.65, 4 - k);
      assertThat(count[k] / (double) draws)
          .isCloseTo(p, within(4 * Math.sqrt(p * (1 - p) / draws)));
    }
  }

  @Test
  void rejectsNoSteps() {
    assertThatThrownBy(
            () -> StepSchedule.draw(8, 0, new NoiseSchedule(1), Rng.of(1, Purpose.SCHEDULE)))
        .hasMessage("steps: 0, must be at least 1");
    assertThatThrownBy(() -> Binomial.draw(3, 1.5, Rng.of(1, Purpose.SCHEDULE)))
        .hasMessage("p: 1.5, must be in [0, 1]");
  }
}
