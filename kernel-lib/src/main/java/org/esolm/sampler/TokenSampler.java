package org.esolm.sampler;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;

/**
 * Draws tokens from laws by the Gumbel-max trick in double precision: the largest of logit /
 * temperature + g, g = -log(-log u), is a draw from the softmax. A draw is keyed by (seed, sample,
 * position), so it does not depend on the batch or the step. The mask token is never drawn. Not for
 * use by several threads.
 */
public final class TokenSampler {
  private static final double LN2 = Math.log(2);

  private final Rng random;
  private final int maskIndex;
  private final double temperature;
  private final Nucleus nucleus;
  private final float[] logits; // [V]

  /**
   * Prepares to draw.
   *
   * @param vocabSize V, the mask included
   * @param maskIndex the mask token
   * @param seed all chance comes from it
   * @param temperature divides the logits; 0 takes the likeliest token, the first among equals
   * @param nucleus p of nucleus sampling, 1 for none
   */
  public TokenSampler(int vocabSize, int maskIndex, long seed, double temperature, double nucleus) {
    random = Rng.of(seed, Purpose.TOKENS);
    this.maskIndex = maskIndex;
    this.temperature = temperature;
    this.nucleus = nucleus < 1 && temperature > 0 ? new Nucleus(vocabSize, nucleus) : null;
    logits = new float[vocabSize];
  }

  /**
   * Draws one token.
   *
   * @param laws unnormalised log-probabilities, [rows, V]
   * @param row the law to draw from
   * @param sample index of the sequence among all samples
   * @param position index in the sequence
   * @return a token, not the mask
   * @throws ArithmeticException if the law holds NaN or has no mass
   */
  public int draw(Tensor laws, int row, long sample, int position) {
    int v = logits.length;
    long offset = (long) row * v * Tensor.BYTES;
    MemorySegment.copy(laws.memory(), ValueLayout.JAVA_FLOAT, offset, logits, 0, v);
    logits[maskIndex] = Float.NEGATIVE_INFINITY;
    int token = temperature == 0 ? likeliest() : gumbelMax(random.at(sample).at(position));
    if (token < 0) {
      throw new ArithmeticException("law of position " + position + ": no token has any mass");
    }
    return token;
  }

  private int likeliest() {
    int best = -1;
    double bestLogit = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      if (!(logits[i] <= bestLogit)) {
        best = i;
        bestLogit = number(logits[i], i);
      }
    }
    return best;
  }

  /**
   * With 1 - u = (w + 1/2) / 2^53 for a 53-bit word w, 1 - u is at least 2^-k, k = the leading
   * zeros of w and one more, and g is at most k ln 2. Most tokens cannot win by that bound alone,
   * so few logarithms are taken; the result is that of taking them all.
   */
  private int gumbelMax(Rng rng) {
    if (nucleus != null) {
      nucleus.restrict(logits, temperature);
    }
    int best = -1;
    double bestScore = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < logits.length; i++) {
      long w = rng.nextLong() >>> 11;
      double logit = logits[i] / temperature;
      double bound = (Long.numberOfLeadingZeros(w) - 10) * LN2;
      if (!(logit + bound <= bestScore)) {
        double score = number(logit, i) - Math.log(-Math.log1p(-(w + 0.5) * 0x1p-53));
        if (score > bestScore) {
          best = i;
          bestScore = score;
        }
      }
    }
    return best;
  }

  private static double number(double logit, int token) {
    if (Double.isNaN(logit)) {
      throw new ArithmeticException("logit of token " + token + ": NaN");
    }
    return logit;
  }
}
