package org.esolm.experiments.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.esolm.experiments.bench.Growth.Axis;
import org.esolm.experiments.bench.Growth.Point;
import org.esolm.plot.Figure;
import org.esolm.plot.ScalingPlot;

/** The rows of {@link Growth} as a table and figures. */
public final class GrowthReport {
  private GrowthReport() {}

  /** One model's points along an axis, those with seconds. */
  private record Line(String model, List<Double> x, List<Double> seconds) {}

  private static Optional<Map<String, Object>> find(List<Map<String, Object>> rows, Point point) {
    var key = point.key().entrySet();
    return rows.stream().filter(row -> row.entrySet().containsAll(key)).findFirst();
  }

  private static List<Line> lines(Axis axis, List<Map<String, Object>> rows) {
    List<Line> lines = new ArrayList<>();
    for (String model : Work.MODELS) {
      Line line = new Line(model, new ArrayList<>(), new ArrayList<>());
      for (int value : axis.values()) {
        find(rows, new Point(axis, model, value))
            .map(row -> Numbers.of(row, "seconds"))
            .ifPresent(
                seconds -> {
                  line.x.add((double) value);
                  line.seconds.add(seconds);
                });
      }
      if (!line.x.isEmpty()) {
        lines.add(line);
      }
    }
    return lines;
  }

  /**
   * A table for each size that grew.
   *
   * @param rows of the measurement
   * @return tables in Markdown
   */
  public static String markdown(List<Map<String, Object>> rows) {
    StringBuilder text = new StringBuilder("The sizes that stay: " + Growth.BASE_SIZES + ".\n");
    text.append(
        "The fastest step or batch, and the memory that its process had resident at most (the Java heap kept small); ");
    text.append("`~`: other processes took more than a tenth of the machine meanwhile.\n");
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
          Point point = new Point(axis, line.model, value);
          text.append(find(rows, point).map(row -> " " + Growth.told(row)).orElse("")).append(" |");
        }
        text.append(" ").append(PowerLaw.exponent(line.x, line.seconds)).append(" |");
      }
      text.append("\n");
    }
    List<String> starts =
        rows.stream()
            .filter(row -> row.containsKey("start"))
            .map(
                row ->
                    "| `%s` | %s (least %s) |"
                        .formatted(
                            row.get("start"),
                            Numbers.seconds(Numbers.of(row, "seconds")),
                            Numbers.seconds(Numbers.of(row, "least"))))
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
            "growth-" + axis.what() + "-" + axis.name(),
            ScalingPlot.of(what + " by " + axis.name(), axis.name(), "seconds", lines));
      }
    }
    return figures;
  }
}
