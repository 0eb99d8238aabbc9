package org.esolm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedSet;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.esolm.data.Estimate;
import org.esolm.metric.ParetoFront;
import org.esolm.metric.ResultRow;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;

/**
 * Quality against cost, one point a result row, one colour a system, the Pareto front drawn through
 * those that no other dominates (Figures 4 and 17 of arXiv 2506.01928 v4).
 */
public final class ParetoPlot {
  private static final Color FRONT = new Color(0xB8B8B8);

  private ParetoPlot() {}

  private record Point(ResultRow row, Estimate x, Estimate y) {
    /** What tells points of one system apart. */
    String label() {
      List<String> parts = new ArrayList<>();
      if (row.alpha0() != null) {
        parts.add(Charts.number(row.alpha0()));
      }
      if (row.steps() != null) {
        parts.add(row.steps().toString());
      }
      return String.join("/", parts);
    }
  }

  /**
   * Draws the plot. Rows without one of the two numbers are left out.
   *
   * @param title above the plot
   * @param rows any number, at least one with both numbers
   * @param cost the horizontal axis
   * @param quality the vertical axis
   * @param truth the value of {@code quality} that the language itself has, drawn as a dashed line
   * @return the figure
   */
  public static Figure of(
      String title, List<ResultRow> rows, Axis cost, Axis quality, OptionalDouble truth) {
    List<Point> points =
        rows.stream()
            .map(row -> new Point(row, cost.value().apply(row), quality.value().apply(row)))
            .filter(p -> isFinite(p.x) && isFinite(p.y))
            .toList();
    if (points.isEmpty()) {
      throw new IllegalArgumentException(
          "rows: none of %d has both %s and %s"
              .formatted(rows.size(), cost.title(), quality.title()));
    }
    List<Point> front =
        new ParetoFront<Point>(p -> p.x.value(), cost.better(), p -> p.y.value(), quality.better())
            .of(points);
    XYChart chart = Charts.chart(title, cost.title() + legendOfLabels(points), quality.title());
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    limits(chart, points, truth);

    XYSeries frontLine =
        Charts.line(chart, "Pareto front", values(front, true), values(front, false), FRONT);
    frontLine.setLineStyle(new BasicStroke(3, BasicStroke.CAP_ROUND, BasicStroke.JOIN_ROUND));
    Map<String, List<Point>> bySystem =
        points.stream()
            .collect(
                Collectors.groupingBy(
                    p -> p.row.system(), LinkedHashMap::new, Collectors.toList()));
    SequencedSet<String> systems = new LinkedHashSet<>(bySystem.keySet());
    Map<String, Palette.Style> styles = Palette.of(systems);
    bySystem.forEach((system, own) -> scatter(chart, system, own, styles.get(system)));
    truth.ifPresent(value -> Charts.level(chart, "true law: " + Charts.number(value), value));
    return new Figure(chart, labels(points, front, styles));
  }

  private static boolean isFinite(Estimate e) {
    return e != null && Double.isFinite(e.value());
  }

  private static String legendOfLabels(List<Point> points) {
    boolean alpha0 = points.stream().anyMatch(p -> p.row.alpha0() != null);
    boolean steps = points.stream().anyMatch(p -> p.row.steps() != null);
    if (!alpha0 && !steps) {
      return "";
    }
    return "     (labels: " + (alpha0 ? steps ? "α0/T" : "α0" : "T") + ")";
  }

  private static void limits(XYChart chart, List<Point> points, OptionalDouble truth) {
    var x = DoubleStream.of(values(points, true)).summaryStatistics();
    var y =
        DoubleStream.concat(DoubleStream.of(values(points, false)), truth.stream())
            .summaryStatistics();
    Charts.xAxis(chart, x.getMin(), x.getMax());
    Charts.yAxis(chart, y.getMin(), y.getMax());
  }

  private static double[] values(List<Point> points, boolean ofX) {
    return points.stream().mapToDouble(p -> (ofX ? p.x : p.y).value()).toArray();
  }

  private static void scatter(
      XYChart chart, String system, List<Point> points, Palette.Style style) {
    double[] errors =
        points.stream()
            .mapToDouble(p -> p.y.standardError())
            .map(e -> Double.isFinite(e) ? e : 0)
            .toArray();
    boolean uncertain = DoubleStream.of(errors).anyMatch(e -> e > 0);
    XYSeries series =
        chart.addSeries(
            system, values(points, true), values(points, false), uncertain ? errors : null);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    series.setMarker(style.marker());
    series.setMarkerColor(style.color());
    series.setLineColor(style.color());
  }

  /** The front's first, as they matter most where there is no room for all. */
  private static List<PointLabels.Label> labels(
      List<Point> points, List<Point> front, Map<String, Palette.Style> styles) {
    SequencedSet<Point> ordered = new LinkedHashSet<>(front);
    ordered.addAll(points);
    return ordered.stream()
        .map(
            p ->
                new PointLabels.Label(
                    p.x.value(),
                    p.y.value(),
                    p.label(),
                    styles.get(p.row.system()).color(),
                    front.contains(p)))
        .toList();
  }
}
