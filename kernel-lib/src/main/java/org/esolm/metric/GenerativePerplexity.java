package org.esolm.metric;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import java.util.function.IntConsumer;
import org.esolm.data.Estimate;
import org.esolm.data.Tokenizer;
import org.esolm.model.Gpt2;

/**
 * The perplexity of generated texts under another language model (Section 5 of arXiv 2506.01928 v4:
 * GPT-2 Large): exp of the total negative log-likelihood over the number of tokens that count,
 *
 * <p>\(\exp \frac{\sum_{n,l} w_{nl} \, (-\log p(x_n^l | x_n^{\lt l}))}{\sum_{n,l} w_{nl}}\) with
 * weights w that say how often a token counts.
 *
 * <p>What counts, and in which windows the model reads, is a {@link Convention}; numbers of the two
 * are not comparable.
 *
 * @param convention how tokens were counted
 * @param nats negative log-likelihood a token, with its standard error over texts
 * @param tokens the sum of the tokens' weights
 */
public record GenerativePerplexity(Convention convention, Estimate nats, long tokens) {
  /** The longest window that the released code gives to GPT-2. */
  public static final int WINDOW = 1024;

  /** How released code counts tokens (metrics.py of either). */
  public enum Convention {
    /**
     * Eso-LM's, which is MDLM's: windows stand end to end, and a window's first token is only read.
     * A token counts once if it is not the end token, and once if exactly one end token stands in
     * the window up to here: so the first end token counts, text between the first and the second
     * twice, later end tokens not at all.
     */
    ESO(1),
    /** BD3-LM's: windows overlap by half, every token but the end token counts once. */
    BD3LM(2);

    private final int readings; // how many windows see a token

    Convention(int readings) {
      this.readings = readings;
    }

    /**
     * The convention of a name.
     *
     * @param name in any case
     * @return the convention
     * @throws IllegalArgumentException if there is none
     */
    public static Convention of(String name) {
      return Arrays.stream(values())
          .filter(c -> c.name().equalsIgnoreCase(name))
          .findFirst()
          .orElseThrow(
              () ->
                  new IllegalArgumentException("convention: '" + name + "', allowed: eso, bd3lm"));
    }

    /**
     * How often each token of a window counts.
     *
     * @param window L tokens
     * @param end the end token
     * @return [L - 1]: weights of tokens 1 to L - 1
     */
    public int[] weights(int[] window, int end) {
      int[] weights = new int[window.length - 1];
      int ends = window[0] == end ? 1 : 0;
      for (int l = 1; l < window.length; l++) {
        ends += window[l] == end ? 1 : 0;
        weights[l - 1] = (window[l] == end ? 0 : 1) + (this == ESO && ends == 1 ? 1 : 0);
      }
      return weights;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Texts as the evaluator's tokens: cut to a length, and ended by an end token where another text
   * is longer, since the released code pads with it and counts the first.
   *
   * @param texts what was generated
   * @param tokenizer the evaluator's
   * @param end its end token
   * @param length the most tokens of a text, at least 1
   * @return [N][at most length]
   */
  public static int[][] tokens(List<String> texts, Tokenizer tokenizer, int end, int length) {
    int[][] tokens =
        texts.stream()
            .map(tokenizer::encode)
            .map(t -> t.length <= length ? t : Arrays.copyOf(t, length))
            .toArray(int[][]::new);
    int longest = Arrays.stream(tokens).mapToInt(t -> t.length).max().orElse(0);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i].length < longest) {
        tokens[i] = Arrays.copyOf(tokens[i], tokens[i].length + 1);
        tokens[i][tokens[i].length - 1] = end;
      }
    }
    return tokens;
  }

  /**
   * Measures texts.
   *
   * @param evaluator the judge
   * @param texts [N][L] its tokens
   * @param end its end token
   * @param convention how to count
   * @param done told after each text how many are done
   * @return the perplexity of all together
   * @throws IllegalArgumentException if there is no token that counts, or one is not the
   *     evaluator's
   * @throws CancellationException if the thread was interrupted
   */
  public static GenerativePerplexity of(
      Gpt2 evaluator, int[][] texts, int end, Convention convention, IntConsumer done) {
    double[] nats = new double[texts.length];
    double[] weights = new double[texts.length];
    for (int i = 0; i < texts.length; i++) {
      try {
        measure(evaluator, texts[i], end, convention, i, nats, weights);
      } catch (CancellationException e) {
        throw new CancellationException(
            "perplexity: interrupted after %d of %d texts".formatted(i, texts.length));
      }
      done.accept(i + 1);
    }
    double total = Arrays.stream(weights).sum();
    if (total == 0) {
      throw new IllegalArgumentException(
          "texts: no token that counts, needed: at least two tokens in a text");
    }
    return new GenerativePerplexity(convention, Estimate.ratio(nats, weights), (long) total);
  }

  private static void measure(
      Gpt2 evaluator,
      int[] text,
      int end,
      Convention convention,
      int i,
      double[] nats,
      double[] weights) {
    int size = Math.min(WINDOW, evaluator.config().positions());
    int stride = size / convention.readings;
    for (int from = 0, known = 0; known < text.length; from += stride) {
      int[] window = Arrays.copyOfRange(text, from, Math.min(from + size, text.length));
      float[] nll = evaluator.nll(window);
      int[] weight = convention.weights(window, end);
      for (int l = Math.max(1, known - from); l < window.length; l++) {
        nats[i] += (double) weight[l - 1] * nll[l - 1];
        weights[i] += weight[l - 1];
      }
      known = from + window.length;
    }
  }

  /**
   * The perplexity.
   *
   * @return exp of the nats a token, with its standard error
   */
  public Estimate perplexity() {
    return nats.perplexity();
  }
}
