package org.esolm.experiments.parity;

import java.util.Locale;
import java.util.function.Consumer;

/** Compares quantities, prints a line for each, and counts. */
final class ParityReport {
  private static final double OUTPUT_TOLERANCE = 1e-4;
  private static final double GRADIENT_TOLERANCE = 1e-3;
  private static final double SAMPLED_TOLERANCE = 0.05;

  private final Consumer<String> out;
  private int passed;
  private int failed;

  ParityReport(Consumer<String> out) {
    this.out = out;
  }

  /** Every element within 1e-4, absolutely or relatively. */
  void output(String what, float[] expected, float[] actual) {
    double worst = expected.length == actual.length ? 0 : Double.POSITIVE_INFINITY;
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      double error = Math.abs((double) expected[i] - actual[i]);
      worst = worse(worst, error / Math.max(1, Math.abs(expected[i])));
    }
    line(what, worst, OUTPUT_TOLERANCE);
  }

  /** One number within 1e-4, absolutely or relatively. */
  void output(String what, double expected, double actual) {
    double error = Math.abs(expected - actual) / Math.max(1, Math.abs(expected));
    line(what, worse(0, error), OUTPUT_TOLERANCE);
  }

  /** A mean over random draws: within four standard deviations, and at least 0.05. */
  void sampled(String what, double expected, double actual, double deviation) {
    line(what, worse(0, Math.abs(expected - actual)), Math.max(SAMPLED_TOLERANCE, 4 * deviation));
  }

  /** Every element within 1e-3 of the tensor's largest. */
  void gradient(String what, float[] expected, float[] actual) {
    double worst = expected.length == actual.length ? 0 : Double.POSITIVE_INFINITY;
    double largest = 0;
    for (float e : expected) {
      largest = Math.max(largest, Math.abs(e));
    }
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      double error = Math.abs((double) expected[i] - actual[i]);
      worst = worse(worst, error == 0 ? 0 : error / largest);
    }
    line(what, worst, GRADIENT_TOLERANCE);
  }

  /** Equal, element by element. */
  void exact(String what, int[] expected, int[] actual) {
    int different = expected.length == actual.length ? 0 : Math.max(expected.length, actual.length);
    for (int i = 0; i < Math.min(expected.length, actual.length); i++) {
      different += expected[i] == actual[i] ? 0 : 1;
    }
    line(what, different, 0);
  }

  /** The same text, character by character. */
  void exact(String what, String expected, String actual) {
    int at = 0;
    while (at < Math.min(expected.length(), actual.length())
        && expected.charAt(at) == actual.charAt(at)) {
      at++;
    }
    if (expected.equals(actual)) {
      line(what, 0, 0);
    } else {
      failure(
          what,
          "differs from character %d on: '%s', expected '%s'"
              .formatted(at, brief(actual, at), brief(expected, at)));
    }
  }

  private static String brief(String text, int from) {
    return text.substring(from, Math.min(text.length(), from + 20)).replace("\n", "\\n");
  }

  /** A case that could not be compared at all. */
  void failure(String what, String why) {
    failed++;
    String line = String.valueOf(why).replaceAll("\\R", " ");
    out.accept(String.format(Locale.ROOT, "FAIL  %-60s %s", what, line));
  }

  /** NaN is worse than anything. */
  private static double worse(double a, double b) {
    return Double.isNaN(b) ? Double.POSITIVE_INFINITY : Math.max(a, b);
  }

  private void line(String what, double worst, double tolerance) {
    boolean ok = worst <= tolerance;
    passed += ok ? 1 : 0;
    failed += ok ? 0 : 1;
    out.accept(
        String.format(
            Locale.ROOT,
            "%-4s  %-60s error %.2e, allowed %.0e",
            ok ? "ok" : "FAIL",
            what,
            worst,
            tolerance));
  }

  int passed() {
    return passed;
  }

  int failed() {
    return failed;
  }
}
