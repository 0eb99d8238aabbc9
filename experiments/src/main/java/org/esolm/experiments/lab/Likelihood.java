package org.esolm.experiments.lab;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.esolm.data.Estimate;
import org.esolm.metric.CorpusLikelihood;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.notebook.HtmlTable;

/**
 * How likely a run's network finds held-out text.
 *
 * @param system its label
 * @param question which bound, of how many texts, over how many orders
 * @param measured the answer
 */
public record Likelihood(
    String system, CorpusLikelihood.Question question, CorpusLikelihood measured)
    implements Displayable {

  /**
   * The perplexity that the bound gives.
   *
   * @return exp of the nats a token
   */
  public Estimate perplexity() {
    return measured.nats().perplexity();
  }

  /**
   * One line of a table.
   *
   * @return name to value
   */
  public Map<String, Object> row() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("system", system);
    row.put("bound", question.bound());
    row.put("K", question.orders());
    row.put("texts", measured.texts());
    row.put("nats a token", measured.nats());
    row.put("perplexity", perplexity());
    measured.trueNats().ifPresent(t -> row.put("true perplexity", t.perplexity()));
    measured.klToTruth().ifPresent(kl -> row.put("KL to the truth", kl));
    return row;
  }

  /**
   * Several as one table.
   *
   * @param likelihoods any number
   * @return the table
   */
  public static HtmlTable table(List<Likelihood> likelihoods) {
    return HtmlTable.of(likelihoods.stream().map(Likelihood::row).toList());
  }

  @Override
  public Display toDisplay() {
    return table(List.of(this)).toDisplay();
  }

  @Override
  public String toString() {
    return toDisplay().toString();
  }
}
