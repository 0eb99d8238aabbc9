package org.esolm.data;

/**
 * {@link Estimate#ratio} of a stream: sum a / sum b with its standard error, without keeping the
 * observations. Means and co-moments are updated one observation at a time (Welford, 1962), which
 * loses no digits however many there are.
 */
public final class RunningRatio {
  private long n;
  private double meanA;
  private double meanB;
  private double aa;
  private double ab;
  private double bb;

  /** Nothing observed yet. */
  public RunningRatio() {}

  /**
   * Takes one observation, such as a text's nats and tokens.
   *
   * @param a numerator
   * @param b denominator
   */
  public void add(double a, double b) {
    n++;
    double da = a - meanA;
    double db = b - meanB;
    meanA += da / n;
    meanB += db / n;
    aa += da * (a - meanA);
    ab += da * (b - meanB);
    bb += db * (b - meanB);
  }

  /**
   * How many were observed.
   *
   * @return the number of observations
   */
  public long count() {
    return n;
  }

  /**
   * The ratio so far.
   *
   * @return sum a / sum b, its standard error sd(a - ratio b) / (mean(b) sqrt(n)), NaN for one
   *     observation
   * @throws IllegalArgumentException if nothing was observed
   */
  public Estimate estimate() {
    if (n == 0) {
      throw new IllegalArgumentException("observations: 0, at least 1 is needed");
    }
    double ratio = meanA / meanB;
    double squares = Math.max(0, aa - 2 * ratio * ab + ratio * ratio * bb);
    double error = n == 1 ? Double.NaN : Math.sqrt(squares / (n - 1) / n) / Math.abs(meanB);
    return new Estimate(ratio, error, n);
  }
}
