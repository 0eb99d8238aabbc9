package org.esolm.diffusion;

/**
 * An order in which the tokens of a text become known, one at a time.
 *
 * @param sigma {@code sigma[l]} is the position that comes l-th, [L]
 * @param diffusion how many of them belong to the diffusion phase; these come first
 */
public record Order(int[] sigma, int diffusion) {
  /** Checks the number. */
  public Order {
    if (diffusion < 0 || diffusion > sigma.length) {
      throw new IllegalArgumentException(
          "diffusion: " + diffusion + ", must be from 0 to the length, " + sigma.length);
    }
  }

  /**
   * The number of tokens.
   *
   * @return L
   */
  public int length() {
    return sigma.length;
  }
}
