package org.esolm.objective;

import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * Which orders the texts of a corpus get: draws from a law, keyed by the text's index, not by the
 * batch it is computed in.
 *
 * @param law the law of orders
 * @param seed all chance comes from it
 * @param sharing how many neighbouring texts share each order: 1 for orders of their own; the
 *     released code shares them over an evaluation batch of 32. Errors of texts that share orders
 *     are not independent, so they count as one observation
 */
public record OrderChoice(OrderLaw law, long seed, int sharing) {
  /** The released code's evaluation batch. */
  public static final int RELEASED = 32;

  /** Checks the number. */
  public OrderChoice {
    if (sharing < 1) {
      throw new IllegalArgumentException("sharing: " + sharing + ", must be at least 1");
    }
  }

  /**
   * One order.
   *
   * @param text index of the text in the corpus
   * @param k which of its orders
   * @return the order
   */
  public Order of(long text, int k) {
    return law.draw(Rng.of(seed, Purpose.ORDERS, text / sharing, k));
  }
}
