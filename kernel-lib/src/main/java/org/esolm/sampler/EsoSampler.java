package org.esolm.sampler;

import org.esolm.diffusion.Binomial;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.StepSchedule;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * The two phases of Eso-LM (sections 3.2 and 4.2, appendix B.5): a random subset of the positions
 * in random order, several a step, then the others from left to right, one a step. In each step the
 * session is told the tokens of the step before and asked for those of this one. The schedule
 * depends on the seed alone, so all samples share it; the order is each sample's own.
 *
 * <p>\(E[NFE] = T (1 - (1 - \alpha_0 / T)^L) + L (1 - \alpha_0)\), see {@link
 * StepSchedule#expectedNfe}.
 *
 * @param alpha0 expected fraction of the tokens that the diffusion phase draws, in [0, 1]
 * @param firstHitting whether the diffusion phase, too, draws one token a step, which is exact: the
 *     order is then a draw from P^{alpha_0} (theorem B.4) and NFE = L
 */
public record EsoSampler(double alpha0, boolean firstHitting) implements Sampler {
  /**
   * Checks alpha_0.
   *
   * @throws IllegalArgumentException if it is not in [0, 1]
   */
  public EsoSampler {
    new NoiseSchedule(alpha0);
  }

  @Override
  public Samples sample(Denoiser denoiser, SampleRequest request, StepListener listener) {
    int[] free = request.free();
    StepSchedule schedule =
        firstHitting
            ? StepSchedule.oneByOne(free.length)
            : StepSchedule.draw(
                free.length,
                request.steps(),
                new NoiseSchedule(alpha0),
                Rng.of(request.seed(), Purpose.SCHEDULE));
    try (var conversation = new Conversation(denoiser, request, listener, schedule.nfe())) {
      var chance = conversation.chance(Purpose.ORDERS);
      int[][][] s = new int[request.count()][][];
      int[] sequential = new int[s.length];
      for (int b = 0; b < s.length; b++) {
        int diffusion =
            firstHitting
                ? Binomial.draw(free.length, alpha0, chance[b])
                : schedule.diffusionTokens();
        int[] sigma = free.clone();
        DenoisingOrder.twoPhase(sigma, diffusion, chance[b]);
        s[b] = schedule.split(sigma);
        sequential[b] = firstHitting ? diffusion : schedule.diffusionSteps();
      }
      return conversation.tellGiven(0, request.length()).decode(s, sequential).samples();
    }
  }
}
