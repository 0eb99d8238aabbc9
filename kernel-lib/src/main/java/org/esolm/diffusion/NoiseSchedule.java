package org.esolm.diffusion;

/**
 * The log-linear noise schedule of masked diffusion, \(\alpha_t = \alpha_0 (1 - (1 - \epsilon) t)\)
 * with \(\epsilon = 0.001\) as in the released code: a token is clean at time t with probability
 * alpha_t (eq. 1 of arXiv 2506.01928 v4). alpha_0 = 1 is MDLM; below 1, a fraction 1 - alpha_0 is
 * left at t = 0 for the sequential phase; at 0 everything is.
 *
 * @param alpha0 expected fraction of clean tokens at t = 0, in [0, 1]
 */
public record NoiseSchedule(double alpha0) {
  /** alpha_1 = EPS alpha_0, so that a few tokens are clean even at t = 1. */
  public static final double EPS = 1e-3;

  /**
   * Checks alpha_0.
   *
   * @throws IllegalArgumentException if alpha_0 is not in [0, 1]
   */
  public NoiseSchedule {
    if (!(alpha0 >= 0 && alpha0 <= 1)) {
      throw new IllegalArgumentException("alpha0: " + alpha0 + ", must be in [0, 1]");
    }
  }

  /**
   * The probability that a token is clean.
   *
   * @param t time in [0, 1]
   * @return alpha_t
   */
  public double alphaT(double t) {
    return alpha0 * (1 - (1 - EPS) * t);
  }

  /**
   * The derivative of alpha_t, the same at all times.
   *
   * @return alpha'_t, not positive
   */
  public double dAlphaT() {
    return -alpha0 * (1 - EPS);
  }

  /**
   * The weight of the diffusion loss, -alpha'_t / (1 - alpha_t) (eq. 7).
   *
   * @param t time in [0, 1]
   * @return the weight, not negative; infinite at t = 0 if alpha_0 = 1
   */
  public double weight(double t) {
    return -dAlphaT() / (1 - alphaT(t));
  }

  /**
   * The reverse process: the probability that a token masked at time t is clean at the earlier time
   * s, (alpha_s - alpha_t) / (1 - alpha_t).
   *
   * @param s earlier time, in [0, t]
   * @param t time in (0, 1]
   * @return the probability; exactly 1 at s = 0 if alpha_0 = 1
   */
  public double unmaskProbability(double s, double t) {
    double alphaT = alphaT(t);
    return (alphaT(s) - alphaT) / (1 - alphaT);
  }
}
