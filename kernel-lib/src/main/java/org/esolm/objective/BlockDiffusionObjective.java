package org.esolm.objective;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.esolm.diffusion.Order;
import org.esolm.diffusion.OrderLaw;
import org.esolm.diffusion.Times;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Pass;

/**
 * Block diffusion (BD3-LM, Arriola et al., 2025): each block of S tokens is a masked diffusion
 * given the blocks before it. Noisy rows z stand before clean rows x; a z row sees its own block of
 * z and the x of earlier blocks. Each block has a time of its own, a token is masked with
 * probability t and then costs 1/t:
 *
 * <p>\(-\log p(x) \le \sum_b E_{t, z_t} \frac{1}{t} \sum_{l \in M(z_t^b)} -\log p_\theta(x^l |
 * z_t^b, x^{\lt b})\), where b are the blocks and M(z_t^b) the masked positions of one.
 *
 * <p>Rows that nothing depends on do not enter: z of blocks without a mask, and x of blocks behind
 * which no block has one.
 *
 * @param maskIndex the mask token
 * @param blockSize S, a divisor of the length
 * @param firstGiven whether position 0 is never masked, as in the released code, where the token
 *     that begins text stands there; then the likelihood is that of the other tokens given this one
 */
public record BlockDiffusionObjective(int maskIndex, int blockSize, boolean firstGiven)
    implements OrderedObjective {
  /** Checks the block size. */
  public BlockDiffusionObjective {
    if (blockSize < 1) {
      throw new IllegalArgumentException("blockSize: " + blockSize + ", must be at least 1");
    }
  }

  /**
   * The released code's objective: position 0 is never masked.
   *
   * @param maskIndex the mask token
   * @param blockSize S, a divisor of the length
   */
  public BlockDiffusionObjective(int maskIndex, int blockSize) {
    this(maskIndex, blockSize, true);
  }

  /**
   * Checks that blocks fill a sequence.
   *
   * @param length L
   * @param blockSize S
   * @throws IllegalArgumentException if S does not divide L
   */
  public static void requireDivides(int length, int blockSize) {
    if (length % blockSize != 0) {
      throw new IllegalArgumentException(
          "blockSize: " + blockSize + ", must divide the length (" + length + ")");
    }
  }

  @Override
  public void training(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, random, 1.0 / (x0.length * x0[0].length), pass);
  }

  @Override
  public void nelbo(int[][] x0, RandomGenerator random, Pass pass) {
    fill(x0, random, 1, pass);
  }

  private void fill(int[][] x0, RandomGenerator random, double scale, Pass pass) {
    int length = x0[0].length;
    requireDivides(length, blockSize);
    int blocks = length / blockSize;
    double[] t = pass.doubles(x0.length * blocks);
    Times.lowDiscrepancy(t, random);
    shuffle(t, random); // neighbouring times shall not meet in neighbouring blocks
    int[] zt = pass.ints(0, length);
    float[] weight = pass.floats(length);
    pass.clear();
    for (int b = 0; b < x0.length; b++) {
      for (int l = 0; l < length; l++) {
        double tl = t[b * blocks + l / blockSize];
        zt[l] = random.nextDouble() < tl && (l > 0 || !firstGiven) ? maskIndex : x0[b][l];
        weight[l] = (float) (scale / tl);
      }
      addSequence(x0[b], zt, weight, pass);
    }
  }

  private static void shuffle(double[] a, RandomGenerator random) {
    for (int i = a.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      double swap = a[i];
      a[i] = a[j];
      a[j] = swap;
    }
  }

  /**
   * Appends one sequence.
   *
   * @param x the clean tokens, [L]
   * @param zt the same, some masked, [L]
   * @param weight the cost of each token if it is masked, [L]; 0 where it is not asked for
   * @param pass appended to
   */
  public void addSequence(int[] x, int[] zt, float[] weight, Pass pass) {
    int lastMasked = lastMaskedBlock(zt);
    int zRows = 0;
    for (int b = 0; b <= lastMasked; b++) {
      zRows += masked(zt, b) ? blockSize : 0;
    }
    pass.beginSequence();
    int row = 0;
    for (int b = 0; b <= lastMasked; b++) {
      if (masked(zt, b)) {
        long own = AttentionPattern.range(row, row + blockSize);
        long before = AttentionPattern.range(zRows, zRows + b * blockSize);
        for (int l = b * blockSize; l < (b + 1) * blockSize; l++, row++) {
          pass.row(zt[l], l, own, before);
          if (zt[l] == maskIndex && weight[l] > 0) {
            pass.want(row, x[l], weight[l]);
          }
        }
      }
    }
    for (int l = 0; l < lastMasked * blockSize; l++) {
      int end = zRows + (l / blockSize + 1) * blockSize;
      pass.row(x[l], l, AttentionPattern.range(zRows, end), AttentionPattern.NONE);
    }
  }

  private int lastMaskedBlock(int[] zt) {
    int b = zt.length / blockSize - 1;
    while (b >= 0 && !masked(zt, b)) {
      b--;
    }
    return b;
  }

  private boolean masked(int[] zt, int block) {
    for (int l = block * blockSize; l < (block + 1) * blockSize; l++) {
      if (zt[l] == maskIndex) {
        return true;
      }
    }
    return false;
  }

  @Override
  public int scoredTokens(int length) {
    return firstGiven ? length - 1 : length;
  }

  /** Within each block all orders alike. */
  @Override
  public OrderLaw orders(int length) {
    requireDivides(length, blockSize);
    return new OrderLaw.Blockwise(length, blockSize, firstGiven);
  }

  /** S: one token of every block at a time, for the blocks before it are known anyway. */
  @Override
  public int evaluations(Order order) {
    return blockSize;
  }

  @Override
  public void addEvaluation(int[] x, Order order, int index, Pass pass) {
    int[] zt = pass.ints(0, x.length);
    float[] weight = pass.floats(x.length);
    Arrays.fill(zt, maskIndex);
    Arrays.fill(weight, 0);
    for (int from = 0; from < x.length; from += blockSize) {
      int given = from == 0 && firstGiven ? 1 : 0;
      for (int i = from; i < from + Math.max(index, given); i++) {
        zt[order.sigma()[i]] = x[order.sigma()[i]];
      }
      weight[order.sigma()[from + index]] = index < given ? 0 : 1;
    }
    addSequence(x, zt, weight, pass);
  }
}
