package org.esolm.objective;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * The bound on the negative log-likelihood of texts, by sampling the terms of equation 7: times
 * \(t\) and masks \(z_t \sim q(z_t | x)\). Its perplexity is \(\exp(\text{nats} / L)\).
 */
public final class Nelbo {
  private Nelbo() {}

  /**
   * Estimates the bound for every text; for AR it is the negative log-likelihood itself. Times are
   * low-discrepancy over each batch.
   *
   * @param network the network
   * @param objective the system's objective
   * @param texts [n, L]
   * @param batch texts a pass
   * @param draws passes over every text, each with times, masks and orders of its own; their mean
   *     is returned
   * @param seed chooses times, masks and orders
   * @return n bounds in nats a text; divide by {@link Objective#scoredTokens} for nats a token
   */
  public static double[] of(
      Transformer network, Objective objective, int[][] texts, int batch, int draws, long seed) {
    return of(network, objective, texts, 0, batch, draws, seed, done -> {});
  }

  /**
   * The same for some texts of a corpus, with progress.
   *
   * @param network the network
   * @param objective the system's objective
   * @param texts [n, L]
   * @param first index of the first of them in the corpus, which chooses its times, masks and
   *     orders
   * @param batch texts a pass
   * @param draws passes over every text
   * @param seed chooses times, masks and orders
   * @param progress told after every pass how many of the n draws texts are done
   * @return n bounds in nats a text
   */
  public static double[] of(
      Transformer network,
      Objective objective,
      int[][] texts,
      long first,
      int batch,
      int draws,
      long seed,
      LongConsumer progress) {
    double[] nats = new double[texts.length];
    Pass pass = new Pass();
    for (int draw = 0; draw < draws; draw++) {
      for (int from = 0; from < texts.length; from += batch) {
        int[][] x0 = Arrays.copyOfRange(texts, from, Math.min(from + batch, texts.length));
        objective.nelbo(x0, Rng.of(seed, Purpose.EVALUATION, draw, first + from), pass);
        network.loss(pass);
        int each = pass.sequences() / x0.length;
        for (int s = 0; s < pass.sequences(); s++) {
          for (int i = pass.wantedStart(s); i < pass.wantedStart(s + 1); i++) {
            nats[from + s / each] += (double) pass.weight(i) * network.nll(i) / draws;
          }
        }
        progress.accept((long) draw * texts.length + from + x0.length);
      }
    }
    return nats;
  }
}
