package org.esolm.data;

import java.util.random.RandomGenerator;

/**
 * A law over token sequences that is known exactly: the truth against which a model is measured,
 * and a perfect denoiser to put in a network's place. Sequences start in the stationary state of
 * the language, as blocks cut from a long text do. All logarithms are natural.
 */
public interface Oracle {
  /**
   * The number of words, which are the tokens 0 to vocabSize() - 1; there is no mask token among
   * them.
   *
   * @return V without the mask
   */
  int vocabSize();

  /**
   * The exact log-probability of a sequence.
   *
   * @param tokens L tokens
   * @return log p(tokens) in nats; negative infinity where the language does not have the sequence
   */
  double logProbability(int[] tokens);

  /**
   * The exact law of the token at every position given any set of observed tokens.
   *
   * @param observed L entries, a token or -1 where nothing is observed
   * @param posterior filled, [L][V]: p(x_l = v | observed); at an observed position all mass on its
   *     token
   * @return log-probability of what is observed, in nats; negative infinity (and {@code posterior}
   *     all NaN) where the language does not have it
   */
  double posterior(int[] observed, float[][] posterior);

  /**
   * Draws a sequence from the language.
   *
   * @param length L
   * @param random the source of chance
   * @return L tokens
   */
  int[] sample(int length, RandomGenerator random);

  /**
   * A law near this one under which nothing is impossible, so that any text can be scored: every
   * word is replaced, with a small probability, by one drawn evenly from the vocabulary.
   *
   * @param noise that probability, in (0, 1)
   * @return the law with the noise
   */
  Oracle smoothed(double noise);
}
