package org.esolm.sampler;

/** Tests of counts against a law. */
final class Statistics {
  private Statistics() {}

  /**
   * Pearson's chi-square over its critical value at 0.001 (Wilson and Hilferty's approximation):
   * below 1 the counts fit. Infinite where something impossible was counted.
   */
  static double misfit(int[] counts, double[] law) {
    double n = 0;
    for (int count : counts) {
      n += count;
    }
    double chiSquare = 0;
    int freedom = -1;
    for (int i = 0; i < law.length; i++) {
      if (law[i] > 0) {
        double d = counts[i] - n * law[i];
        chiSquare += d * d / (n * law[i]);
        freedom++;
      } else if (counts[i] > 0) {
        return Double.POSITIVE_INFINITY;
      }
    }
    double c = 2.0 / (9 * freedom);
    return chiSquare / (freedom * Math.pow(1 - c + 3.0902 * Math.sqrt(c), 3));
  }

  static double totalVariation(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += Math.abs(p[i] - q[i]) / 2;
    }
    return sum;
  }

  static double kl(double[] p, double[] q) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      sum += p[i] * Math.log(p[i] / q[i]);
    }
    return sum;
  }
}
