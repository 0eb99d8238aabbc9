package org.esolm.experiments.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.statistics.descriptive.Quantile;

/** Numbers of rows, and how a table shows them. */
final class Numbers {
  private Numbers() {}

  static Double of(Map<String, Object> row, String key) {
    return row.get(key) instanceof Number n ? n.doubleValue() : null;
  }

  static double median(List<Double> values) {
    return quantile(values, 0.5);
  }

  static double quantile(List<Double> values, double p) {
    return Quantile.withDefaults()
        .evaluate(values.stream().mapToDouble(Double::doubleValue).toArray(), p);
  }

  /** Three digits, in the unit that suits. */
  static String seconds(double s) {
    return s < 1 ? digits(s * 1e3) + " ms" : digits(s) + " s";
  }

  /** Three digits. */
  static String digits(double x) {
    int decimals = x == 0 ? 0 : Math.max(0, 2 - (int) Math.floor(Math.log10(Math.abs(x))));
    return String.format(Locale.ROOT, "%." + decimals + "f", x);
  }

  static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }
}
