package org.esolm.diffusion;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * How many tokens each sampling step denoises (sections 3.2 and 4.2, appendix B.5): first the
 * diffusion phase, whose steps may take several, then the sequential phase, one at a time.
 *
 * @param counts tokens of each step, all positive
 * @param diffusionTokens n_MDM, how many of them belong to the diffusion phase
 */
public record StepSchedule(int[] counts, int diffusionTokens) {
  /**
   * Draws the binomial schedule: at each grid time t = 1, 1 - dt, ..., dt with dt = 1 / T a
   * remaining token is denoised with probability (alpha_s - alpha_t) / (1 - alpha_t), s = t - dt;
   * steps that denoise nothing are dropped. The grid ends at s = 0 exactly, where alpha_0 = 1 takes
   * all that is left; otherwise the sequential phase does.
   *
   * @param length number of tokens to denoise
   * @param steps T, steps of the diffusion grid
   * @param noise the noise schedule
   * @param random the source of chance
   * @return the schedule; its counts add up to {@code length}
   */
  public static StepSchedule draw(
      int length, int steps, NoiseSchedule noise, RandomGenerator random) {
    checkSteps(steps);
    int[] counts = new int[length];
    int used = 0;
    int remaining = length;
    for (int k = steps; k > 0 && remaining > 0; k--) {
      double p = noise.unmaskProbability((k - 1.0) / steps, (double) k / steps);
      int n = Binomial.draw(remaining, p, random);
      if (n > 0) {
        counts[used++] = n;
        remaining -= n;
      }
    }
    Arrays.fill(counts, used, used + remaining, 1);
    return new StepSchedule(Arrays.copyOf(counts, used + remaining), length - remaining);
  }

  /**
   * One token a step, all of them in the sequential phase.
   *
   * @param length number of tokens to denoise
   * @return a schedule of {@code length} steps
   */
  public static StepSchedule oneByOne(int length) {
    int[] counts = new int[length];
    Arrays.fill(counts, 1);
    return new StepSchedule(counts, 0);
  }

  /**
   * The number of function evaluations.
   *
   * @return number of steps
   */
  public int nfe() {
    return counts.length;
  }

  /**
   * The number of steps of the diffusion phase.
   *
   * @return how many steps come before the sequential phase
   */
  public int diffusionSteps() {
    int steps = 0;
    for (int tokens = 0; tokens < diffusionTokens; tokens += counts[steps++]) {}
    return steps;
  }

  /**
   * Cuts an order into steps: S = ((sigma_1 .. sigma_n1), (...), ...).
   *
   * @param sigma an order of as many positions as the counts add up to
   * @return the positions of each step
   */
  public int[][] split(int[] sigma) {
    int[][] s = new int[counts.length][];
    int from = 0;
    for (int k = 0; k < counts.length; k++) {
      s[k] = Arrays.copyOfRange(sigma, from, from += counts[k]);
    }
    return s;
  }

  /**
   * The expected number of evaluations of {@link #draw}: every token falls into each grid step with
   * the same probability r = (alpha_0 - alpha_1) / (T (1 - alpha_1)), so it is T (1 - (1 - r)^L) +
   * L (1 - T r). Without the schedule's eps, r = alpha_0 / T.
   *
   * @param length number of tokens to denoise
   * @param steps T
   * @param noise the noise schedule
   * @return E[NFE]
   */
  public static double expectedNfe(int length, int steps, NoiseSchedule noise) {
    checkSteps(steps);
    double diffusion = noise.unmaskProbability(0, 1);
    return busySteps(length, steps, diffusion / steps) + length * (1 - diffusion);
  }

  /**
   * The expected number of evaluations of block diffusion: in each of L / L' blocks the steps that
   * denoise something, and one more that stores the block.
   *
   * @param length L
   * @param blockSize L', a divisor of L
   * @param blockSteps T', steps of each block's grid
   * @return E[NFE] = B + B T' (1 - (1 - 1/T')^L'), B = L / L'
   */
  public static double expectedBlockNfe(int length, int blockSize, int blockSteps) {
    checkSteps(blockSteps);
    int blocks = length / blockSize;
    return blocks * (1 + busySteps(blockSize, blockSteps, 1.0 / blockSteps));
  }

  private static double busySteps(int length, int steps, double r) {
    return steps * (1 - Math.pow(1 - r, length));
  }

  private static void checkSteps(int steps) {
    if (steps < 1) {
      throw new IllegalArgumentException("steps: " + steps + ", must be at least 1");
    }
  }
}
