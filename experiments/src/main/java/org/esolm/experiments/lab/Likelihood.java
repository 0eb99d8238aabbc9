package org.esolm.experiments.lab;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.OraclePerplexity;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.notebook.HtmlTable;

/**
 * How likely a network finds texts.
 *
 * @param system its label
 * @param bound which bound
 * @param texts how many texts
 * @param natsPerToken the bound
 * @param trueNatsPerToken of the same texts under the language's law, where it is known
 * @param klToTruth the difference, paired, nats a token
 */
public record Likelihood(
    String system,
    String bound,
    int texts,
    Estimate natsPerToken,
    Optional<Estimate> trueNatsPerToken,
    Optional<Estimate> klToTruth)
    implements Displayable {

  static Likelihood of(Run run, TrainedRun network, String bound, int[][] texts, double[] nats) {
    int length = texts[0].length;
    int scored = network.objective().scoredTokens(length);
    Optional<Oracle> oracle = run.corpus().corpus().oracle();
    return new Likelihood(
        run.label(),
        bound,
        texts.length,
        perToken(nats, scored),
        oracle.map(o -> perToken(OraclePerplexity.nats(o, texts, length - scored), scored)),
        oracle.map(o -> OraclePerplexity.klToTruth(o, texts, length - scored, nats)));
  }

  private static Estimate perToken(double[] nats, int tokens) {
    return Estimate.mean(Arrays.stream(nats).map(n -> n / tokens).toArray());
  }

  /**
   * The perplexity that the bound gives.
   *
   * @return exp of the nats a token
   */
  public Estimate perplexity() {
    return natsPerToken.perplexity();
  }

  /**
   * One line of a table.
   *
   * @return name to value
   */
  public Map<String, Object> row() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("system", system);
    row.put("bound", bound);
    row.put("texts", texts);
    row.put("nats a token", natsPerToken);
    row.put("perplexity", perplexity());
    trueNatsPerToken.ifPresent(t -> row.put("true perplexity", t.perplexity()));
    klToTruth.ifPresent(kl -> row.put("KL to the truth", kl));
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
