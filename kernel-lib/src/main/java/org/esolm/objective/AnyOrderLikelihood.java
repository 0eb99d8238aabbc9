package org.esolm.objective;

import java.util.function.LongConsumer;
import org.esolm.diffusion.Order;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;

/**
 * The probability of texts in given orders (equation 8),
 *
 * <p>\(\log p(x | \sigma) = \sum_l \log p_\theta(x^{\sigma(l)} | x^{\sigma(\lt l)})\).
 *
 * <p>Eso-LM needs one function evaluation for it, others more ({@link OrderedObjective});
 * evaluations of several orders and texts share a pass. Sums are in double precision.
 */
public final class AnyOrderLikelihood {
  private AnyOrderLikelihood() {}

  /**
   * The log-probability of one text in one order.
   *
   * @param network the network
   * @param objective the system's objective
   * @param x the text, [L]
   * @param order the order
   * @return log p(x | sigma), nats
   */
  public static double of(Transformer network, OrderedObjective objective, int[] x, Order order) {
    double[] sum = new double[1];
    Batch batch = new Batch(network, 16);
    batch.add(objective, x, order, logP -> sum[0] += logP);
    batch.finish();
    return sum[0];
  }

  /**
   * The log-probability of every text in several orders.
   *
   * @param network the network
   * @param objective the system's objective
   * @param texts [n, L]
   * @param first index of the first of them in the corpus, which chooses its orders
   * @param choice the orders
   * @param orders K, orders a text
   * @param batch function evaluations a pass
   * @param progress told how many of the n K orders are done
   * @return [n, K]: log p(x | sigma_k), nats
   */
  public static double[][] of(
      Transformer network,
      OrderedObjective objective,
      int[][] texts,
      long first,
      OrderChoice choice,
      int orders,
      int batch,
      LongConsumer progress) {
    if (orders < 1) {
      throw new IllegalArgumentException("orders: " + orders + ", must be at least 1");
    }
    double[][] logP = new double[texts.length][orders];
    Batch evaluations = new Batch(network, batch);
    for (int k = 0; k < orders; k++) {
      for (int n = 0; n < texts.length; n++) {
        double[] of = logP[n];
        int which = k;
        evaluations.add(objective, texts[n], choice.of(first + n, k), p -> of[which] += p);
        progress.accept((long) k * texts.length + n + 1);
      }
    }
    evaluations.finish();
    return logP;
  }

  /** Takes log-probabilities as they come. */
  @FunctionalInterface
  interface Sink {
    void add(double logP);
  }

  /** Function evaluations waiting to be computed together. */
  static final class Batch {
    private final Transformer network;
    private final Pass pass = new Pass();
    private final Sink[] sinks; // one a sequence of the pass

    Batch(Transformer network, int size) {
      this.network = network;
      sinks = new Sink[size];
    }

    /** All evaluations of one order of one text. */
    void add(OrderedObjective objective, int[] x, Order order, Sink sink) {
      int evaluations = objective.evaluations(order);
      for (int i = 0; i < evaluations; i++) {
        if (pass.sequences() == sinks.length) {
          compute();
        }
        sinks[pass.sequences()] = sink;
        objective.addEvaluation(x, order, i, pass);
      }
    }

    private void compute() {
      network.loss(pass);
      for (int s = 0; s < pass.sequences(); s++) {
        double sum = 0;
        for (int i = pass.wantedStart(s); i < pass.wantedStart(s + 1); i++) {
          sum -= network.nll(i);
        }
        sinks[s].add(sum);
      }
      pass.clear();
    }

    /** Computes what is left. */
    void finish() {
      if (pass.sequences() > 0) {
        compute();
      }
    }
  }
}
