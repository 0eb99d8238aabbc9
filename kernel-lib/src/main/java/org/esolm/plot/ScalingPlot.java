package org.esolm.plot;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedSet;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** How a cost grows with a size: a line a system, on logarithmic axes where values differ much. */
public final class ScalingPlot {
  private ScalingPlot() {}

  /**
   * One system's measurements.
   *
   * @param name in the legend
   * @param system whose colour it has
   * @param x N sizes, ascending
   * @param y N costs
   * @param dashed whether it is drawn dashed, without points
   */
  public record Line(String name, String system, double[] x, double[] y, boolean dashed) {
    /** Checks the lengths. */
    public Line {
      if (x.length != y.length || x.length == 0) {
        throw new IllegalArgumentException(
            "line %s: %d x and %d y, must be as many of both and at least 1"
                .formatted(name, x.length, y.length));
      }
    }

    /**
     * A solid line with points.
     *
     * @param system its name
     * @param x N sizes, ascending
     * @param y N costs
     * @return the line
     */
    public static Line of(String system, List<Double> x, List<Double> y) {
      return new Line(
          system,
          system,
          x.stream().mapToDouble(Double::doubleValue).toArray(),
          y.stream().mapToDouble(Double::doubleValue).toArray(),
          false);
    }

    /**
     * The same under another name.
     *
     * @param label in the legend
     * @return the line
     */
    public Line named(String label) {
      return new Line(label, system, x, y, dashed);
    }

    /**
     * The same numbers dashed, for what was measured elsewhere.
     *
     * @param label in the legend
     * @return the line
     */
    public Line dashed(String label) {
      return new Line(label, system, x, y, true);
    }
  }

  /**
   * Draws the plot.
   *
   * @param title above the plot
   * @param xTitle the size
   * @param yTitle the cost, with its unit
   * @param lines at least one, names unlike each other
   * @return the figure
   */
  public static Figure of(String title, String xTitle, String yTitle, List<Line> lines) {
    if (lines.isEmpty()) {
      throw new IllegalArgumentException("lines: none, must be at least 1");
    }
    XYChart chart = Charts.chart(title, xTitle, yTitle);
    var x = lines.stream().flatMapToDouble(l -> DoubleStream.of(l.x)).summaryStatistics();
    var y = lines.stream().flatMapToDouble(l -> DoubleStream.of(l.y)).summaryStatistics();
    Charts.xAxis(chart, x.getMin(), x.getMax());
    Charts.yAxis(chart, y.getMin(), y.getMax());
    SequencedSet<String> systems =
        lines.stream().map(Line::system).collect(Collectors.toCollection(LinkedHashSet::new));
    Map<String, Palette.Style> styles = Palette.of(systems);
    for (Line line : lines) {
      Palette.Style style = styles.get(line.system);
      XYSeries series = Charts.line(chart, line.name, line.x, line.y, style.color());
      series.setMarker(line.dashed ? SeriesMarkers.NONE : style.marker());
      series.setMarkerColor(style.color());
      if (line.dashed) {
        series.setLineStyle(Charts.DASHED);
      }
    }
    return new Figure(chart, List.of());
  }
}
