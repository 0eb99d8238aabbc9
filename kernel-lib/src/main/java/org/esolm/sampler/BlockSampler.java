package org.esolm.sampler;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.StepSchedule;
import org.esolm.random.Purpose;

/**
 * Block diffusion (BD3-LM): blocks from left to right, each drawn like a masked diffusion of T'
 * steps or by first-hitting, then stored by one more evaluation in which the session is told the
 * block's last tokens and asked nothing. For one sequence \(E[NFE] = B + B T' (1 - (1 -
 * 1/T')^{L'})\) with \(B = L / L'\); first-hitting \(L + B\). The session hears of one block at a
 * time, given ones included.
 *
 * @param blockSize L'
 * @param firstHitting whether to decode one token at a time instead of on the grid
 */
public record BlockSampler(int blockSize, boolean firstHitting) implements Sampler {
  /**
   * Checks the block size.
   *
   * @throws IllegalArgumentException if it is not positive
   */
  public BlockSampler {
    if (blockSize < 1) {
      throw new IllegalArgumentException("blockSize: " + blockSize + ", must be at least 1");
    }
  }

  @Override
  public Samples sample(Denoiser denoiser, SampleRequest request, StepListener listener) {
    int[] free = request.free();
    check(request, free);
    int blocks = request.length() / blockSize;
    int steps = blocks + (firstHitting ? free.length : blocks * request.steps());
    try (var conversation = new Conversation(denoiser, request, listener, steps)) {
      var chance = conversation.chance(firstHitting ? Purpose.ORDERS : Purpose.SCHEDULE);
      for (int from = 0; from < request.length(); from += blockSize) {
        int to = from + blockSize;
        conversation.tellGiven(from, to);
        if (firstHitting) {
          conversation.decode(oneByOne(free, from, to, chance));
        } else {
          conversation.ancestral(from, to, chance);
        }
        conversation.store();
      }
      return conversation.samples();
    }
  }

  private static int[][][] oneByOne(int[] free, int from, int to, RandomGenerator[] chance) {
    int[][][] s = new int[chance.length][][];
    for (int b = 0; b < s.length; b++) {
      int[] sigma = Arrays.stream(free).filter(l -> from <= l && l < to).toArray();
      DenoisingOrder.twoPhase(sigma, sigma.length, chance[b]);
      s[b] = StepSchedule.oneByOne(sigma.length).split(sigma);
    }
    return s;
  }

  private void check(SampleRequest request, int[] free) {
    if (request.length() % blockSize != 0) {
      throw new IllegalArgumentException(
          "length: " + request.length() + ", must be a multiple of the block size " + blockSize);
    }
    if (free.length > 0) {
      int firstFreeBlock = free[0] / blockSize;
      for (int l = (firstFreeBlock + 1) * blockSize; l < request.length(); l++) {
        if (request.isGiven(l)) {
          throw new IllegalArgumentException(
              "given: position "
                  + l
                  + " is known but block "
                  + firstFreeBlock
                  + " before it is not, block decoding never looks ahead");
        }
      }
    }
  }
}
