package org.esolm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.model.Transformer;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.EsoDenoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.Positions;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;

class AnyOrderLikelihoodTest {
  private static final ModelConfig SIZES = new ModelConfig(16, 8, 2, 2, 6, 6, 5, 0);
  private static final double ALPHA0 = 0.5;

  private static Parameters weights(Arena arena) {
    Parameters weights = new Parameters(arena, SIZES).initialize(1);
    Rng random = Rng.of(2, Purpose.WEIGHTS);
    for (long i = 0; i < weights.flat().size(); i++) {
      weights.flat().set(i, weights.flat().get(i) + (float) random.nextGaussian(0, 0.3));
    }
    return weights;
  }

  /** One pass says what decoding token by token, with a cache, says. */
  @Test
  void onePassEqualsDecodingOneByOne() {
    int[][] texts = {{0, 1, 2, 3, 4, 0}, {4, 4, 1, 0, 2, 2}, {3, 1, 3, 1, 3, 1}};
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(1);
        Transformer network = new Transformer(weights(arena), workers)) {
      EsoLmObjective objective = EsoLmObjective.of(SIZES.maskIndex(), ALPHA0);
      double[][] logP = AnyOrderLikelihood.of(network, objective, texts, 2, 3, 7, done -> {});
      for (int n = 0; n < texts.length; n++) {
        for (int k = 0; k < 3; k++) {
          int[] sigma = new int[SIZES.length()];
          DenoisingOrder.draw(ALPHA0, Rng.of(7, Purpose.ORDERS, n, k), sigma);
          double expected = oneByOne(new EsoDenoiser(network.weights(), workers), texts[n], sigma);
          assertThat(logP[n][k]).isEqualTo(expected, within(1e-4));
        }
      }
    }
  }

  private static double oneByOne(Denoiser denoiser, int[] x, int[] sigma) {
    double logP = 0;
    Known known = new Known(1);
    Positions wanted = new Positions(1);
    try (Denoiser.Session session = denoiser.open(1, x.length)) {
      for (int position : sigma) {
        wanted.clear();
        wanted.add(0, position);
        Tensor logits = session.step(known, wanted);
        logP += logSoftmax(logits, x[position]);
        known.clear();
        known.add(0, position, x[position]);
      }
    }
    return logP;
  }

  private static double logSoftmax(Tensor logits, int token) {
    double sum = 0;
    for (int v = 0; v < SIZES.maskIndex(); v++) {
      sum += Math.exp(logits.get(v));
    }
    return logits.get(token) - Math.log(sum);
  }

  @Test
  void boundsOfGivenNumbers() {
    double[][] logP = {{Math.log(0.1), Math.log(0.3)}, {-2000, -2000}};
    assertThat(AnyOrderLikelihood.importanceWeighted(logP))
        .containsExactly(new double[] {-Math.log(0.2), 2000}, within(1e-12));
    assertThat(AnyOrderLikelihood.anyOrder(logP))
        .containsExactly(new double[] {-Math.log(0.03) / 2, 2000}, within(1e-12));
  }
}
