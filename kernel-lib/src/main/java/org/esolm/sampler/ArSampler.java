package org.esolm.sampler;

import java.util.Arrays;
import org.esolm.diffusion.StepSchedule;

/**
 * Left to right, one token a step: \(p(x) = \prod_l p_\theta(x^l | x^{\lt l})\). Position 0 is
 * drawn like any other unless it is given. A prompt costs no steps of its own. NFE = L less the
 * prompt's length.
 */
public record ArSampler() implements Sampler {
  @Override
  public Samples sample(Denoiser denoiser, SampleRequest request, StepListener listener) {
    int length = request.length();
    int[] free = request.free();
    if (free.length > 0 && free[0] + free.length != length) {
      throw new IllegalArgumentException(
          "given: position "
              + free[0]
              + " is free and a later one is not, left-to-right decoding allows a prefix only");
    }
    int[][][] s = new int[request.count()][][];
    Arrays.fill(s, StepSchedule.oneByOne(free.length).split(free));
    try (var conversation = new Conversation(denoiser, request, listener, free.length)) {
      return conversation.tellGiven(0, length).decode(s).samples();
    }
  }
}
