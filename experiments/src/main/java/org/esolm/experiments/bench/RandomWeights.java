package org.esolm.experiments.bench;

import java.lang.foreign.Arena;
import java.util.Random;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;

/** Weights of a network that is timed: they cost what trained ones cost. */
public final class RandomWeights {
  private RandomWeights() {}

  /**
   * Draws weights; no layer stays at the zeros with which training begins.
   *
   * @param arena where they lie
   * @param sizes of the network
   * @return the same weights in every run
   */
  public static Parameters of(Arena arena, ModelConfig sizes) {
    Parameters weights = new Parameters(arena, sizes).initialize(0);
    Random random = new Random(0);
    for (long i = 0; i < weights.flat().size(); i++) {
      weights.flat().set(i, weights.flat().get(i) + 0.02f * (float) random.nextGaussian());
    }
    return weights;
  }
}
