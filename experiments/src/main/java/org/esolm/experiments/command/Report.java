package org.esolm.experiments.command;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.SequencedMap;
import org.esolm.data.Estimate;
import tools.jackson.databind.json.JsonMapper;

/** What a command measured, as one line of JSON or as a line a value. */
final class Report {
  private final SequencedMap<String, Object> values = new LinkedHashMap<>();

  /** Adds a value; null is left out. */
  Report put(String key, Object value) {
    if (value != null) {
      values.put(key, value);
    }
    return this;
  }

  /** Prints it. */
  void print(PrintWriter out, boolean json) {
    if (json) {
      out.println(JsonMapper.shared().writeValueAsString(flat()));
    } else {
      values.forEach((key, value) -> out.printf("%-22s %s%n", key.replace('_', ' '), text(value)));
    }
  }

  private static String text(Object value) {
    return value instanceof Double d ? String.format(Locale.ROOT, "%.4g", d) : value.toString();
  }

  /** An estimate becomes two numbers; what is no finite number becomes null. */
  private SequencedMap<String, Object> flat() {
    SequencedMap<String, Object> flat = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (value instanceof Estimate e) {
            flat.put(key, finite(e.value()));
            flat.put(key + "_se", finite(e.standardError()));
          } else {
            flat.put(key, value instanceof Double d ? finite(d) : value);
          }
        });
    return flat;
  }

  private static Double finite(double x) {
    return Double.isFinite(x) ? x : null;
  }
}
