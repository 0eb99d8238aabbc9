package org.esolm.data;

import java.util.random.RandomGenerator;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/**
 * A first-order Markov chain over symbols, the likelihood check of appendix E.1 of arXiv
 * 2506.01928. The paper gives the number of symbols (254), the length (30) and the true negative
 * log-likelihood (about 1.73 nats a token), not the chain. Here a row of the transition matrix is a
 * softmax of independent normal numbers times a sharpness, and the sharpness is found by bisection
 * so that the exact value is as wanted.
 */
public final class MarkovLanguage implements Oracle {
  /** Symbols of the paper's chain. */
  public static final int SYMBOLS = 254;

  /** Tokens of the paper's sequences. */
  public static final int LENGTH = 30;

  /** True negative log-likelihood of the paper's chain, nats a token. */
  public static final double NLL = 1.73;

  private static final double MAX_SHARPNESS = 64;

  private final double sharpness;
  private final double[][] transition; // [V][V]
  private final HiddenMarkovModel chain;

  private MarkovLanguage(double[][] normal, double sharpness) {
    this.sharpness = sharpness;
    this.transition = softmax(normal, sharpness);
    double[][] identity = new double[normal.length][normal.length];
    for (int s = 0; s < identity.length; s++) {
      identity[s][s] = 1;
    }
    this.chain = HiddenMarkovModel.of(transition, identity);
  }

  /**
   * The paper's chain: {@value #SYMBOLS} symbols, {@value #NLL} nats a token at length {@value
   * #LENGTH}.
   *
   * @param seed chooses the transition matrix
   * @return the language
   */
  public static MarkovLanguage paper(long seed) {
    return of(SYMBOLS, LENGTH, NLL, seed);
  }

  /**
   * A chain of a wanted entropy.
   *
   * @param symbols number of symbols, at least 2
   * @param length L at which the entropy is wanted
   * @param nll wanted entropy of a sequence over its length, nats a token, above 0 and below log
   *     symbols
   * @param seed chooses the transition matrix
   * @return the language
   * @throws IllegalArgumentException if an argument is out of range or no sharpness gives the
   *     wanted entropy
   */
  public static MarkovLanguage of(int symbols, int length, double nll, long seed) {
    if (symbols < 2 || length < 1) {
      throw new IllegalArgumentException(
          "symbols, length: " + symbols + ", " + length + ", allowed: at least 2, at least 1");
    }
    double[][] normal = new double[symbols][symbols];
    for (int from = 0; from < symbols; from++) {
      Rng rng = Rng.of(seed, Purpose.LANGUAGE, from);
      for (int to = 0; to < symbols; to++) {
        normal[from][to] = rng.nextGaussian();
      }
    }
    double low = 0;
    double high = 1;
    while (high < MAX_SHARPNESS && new MarkovLanguage(normal, high).entropyPerToken(length) > nll) {
      low = high;
      high *= 2;
    }
    if (high == MAX_SHARPNESS || !(nll < Math.log(symbols))) {
      throw new IllegalArgumentException(
          "nll: "
              + nll
              + " nats a token, allowed: above 0, well below log symbols = "
              + Math.log(symbols));
    }
    for (int step = 0; step < 30; step++) {
      double middle = 0.5 * (low + high);
      if (new MarkovLanguage(normal, middle).entropyPerToken(length) > nll) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return new MarkovLanguage(normal, high);
  }

  private static double[][] softmax(double[][] normal, double sharpness) {
    double[][] p = new double[normal.length][normal.length];
    for (int r = 0; r < p.length; r++) {
      double sum = 0;
      for (int c = 0; c < p.length; c++) {
        p[r][c] = Math.exp(sharpness * normal[r][c]);
        sum += p[r][c];
      }
      for (int c = 0; c < p.length; c++) {
        p[r][c] /= sum;
      }
    }
    return p;
  }

  /**
   * The exact entropy of sequences over their length, (H(pi) + (L - 1) h) / L with the entropy rate
   * h.
   *
   * @param length L
   * @return nats a token
   */
  public double entropyPerToken(int length) {
    double[] pi = chain.stationary();
    double rate = 0;
    for (int s = 0; s < pi.length; s++) {
      rate += pi[s] * entropy(transition[s]);
    }
    return (entropy(pi) + (length - 1) * rate) / length;
  }

  private static double entropy(double[] law) {
    double h = 0;
    for (double p : law) {
      h -= p > 0 ? p * Math.log(p) : 0;
    }
    return h;
  }

  /**
   * The factor of the normal numbers in the softmax.
   *
   * @return above 0
   */
  public double sharpness() {
    return sharpness;
  }

  @Override
  public int vocabSize() {
    return chain.vocabSize();
  }

  @Override
  public double logProbability(int[] tokens) {
    return chain.logProbability(tokens);
  }

  @Override
  public double posterior(int[] observed, float[][] posterior) {
    return chain.posterior(observed, posterior);
  }

  @Override
  public int[] sample(int length, RandomGenerator random) {
    return chain.sample(length, random);
  }

  @Override
  public Oracle smoothed(double noise) {
    return chain.smoothed(noise);
  }
}
