package org.esolm.data;

import java.util.Arrays;

/**
 * A mean over independent samples.
 *
 * @param mean the estimate
 * @param standardError the standard deviation of the mean
 */
public record Estimate(double mean, double standardError) {
  /**
   * The mean of samples.
   *
   * @param values independent values of one law, at least 2
   * @return mean and s / sqrt(n)
   */
  public static Estimate of(double[] values) {
    int n = values.length;
    if (n < 2) {
      throw new IllegalArgumentException("samples: " + n + ", allowed: at least 2");
    }
    double mean = Arrays.stream(values).sum() / n;
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return new Estimate(mean, Math.sqrt(squares / (n - 1) / n));
  }
}
