package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.Collectors;
import jdk.incubator.vector.FloatVector;
import org.bytedeco.javacpp.Loader;
import org.esolm.experiments.run.Commands;
import org.esolm.experiments.run.Hardware;

/** What a table of timings must say about where they were measured. */
public final class MachineFacts {
  private MachineFacts() {}

  /**
   * Looks at the machine.
   *
   * @param root of the source tree, asked for its git commit
   * @param rows of measurements, for the peer's own words about its version and for the rates
   * @return names and values
   */
  public static SequencedMap<String, String> of(Path root, List<Map<String, Object>> rows) {
    SequencedMap<String, String> facts = new LinkedHashMap<>();
    facts.put("CPU", Hardware.cpu());
    facts.put("cores", "" + Runtime.getRuntime().availableProcessors());
    facts.put("vectors", FloatVector.SPECIES_PREFERRED.vectorBitSize() + " bits");
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    facts.put(
        "JDK", System.getProperty("java.vm.version") + ", " + System.getProperty("java.vendor"));
    facts.put("OpenBLAS", openBlas());
    Commands.output(root, List.of("git", "rev-parse", "--short", "HEAD"))
        .ifPresent(commit -> facts.put("commit", commit));
    String peers = words(rows, "library");
    if (!peers.isEmpty()) {
      facts.put("peer", peers);
    }
    rate(rows, "sgemm_gflops").ifPresent(rate -> facts.put("products (sgemm)", rate + " GFLOP/s"));
    rate(rows, "read_gb_s")
        .ifPresent(rate -> facts.put("reading (by size of the weights)", rate + " GB/s"));
    return facts;
  }

  private static String openBlas() {
    try {
      return Loader.getVersion("org.bytedeco", "openblas");
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** The range of a rate over all measurements. */
  private static Optional<String> rate(List<Map<String, Object>> rows, String key) {
    List<Double> rates = new ArrayList<>();
    for (Map<String, Object> row : rows) {
      if ("machine".equals(row.get("who")) && row.get("line") instanceof Map<?, ?> line) {
        rates.add(((Number) line.get(key)).doubleValue());
      }
    }
    return rates.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s (%s to %s)"
                .formatted(
                    Numbers.digits(Numbers.median(rates)),
                    Numbers.digits(Numbers.quantile(rates, 0)),
                    Numbers.digits(Numbers.quantile(rates, 1))));
  }

  private static String words(List<Map<String, Object>> rows, String key) {
    return rows.stream()
        .filter(row -> row.get("line") instanceof Map)
        .map(row -> ((Map<?, ?>) row.get("line")).get(key))
        .filter(String.class::isInstance)
        .map(Object::toString)
        .distinct()
        .collect(Collectors.joining("; "));
  }

  /**
   * As a table.
   *
   * @param facts names and values
   * @return a table in Markdown
   */
  public static String markdown(Map<String, String> facts) {
    return "| | |\n|---|---|\n"
        + facts.entrySet().stream()
            .map(e -> String.format(Locale.ROOT, "| %s | %s |%n", e.getKey(), e.getValue()))
            .collect(Collectors.joining());
  }
}
