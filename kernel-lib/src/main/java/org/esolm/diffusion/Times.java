package org.esolm.diffusion;

import java.util.random.RandomGenerator;

/**
 * Diffusion times of a batch. Low-discrepancy ("antithetic") sampling puts one time into each n-th
 * of the interval, which lowers the variance of the loss; each time alone is uniform.
 */
public final class Times {
  /** Smallest time: the loss weight of MDLM has a pole at 0. */
  public static final double SAMPLING_EPS = 1e-3;

  private Times() {}

  /**
   * Draws u_i = (U_i / n + i / n) mod 1 and t_i = (1 - SAMPLING_EPS) u_i + SAMPLING_EPS, as the
   * released code does.
   *
   * @param t filled, n times in [SAMPLING_EPS, 1), ascending
   * @param random the source of chance
   */
  public static void lowDiscrepancy(double[] t, RandomGenerator random) {
    double n = t.length;
    for (int i = 0; i < t.length; i++) {
      double u = (random.nextDouble() / n + i / n) % 1;
      t[i] = (1 - SAMPLING_EPS) * u + SAMPLING_EPS;
    }
  }
}
