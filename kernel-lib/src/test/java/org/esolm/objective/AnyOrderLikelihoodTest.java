package org.esolm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.esolm.diffusion.Order;
import org.esolm.model.ModelConfig;
import org.esolm.model.Networks;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.Positions;
import org.esolm.sampler.SampleRequest;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The probability of one order, and what follows from several and from all of them. */
class AnyOrderLikelihoodTest {
  static Stream<SystemConfig> systems() {
    return Stream.of(
        SystemConfig.of("ar"),
        SystemConfig.of("mdlm"),
        SystemConfig.blocks(3),
        SystemConfig.eso(0),
        SystemConfig.eso(0.5),
        SystemConfig.eso(1),
        SystemConfig.esoA(0),
        SystemConfig.esoA(0.5),
        SystemConfig.esoA(1));
  }

  static Stream<SystemConfig> severalOrders() {
    return Stream.concat(systems(), Stream.of(SystemConfig.eso(0.25), SystemConfig.esoA(0.25)))
        .filter(s -> !s.name().equals("ar") && s.alpha0() > 0);
  }

  /** The passes of a likelihood say what decoding token by token says, with its cache if any. */
  @ParameterizedTest
  @MethodSource("systems")
  void oneOrderEqualsDecodingTokenByToken(SystemConfig system) {
    int[][] texts = {{0, 1, 2, 3, 4, 5}, {4, 4, 1, 0, 2, 2}, {3, 1, 3, 1, 3, 1}};
    try (TinyModel model = new TinyModel(system, 6, 6, 7)) {
      OrderChoice choice = new OrderChoice(model.objective.orders(6), 3, 1);
      double[][] logP =
          AnyOrderLikelihood.of(model.network, model.objective, texts, 5, choice, 3, 2, n -> {});
      for (int n = 0; n < texts.length; n++) {
        for (int k = 0; k < 3; k++) {
          Order order = choice.of(5 + n, k);
          assertThat(logP[n][k])
              .isEqualTo(oneByOne(model.denoiser(), texts[n], order), within(1e-4));
          assertThat(AnyOrderLikelihood.of(model.network, model.objective, texts[n], order))
              .isEqualTo(logP[n][k], within(1e-9));
        }
      }
    }
  }

  private static double oneByOne(Denoiser denoiser, int[] x, Order order) {
    double logP = 0;
    Known known = new Known(1);
    Positions wanted = new Positions(1);
    try (Denoiser.Session session = denoiser.open(1, x.length)) {
      for (int l = 0; l < x.length; l++) {
        int position = order.sigma()[l];
        if (l == order.diffusion()) {
          session.beginSequential(0);
        }
        wanted.clear();
        wanted.add(0, position);
        logP += logSoftmax(session.step(known, wanted), x[position], denoiser);
        known.clear();
        known.add(0, position, x[position]);
      }
    }
    return logP;
  }

  private static double logSoftmax(Tensor logits, int token, Denoiser denoiser) {
    double sum = 0;
    for (int v = 0; v < denoiser.vocabSize(); v++) {
      sum += v == denoiser.maskIndex() ? 0 : Math.exp(logits.get(v));
    }
    return logits.get(token) - Math.log(sum);
  }

  /** Over all texts the enumerated probabilities add up to one: they are a law. */
  @ParameterizedTest
  @MethodSource("systems")
  void allTextsHaveProbabilityOne(SystemConfig system) {
    try (TinyModel model = new TinyModel(system, 3, 3, 7)) {
      double total = 0;
      for (int text = 0; text < 27; text++) {
        total += Math.exp(model.exact(text(text)).logLikelihood());
      }
      assertThat(total).isCloseTo(1, within(1e-5));
    }
  }

  private static int[] text(int index) {
    return new int[] {index / 9, index / 3 % 3, index % 3};
  }

  /** The likelihood is that of the sampler: texts drawn one token a step follow it. */
  @ParameterizedTest
  @MethodSource("systems")
  void samplesFollowTheLikelihood(SystemConfig system) {
    int n = 8_000;
    try (TinyModel model = new TinyModel(system, 3, 3, 7)) {
      var samples =
          system
              .sampler(null, true)
              .sample(model.denoiser(), SampleRequest.of(n, 3).withSteps(3).withSeed(5));
      int[] counts = new int[27];
      for (int[] x : samples.tokens()) {
        counts[9 * x[0] + 3 * x[1] + x[2]]++;
      }
      double chiSquare = 0;
      for (int text = 0; text < 27; text++) {
        double expected = n * Math.exp(model.exact(text(text)).logLikelihood());
        chiSquare += (counts[text] - expected) * (counts[text] - expected) / expected;
      }
      assertThat(chiSquare).isLessThan(54.1); // 26 degrees of freedom, 0.001
    }
  }

  /**
   * The mean of sampled bounds against the enumerated ones, which fall with K to the exact value.
   */
  @ParameterizedTest
  @MethodSource("severalOrders")
  void boundsFallToTheExactValue(SystemConfig system) {
    int[] x = {2, 0, 1};
    try (TinyModel model = new TinyModel(system, 3, 3, 7)) {
      ExactLikelihood exact = model.exact(x);
      double previous = Double.POSITIVE_INFINITY;
      OrderChoice choice = new OrderChoice(model.objective.orders(3), 1, 1);
      double[] logP =
          AnyOrderLikelihood.of(
              model.network, model.objective, new int[][] {x}, 0, choice, 6000, 64, n -> {})[0];
      for (int k = 1; k <= 4; k++) {
        double expected = exact.bound(k);
        assertThat(expected).isBetween(-exact.logLikelihood(), previous - 1e-6);
        var text = ImportanceWeightedBound.text(logP, k);
        assertThat(text.nats()).isCloseTo(expected, within(5 * Math.sqrt(text.variance()) + 1e-6));
        previous = expected;
      }
      var all = ImportanceWeightedBound.text(logP, 6000);
      assertThat(all.nats())
          .isCloseTo(-exact.logLikelihood(), within(5 * Math.sqrt(all.variance()) + 1e-6));
      assertThat(Math.sqrt(all.variance())).isBetween(1e-5, 0.03);
    }
  }

  @Test
  void sharedOrdersAreThoseOfTheGroupsFirstText() {
    var law = SystemConfig.eso(0.5).objective(new ModelConfig(12, 5, 2, 2, 9, 7, 6, 0));
    OrderChoice own = new OrderChoice(((OrderedObjective) law).orders(9), 4, 1);
    OrderChoice shared = new OrderChoice(own.law(), 4, 32);
    assertThat(shared.of(31, 2).sigma()).containsExactly(shared.of(0, 2).sigma());
    assertThat(shared.of(32, 2).sigma()).containsExactly(own.of(1, 2).sigma());
    assertThat(own.of(1, 2).sigma()).isNotEqualTo(own.of(0, 2).sigma());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new OrderChoice(own.law(), 4, 0))
        .withMessage("sharing: 0, must be at least 1");
  }

  @Test
  void boundsOfGivenNumbers() {
    double[] logP = {Math.log(0.1), Math.log(0.3)};
    assertThat(ImportanceWeightedBound.text(logP, 2).nats())
        .isEqualTo(-Math.log(0.2), within(1e-12));
    assertThat(ImportanceWeightedBound.text(logP, 1).nats())
        .isEqualTo(-Math.log(0.03) / 2, within(1e-12));
    assertThat(ImportanceWeightedBound.text(logP, 2).effectiveOrders())
        .isEqualTo(0.16 / 0.1, within(1e-12));
    double[] far = {-2000, -2000, -2000, -2000, -7000};
    assertThat(ImportanceWeightedBound.text(far, 2).nats()).isEqualTo(2000, within(1e-12));
    ImportanceWeightedBound both =
        ImportanceWeightedBound.of(new double[][] {logP, {-4, -4}}, 2, 2);
    assertThat(both.natsPerToken().value()).isEqualTo((4 - Math.log(0.2)) / 4, within(1e-12));
    assertThat(both.orderError())
        .isEqualTo(Math.sqrt(0.01 / 0.04) / 2 / 2, within(1e-12)); // var(w) / (K mean^2)
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ImportanceWeightedBound.text(logP, 3))
        .withMessage("orders: 3, must be from 1 to 2");
  }

  /** Table 2: one order is steadier than several times and masks. */
  @Test
  void oneOrderIsSteadierThanTenTimes() {
    int[] x = Networks.text(3, 1, 16)[0];
    try (TinyModel model = new TinyModel(SystemConfig.eso(1), 16, 6, 7)) {
      OrderVariance variance =
          OrderVariance.of(model.network, model.objective, x, 40, 4, 16, 1, n -> {});
      assertThat(variance.oneOrder().evaluations()).isEqualTo(1);
      assertThat(variance.independent().evaluations()).isEqualTo(4);
      assertThat(variance.oneOrder().trials()).isEqualTo(40);
      assertThat(variance.independent().mean())
          .isCloseTo(
              variance.stratified().mean(),
              within(4 * variance.independent().sd() / Math.sqrt(40)));
      assertThat(variance.ratio()).isGreaterThan(1);
    }
  }
}
