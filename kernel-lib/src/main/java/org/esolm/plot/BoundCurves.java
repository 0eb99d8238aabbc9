package org.esolm.plot;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

/** Bounds on the perplexity against the number of orders K, a curve a system (tables 6 to 8). */
public final class BoundCurves {
  private BoundCurves() {}

  /**
   * One system's bounds.
   *
   * @param name the system
   * @param orders K of each bound, ascending
   * @param perplexity as many bounds
   * @param error of each that comes from drawing orders, by which curves over the same texts may
   *     differ for no reason; 0 where it is not known
   */
  public record Curve(String name, double[] orders, double[] perplexity, double[] error) {
    /** Checks the lengths. */
    public Curve {
      if (orders.length == 0
          || orders.length != perplexity.length
          || orders.length != error.length) {
        throw new IllegalArgumentException(
            "curve %s: %d orders, %d perplexities and %d errors, as many of each and at least 1 are needed"
                .formatted(name, orders.length, perplexity.length, error.length));
      }
    }
  }

  /**
   * Draws the curves.
   *
   * @param title above the plot
   * @param curves one a system, names unlike each other, at least one
   * @param truth the perplexity of the language itself, drawn as a dashed line
   * @return the figure
   */
  public static Figure of(String title, List<Curve> curves, OptionalDouble truth) {
    if (curves.isEmpty()) {
      throw new IllegalArgumentException("curves: none, at least 1 is needed");
    }
    Map<String, Palette.Style> styles =
        Palette.of(
            curves.stream().map(Curve::name).collect(Collectors.toCollection(LinkedHashSet::new)));
    XYChart chart = Charts.chart(title, "orders of a text, K", "perplexity (bound)");
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    var x = curves.stream().flatMapToDouble(c -> DoubleStream.of(c.orders)).summaryStatistics();
    var y =
        DoubleStream.concat(
                curves.stream().flatMapToDouble(c -> DoubleStream.of(c.perplexity)), truth.stream())
            .summaryStatistics();
    Charts.xAxis(chart, x.getMin(), x.getMax());
    Charts.yAxis(chart, y.getMin(), y.getMax());
    for (Curve curve : curves) {
      Palette.Style style = styles.get(curve.name);
      boolean uncertain = DoubleStream.of(curve.error).anyMatch(e -> e > 0);
      XYSeries series =
          chart.addSeries(
              curve.name, curve.orders, curve.perplexity, uncertain ? curve.error : null);
      series.setMarker(style.marker());
      series.setMarkerColor(style.color());
      series.setLineColor(style.color());
      series.setLineWidth(1.8f);
    }
    truth.ifPresent(value -> Charts.level(chart, "true law: " + Charts.number(value), value));
    return new Figure(chart, List.of());
  }
}
