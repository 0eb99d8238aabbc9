package org.esolm.sampler;

import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.StepSchedule;
import org.esolm.random.Purpose;

/**
 * Masked diffusion. Ancestral: T steps of the reverse process, from time t to s, each of which
 * draws a masked token with probability \(\frac{\alpha_s - \alpha_t}{1 - \alpha_t}\); steps in
 * which no sequence of the batch changes need no evaluation, so \(E[NFE] = T (1 - (1 - 1/T)^L)\)
 * for one sequence. First-hitting (Zheng et al., 2024): one uniformly chosen masked token an
 * evaluation, which is exact and takes L of them; the times of the hits are not drawn, as no
 * denoiser here is told the time.
 *
 * @param firstHitting whether to decode one token at a time instead of on the grid
 */
public record MdlmSampler(boolean firstHitting) implements Sampler {
  @Override
  public Samples sample(Denoiser denoiser, SampleRequest request, StepListener listener) {
    int[] free = request.free();
    int steps = firstHitting ? free.length : request.steps();
    try (var conversation = new Conversation(denoiser, request, listener, steps)) {
      conversation.tellGiven(0, request.length());
      if (!firstHitting) {
        return conversation
            .ancestral(0, request.length(), conversation.chance(Purpose.SCHEDULE))
            .samples();
      }
      var chance = conversation.chance(Purpose.ORDERS);
      int[][][] s = new int[request.count()][][];
      for (int b = 0; b < s.length; b++) {
        int[] sigma = free.clone();
        DenoisingOrder.twoPhase(sigma, sigma.length, chance[b]);
        s[b] = StepSchedule.oneByOne(sigma.length).split(sigma);
      }
      return conversation.decode(s).samples();
    }
  }
}
