package org.esolm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.esolm.data.Estimate;
import org.esolm.system.SystemConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the bound of equation 7 is on average, and what it bounds. */
class NelboTest {
  private static final int[][] TEXTS = {{2, 0, 1, 0}, {1, 1, 2, 2}, {0, 2, 2, 1}};
  private static final SystemConfig FIRST_GIVEN =
      new SystemConfig("bd3lm", null, null, 2, null, null, true, null);

  static Stream<SystemConfig> systems() {
    return Stream.concat(decodedAsBounded(), Stream.concat(esoLms(), leftToRight()));
  }

  /** Each mask is predicted in training from what it is predicted from in decoding. */
  static Stream<SystemConfig> decodedAsBounded() {
    return Stream.of(
        SystemConfig.of("mdlm"), SystemConfig.blocks(2), SystemConfig.blocks(4), FIRST_GIVEN);
  }

  static Stream<SystemConfig> esoLms() {
    return Stream.of(
        SystemConfig.eso(1),
        SystemConfig.eso(0.5),
        SystemConfig.eso(0.25),
        SystemConfig.esoA(1),
        SystemConfig.esoA(0.5));
  }

  static Stream<SystemConfig> leftToRight() {
    return Stream.of(SystemConfig.eso(0), SystemConfig.esoA(0));
  }

  /** The enumeration below is that of the estimator. */
  @ParameterizedTest
  @MethodSource("systems")
  void drawsHaveTheEnumeratedMean(SystemConfig system) {
    int[][] copies = new int[6_000][];
    Arrays.fill(copies, TEXTS[0]);
    try (TinyModel model = new TinyModel(system, 4, 3, 7)) {
      Estimate drawn = Estimate.mean(Nelbo.of(model.network, model.objective, copies, 1, 1, 3));
      assertThat(drawn.value())
          .isCloseTo(
              new ExpectedNelbo(model, TEXTS[0]).drawn(), within(4 * drawn.standardError() + 1e-5));
      assertThat(drawn.standardError()).isLessThan(0.2);
    }
  }

  /** The bound over times is that over orders (equation 8), and no text is less likely than it. */
  @ParameterizedTest
  @MethodSource("decodedAsBounded")
  void itBoundsWhatIsDecoded(SystemConfig system) {
    for (int seed = 1; seed <= 5; seed++) {
      try (TinyModel model = new TinyModel(system, 4, 3, seed)) {
        for (int[] x : TEXTS) {
          ExpectedNelbo nelbo = new ExpectedNelbo(model, x);
          ExactLikelihood exact = model.exact(x);
          assertThat(nelbo.nats()).isCloseTo(exact.bound(1), within(1e-4));
          assertThat(nelbo.nats()).isGreaterThan(-exact.logLikelihood());
          assertThat(nelbo.drawn()).isCloseTo(nelbo.nats(), within(3e-3 * nelbo.nats()));
        }
      }
    }
  }

  /** At alpha_0 = 0 there is one order, and nothing is given away. */
  @ParameterizedTest
  @MethodSource("leftToRight")
  void leftToRightItIsExact(SystemConfig system) {
    try (TinyModel model = new TinyModel(system, 4, 3, 1)) {
      for (int[] x : TEXTS) {
        assertThat(new ExpectedNelbo(model, x).nats())
            .isCloseTo(-model.exact(x).logLikelihood(), within(1e-5));
      }
    }
  }

  /**
   * An Eso-LM's masks see the masks before them in training. What the bound bounds is a text's
   * probability where they do so in decoding, too.
   */
  @ParameterizedTest
  @MethodSource("esoLms")
  void ofAnEsoLmItBoundsDecodingAmongMasks(SystemConfig system) {
    for (int seed = 1; seed <= 5; seed++) {
      try (TinyModel model = new TinyModel(system, 4, 3, seed)) {
        for (int[] x : TEXTS) {
          ExpectedNelbo nelbo = new ExpectedNelbo(model, x);
          assertThat(nelbo.nats()).isGreaterThan(-nelbo.logLikelihoodAmongMasks());
        }
      }
    }
  }

  /** Of the sampler, which does not feed them, it bounds nothing: the gap has both signs. */
  @ParameterizedTest
  @MethodSource("esoLms")
  void ofAnEsoLmItDoesNotBoundTheSampler(SystemConfig system) {
    double least = Double.POSITIVE_INFINITY;
    double most = Double.NEGATIVE_INFINITY;
    for (int seed = 1; seed <= 40 && !(least < -0.01 && most > 0.01); seed++) {
      try (TinyModel model = new TinyModel(system, 4, 3, seed)) {
        for (int[] x : TEXTS) {
          ExactLikelihood exact = model.exact(x);
          double gap = new ExpectedNelbo(model, x).nats() + exact.logLikelihood();
          least = Math.min(least, gap);
          most = Math.max(most, gap);
          assertThat(exact.bound(1)).isGreaterThan(-exact.logLikelihood());
        }
      }
    }
    assertThat(least).isLessThan(-0.01);
    assertThat(most).isGreaterThan(0.01);
  }

  /** Over all texts the probabilities among masks add up to one: they are a law. */
  @Test
  void decodingAmongMasksIsALaw() {
    try (TinyModel model = new TinyModel(SystemConfig.eso(0.5), 3, 2, 1)) {
      double total = 0;
      for (int text = 0; text < 8; text++) {
        int[] x = {text / 4, text / 2 % 2, text % 2};
        total += Math.exp(new ExpectedNelbo(model, x).logLikelihoodAmongMasks());
      }
      assertThat(total).isCloseTo(1, within(1e-5));
    }
  }
}
