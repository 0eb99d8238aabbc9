package org.esolm.notebook;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * How the values of one table column are written.
 *
 * @param numeric whether all of them are numbers
 * @param pattern the format of the fractional ones
 */
record ColumnFormat(boolean numeric, String pattern) {

  static ColumnFormat of(List<?> values) {
    List<?> present = values.stream().filter(Objects::nonNull).toList();
    double max =
        present.stream()
            .filter(ColumnFormat::fractional)
            .mapToDouble(v -> Math.abs(((Number) v).doubleValue()))
            .filter(Double::isFinite)
            .max()
            .orElse(0);
    boolean numeric = !present.isEmpty() && present.stream().allMatch(Number.class::isInstance);
    return new ColumnFormat(numeric, pattern(max));
  }

  String format(Object value) {
    return switch (value) {
      case null -> "";
      case Number n when fractional(n) ->
          Double.isFinite(n.doubleValue())
              ? String.format(Locale.ROOT, pattern, n.doubleValue())
              : n.toString();
      case Number n -> n.toString();
      default -> value.toString();
    };
  }

  /** About four significant digits of the largest value. */
  private static String pattern(double max) {
    if (max != 0 && (max < 1e-2 || max >= 1e7)) {
      return "%.3e";
    }
    return max >= 1000 ? "%.1f" : max >= 1 ? "%.2f" : "%.4f";
  }

  private static boolean fractional(Object value) {
    return value instanceof Double || value instanceof Float || value instanceof BigDecimal;
  }
}
