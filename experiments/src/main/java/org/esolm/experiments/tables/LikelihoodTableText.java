package org.esolm.experiments.tables;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.esolm.metric.ResultRow;

/** Rows of {@link LikelihoodTables} as tables to read, the paper's numbers below ours. */
public final class LikelihoodTableText {
  private LikelihoodTableText() {}

  /**
   * The tables.
   *
   * @param rows as {@link LikelihoodTables#run} returns them
   * @return tables 6 to 10 and table 2, with a line that explains each
   */
  public static String of(List<ResultRow> rows) {
    List<ResultRow> bounds = rows.stream().filter(r -> r.extra().containsKey("bound")).toList();
    List<ResultRow> spreads =
        rows.stream().filter(r -> r.extra().containsKey("estimator")).toList();
    return bounds(bounds) + (spreads.isEmpty() ? "" : "\n" + spreads(spreads));
  }

  private static String label(ResultRow row) {
    return row.system() + (row.alpha0() == null ? "" : " " + number("%.4g", row.alpha0()));
  }

  private static String number(String format, double x) {
    String text = String.format(Locale.ROOT, format, x);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  private static String bounds(List<ResultRow> rows) {
    Map<String, List<ResultRow>> systems =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    LikelihoodTableText::label, LinkedHashMap::new, Collectors.toList()));
    StringBuilder table = new StringBuilder("Bounds on the perplexity (tables 6 to 10)\n");
    table.append(String.format("%-10s", "system"));
    for (ResultRow row : systems.values().iterator().next()) {
      Object k = row.extra().get("orders");
      table.append(String.format("%16s", k == null ? "NELBO" : "K = " + k));
    }
    table.append('\n');
    systems.forEach(
        (label, own) -> {
          table.append(String.format("%-10s", label));
          for (ResultRow row : own) {
            table.append(String.format("%16s", row.perplexity().toString()));
          }
          table.append('\n');
          if (own.stream().anyMatch(r -> r.extra().containsKey("paper"))) {
            table.append(String.format("%-10s", "  paper"));
            for (ResultRow row : own) {
              Object paper = row.extra().get("paper");
              table.append(
                  paper == null
                      ? " ".repeat(16)
                      : String.format(Locale.ROOT, "%16.2f", ((Number) paper).doubleValue()));
            }
            table.append('\n');
          }
        });
    ResultRow first = rows.getFirst();
    if (first.truePerplexity() != null) {
      table.append("the language itself: ").append(first.truePerplexity()).append('\n');
    }
    return table
        .append("NELBO: by times and masks, equation 7. K: importance-weighted over K orders,")
        .append(" equation 9; K = 1 is not the NELBO of an Eso-LM,\n")
        .append("whose masks see each other in training. ±: standard error over texts, of")
        .append(" which the columns share most. Paper: LM1B.\n")
        .toString();
  }

  private static String spreads(List<ResultRow> rows) {
    Map<String, Object> first = rows.getFirst().extra();
    StringBuilder table = new StringBuilder();
    table.append(
        String.format(
            "One text of %s tokens, %s trials (table 2), nats a token%n",
            first.get("length"), first.get("trials")));
    table.append(
        String.format(
            "%-34s%12s%10s%16s%14s%8s%n",
            "estimate", "evaluations", "mean", "sd", "paper's mean", "sd"));
    for (ResultRow row : rows) {
      Map<String, Object> e = row.extra();
      table.append(
          String.format(
              Locale.ROOT,
              "%-34s%12.4g%10.3f%16s%14s%8s%n",
              e.get("estimator"),
              value(e, "evaluations"),
              value(e, "mean"),
              String.format(Locale.ROOT, "%.3f ± %.3f", value(e, "sd"), value(e, "sdError")),
              e.containsKey("paperMean") ? value(e, "paperMean") : "",
              e.containsKey("paperSd") ? value(e, "paperSd") : ""));
    }
    double ratio = value(first, "sd") / value(rows.getLast().extra(), "sd");
    return table
        .append(
            String.format(
                Locale.ROOT,
                "one order is %.1f times steadier than %.0f times and masks; in the paper, of 1,024 tokens, %.1f times%n",
                ratio,
                value(first, "evaluations"),
                value(first, "paperSd") / value(rows.getLast().extra(), "paperSd")))
        .toString();
  }

  private static double value(Map<String, Object> extra, String key) {
    return ((Number) extra.get(key)).doubleValue();
  }
}
