package org.esolm.plot;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.math.BigDecimal;
import java.math.MathContext;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The look that all figures share. */
final class Charts {
  private static final Color GRID = new Color(0xE3E3E3);
  private static final Color INK = new Color(0x333333);
  static final BasicStroke DASHED =
      new BasicStroke(
          1.6f, BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND, 10, new float[] {7, 5}, 0);

  /** From this ratio of the largest to the smallest value on, an axis is logarithmic. */
  private static final double LOG_RATIO = 3;

  private Charts() {}

  static XYChart chart(String title, String xTitle, String yTitle) {
    XYChart chart =
        new XYChartBuilder()
            .width(Figure.WIDTH)
            .height(Figure.HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(yTitle)
            .build();
    XYStyler style = chart.getStyler();
    look(style);
    style.setPlotContentSize(1);
    style.setMarkerSize(9);
    return chart;
  }

  static void look(AxesChartStyler style) {
    style.setChartBackgroundColor(Color.WHITE);
    style.setChartFontColor(INK);
    style.setChartTitleBoxVisible(false);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
    style.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
    style.setLegendPosition(LegendPosition.OutsideE);
    style.setLegendBorderColor(Color.WHITE);
    style.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    style.setPlotGridLinesColor(GRID);
    style.setPlotGridLinesStroke(new BasicStroke(1));
    style.setPlotBorderColor(Color.LIGHT_GRAY);
  }

  /** Limits with a margin; a logarithmic axis where values differ much. */
  static void xAxis(XYChart chart, double min, double max) {
    xAxis(chart, Range.around(min, max));
  }

  /** The limits as they are. */
  static void linearXAxis(XYChart chart, double min, double max) {
    xAxis(chart, max > min ? new Range(min, max, false) : Range.around(min, max));
  }

  private static void xAxis(XYChart chart, Range range) {
    XYStyler style = chart.getStyler();
    style.setXAxisLogarithmic(range.logarithmic);
    style.setXAxisLogarithmicDecadeOnly(false);
    style.setXAxisMin(range.min);
    style.setXAxisMax(range.max);
    chart.setCustomXAxisTickLabelsFormatter(range::label);
  }

  /** Limits with a margin; a logarithmic axis where values differ much. */
  static void yAxis(XYChart chart, double min, double max) {
    Range range = Range.around(min, max);
    XYStyler style = chart.getStyler();
    style.setYAxisLogarithmic(range.logarithmic);
    style.setYAxisLogarithmicDecadeOnly(false);
    style.setYAxisMin(range.min);
    style.setYAxisMax(range.max);
    chart.setCustomYAxisTickLabelsFormatter(range::label);
  }

  /** A line without points. */
  static XYSeries line(XYChart chart, String name, double[] x, double[] y, Color color) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineWidth(1.8f);
    return series;
  }

  /** A dashed horizontal line over the whole width; the limits of x must be set. */
  static void level(XYChart chart, String name, double y) {
    XYStyler style = chart.getStyler();
    line(
            chart,
            name,
            new double[] {style.getXAxisMin(), style.getXAxisMax()},
            new double[] {y, y},
            INK)
        .setLineStyle(DASHED);
  }

  /** At most four digits, no exponent where a person would write none. */
  static String number(double value) {
    BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
    double size = Math.abs(value);
    return size != 0 && (size < 1e-4 || size >= 1e6) ? rounded.toString() : rounded.toPlainString();
  }

  private record Range(double min, double max, boolean logarithmic) {
    static Range around(double min, double max) {
      if (min > 0 && max / min >= LOG_RATIO) {
        double margin = Math.pow(max / min, 0.06);
        return new Range(min / margin, max * margin, true);
      }
      double margin = max > min ? 0.06 * (max - min) : Math.max(Math.abs(max) * 0.1, 0.1);
      return new Range(min - margin, max + margin, false);
    }

    /**
     * What has room is labelled: a decade's 1, also its 2 and 5, or all; the rest has a grid line.
     */
    String label(double value) {
      if (!logarithmic) {
        return number(value);
      }
      double mantissa = value / Math.pow(10, Math.floor(Math.log10(value) + 1e-9));
      long digit = Math.round(mantissa);
      double decades = Math.log10(max / min);
      boolean shown = digit == 1 || decades < 1 || (decades < 3.2 && (digit == 2 || digit == 5));
      return shown ? number(value) : " ";
    }
  }
}
