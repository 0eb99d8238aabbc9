package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.esolm.experiments.bench.Latency.Entry;
import org.esolm.experiments.bench.Latency.Settings;
import org.esolm.plot.Figure;
import org.esolm.plot.ScalingPlot;

/** The rows of {@link Latency} as tables and a figure, beside the paper's numbers. */
public final class LatencyReport {
  /**
   * Table 11 of arXiv 2506.01928 v4: seconds of one sequence of 2048 and of 8192 tokens, on an
   * A6000.
   */
  private static final Map<String, List<Double>> PAPER =
      Map.of(
          "ar", List.of(13.3, 54.0),
          "mdlm", List.of(201.3, 5438.3),
          "bd3lm 4", List.of(24.3, 312.0),
          "bd3lm 16", List.of(21.3, 268.1),
          "eso", List.of(14.6, 82.1));

  private static final List<Integer> PAPER_LENGTHS = List.of(2048, 8192);
  private static final String ESO = "eso";

  private final Settings settings;
  private final List<Map<String, Object>> rows;

  /**
   * Chooses the rows of a measurement.
   *
   * @param settings of the measurement
   * @param rows that were measured; those of other settings are left out
   */
  public LatencyReport(Settings settings, List<Map<String, Object>> rows) {
    this.settings = settings;
    var key = settings.key().entrySet();
    this.rows = rows.stream().filter(row -> row.entrySet().containsAll(key)).toList();
  }

  /**
   * Seconds by length with the exponent of their growth, and every system's seconds by Eso-LM's.
   *
   * @return two tables in Markdown
   */
  public String markdown() {
    List<Integer> lengths =
        rows.stream().map(row -> Numbers.of(row, "length").intValue()).distinct().sorted().toList();
    StringBuilder text = new StringBuilder(sizes()).append("\n");
    head(text, "seconds of one sequence", lengths, "exponent", "paper's exponent");
    for (Entry system : Latency.SYSTEMS) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      text.append("| ").append(system.name()).append(" |");
      for (int length : lengths) {
        text.append(" ").append(cell(system.name(), length)).append(" |");
        Double seconds = seconds(system.name(), length);
        if (seconds != null) {
          x.add((double) length);
          y.add(seconds);
        }
      }
      PAPER.get(system.name()).forEach(s -> text.append(" ").append(s).append(" |"));
      text.append(" ").append(PowerLaw.exponent(x, y)).append(" | ");
      text.append(
          PowerLaw.exponent(
              PAPER_LENGTHS.stream().map(Integer::doubleValue).toList(), PAPER.get(system.name())));
      text.append(" |\n");
    }
    text.append("\n`*`: a few evaluations, spread over the run, were timed, and the whole ");
    text.append("extrapolated; in brackets how many of how many.\n\n");
    head(text, "by Eso-LM's", lengths);
    for (Entry system : Latency.SYSTEMS) {
      text.append("| ").append(system.name()).append(" |");
      for (int length : lengths) {
        Double mine = seconds(system.name(), length);
        Double eso = seconds(ESO, length);
        text.append(mine == null || eso == null ? " |" : " " + Numbers.digits(mine / eso) + " |");
      }
      for (int i = 0; i < PAPER_LENGTHS.size(); i++) {
        double ratio = PAPER.get(system.name()).get(i) / PAPER.get(ESO).get(i);
        text.append(" ").append(Numbers.digits(ratio)).append(" |");
      }
      text.append("\n");
    }
    return text.toString();
  }

  private static void head(
      StringBuilder text, String first, List<Integer> lengths, String... last) {
    text.append("| ").append(first).append(" |");
    lengths.forEach(length -> text.append(" L = ").append(length).append(" |"));
    PAPER_LENGTHS.forEach(length -> text.append(" paper, L = ").append(length).append(" |"));
    for (String column : last) {
      text.append(" ").append(column).append(" |");
    }
    int columns = 1 + lengths.size() + PAPER_LENGTHS.size() + last.length;
    text.append("\n|").append("---|".repeat(columns)).append("\n");
  }

  private String sizes() {
    Shape s = settings.shape();
    return "%s: width %d, %d layers, %d heads, vocabulary %d; %d threads; runs of more than %s s are extrapolated or left out.\n"
        .formatted(
            s.name(),
            s.hidden(),
            s.blocks(),
            s.heads(),
            s.vocab(),
            settings.threads(),
            Numbers.digits(settings.limit()));
  }

  private String cell(String system, int length) {
    Map<String, Object> row = find(system, length);
    if (row == null) {
      return "";
    }
    if (!row.containsKey("seconds")) {
      return "more than " + Numbers.digits(settings.limit());
    }
    String seconds = Numbers.digits(Numbers.of(row, "seconds"));
    return isExtrapolated(row)
        ? "%s* (%s of %s)".formatted(seconds, row.get("timed"), row.get("nfe"))
        : seconds;
  }

  private static boolean isExtrapolated(Map<String, Object> row) {
    return row.containsKey("seconds") && !row.get("timed").equals(row.get("nfe"));
  }

  private Double seconds(String system, int length) {
    Map<String, Object> row = find(system, length);
    return row == null ? null : Numbers.of(row, "seconds");
  }

  private Map<String, Object> find(String system, int length) {
    return rows.stream()
        .filter(row -> system.equals(row.get("system")))
        .filter(row -> Numbers.of(row, "length") == length)
        .findFirst()
        .orElse(null);
  }

  /**
   * Seconds against length on logarithmic axes, the paper's dashed.
   *
   * @return the figure
   */
  public Figure figure() {
    List<ScalingPlot.Line> lines = new ArrayList<>();
    for (Entry system : Latency.SYSTEMS) {
      List<Map<String, Object>> own =
          rows.stream()
              .filter(row -> system.name().equals(row.get("system")) && row.containsKey("seconds"))
              .sorted(Comparator.comparing(row -> Numbers.of(row, "length")))
              .toList();
      if (!own.isEmpty()) {
        lines.add(
            ScalingPlot.Line.of(
                    system.name(),
                    own.stream().map(row -> Numbers.of(row, "length")).toList(),
                    own.stream().map(row -> Numbers.of(row, "seconds")).toList())
                .named(legend(system.name(), own)));
      }
    }
    for (Entry system : Latency.SYSTEMS) {
      lines.add(
          ScalingPlot.Line.of(
                  system.name(),
                  PAPER_LENGTHS.stream().map(Integer::doubleValue).toList(),
                  PAPER.get(system.name()))
              .dashed("paper: " + system.name()));
    }
    return ScalingPlot.of(
        "Seconds of one sequence, one token an evaluation", "L", "seconds", lines);
  }

  static String legend(String system, List<Map<String, Object>> rows) {
    return rows.stream()
        .filter(LatencyReport::isExtrapolated)
        .findFirst()
        .map(row -> "%s (extrapolated from L = %s)".formatted(system, row.get("length")))
        .orElse(system);
  }
}
