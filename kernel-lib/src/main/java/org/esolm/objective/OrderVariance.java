package org.esolm.objective;

import java.util.Arrays;
import java.util.function.LongConsumer;
import org.esolm.data.Estimate;
import org.esolm.model.Transformer;

/**
 * How much three estimates of one text's bound differ from trial to trial (table 2): by times and
 * masks (t, z_t) as in equation 7, with times drawn independently or one in each n-th of the
 * interval, and by a single order sigma (equation 8).
 *
 * @param independent several (t, z_t) a trial, times independent: the paper's first row
 * @param stratified the same with low-discrepancy times, as {@link Nelbo} draws them over a batch
 * @param oneOrder one order a trial: the paper's second row
 */
public record OrderVariance(Spread independent, Spread stratified, Spread oneOrder) {
  /**
   * An estimate repeated.
   *
   * @param mean over trials, nats a token
   * @param sd standard deviation over trials, nats a token
   * @param trials how many
   * @param evaluations function evaluations a trial
   */
  public record Spread(double mean, double sd, int trials, double evaluations) {
    private static Spread of(double[] trials, double evaluations) {
      Estimate mean = Estimate.mean(trials);
      return new Spread(
          mean.value(),
          mean.standardError() * Math.sqrt(trials.length),
          trials.length,
          evaluations);
    }

    /**
     * The standard error of the standard deviation, for trials that are about normal.
     *
     * @return sd / sqrt(2 (n - 1))
     */
    public double sdError() {
      return sd / Math.sqrt(2.0 * (trials - 1));
    }
  }

  /**
   * Repeats the three estimates.
   *
   * @param network the network
   * @param objective the system's objective
   * @param x the text, [L]
   * @param trials repetitions, at least 2; 100 in the paper
   * @param samples (t, z_t) a trial; 10 in the paper
   * @param batch function evaluations a pass
   * @param seed chooses times, masks and orders
   * @param progress told how many of the trials are done, each counted three times
   * @return their spreads
   */
  public static OrderVariance of(
      Transformer network,
      OrderedObjective objective,
      int[] x,
      int trials,
      int samples,
      int batch,
      long seed,
      LongConsumer progress) {
    if (trials < 2) {
      throw new IllegalArgumentException("trials: " + trials + ", must be at least 2");
    }
    if (samples < 1) {
      throw new IllegalArgumentException("samples: " + samples + ", must be at least 1");
    }
    double tokens = objective.scoredTokens(x.length);
    double[] independent = new double[trials];
    double[] stratified = new double[trials];
    int[][] copies = new int[samples][];
    Arrays.fill(copies, x);
    for (int i = 0; i < trials; i++) {
      long first = (long) i * samples;
      independent[i] = mean(Nelbo.of(network, objective, copies, first, 1, 1, seed, n -> {}));
      progress.accept(2L * i + 1);
      stratified[i] =
          mean(Nelbo.of(network, objective, copies, first, samples, 1, seed + 1, n -> {}));
      progress.accept(2L * i + 2);
    }
    OrderChoice choice = new OrderChoice(objective.orders(x.length), seed, 1);
    double[] logP =
        AnyOrderLikelihood.of(
            network,
            objective,
            new int[][] {x},
            0,
            choice,
            trials,
            batch,
            n -> progress.accept(2L * trials + n))[0];
    long evaluations = 0;
    for (int k = 0; k < trials; k++) {
      evaluations += objective.evaluations(choice.of(0, k));
    }
    return new OrderVariance(
        Spread.of(perToken(independent, tokens), samples),
        Spread.of(perToken(stratified, tokens), samples),
        Spread.of(
            perToken(Arrays.stream(logP).map(p -> -p).toArray(), tokens),
            (double) evaluations / trials));
  }

  private static double mean(double[] nats) {
    return Arrays.stream(nats).average().orElseThrow();
  }

  private static double[] perToken(double[] nats, double tokens) {
    return Arrays.stream(nats).map(n -> n / tokens).toArray();
  }

  /**
   * How much steadier one order is.
   *
   * @return sd over (t, z_t) with independent times / sd over orders; 0.56 / 0.03 in the paper
   */
  public double ratio() {
    return independent.sd / oneOrder.sd;
  }
}
