package org.esolm.experiments.reproduce;

import java.util.List;
import java.util.Locale;
import org.esolm.data.Estimate;
import org.esolm.metric.ResultRow;

/** Result rows as the table with which a reproduction ends. */
public final class ResultTable {
  private static final String FORMAT = "%-8s %7s %7s  %16s %9s  %16s %8s %7s %8s%n";

  private ResultTable() {}

  /**
   * A line for each row, columns aligned.
   *
   * @param rows the rows
   * @return the table, with a head and a line that explains it
   */
  public static String of(List<ResultRow> rows) {
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            FORMAT,
            "system",
            "alpha_0",
            "T",
            "NELBO ppl",
            "true ppl",
            "sample ppl",
            "entropy",
            "NFE",
            "seconds"));
    for (ResultRow row : rows) {
      table.append(
          String.format(
              Locale.ROOT,
              FORMAT,
              row.system()
                  + (row.extra().containsKey("blockSize")
                      ? " " + row.extra().get("blockSize")
                      : ""),
              alpha(row),
              row.steps() == null ? "" : row.steps(),
              estimate(row.perplexity()),
              row.truePerplexity() == null ? "" : "%.2f".formatted(row.truePerplexity().value()),
              estimate(row.samplePerplexity()),
              row.entropy() == null ? "" : "%.3f".formatted(row.entropy()),
              row.nfe() == null ? "" : "%.0f".formatted(row.nfe()),
              row.seconds() == null ? "" : "%.3f".formatted(row.seconds())));
    }
    ResultRow first = rows.getFirst();
    table.append(
        "NELBO ppl: bound on the perplexity of held-out text (exact for ar); true ppl: of the same text\n");
    table.append(
        "under the language itself, which no model can beat; sample ppl: of the model's samples under the\n");
    table.append("language; entropy: unigram entropy of a sample, nats (held-out text: ");
    table.append(String.format(Locale.ROOT, "%.3f", first.extra().get("corpusEntropy")));
    table
        .append("); NFE: function evaluations of a sample; seconds: for a batch of ")
        .append(first.batch())
        .append("\n");
    return table.toString();
  }

  private static String alpha(ResultRow row) {
    if (row.alpha0() == null) {
      return "";
    }
    Object trained = row.extra().get("trainedAlpha0");
    boolean same = trained == null || row.alpha0().equals(((Number) trained).doubleValue());
    return same ? row.alpha0().toString() : trained + ">" + row.alpha0();
  }

  private static String estimate(Estimate e) {
    return e == null ? "" : String.format(Locale.ROOT, "%.3f ± %.3f", e.value(), e.standardError());
  }
}
