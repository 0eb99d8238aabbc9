package org.esolm.experiments.lab;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.esolm.data.Corpus;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.data.Tokenizer;
import org.esolm.metric.OraclePerplexity;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.notebook.HtmlTable;

/**
 * A corpus and the configuration by which a run finds it again.
 *
 * @param config which corpus
 * @param corpus the same, opened
 */
public record OpenCorpus(CorpusConfig config, Corpus corpus) implements Displayable {
  private static final int SHOWN = 60;
  private static final int JUDGED = 20_000;

  /**
   * Opens a corpus.
   *
   * @param config which
   * @return the corpus
   */
  public static OpenCorpus of(CorpusConfig config) {
    return new OpenCorpus(config, config.open());
  }

  /**
   * Its law, for a language whose law is known.
   *
   * @return the truth
   * @throws IllegalArgumentException if the corpus is a text
   */
  public Oracle oracle() {
    return corpus
        .oracle()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "corpus: the law of '"
                        + corpus.name()
                        + "' is not known, needed: toy or markov"));
  }

  /**
   * Text to tokens and back.
   *
   * @return its tokenizer
   */
  public Tokenizer tokenizer() {
    return corpus.tokenizer();
  }

  /**
   * Held-out texts.
   *
   * @param count how many at most
   * @param length tokens of each
   * @return [count, length]
   */
  public int[][] heldOut(int count, int length) {
    return corpus.validBlocks(length).first(count);
  }

  /**
   * What a token costs under the language's own law, by the beginning of the held-out text.
   *
   * @return nats; empty where the law is not known
   */
  public OptionalDouble trueNats() {
    if (corpus.oracle().isEmpty()) {
      return OptionalDouble.empty();
    }
    int length = Math.min(128, corpus.valid().length);
    int[][] texts = heldOut(Math.max(1, JUDGED / length), length);
    double nats = Estimate.mean(OraclePerplexity.nats(oracle(), texts, 0)).value();
    return OptionalDouble.of(nats / length);
  }

  @Override
  public Display toDisplay() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("corpus", corpus.name());
    row.put("training tokens", corpus.train().length);
    row.put("held-out tokens", corpus.valid().length);
    row.put("vocabulary", corpus.vocabSize());
    trueNats().ifPresent(nats -> row.put("true perplexity", Math.exp(nats)));
    HtmlTable table = HtmlTable.of(List.of(row));
    int[] first = heldOut(1, Math.min(SHOWN, corpus.valid().length))[0];
    String text = tokenizer().decode(first) + " ...";
    return Display.html(
        table.toHtml() + "\n<blockquote>" + Display.escape(text) + "</blockquote>",
        table + "\n\n" + text);
  }

  @Override
  public String toString() {
    return "corpus " + corpus.name();
  }
}
