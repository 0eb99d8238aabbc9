package org.esolm.diffusion;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Orders sigma in which positions are denoised: {@code sigma[l]} is the position that comes l-th,
 * from 0. Sorting a sequence by such an order turns the attention of both phases into plain causal
 * patterns (sections 4.1.1 and 4.1.2, appendices B.6 and B.7).
 */
public final class DenoisingOrder {
  private DenoisingOrder() {}

  /**
   * The order of a diffusion-phase training example: clean positions first, masks after, both
   * shuffled (4.1.1).
   *
   * @param zt tokens, some of them masks, [L]
   * @param maskIndex the mask token
   * @param random the source of chance
   * @param sigma filled, [L]
   * @return number of clean tokens
   */
  public static int diffusion(int[] zt, int maskIndex, RandomGenerator random, int[] sigma) {
    int clean = cleanFirst(zt, maskIndex, sigma);
    shuffle(sigma, 0, clean, random);
    shuffle(sigma, clean, sigma.length, random);
    return clean;
  }

  /**
   * The order of a sequential-phase training example: clean positions first, shuffled, then the
   * masks from left to right (4.1.2).
   *
   * @param z0 tokens, some of them masks, [L]
   * @param maskIndex the mask token
   * @param random the source of chance
   * @param sigma filled, [L]
   * @return number of clean tokens
   */
  public static int sequential(int[] z0, int maskIndex, RandomGenerator random, int[] sigma) {
    int clean = cleanFirst(z0, maskIndex, sigma);
    shuffle(sigma, 0, clean, random);
    return clean;
  }

  /**
   * A draw from P^{alpha_0}, the law of the hybrid model's orders: every position belongs to the
   * diffusion phase with probability alpha_0; these come first, shuffled, the others follow from
   * left to right (theorem B.4).
   *
   * @param alpha0 expected fraction of the diffusion phase
   * @param random the source of chance
   * @param sigma filled, [L]
   * @return number of positions of the diffusion phase
   */
  public static int draw(double alpha0, RandomGenerator random, int[] sigma) {
    int diffusion = Binomial.draw(sigma.length, alpha0, random);
    Arrays.setAll(sigma, l -> l);
    twoPhase(sigma, diffusion, random);
    return diffusion;
  }

  /**
   * Brings positions into a two-phase order whose first phase has a given size: a uniformly chosen
   * subset of that size in random order, then the rest from left to right.
   *
   * @param positions brought into order, in place
   * @param diffusion number of positions of the diffusion phase
   * @param random the source of chance
   */
  public static void twoPhase(int[] positions, int diffusion, RandomGenerator random) {
    shuffle(positions, 0, positions.length, random);
    Arrays.sort(positions, diffusion, positions.length);
  }

  /**
   * From left to right.
   *
   * @param length L
   * @return 0, 1, ..., L - 1
   */
  public static int[] identity(int length) {
    int[] sigma = new int[length];
    Arrays.setAll(sigma, l -> l);
    return sigma;
  }

  /**
   * When each position comes.
   *
   * @param sigma an order, [L]
   * @return the inverse, [L]: {@code inverse[sigma[l]] = l}
   */
  public static int[] inverse(int[] sigma) {
    int[] inverse = new int[sigma.length];
    for (int l = 0; l < sigma.length; l++) {
      inverse[sigma[l]] = l;
    }
    return inverse;
  }

  /**
   * Sorts a sequence by an order.
   *
   * @param x values by position, [L]
   * @param sigma an order, [L]
   * @param sorted filled, [L]: {@code sorted[l] = x[sigma[l]]}; not {@code x}
   */
  public static void gather(int[] x, int[] sigma, int[] sorted) {
    for (int l = 0; l < sigma.length; l++) {
      sorted[l] = x[sigma[l]];
    }
  }

  private static int cleanFirst(int[] z, int maskIndex, int[] sigma) {
    int clean = 0;
    for (int l = 0; l < z.length; l++) {
      if (z[l] != maskIndex) {
        sigma[clean++] = l;
      }
    }
    for (int l = 0, next = clean; l < z.length; l++) {
      if (z[l] == maskIndex) {
        sigma[next++] = l;
      }
    }
    return clean;
  }

  /** Fisher and Yates, so that every order of [from, to) is equally likely. */
  static void shuffle(int[] a, int from, int to, RandomGenerator random) {
    for (int i = to - 1; i > from; i--) {
      int j = from + random.nextInt(i - from + 1);
      int swap = a[i];
      a[i] = a[j];
      a[j] = swap;
    }
  }
}
