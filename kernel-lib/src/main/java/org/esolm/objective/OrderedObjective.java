package org.esolm.objective;

import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.model.Pass;

/**
 * An objective whose model can also be asked for the probability of a text in one order, token by
 * token: p(x | sigma) = prod_l p(x^{sigma(l)} | x^{sigma(&lt;l)}), and p(x) = E_sigma p(x | sigma).
 * How many function evaluations that takes is where the systems differ.
 */
public interface OrderedObjective extends Objective {
  /**
   * The law of the orders in which the system decodes.
   *
   * @param length L
   * @return the law
   */
  OrderLaw orders(int length);

  /**
   * The function evaluations that the probability of a text in one order takes.
   *
   * @param order the order
   * @return their number
   */
  int evaluations(Order order);

  /**
   * Appends one of these evaluations, a sequence of the pass. Over all of them each scored token is
   * wanted once, with weight 1.
   *
   * @param x the clean tokens, [L]
   * @param order the order
   * @param index in [0, evaluations(order))
   * @param pass appended to
   */
  void addEvaluation(int[] x, Order order, int index, Pass pass);
}
