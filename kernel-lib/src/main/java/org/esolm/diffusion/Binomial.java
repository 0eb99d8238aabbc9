package org.esolm.diffusion;

import java.util.random.RandomGenerator;

/** Binomial draws that are exact for every n and p. */
public final class Binomial {
  private Binomial() {}

  /**
   * The number of successes in n trials, found by jumping from one success to the next: the gaps
   * are geometric, so the work grows with the number drawn and nothing underflows for large n.
   *
   * @param n trials, not negative
   * @param p probability of success, in [0, 1]
   * @param random the source of chance
   * @return a draw from Binomial(n, p)
   * @throws IllegalArgumentException if n or p is out of range
   */
  public static int draw(int n, double p, RandomGenerator random) {
    if (n < 0) {
      throw new IllegalArgumentException("n: " + n + ", must not be negative");
    }
    if (!(p >= 0 && p <= 1)) {
      throw new IllegalArgumentException("p: " + p + ", must be in [0, 1]");
    }
    if (p > 0.5) {
      return n - draw(n, 1 - p, random);
    }
    if (p == 0) {
      return 0;
    }
    double logQ = Math.log1p(-p);
    int successes = 0;
    double trial = 0; // a gap may be larger than any integer
    while (true) {
      trial += 1 + Math.floor(Math.log1p(-random.nextDouble()) / logQ);
      if (trial > n) {
        return successes;
      }
      successes++;
    }
  }
}
