package org.esolm.objective;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.Masking;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.diffusion.Times;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Pass;

/**
 * Eso-LM: a share alpha_0 of the tokens is denoised in random order by a diffusion, the rest left
 * to right (equation 6):
 *
 * <p>\(p(x) = \sum_{z_0} p_{AR}(x | z_0) \, p_{MDM}(z_0)\).
 *
 * <p>The bound has a sequential term, of the masked positions M(z_0) that the diffusion leaves, and
 * a diffusion term (equation 7):
 *
 * <p>\(-\log p(x) \le E_{z_0} \sum_{l \in M(z_0)} -\log p_\theta(x^l | z_0, x^{\lt l}) + E_{t, z_t}
 * \frac{-\alpha_t'}{1 - \alpha_t} \sum_{l \in M(z_t)} -\log p_\theta(x^l | z_t)\).
 *
 * <p>Of a training batch the first {@code floor(kappa B)} sequences get the diffusion loss and the
 * others the sequential loss, each averaged over all tokens of its part; the likelihood bound takes
 * both of every sequence.
 *
 * @param maskIndex the mask token
 * @param noise the schedule, with alpha_0
 * @param kappa share of a training batch that gets the diffusion loss; not used at alpha_0 = 1
 *     (all) and 0 (none)
 * @param lowVariance whether in training at alpha_0 = 1 each masked token costs 1 ({@code
 *     loss_type: low_var})
 * @param variant the paper's system or its ablation
 */
public record EsoLmObjective(
    int maskIndex, NoiseSchedule noise, double kappa, boolean lowVariance, Variant variant)
    implements OrderedObjective {
  /** How clean tokens attend to each other. */
  public enum Variant {
    /** The paper's system (B): causally, so that one cache serves both phases. */
    ESO,
    /** The ablation Eso-LM (A): in both directions (appendix D). */
    A
  }

  /** Checks that both parts of a batch get something where both are needed. */
  public EsoLmObjective {
    if (!(kappa >= 0 && kappa <= 1)) {
      throw new IllegalArgumentException("kappa: " + kappa + ", must be in [0, 1]");
    }
  }

  /**
   * The paper's system with its usual batch split, 1/2.
   *
   * @param maskIndex the mask token
   * @param alpha0 expected share of tokens that are denoised by diffusion
   * @return the objective
   */
  public static EsoLmObjective of(int maskIndex, double alpha0) {
    return new EsoLmObjective(maskIndex, new NoiseSchedule(alpha0), 0.5, false, Variant.ESO);
  }

  private int diffusionRows(int batch) {
    if (noise.alpha0() == 1) {
      return batch;
    }
    return noise.alpha0() == 0 ? 0 : (int) (kappa * batch);
  }

  @Override
  public void training(int[][] x0, RandomGenerator random, Pass pass) {
    int length = x0[0].length;
    int diffusion = diffusionRows(x0.length);
    double[] t = pass.doubles(diffusion);
    Times.lowDiscrepancy(t, random);
    boolean low = lowVariance && noise.alpha0() == 1;
    pass.clear();
    for (int b = 0; b < diffusion; b++) {
      double scale = 1.0 / (diffusion * length);
      addDiffusion(x0[b], t[b], scale * (low ? 1 : noise.weight(t[b])), random, pass);
    }
    for (int b = diffusion; b < x0.length; b++) {
      addSequential(x0[b], 1.0 / ((x0.length - diffusion) * length), random, pass);
    }
  }

  @Override
  public void nelbo(int[][] x0, RandomGenerator random, Pass pass) {
    double[] t = pass.doubles(x0.length);
    Times.lowDiscrepancy(t, random);
    pass.clear();
    for (int b = 0; b < x0.length; b++) {
      if (noise.alpha0() > 0) {
        addDiffusion(x0[b], t[b], noise.weight(t[b]), random, pass);
      }
      if (noise.alpha0() < 1) {
        addSequential(x0[b], 1, random, pass);
      }
    }
  }

  private void addDiffusion(int[] x, double t, double weight, RandomGenerator random, Pass pass) {
    int[] zt = pass.ints(0, x.length);
    int[] sigma = pass.ints(1, x.length);
    Masking.qXt(x, noise.alphaT(t), maskIndex, random, zt);
    DenoisingOrder.diffusion(zt, maskIndex, random, sigma);
    addDiffusion(x, zt, sigma, (float) weight, pass);
  }

  private void addSequential(int[] x, double weight, RandomGenerator random, Pass pass) {
    int[] z0 = pass.ints(0, x.length);
    int[] sigma = pass.ints(1, x.length);
    Masking.qXt(x, noise.alpha0(), maskIndex, random, z0);
    DenoisingOrder.sequential(z0, maskIndex, random, sigma);
    addSequential(x, z0, sigma, (float) weight, pass);
  }

  /**
   * Appends one sequence of the diffusion phase (section 4.1.1): clean tokens before masks, both
   * shuffled, and causal attention in that order.
   *
   * @param x the clean tokens, [L]
   * @param zt the same, some masked, [L]
   * @param sigma the sorted order: positions of clean tokens, then of masks
   * @param weight the cost of a masked token
   * @param pass appended to
   */
  public void addDiffusion(int[] x, int[] zt, int[] sigma, float weight, Pass pass) {
    AttentionPattern pattern =
        variant == Variant.A
            ? new AttentionPattern.PrefixLm(clean(zt))
            : new AttentionPattern.Causal();
    pass.beginSequence();
    for (int l = 0; l < x.length; l++) {
      pass.row(zt[sigma[l]], sigma[l], pattern);
      if (zt[sigma[l]] == maskIndex) {
        pass.want(l, x[sigma[l]], weight);
      }
    }
  }

  /**
   * Appends one sequence of the sequential phase (section 4.1.2): the masks, each of which sees
   * itself and the clean tokens before it in the order, then the clean tokens. The last clean token
   * feeds nothing and does not enter.
   *
   * @param x the clean tokens, [L]
   * @param z0 the same, some masked, [L]
   * @param sigma the sorted order: positions of clean tokens shuffled, then of masks ascending
   * @param weight the cost of a masked token
   * @param pass appended to
   */
  public void addSequential(int[] x, int[] z0, int[] sigma, float weight, Pass pass) {
    int clean = clean(z0);
    int masks = x.length - clean;
    pass.beginSequence();
    if (masks == 0) {
      return;
    }
    AttentionPattern pattern =
        variant == Variant.A
            ? new AttentionPattern.SequentialCleanPrefix(masks, clean, clean)
            : new AttentionPattern.Sequential(masks, clean);
    for (int i = 0; i < masks; i++) {
      int l = sigma[clean + i];
      pass.row(maskIndex, l, pattern);
      pass.want(i, x[l], weight);
    }
    for (int j = 0; j < x.length - 1; j++) {
      pass.row(x[sigma[j]], sigma[j], pattern);
    }
  }

  /** P^{alpha_0} of theorem B.4. */
  @Override
  public OrderLaw orders(int length) {
    return new OrderLaw.Hybrid(length, noise.alpha0());
  }

  /**
   * One: all masks, then the clean tokens in the order, in the sequential phase's attention (figure
   * 10). For (A), whose clean tokens see each other in both directions, one for each token of the
   * diffusion phase and one for the sequential phase.
   */
  @Override
  public int evaluations(Order order) {
    if (variant == Variant.ESO) {
      return 1;
    }
    return order.diffusion() + (order.diffusion() < order.length() ? 1 : 0);
  }

  @Override
  public void addEvaluation(int[] x, Order order, int index, Pass pass) {
    int[] sigma = order.sigma();
    boolean sequential = variant == Variant.ESO || index == order.diffusion();
    int known = variant == Variant.ESO ? 0 : index;
    if (sequential) {
      int[] z0 = pass.ints(0, x.length);
      Arrays.fill(z0, maskIndex);
      for (int i = 0; i < known; i++) {
        z0[sigma[i]] = x[sigma[i]];
      }
      addSequential(x, z0, sigma, 1f, pass);
      return;
    }
    AttentionPattern prefix = new AttentionPattern.PrefixLm(known);
    pass.beginSequence();
    for (int i = 0; i < known; i++) {
      pass.row(x[sigma[i]], sigma[i], prefix);
    }
    pass.row(maskIndex, sigma[known], prefix);
    pass.want(known, x[sigma[known]], 1f);
  }

  private int clean(int[] z) {
    int n = 0;
    for (int token : z) {
      n += token == maskIndex ? 0 : 1;
    }
    return n;
  }
}
