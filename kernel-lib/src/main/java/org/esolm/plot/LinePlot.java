package org.esolm.plot;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.esolm.data.Estimate;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

/**
 * Numbers against a number, a line or the points of a line for each series: a bound against K,
 * seconds against the length, what was measured beside what a formula says. An axis is logarithmic
 * where its values differ much.
 */
public final class LinePlot {
  private LinePlot() {}

  /**
   * One line.
   *
   * @param name in the legend; a system's name gives it the system's colour
   * @param x N values, ascending
   * @param y N values with their standard errors (NaN for none)
   * @param joined whether a line joins the points; else they stand alone
   */
  public record Series(String name, double[] x, List<Estimate> y, boolean joined) {
    /** Checks the lengths. */
    public Series {
      y = List.copyOf(y);
      if (x.length != y.size() || x.length == 0) {
        throw new IllegalArgumentException(
            "series %s: %d of x and %d of y, as many of both and at least 1 are needed"
                .formatted(name, x.length, y.size()));
      }
    }

    /**
     * A line through exact numbers.
     *
     * @param name in the legend
     * @param x N values
     * @param y N values
     * @return the series
     */
    public static Series of(String name, double[] x, double[] y) {
      return new Series(
          name, x, DoubleStream.of(y).mapToObj(v -> new Estimate(v, Double.NaN, 1)).toList(), true);
    }

    /**
     * Measured points with their errors.
     *
     * @param name in the legend
     * @param x N values
     * @param y N estimates
     * @return the series
     */
    public static Series measured(String name, double[] x, List<Estimate> y) {
      return new Series(name, x, y, true);
    }

    /**
     * The same, as points alone.
     *
     * @return a copy
     */
    public Series asPoints() {
      return new Series(name, x, y, false);
    }
  }

  /**
   * Draws the lines.
   *
   * @param title above the plot
   * @param xTitle of the horizontal axis, with the unit
   * @param yTitle of the vertical axis, with the unit
   * @param series at least one, names unlike each other
   * @return the figure
   */
  public static Figure of(String title, String xTitle, String yTitle, List<Series> series) {
    return of(title, xTitle, yTitle, series, OptionalDouble.empty());
  }

  /**
   * Draws the lines and the value that the language's own law has.
   *
   * @param title above the plot
   * @param xTitle of the horizontal axis, with the unit
   * @param yTitle of the vertical axis, with the unit
   * @param series at least one, names unlike each other
   * @param truth drawn as a dashed line
   * @return the figure
   */
  public static Figure of(
      String title, String xTitle, String yTitle, List<Series> series, OptionalDouble truth) {
    if (series.isEmpty()) {
      throw new IllegalArgumentException("series: none, at least 1 is needed");
    }
    Map<String, Palette.Style> styles =
        Palette.of(
            series.stream().map(Series::name).collect(Collectors.toCollection(LinkedHashSet::new)));
    XYChart chart = Charts.chart(title, xTitle, yTitle);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    var x = series.stream().flatMapToDouble(s -> DoubleStream.of(s.x)).summaryStatistics();
    List<Double> heights = new ArrayList<>();
    series.forEach(s -> s.y.stream().map(Estimate::value).forEach(heights::add));
    truth.ifPresent(heights::add);
    var y = heights.stream().mapToDouble(h -> h).filter(Double::isFinite).summaryStatistics();
    Charts.xAxis(chart, x.getMin(), x.getMax());
    Charts.yAxis(chart, y.getMin(), y.getMax());
    series.forEach(s -> draw(chart, s, styles.get(s.name)));
    truth.ifPresent(value -> Charts.level(chart, "true law: " + Charts.number(value), value));
    return new Figure(chart, List.of());
  }

  private static void draw(XYChart chart, Series series, Palette.Style style) {
    double[] y = series.y.stream().mapToDouble(Estimate::value).toArray();
    double[] errors =
        series.y.stream()
            .mapToDouble(Estimate::standardError)
            .map(e -> Double.isFinite(e) ? e : 0)
            .toArray();
    boolean uncertain = DoubleStream.of(errors).anyMatch(e -> e > 0);
    XYSeries drawn = chart.addSeries(series.name, series.x, y, uncertain ? errors : null);
    drawn.setXYSeriesRenderStyle(
        series.joined ? XYSeries.XYSeriesRenderStyle.Line : XYSeries.XYSeriesRenderStyle.Scatter);
    drawn.setLineColor(style.color());
    drawn.setLineWidth(1.8f);
    drawn.setMarker(style.marker());
    drawn.setMarkerColor(style.color());
  }
}
