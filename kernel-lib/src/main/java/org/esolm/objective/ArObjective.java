package org.esolm.objective;

import java.util.random.RandomGenerator;
import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Pass;

/**
 * Autoregressive: every token is predicted from those before it, \(-\log p(x) = \sum_l -\log
 * p_\theta(x^l | x^{\lt l})\).
 *
 * @param prepend what stands before the first token
 * @param prependToken the token that is prepended; not used with {@link Prepend#NONE}
 */
public record ArObjective(Prepend prepend, int prependToken) implements OrderedObjective {
  /** How a sequence begins ({@code prepend_token} of the released code). */
  public enum Prepend {
    /** With its first token, which is given and not predicted. */
    NONE,
    /** With the token that begins text. */
    BOS,
    /** With the mask token. */
    MASK
  }

  private static final AttentionPattern CAUSAL = new AttentionPattern.Causal();

  @Override
  public void training(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, 1f / (x0.length * scoredTokens(x0[0].length)), pass);
  }

  @Override
  public void nelbo(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, 1f, pass);
  }

  private void fill(int[][] x0, float weight, Pass pass) {
    pass.clear();
    for (int[] x : x0) {
      addSequence(x, weight, pass);
    }
  }

  private void addSequence(int[] x, float weight, Pass pass) {
    int shift = prepend == Prepend.NONE ? 1 : 0;
    pass.beginSequence();
    for (int l = 0; l + shift < x.length; l++) {
      int id = prepend == Prepend.NONE ? x[l] : l == 0 ? prependToken : x[l - 1];
      pass.row(id, l, CAUSAL);
      pass.want(l, x[l + shift], weight);
    }
  }

  /** One order, from left to right: its probability is that of the text. */
  @Override
  public OrderLaw orders(int length) {
    return new OrderLaw.Hybrid(length, 0);
  }

  @Override
  public int evaluations(Order order) {
    return 1;
  }

  @Override
  public void addEvaluation(int[] x, Order order, int index, Pass pass) {
    addSequence(x, 1f, pass);
  }

  @Override
  public int scoredTokens(int length) {
    return prepend == Prepend.NONE ? length - 1 : length;
  }
}
