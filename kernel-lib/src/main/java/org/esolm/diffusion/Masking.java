package org.esolm.diffusion;

import java.util.random.RandomGenerator;

/**
 * The forward process, in which every token is masked on its own (eq. 1): \(q(z_t^l | x^l) =
 * \text{Cat}(\alpha_t x^l + (1 - \alpha_t) m)\), m being the mask.
 */
public final class Masking {
  private Masking() {}

  /**
   * Draws z_t given x: a token becomes the mask where U &lt; 1 - alpha_t. With alpha_0 for alpha_t
   * this is z_0 of the hybrid model.
   *
   * @param x clean tokens, [L]
   * @param alphaT probability that a token stays clean
   * @param maskIndex the mask token
   * @param random the source of chance, one number a token
   * @param xt filled, [L]; may be {@code x} itself
   * @return number of masked tokens
   */
  public static int qXt(int[] x, double alphaT, int maskIndex, RandomGenerator random, int[] xt) {
    return qXt(x, 0, x.length, alphaT, maskIndex, random, xt);
  }

  /**
   * The same for a part of the sequence, such as a block with a time of its own.
   *
   * @param x clean tokens, [L]
   * @param from first position
   * @param to behind the last position
   * @param alphaT probability that a token stays clean
   * @param maskIndex the mask token
   * @param random the source of chance, one number a token
   * @param xt filled from {@code from} to {@code to}; may be {@code x} itself
   * @return number of tokens masked here
   */
  public static int qXt(
      int[] x, int from, int to, double alphaT, int maskIndex, RandomGenerator random, int[] xt) {
    int masked = 0;
    for (int l = from; l < to; l++) {
      boolean mask = random.nextDouble() < 1 - alphaT;
      xt[l] = mask ? maskIndex : x[l];
      masked += mask ? 1 : 0;
    }
    return masked;
  }
}
