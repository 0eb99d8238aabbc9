package org.esolm.plot;

import java.awt.Color;
import java.awt.Font;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.esolm.model.AttentionPattern;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.style.HeatMapStyler;

/**
 * A matrix, one coloured cell an element, the first row on top: who attends to whom, and the
 * numbers of an array.
 */
public final class MatrixPlot {
  private static final Color NOTHING = new Color(0xF4F4F4);
  private static final Color SEEN = new Color(0x0072B2);
  private static final Color[] RISING = {
    new Color(0xFFFBE6), new Color(0xFDBB63), new Color(0xD95F0E), new Color(0x5B1A18)
  };
  private static final int MAX_LABELS = 16;

  private MatrixPlot() {}

  /**
   * A pattern of attention.
   *
   * @param title above the picture
   * @param pattern which keys each row attends to
   * @param rows how many rows to draw, each also a key
   * @return the figure, queries downwards, keys to the right
   */
  public static Figure attention(String title, AttentionPattern pattern, int rows) {
    List<String> names = IntStream.range(0, rows).mapToObj(Integer::toString).toList();
    return attention(title, pattern, names);
  }

  /**
   * A pattern of attention between named rows.
   *
   * @param title above the picture
   * @param pattern which keys each row attends to
   * @param names of the rows, in their order
   * @return the figure, queries downwards, keys to the right
   */
  public static Figure attention(String title, AttentionPattern pattern, List<String> names) {
    return mask(title, seen(pattern, names.size()), names, names);
  }

  /**
   * Who attends to whom.
   *
   * @param title above the picture
   * @param seen [queries][keys]
   * @param queries names of the rows
   * @param keys names of the columns
   * @return the figure
   */
  public static Figure mask(
      String title, boolean[][] seen, List<String> queries, List<String> keys) {
    double[][] values = new double[seen.length][];
    for (int i = 0; i < seen.length; i++) {
      values[i] = new double[seen[i].length];
      for (int j = 0; j < seen[i].length; j++) {
        values[i][j] = seen[i][j] ? 1 : 0;
      }
    }
    HeatMapChart chart = chart(title, values, queries, keys, 440);
    HeatMapStyler style = chart.getStyler();
    style.setRangeColors(new Color[] {NOTHING, SEEN});
    style.setMin(0);
    style.setMax(1);
    style.setLegendVisible(false);
    chart.setXAxisTitle("key");
    chart.setYAxisTitle("query");
    return new Figure(chart, List.of());
  }

  /**
   * A matrix of numbers.
   *
   * @param title above the picture; may be empty
   * @param values [rows][columns], at least one
   * @return the figure
   */
  public static Figure of(String title, double[][] values) {
    var all = Arrays.stream(values).flatMapToDouble(Arrays::stream).filter(Double::isFinite);
    var range = all.summaryStatistics();
    HeatMapChart chart =
        chart(title, values, numbers(values.length), numbers(values[0].length), 560);
    HeatMapStyler style = chart.getStyler();
    style.setRangeColors(RISING);
    style.setMin(rounded(range.getMin()));
    style.setMax(Math.max(rounded(range.getMax()), Math.nextUp(rounded(range.getMin()))));
    return new Figure(chart, List.of());
  }

  /** The scale's ends are written beside it. */
  private static double rounded(double x) {
    return Double.parseDouble(Charts.number(x));
  }

  /**
   * The matrix of a pattern.
   *
   * @param pattern which keys each row attends to
   * @param rows n
   * @return [n][n], whether row q attends to key k
   */
  public static boolean[][] seen(AttentionPattern pattern, int rows) {
    boolean[][] seen = new boolean[rows][rows];
    for (int q = 0; q < rows; q++) {
      for (long range : new long[] {pattern.first(q), pattern.second(q)}) {
        for (int k = AttentionPattern.from(range); k < AttentionPattern.to(range); k++) {
          seen[q][k] = true;
        }
      }
    }
    return seen;
  }

  /**
   * How many rows show a pattern whole, at most 64; 8 where it has no end.
   *
   * @param pattern any
   * @return the number of rows
   */
  public static int usualRows(AttentionPattern pattern) {
    int rows =
        switch (pattern) {
          case AttentionPattern.Causal c -> 8;
          case AttentionPattern.Bidirectional b -> b.rows();
          case AttentionPattern.PrefixLm p -> 2 * p.prefix();
          case AttentionPattern.BlockDiffusion b -> 2 * b.length();
          case AttentionPattern.Sequential s -> 2 * s.zRows() + s.offset();
          case AttentionPattern.SequentialCleanPrefix s -> 2 * s.zRows() + s.offset();
        };
    return Math.clamp(rows, 2, 64);
  }

  private static HeatMapChart chart(
      String title, double[][] values, List<String> rows, List<String> columns, int size) {
    HeatMapChart chart =
        new HeatMapChartBuilder().width(size).height(size * 9 / 10).title(title).build();
    HeatMapStyler style = chart.getStyler();
    Charts.look(style);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 13));
    style.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    style.setPlotContentSize(1);
    style.setPlotGridLinesVisible(false);
    style.setAxisTicksLineVisible(false);
    style.setDrawBorder(values.length <= MAX_LABELS); // so that cells can be counted
    int n = values.length;
    List<Number[]> cells = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < values[i].length; j++) {
        cells.add(new Number[] {j, n - 1 - i, values[i][j]});
      }
    }
    chart.addSeries("values", unique(columns), unique(rows).reversed(), cells);
    style.setXAxisMaxLabelCount(MAX_LABELS);
    return chart;
  }

  private static List<String> numbers(int n) {
    return IntStream.range(0, n).mapToObj(Integer::toString).toList();
  }

  /** Labels are places to the chart: blanks that nobody sees tell equal ones apart. */
  private static List<String> unique(List<String> labels) {
    return IntStream.range(0, labels.size())
        .mapToObj(i -> labels.get(i) + "\u200b".repeat(count(labels, i)))
        .toList();
  }

  private static int count(List<String> labels, int i) {
    return (int) labels.subList(0, i).stream().filter(labels.get(i)::equals).count();
  }
}
