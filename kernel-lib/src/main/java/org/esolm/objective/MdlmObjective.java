package org.esolm.objective;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.esolm.diffusion.Masking;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.diffusion.Times;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Pass;

/**
 * Masked diffusion (MDLM): masked tokens are predicted from all that are not, at a cost that
 * depends on the time (equation 7 with alpha_0 = 1):
 *
 * <p>\(-\log p(x) \le E_{t, z_t} \frac{-\alpha_t'}{1 - \alpha_t} \sum_{l \in M(z_t)} -\log
 * p_\theta(x^l | z_t)\), where M(z_t) are the masked positions.
 *
 * @param maskIndex the mask token
 * @param lowVariance whether in training each masked token costs 1 instead ({@code loss_type:
 *     low_var})
 */
public record MdlmObjective(int maskIndex, boolean lowVariance) implements OrderedObjective {
  private static final NoiseSchedule NOISE = new NoiseSchedule(1);

  @Override
  public void training(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, random, lowVariance, 1.0 / (x0.length * x0[0].length), pass);
  }

  @Override
  public void nelbo(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, random, false, 1, pass);
  }

  private void fill(int[][] x0, RandomGenerator random, boolean low, double scale, Pass pass) {
    pass.clear();
    double[] t = pass.doubles(x0.length);
    Times.lowDiscrepancy(t, random);
    int[] zt = pass.ints(0, x0[0].length);
    for (int b = 0; b < x0.length; b++) {
      Masking.qXt(x0[b], NOISE.alphaT(t[b]), maskIndex, random, zt);
      addSequence(x0[b], zt, (float) (scale * (low ? 1 : NOISE.weight(t[b]))), pass);
    }
  }

  /**
   * Appends one sequence.
   *
   * @param x the clean tokens, [L]
   * @param zt the same, some masked, [L]
   * @param weight the cost of a masked token
   * @param pass appended to
   */
  public void addSequence(int[] x, int[] zt, float weight, Pass pass) {
    AttentionPattern all = new AttentionPattern.Bidirectional(x.length);
    pass.beginSequence();
    for (int l = 0; l < x.length; l++) {
      pass.row(zt[l], l, all);
      if (zt[l] == maskIndex) {
        pass.want(l, x[l], weight);
      }
    }
  }

  /** All orders alike. */
  @Override
  public OrderLaw orders(int length) {
    return new OrderLaw.Hybrid(length, 1);
  }

  /** L: what a token sees of the others changes with every one that becomes known. */
  @Override
  public int evaluations(Order order) {
    return order.length();
  }

  @Override
  public void addEvaluation(int[] x, Order order, int index, Pass pass) {
    int[] zt = pass.ints(0, x.length);
    Arrays.fill(zt, maskIndex);
    for (int i = 0; i < index; i++) {
      zt[order.sigma()[i]] = x[order.sigma()[i]];
    }
    AttentionPattern all = new AttentionPattern.Bidirectional(x.length);
    pass.beginSequence();
    for (int l = 0; l < x.length; l++) {
      pass.row(zt[l], l, all);
    }
    int next = order.sigma()[index];
    pass.want(next, x[next], 1f);
  }
}
