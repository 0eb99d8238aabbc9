package org.esolm.experiments;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.esolm.metric.ResultRow;
import org.esolm.plot.Axis;
import org.esolm.plot.BoundCurves;
import org.esolm.plot.Figure;
import org.esolm.plot.LossCurves;
import org.esolm.plot.LossCurves.Curve;
import org.esolm.plot.ParetoPlot;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The figures of an experiment, drawn from its numbers alone: {@code DIR/results.jsonl}, one {@link
 * ResultRow} a line, and {@code DIR/runs/NAME/metrics.jsonl}, a training run each, become {@code
 * DIR/figures/*.png} and {@code *.svg}. What is not there is not drawn.
 */
public final class Figures {
  private Figures() {}

  /**
   * Draws all figures that the numbers allow, in the place of those of before.
   *
   * @param dir an experiment's folder
   * @return the files written
   * @throws IOException if a file cannot be read or written
   * @throws IllegalArgumentException if there is nothing to draw, or a line that is no number's
   */
  public static List<Path> draw(Path dir) throws IOException {
    Path results = dir.resolve("results.jsonl");
    List<ResultRow> rows = Files.exists(results) ? ResultRow.read(results) : List.of();
    List<Path> files = new ArrayList<>();
    for (Axis cost : List.of(Axis.SECONDS, Axis.NFE)) {
      if (rows.stream().anyMatch(row -> hasBoth(row, cost))) {
        String name = cost == Axis.NFE ? "pareto-nfe" : "pareto-seconds";
        files.addAll(write(pareto(rows, cost), dir, name));
      }
    }
    Optional<Figure> bounds = bounds(rows);
    if (bounds.isPresent()) {
      files.addAll(write(bounds.get(), dir, "bounds"));
    }
    Optional<Figure> loss = loss(dir, rows);
    if (loss.isPresent()) {
      files.addAll(write(loss.get(), dir, "loss"));
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException(
          dir
              + ": nothing to draw, needed: results.jsonl with rows of samples or bounds, or runs/*/metrics.jsonl;"
              + " eso reproduce and eso tables make them");
    }
    return files;
  }

  /**
   * Quality of samples against their cost.
   *
   * @param rows of samples
   * @param cost seconds or NFE
   * @return the figure, with the language's own perplexity where the rows know it
   */
  public static Figure pareto(List<ResultRow> rows, Axis cost) {
    String title = "Quality of samples against " + (cost == Axis.NFE ? "NFE" : "time");
    return ParetoPlot.of(title, rows, cost, Axis.SAMPLE_PERPLEXITY, truth(rows));
  }

  /**
   * Bounds over orders against their number.
   *
   * @param rows those with {@code orders} among their extra numbers are drawn
   * @return the figure; empty where there are none
   */
  public static Optional<Figure> bounds(List<ResultRow> rows) {
    Map<String, List<ResultRow>> systems =
        rows.stream()
            .filter(row -> row.extra().get("orders") instanceof Number && row.perplexity() != null)
            .collect(Collectors.groupingBy(Figures::name, LinkedHashMap::new, Collectors.toList()));
    List<BoundCurves.Curve> curves = new ArrayList<>();
    systems.forEach(
        (name, own) ->
            curves.add(
                new BoundCurves.Curve(
                    name,
                    own.stream().mapToDouble(row -> number(row, "orders")).toArray(),
                    own.stream().mapToDouble(row -> row.perplexity().value()).toArray(),
                    own.stream().mapToDouble(row -> number(row, "orderError")).toArray())));
    return curves.isEmpty()
        ? Optional.empty()
        : Optional.of(BoundCurves.of("Likelihood over K orders", curves, truth(rows)));
  }

  private static String name(ResultRow row) {
    return row.alpha0() == null
        ? row.system()
        : row.system()
            + " "
            + BigDecimal.valueOf(row.alpha0()).stripTrailingZeros().toPlainString();
  }

  private static double number(ResultRow row, String key) {
    return row.extra().get(key) instanceof Number n ? n.doubleValue() : 0;
  }

  /**
   * Quality of samples against function evaluations.
   *
   * @param rows of samples
   * @return the figure, with the language's own perplexity where the rows know it
   */
  public static Figure pareto(List<ResultRow> rows) {
    return pareto(rows, Axis.NFE);
  }

  /**
   * Training losses of all runs.
   *
   * @param dir an experiment's folder
   * @param rows its rows, for the language's own entropy; may be empty
   * @return the figure; empty where no run has a metric
   * @throws IOException if a file cannot be read
   */
  public static Optional<Figure> loss(Path dir, List<ResultRow> rows) throws IOException {
    List<Curve> curves = curves(dir.resolve("runs"));
    OptionalDouble truth = truth(rows);
    OptionalDouble entropy =
        truth.isPresent()
            ? OptionalDouble.of(Math.log(truth.getAsDouble()))
            : OptionalDouble.empty();
    return curves.isEmpty()
        ? Optional.empty()
        : Optional.of(LossCurves.of("Training loss", curves, entropy));
  }

  private static OptionalDouble truth(List<ResultRow> rows) {
    return rows.stream()
        .filter(row -> row.truePerplexity() != null)
        .mapToDouble(row -> row.truePerplexity().value())
        .average();
  }

  private static boolean hasBoth(ResultRow row, Axis cost) {
    return cost.value().apply(row) != null && row.samplePerplexity() != null;
  }

  private static List<Path> write(Figure figure, Path dir, String name) throws IOException {
    Path png = dir.resolve("figures").resolve(name + ".png");
    Path svg = dir.resolve("figures").resolve(name + ".svg");
    figure.toPng(png);
    figure.toSvg(svg);
    return List.of(png, svg);
  }

  private static List<Curve> curves(Path runs) throws IOException {
    if (!Files.isDirectory(runs)) {
      return List.of();
    }
    List<Curve> curves = new ArrayList<>();
    try (Stream<Path> folders = Files.list(runs)) {
      for (Path folder : folders.sorted().toList()) {
        Path metrics = folder.resolve("metrics.jsonl");
        List<double[]> points = Files.exists(metrics) ? points(metrics) : List.of();
        if (!points.isEmpty()) {
          curves.add(
              new Curve(
                  folder.getFileName().toString(),
                  points.stream().mapToDouble(p -> p[0]).toArray(),
                  points.stream().mapToDouble(p -> p[1]).toArray()));
        }
      }
    }
    return curves;
  }

  /** Steps and losses; a last line that is still being written is left out. */
  private static List<double[]> points(Path metrics) throws IOException {
    String text = Files.readString(metrics);
    List<double[]> points = new ArrayList<>();
    for (String line : text.substring(0, text.lastIndexOf('\n') + 1).lines().toList()) {
      JsonNode row = row(metrics, line);
      if (row.path("step").isNumber() && row.path("loss").isNumber()) {
        points.add(new double[] {row.get("step").asDouble(), row.get("loss").asDouble()});
      }
    }
    return points;
  }

  private static JsonNode row(Path metrics, String line) {
    try {
      return JsonMapper.shared().readTree(line);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(metrics + ": not a line of JSON: " + line, e);
    }
  }
}
