package org.esolm.objective;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * The likelihood of texts under an Eso-LM that decodes one token at a time in a random order sigma
 * from P^{alpha_0} (theorem B.4): log p(x | sigma) = sum_l log p(x^{sigma(l)} | x^{sigma(&lt;l)}),
 * for which one pass suffices: all masks, then the clean tokens, in the sequential phase's
 * attention. From several orders follow two bounds on -log p(x): their mean, L_AO, and the
 * importance-weighted L_AO^K, which falls towards the exact value as K grows (equations 8, 9 and
 * 22).
 */
public final class AnyOrderLikelihood {
  private AnyOrderLikelihood() {}

  /**
   * The log-likelihood of every text under several orders. Orders belong to the text's index and
   * the seed, not to the batch.
   *
   * @param network the network
   * @param objective the system's objective, whose alpha_0 says how orders are drawn
   * @param texts [n, L]
   * @param batch texts a pass
   * @param orders K, orders a text
   * @param seed chooses the orders
   * @param progress told after every pass how many of the n K are done
   * @return [n, K]: log p(x | sigma_k) in nats
   */
  public static double[][] of(
      Transformer network,
      EsoLmObjective objective,
      int[][] texts,
      int batch,
      int orders,
      long seed,
      LongConsumer progress) {
    if (orders < 1) {
      throw new IllegalArgumentException("orders: " + orders + ", must be at least 1");
    }
    double[][] logP = new double[texts.length][orders];
    Pass pass = new Pass();
    for (int k = 0; k < orders; k++) {
      for (int from = 0; from < texts.length; from += batch) {
        int to = Math.min(from + batch, texts.length);
        pass.clear();
        for (int n = from; n < to; n++) {
          addText(objective, texts[n], Rng.of(seed, Purpose.ORDERS, n, k), pass);
        }
        network.loss(pass);
        for (int n = from; n < to; n++) {
          for (int i = pass.wantedStart(n - from); i < pass.wantedStart(n - from + 1); i++) {
            logP[n][k] -= network.nll(i);
          }
        }
        progress.accept((long) k * texts.length + to);
      }
    }
    return logP;
  }

  private static void addText(EsoLmObjective objective, int[] x, Rng random, Pass pass) {
    int[] masks = new int[x.length];
    Arrays.fill(masks, objective.maskIndex());
    int[] sigma = new int[x.length];
    DenoisingOrder.draw(objective.noise().alpha0(), random, sigma);
    objective.addSequential(x, masks, sigma, 1f, pass);
  }

  /**
   * The any-order bound L_AO of each text.
   *
   * @param logP [n, K], as {@link #of} returns it
   * @return n bounds on -log p(x), nats a text
   */
  public static double[] anyOrder(double[][] logP) {
    return Arrays.stream(logP)
        .mapToDouble(of -> -Arrays.stream(of).average().orElseThrow())
        .toArray();
  }

  /**
   * The importance-weighted bound L_AO^K of each text, -log(1/K sum_k p(x | sigma_k)).
   *
   * @param logP [n, K], as {@link #of} returns it
   * @return n bounds on -log p(x), nats a text; none above its any-order bound
   */
  public static double[] importanceWeighted(double[][] logP) {
    return Arrays.stream(logP).mapToDouble(of -> -logMeanExp(of)).toArray();
  }

  private static double logMeanExp(double[] x) {
    double max = Arrays.stream(x).max().orElseThrow();
    return max + Math.log(Arrays.stream(x).map(v -> Math.exp(v - max)).average().orElseThrow());
  }
}
