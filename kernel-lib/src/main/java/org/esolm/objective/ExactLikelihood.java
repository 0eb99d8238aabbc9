package org.esolm.objective;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.esolm.model.Transformer;

/**
 * The likelihood of a short text by enumeration: its probability in every order that the system may
 * decode it in, \(p(x) = \sum_\sigma P(\sigma) \, p(x | \sigma)\). L! orders and more, so only for
 * tiny L.
 *
 * @param logP log p(x | sigma) of each order, nats
 * @param probability P(sigma) of each order; they add up to 1
 */
public record ExactLikelihood(double[] logP, double[] probability) {
  private static final int TUPLES = 10_000_000;

  /**
   * Enumerates.
   *
   * @param network the network
   * @param objective the system's objective
   * @param x the text, [L]
   * @param batch function evaluations a pass
   * @return its probability in every order
   * @throws IllegalArgumentException if there are too many orders
   */
  public static ExactLikelihood of(
      Transformer network, OrderedObjective objective, int[] x, int batch) {
    List<double[]> sums = new ArrayList<>();
    List<Double> probability = new ArrayList<>();
    var evaluations = new AnyOrderLikelihood.Batch(network, batch);
    objective
        .orders(x.length)
        .forEach(
            (order, p) -> {
              double[] sum = new double[1];
              sums.add(sum);
              probability.add(p);
              evaluations.add(objective, x, order, logP -> sum[0] += logP);
            });
    evaluations.finish();
    return new ExactLikelihood(
        sums.stream().mapToDouble(s -> s[0]).toArray(),
        probability.stream().mapToDouble(p -> p).toArray());
  }

  /**
   * The log-likelihood.
   *
   * @return log p(x), nats
   */
  public double logLikelihood() {
    double max = max();
    double sum = 0;
    for (int i = 0; i < logP.length; i++) {
      sum += probability[i] * Math.exp(logP[i] - max);
    }
    return max + Math.log(sum);
  }

  /**
   * What the importance-weighted bound is on average, by enumerating all tuples of orders.
   *
   * @param orders K; 1 for the any-order bound
   * @return L_AO^K, nats
   * @throws IllegalArgumentException if there are too many tuples
   */
  public double bound(int orders) {
    if (orders < 1 || Math.pow(logP.length, orders) > TUPLES) {
      throw new IllegalArgumentException(
          "orders: %d, must be at least 1 and give at most %,d tuples of %d orders"
              .formatted(orders, TUPLES, logP.length));
    }
    double max = max();
    double[] p = Arrays.stream(logP).map(v -> Math.exp(v - max)).toArray();
    return -(max + expectedLogMean(p, orders, orders, 0));
  }

  private double expectedLogMean(double[] p, int orders, int left, double sum) {
    if (left == 0) {
      return Math.log(sum / orders);
    }
    double expected = 0;
    for (int i = 0; i < p.length; i++) {
      expected += probability[i] * expectedLogMean(p, orders, left - 1, sum + p[i]);
    }
    return expected;
  }

  private double max() {
    return Arrays.stream(logP).max().orElseThrow();
  }
}
