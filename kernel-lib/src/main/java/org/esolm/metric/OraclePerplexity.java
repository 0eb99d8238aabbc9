package org.esolm.metric;

import java.util.Arrays;
import java.util.concurrent.CancellationException;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.tensor.Interrupts;

/**
 * What the truth says of samples, the generative perplexity of a language whose law is known.
 *
 * <p>The truth alone cannot be averaged: one sequence that the language does not have costs
 * infinitely many nats. So samples are scored by a second law, the <em>floor</em>, which gives
 * every sequence a positive probability; the toy language whose emissions are mixed with a little
 * of the uniform law is one, and then a wrong word costs about log(V / epsilon) nats and the words
 * behind it are judged as usual. How many samples the truth does not have at all is reported beside
 * it.
 *
 * @param perplexity exp of the mean of -log floor(x) over all tokens, the samples being the
 *     independent units of its standard error
 * @param impossible share of the samples whose probability under the truth is 0, in [0, 1]
 * @param perplexityOfPossible exp of the mean of -log truth(x) over the tokens of the other
 *     samples; NaN where there are none
 */
public record OraclePerplexity(
    Estimate perplexity, double impossible, Estimate perplexityOfPossible) {
  /**
   * Scores samples.
   *
   * @param truth the language's law
   * @param floor a law near it under which nothing is impossible; the truth itself where it is so
   * @param samples [N][L] words, at least one sample
   * @return the scores
   * @throws CancellationException if the thread is interrupted, between two samples
   * @throws IllegalArgumentException if a sample has probability 0 under {@code floor}, or a token
   *     is none of the language's words
   */
  public static OraclePerplexity of(Oracle truth, Oracle floor, int[][] samples) {
    double[] nats = new double[samples.length];
    double[] exactNats = new double[samples.length];
    double[] tokens = new double[samples.length];
    for (int i = 0; i < samples.length; i++) {
      if (Thread.interrupted()) {
        throw new CancellationException("scoring stopped after sample " + i);
      }
      requireWords(truth, samples[i], i);
      nats[i] = -floor.logProbability(samples[i]);
      exactNats[i] = -truth.logProbability(samples[i]);
      tokens[i] = samples[i].length;
      if (nats[i] == Double.POSITIVE_INFINITY) {
        throw new IllegalArgumentException(
            "floor: sample " + i + " has probability 0, a law that has every sequence is needed");
      }
    }
    int[] possible = possible(exactNats);
    return new OraclePerplexity(
        Estimate.ratio(nats, tokens).perplexity(),
        1 - (double) possible.length / samples.length,
        possible.length == 0
            ? new Estimate(Double.NaN, Double.NaN, 0)
            : Estimate.ratio(pick(exactNats, possible), pick(tokens, possible)).perplexity());
  }

  /**
   * What texts cost under the truth.
   *
   * @param truth the law
   * @param texts [N][L] words
   * @param given how many tokens at the beginning of each text are given and cost nothing
   * @return N values of -log p(the rest given these), nats
   * @throws CancellationException if the thread is interrupted, between two texts
   */
  public static double[] nats(Oracle truth, int[][] texts, int given) {
    return Arrays.stream(texts)
        .peek(x -> Interrupts.check("scoring"))
        .mapToDouble(x -> truth.logProbability(Arrays.copyOf(x, given)) - truth.logProbability(x))
        .toArray();
  }

  /**
   * The Kullback-Leibler divergence a token between a model and the truth, from texts drawn from
   * the truth: the mean of (log p(x) - log q(x)) / L. Paired, so that what is hard in a text falls
   * out. An upper bound of it where {@code modelNats} are upper bounds, as a NELBO is.
   *
   * @param truth p, the law from which the texts were drawn
   * @param texts [N][L] words drawn from it
   * @param given how many tokens at the beginning of each text the model was given
   * @param modelNats N values of -log q(the rest given these), in nats for the whole text
   * @return KL(p || q) in nats a token that was not given
   */
  public static Estimate klToTruth(Oracle truth, int[][] texts, int given, double[] modelNats) {
    if (texts.length != modelNats.length) {
      throw new IllegalArgumentException(
          "modelNats: %d values, one for each of %d texts is needed"
              .formatted(modelNats.length, texts.length));
    }
    double[] exact = nats(truth, texts, given);
    double[] excess = new double[texts.length];
    double[] tokens = new double[texts.length];
    for (int i = 0; i < texts.length; i++) {
      excess[i] = modelNats[i] - exact[i];
      tokens[i] = texts[i].length - given;
    }
    return Estimate.ratio(excess, tokens);
  }

  private static void requireWords(Oracle truth, int[] sample, int index) {
    for (int token : sample) {
      if (token < 0 || token >= truth.vocabSize()) {
        throw new IllegalArgumentException(
            "samples: token %d in sample %d, the language's words are 0 to %d"
                .formatted(token, index, truth.vocabSize() - 1));
      }
    }
  }

  private static int[] possible(double[] nats) {
    int[] at = new int[nats.length];
    int n = 0;
    for (int i = 0; i < nats.length; i++) {
      if (nats[i] != Double.POSITIVE_INFINITY) {
        at[n++] = i;
      }
    }
    return Arrays.copyOf(at, n);
  }

  private static double[] pick(double[] values, int[] at) {
    return Arrays.stream(at).mapToDouble(i -> values[i]).toArray();
  }
}
