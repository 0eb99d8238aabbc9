package org.esolm.data;

import java.util.EnumSet;
import java.util.Locale;
import org.apache.commons.statistics.descriptive.DoubleStatistics;
import org.apache.commons.statistics.descriptive.Statistic;

/**
 * A number measured on a sample, with its uncertainty.
 *
 * @param value the estimate
 * @param standardError its standard deviation over repetitions of the measurement; NaN where one
 *     observation cannot tell
 * @param count the number of independent observations behind it
 */
public record Estimate(double value, double standardError, long count) {
  /**
   * The mean of independent observations with its standard error, sd / sqrt(n), sd with n - 1.
   *
   * @param observations at least one
   * @return the estimate
   */
  public static Estimate mean(double... observations) {
    requireObservations(observations.length);
    DoubleStatistics statistics =
        DoubleStatistics.of(EnumSet.of(Statistic.MEAN, Statistic.STANDARD_DEVIATION), observations);
    int n = observations.length;
    double error =
        n == 1 ? Double.NaN : statistics.getAsDouble(Statistic.STANDARD_DEVIATION) / Math.sqrt(n);
    return new Estimate(statistics.getAsDouble(Statistic.MEAN), error, n);
  }

  /**
   * A ratio of sums over independent units, such as nats per token over texts of different length:
   * sum a / sum b, its standard error by the delta method, sd(a - ratio b) / (mean(b) sqrt(n)).
   *
   * @param numerators a, one a unit
   * @param denominators b, one a unit, positive sum
   * @return the estimate; count is the number of units
   */
  public static Estimate ratio(double[] numerators, double[] denominators) {
    requireObservations(numerators.length);
    if (numerators.length != denominators.length) {
      throw new IllegalArgumentException(
          "denominators: %d, as many as numerators are needed: %d"
              .formatted(denominators.length, numerators.length));
    }
    double meanDenominator = mean(denominators).value;
    double ratio = mean(numerators).value / meanDenominator;
    double[] residuals = new double[numerators.length];
    for (int i = 0; i < residuals.length; i++) {
      residuals[i] = numerators[i] - ratio * denominators[i];
    }
    return new Estimate(ratio, mean(residuals).standardError / meanDenominator, numerators.length);
  }

  private static void requireObservations(int n) {
    if (n == 0) {
      throw new IllegalArgumentException("observations: 0, at least 1 is needed");
    }
  }

  /**
   * The perplexity of which this is the mean loss in nats a token: exp(value), its standard error
   * by the delta method, exp(value) * standardError.
   *
   * @return the perplexity
   */
  public Estimate perplexity() {
    double e = Math.exp(value);
    return new Estimate(e, e * standardError, count);
  }

  /**
   * As in a table: the value and behind ± its standard error.
   *
   * @return for instance {@code 12.35 ± 0.12}
   */
  @Override
  public String toString() {
    return Double.isNaN(standardError)
        ? String.format(Locale.ROOT, "%.4g", value)
        : String.format(Locale.ROOT, "%.4g ± %.2g", value, standardError);
  }
}
