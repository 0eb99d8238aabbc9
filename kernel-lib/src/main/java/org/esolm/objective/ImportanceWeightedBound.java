package org.esolm.objective;

import java.util.Arrays;
import org.esolm.data.Estimate;

/**
 * The importance-weighted bound over K orders (equations 9 and 22),
 *
 * <p>\(L_{AO}^K = -E_{\sigma_1 \dots \sigma_K} \log \frac{1}{K} \sum_{k=1}^K p(x | \sigma_k)\):
 *
 * <p>at K = 1 the any-order bound, and falling towards -log p(x) as K grows.
 *
 * @param orders K
 * @param natsPerToken the bound with its standard error over texts; as every text's orders are
 *     drawn anew, the error of drawing them is part of it
 * @param orderError that part alone: what the standard error would be if the texts were fixed and
 *     only orders drawn anew, nats a token; NaN where one draw of K orders cannot tell
 * @param effectiveOrders how many of the K orders carry the sum, (sum w)^2 / sum w^2 with w = p(x |
 *     sigma_k), a mean over texts; near 1 the bound is still far from the exact value
 */
public record ImportanceWeightedBound(
    int orders, Estimate natsPerToken, double orderError, double effectiveOrders) {
  /**
   * The bound from the probabilities of texts in orders.
   *
   * @param logP [n, M], as {@link AnyOrderLikelihood} returns it
   * @param orders K, at most M; the M orders are cut into M / K groups of K, whose bounds are
   *     averaged, so that small K profit from all of them
   * @param scoredTokens tokens of a text that the likelihood covers
   * @return the bound; does not rise from K to a multiple of K if that divides M
   */
  public static ImportanceWeightedBound of(double[][] logP, int orders, int scoredTokens) {
    double[] nats = new double[logP.length];
    double variance = 0;
    double effective = 0;
    for (int n = 0; n < nats.length; n++) {
      Text text = text(logP[n], orders);
      nats[n] = text.nats / scoredTokens;
      variance += text.variance;
      effective += text.effectiveOrders / nats.length;
    }
    return new ImportanceWeightedBound(
        orders, Estimate.mean(nats), Math.sqrt(variance) / nats.length / scoredTokens, effective);
  }

  /**
   * One text's bound.
   *
   * @param nats the bound on -log p(x), nats
   * @param variance of this number over draws of the orders: from the spread of the groups where
   *     there are several, else by the delta method, var(w) / (K mean(w)^2)
   * @param effectiveOrders as {@link ImportanceWeightedBound#effectiveOrders}
   */
  public record Text(double nats, double variance, double effectiveOrders) {}

  /**
   * The bound of one text.
   *
   * @param logP [M], log p(x | sigma_k)
   * @param orders K, at most M
   * @return the mean over the groups of K
   */
  public static Text text(double[] logP, int orders) {
    if (orders < 1 || orders > logP.length) {
      throw new IllegalArgumentException(
          "orders: " + orders + ", must be from 1 to " + logP.length);
    }
    int groups = logP.length / orders;
    double[] bounds = new double[groups];
    double delta = 0;
    double effective = 0;
    for (int g = 0; g < groups; g++) {
      double[] group = Arrays.copyOfRange(logP, g * orders, (g + 1) * orders);
      double max = Arrays.stream(group).max().orElseThrow();
      double[] w = Arrays.stream(group).map(p -> Math.exp(p - max)).toArray();
      Estimate mean = Estimate.mean(w);
      bounds[g] = -(max + Math.log(mean.value()));
      delta = Math.pow(mean.standardError() / mean.value(), 2); // of the one group there is
      double sum = mean.value() * orders;
      effective += sum * sum / Arrays.stream(w).map(v -> v * v).sum() / groups;
    }
    Estimate bound = Estimate.mean(bounds);
    double variance = groups > 1 ? Math.pow(bound.standardError(), 2) : delta;
    return new Text(bound.value(), variance, effective);
  }
}
