package org.esolm.objective;

import java.util.random.RandomGenerator;
import org.esolm.model.Pass;

/** Turns clean sequences into the question whose answer is a loss. */
public interface Objective {
  /**
   * The training question: the weighted sum of its negative log-likelihoods estimates the training
   * loss in nats a token.
   *
   * @param x0 clean sequences, [B, L]
   * @param random the source of times, masks and orders
   * @param pass filled
   */
  void training(int[][] x0, RandomGenerator random, Pass pass);

  /**
   * The likelihood question: the weighted sum over the rows of one example is an unbiased estimate
   * of its negative evidence lower bound (for AR, exactly its negative log-likelihood), in nats.
   * Each example has the same number of the pass's sequences, one behind the other.
   *
   * @param x0 clean sequences, [B, L]
   * @param random the source of times, masks and orders
   * @param pass filled
   */
  void nelbo(int[][] x0, RandomGenerator random, Pass pass);

  /**
   * How many tokens of a sequence the likelihood covers.
   *
   * @param length L
   * @return L, unless the first token is given
   */
  default int scoredTokens(int length) {
    return length;
  }
}
