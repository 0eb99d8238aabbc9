package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.esolm.experiments.bench.Growth.Axis;
import org.esolm.plot.Figure;
import org.esolm.plot.ScalingPlot;

/** The rows of {@link Growth} as a table and figures. */
public final class GrowthReport {
  private GrowthReport() {}

  /** One model's points along an axis. */
  private record Line(String model, List<Double> x, List<Double> seconds, List<Double> peaks) {
    static Line of(Axis axis, String model, List<Map<String, Object>> rows) {
      Line line = new Line(model, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
      for (int value : axis.values()) {
        find(rows, Growth.key(axis, model, value))
            .filter(row -> row.containsKey("seconds"))
            .ifPresent(
                row -> {
                  line.x.add((double) value);
                  line.seconds.add(Numbers.of(row, "seconds"));
                  Double peak = Numbers.of(row, "peak_mib");
                  line.peaks.add(peak == null ? Double.NaN : peak);
                });
      }
      return line;
    }

    private static Optional<Map<String, Object>> find(
        List<Map<String, Object>> rows, Map<String, Object> key) {
      return rows.stream().filter(row -> row.entrySet().containsAll(key.entrySet())).findFirst();
    }

    String exponent() {
      return x.size() < 2 ? "" : "%.2f".formatted(PowerLaw.fit(x, seconds).exponent());
    }
  }

  private static List<Line> lines(Axis axis, List<Map<String, Object>> rows) {
    return Work.MODELS.stream()
        .map(model -> Line.of(axis, model, rows))
        .filter(line -> !line.x.isEmpty())
        .toList();
  }

  /**
   * A table for each size that grew.
   *
   * @param rows of the measurement
   * @return tables in Markdown
   */
  public static String markdown(List<Map<String, Object>> rows) {
    StringBuilder text = new StringBuilder("The sizes that stay: " + Growth.BASE_SIZES + ".\n");
    for (Axis axis : Growth.AXES) {
      List<Line> lines = lines(axis, rows);
      if (lines.isEmpty()) {
        continue;
      }
      text.append("\n| %s, by %s |".formatted(axis.what(), axis.name()));
      axis.values().forEach(v -> text.append(" %d |".formatted(v)));
      text.append(" exponent |\n|---|").append("---|".repeat(axis.values().size() + 1));
      for (Line line : lines) {
        text.append("\n| ").append(line.model).append(" |");
        for (int value : axis.values()) {
          int at = line.x.indexOf((double) value);
          text.append(
              at < 0
                  ? " |"
                  : " %s, %.0f MiB |"
                      .formatted(Numbers.seconds(line.seconds.get(at)), line.peaks.get(at)));
        }
        text.append(" ").append(line.exponent()).append(" |");
      }
      text.append("\n");
    }
    List<String> starts =
        rows.stream()
            .filter(row -> row.containsKey("start"))
            .map(
                row ->
                    "| `%s` | %s |"
                        .formatted(row.get("start"), Numbers.seconds(Numbers.of(row, "seconds"))))
            .toList();
    if (!starts.isEmpty()) {
      text.append("\n| command, from its start to its end | |\n|---|---|\n");
      text.append(starts.stream().collect(Collectors.joining("\n"))).append("\n");
    }
    return text.toString();
  }

  /**
   * Seconds against every size that grew.
   *
   * @param rows of the measurement
   * @return figures by the names of their files
   */
  public static Map<String, Figure> figures(List<Map<String, Object>> rows) {
    Map<String, Figure> figures = new LinkedHashMap<>();
    for (Axis axis : Growth.AXES) {
      List<ScalingPlot.Line> lines =
          lines(axis, rows).stream()
              .map(line -> ScalingPlot.Line.of(line.model, line.x, line.seconds))
              .toList();
      if (!lines.isEmpty()) {
        String what = axis.what().equals("train") ? "A training step" : "Sampling";
        figures.put(
            axis.what() + "-" + axis.name(),
            ScalingPlot.of(what + " by " + axis.name(), axis.name(), "seconds", lines));
      }
    }
    return figures;
  }
}
