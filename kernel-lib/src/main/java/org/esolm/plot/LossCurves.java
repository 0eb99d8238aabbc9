package org.esolm.plot;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import org.knowm.xchart.XYChart;

/** Loss against training step, several runs in one figure. */
public final class LossCurves {
  /** More points than this are averaged in groups: a line cannot show them. */
  private static final int MAX_POINTS = 300;

  private LossCurves() {}

  /**
   * One run's losses.
   *
   * @param name the run or system
   * @param step N training steps, ascending
   * @param loss N losses in nats a token
   */
  public record Curve(String name, double[] step, double[] loss) {
    /** Checks the lengths. */
    public Curve {
      if (step.length != loss.length || step.length == 0) {
        throw new IllegalArgumentException(
            "curve %s: %d steps and %d losses, as many of both and at least 1 are needed"
                .formatted(name, step.length, loss.length));
      }
    }

    /** Means of neighbours, at most {@link #MAX_POINTS} of them. */
    private Curve thinned() {
      int group = Math.ceilDiv(step.length, MAX_POINTS);
      int n = Math.ceilDiv(step.length, group);
      double[] steps = new double[n];
      double[] losses = new double[n];
      for (int i = 0; i < n; i++) {
        int from = i * group;
        int to = Math.min(from + group, step.length);
        for (int j = from; j < to; j++) {
          steps[i] += step[j] / (to - from);
          losses[i] += loss[j] / (to - from);
        }
      }
      return new Curve(name, steps, losses);
    }
  }

  /**
   * Draws the curves. The noise of long runs is averaged over groups of neighbouring steps.
   *
   * @param title above the plot
   * @param curves one a run, names unlike each other, at least one
   * @param truth the loss that the language's own law has, drawn as a dashed line
   * @return the figure
   */
  public static Figure of(String title, List<Curve> curves, OptionalDouble truth) {
    if (curves.isEmpty()) {
      throw new IllegalArgumentException("curves: none, at least 1 is needed");
    }
    List<Curve> drawn = curves.stream().map(Curve::thinned).toList();
    Map<String, Palette.Style> styles =
        Palette.of(
            drawn.stream().map(Curve::name).collect(Collectors.toCollection(LinkedHashSet::new)));
    XYChart chart = Charts.chart(title, "training step", "loss [nats a token]");
    var x = drawn.stream().flatMapToDouble(c -> DoubleStream.of(c.step)).summaryStatistics();
    var y =
        DoubleStream.concat(
                drawn.stream()
                    .flatMapToDouble(c -> DoubleStream.of(c.loss))
                    .filter(Double::isFinite),
                truth.stream())
            .summaryStatistics();
    Charts.linearXAxis(chart, x.getMin(), x.getMax());
    Charts.yAxis(chart, y.getMin(), y.getMax());
    for (Curve curve : drawn) {
      Charts.line(chart, curve.name, curve.step, curve.loss, styles.get(curve.name).color());
    }
    truth.ifPresent(value -> Charts.level(chart, "true law: " + Charts.number(value), value));
    return new Figure(chart, List.of());
  }
}
