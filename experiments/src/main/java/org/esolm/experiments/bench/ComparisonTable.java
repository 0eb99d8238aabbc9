package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The rows of a {@link Comparison} as a table in Markdown. */
public final class ComparisonTable {
  private final List<Map<String, Object>> rows;
  private final String peer;

  private ComparisonTable(List<Map<String, Object>> rows, String peer) {
    this.rows = rows.stream().filter(row -> !Boolean.TRUE.equals(row.get("disturbed"))).toList();
    this.peer = peer;
  }

  /**
   * A line for each work that was measured.
   *
   * @param works in the order of the table
   * @param rows of the comparison; disturbed ones are left out
   * @param peer the other program's name
   * @return a table in Markdown
   */
  public static String of(List<Work> works, List<Map<String, Object>> rows, String peer) {
    ComparisonTable table = new ComparisonTable(rows, peer);
    StringBuilder text = new StringBuilder();
    text.append("| work | ours | ").append(peer);
    text.append(
        " | times faster (quartiles) | rounds | memory, ours / peer | limit of the machine |");
    text.append(" reached, ours / peer |\n|---|---|---|---|---|---|---|---|\n");
    works.forEach(work -> text.append(table.line(work)));
    return text.toString();
  }

  private String line(Work work) {
    List<Double> ours = seconds(work, "eso");
    List<Double> theirs = seconds(work, peer);
    List<Double> ratios = ratios(work);
    if (ours.isEmpty() && theirs.isEmpty() && !tooLong(work, "eso") && !tooLong(work, peer)) {
      return "";
    }
    return String.join(
        " | ",
        "| " + work.name(),
        times(work, "eso", ours),
        times(work, peer, theirs),
        ratios.isEmpty()
            ? ""
            : "**%s** (%s to %s)"
                .formatted(
                    Numbers.digits(Numbers.median(ratios)),
                    Numbers.digits(Numbers.quantile(ratios, 0.25)),
                    Numbers.digits(Numbers.quantile(ratios, 0.75))),
        "" + ratios.size(),
        memory(work, "eso") + " / " + memory(work, peer),
        limit(work, ours, theirs) + " |\n");
  }

  private String times(Work work, String who, List<Double> seconds) {
    if (tooLong(work, who)) {
      return "too long to measure";
    }
    return seconds.isEmpty()
        ? ""
        : "%s (least %s)"
            .formatted(
                Numbers.seconds(Numbers.median(seconds)),
                Numbers.seconds(Numbers.quantile(seconds, 0)));
  }

  private List<Double> seconds(Work work, String who) {
    return rows.stream()
        .filter(row -> is(row, work.name(), who))
        .map(row -> Numbers.of(row, "seconds"))
        .filter(Objects::nonNull)
        .toList();
  }

  /** Theirs by ours in the rounds that have both. */
  private List<Double> ratios(Work work) {
    List<Double> ratios = new ArrayList<>();
    for (Map<String, Object> mine : rows) {
      for (Map<String, Object> other : rows) {
        if (is(mine, work.name(), "eso")
            && is(other, work.name(), peer)
            && mine.get("round").equals(other.get("round"))
            && mine.containsKey("seconds")
            && other.containsKey("seconds")) {
          ratios.add(Numbers.of(other, "seconds") / Numbers.of(mine, "seconds"));
        }
      }
    }
    return ratios;
  }

  private boolean tooLong(Work work, String who) {
    return rows.stream()
        .anyMatch(row -> is(row, work.name(), who) && Boolean.TRUE.equals(row.get("too_long")));
  }

  private String memory(Work work, String who) {
    List<Double> peaks =
        rows.stream()
            .filter(row -> is(row, work.name(), who))
            .map(row -> Numbers.of(row, "peak_mib"))
            .filter(Objects::nonNull)
            .toList();
    return peaks.isEmpty() ? "" : "%.0f MiB".formatted(Numbers.median(peaks));
  }

  /** What bounds the work, and how near to it both came. */
  private String limit(Work work, List<Double> ours, List<Double> theirs) {
    double sgemm = rate(work, "sgemm_gflops") * 1e9;
    double read = rate(work, "read_gb_s") * 1e9;
    if (ours.isEmpty() || Double.isNaN(sgemm) || Double.isNaN(read)) {
      return " | ";
    }
    double median = Numbers.median(ours);
    double least;
    boolean reading = false;
    if (work.training()) {
      least = values(work, "fraction").isEmpty() ? Double.NaN : least(work);
    } else {
      Bound bound = Bound.of(work, Numbers.median(values(work, "nfe")));
      least = bound.seconds(sgemm, read);
      reading = bound.byReading(sgemm, read);
    }
    String what =
        reading
            ? "reading at %s GB/s: %s"
                .formatted(Numbers.digits(read * 1e-9), Numbers.seconds(least))
            : "products at %s GFLOP/s: %s"
                .formatted(Numbers.digits(sgemm * 1e-9), Numbers.seconds(least));
    return what
        + " | "
        + Numbers.percent(least / median)
        + " / "
        + (theirs.isEmpty() ? "" : Numbers.percent(least / Numbers.median(theirs)));
  }

  /** Of a training step: what it measured against the rate of products in its own process. */
  private double least(Work work) {
    List<Double> least = new ArrayList<>();
    for (Map<String, Object> row : rows) {
      if (is(row, work.name(), "eso") && row.get("line") instanceof Map<?, ?> line) {
        least.add(Numbers.of(row, "seconds") * ((Number) line.get("fraction")).doubleValue());
      }
    }
    return Numbers.median(least);
  }

  private List<Double> values(Work work, String key) {
    return rows.stream()
        .filter(row -> is(row, work.name(), "eso") && row.get("line") instanceof Map)
        .map(row -> ((Map<?, ?>) row.get("line")).get(key))
        .filter(Number.class::isInstance)
        .map(value -> ((Number) value).doubleValue())
        .toList();
  }

  private double rate(Work work, String key) {
    List<Double> rates =
        rows.stream()
            .filter(row -> is(row, work.shape().name(), "machine"))
            .filter(row -> row.get("line") instanceof Map)
            .map(row -> ((Number) ((Map<?, ?>) row.get("line")).get(key)).doubleValue())
            .toList();
    return rates.isEmpty() ? Double.NaN : Numbers.median(rates);
  }

  private static boolean is(Map<String, Object> row, String work, String who) {
    return work.equals(row.get("work")) && who.equals(row.get("who"));
  }
}
