package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComparisonTest {
  private static final Work WORK = Works.of("quick", "lab-sample1-ar").getFirst();

  @TempDir private Path temp;

  /** A program that prints a line of JSON and counts how often it was started. */
  private record Script(String name, Path count, String line) implements Contestant {
    @Override
    public List<String> command(Work work) {
      return List.of("sh", "-c", "echo x >>" + count + "; " + line);
    }

    long starts() throws IOException {
      return Files.exists(count) ? Files.readAllLines(count).size() : 0;
    }
  }

  private Script script(String name, String line) {
    assumeThat(Path.of("/bin/sh")).exists();
    return new Script(name, temp.resolve(name), line);
  }

  private static Comparison.Plan plan(int rounds, Duration limit, Duration budget) {
    return new Comparison.Plan(List.of(WORK), rounds, limit, budget);
  }

  /** The machine's rates would take seconds, and what others do here would count. */
  private RowFile rowsWithRates(int rounds) throws IOException {
    RowFile rows = RowFile.open(temp.resolve("rows.jsonl"));
    for (int round = rows.all().isEmpty() ? 1 : rounds + 1; round <= rounds; round++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("work", "lab");
      row.put("round", round);
      row.put("who", "machine");
      row.put("disturbed", false);
      row.put("line", Map.of("sgemm_gflops", 100.0, "read_gb_s", 10.0));
      rows.add(row);
    }
    return rows;
  }

  @Test
  void goesOnWhereItWas() throws Exception {
    Script ours = script("eso", "echo '{\"seconds\":0.5,\"nfe\":256}'");
    Script peer = script("peer", "echo '{\"seconds\":2,\"nfe\":256}'");
    var plan = plan(2, Duration.ofSeconds(20), Duration.ofMinutes(1));
    boolean complete = new Comparison(plan, ours, peer, rowsWithRates(2), x -> {}).run();
    long disturbed =
        rowsWithRates(2).all().stream()
            .filter(r -> Boolean.TRUE.equals(r.get("disturbed")))
            .count();
    assertThat(complete).isEqualTo(disturbed == 0);
    assertThat(ours.starts() + peer.starts()).isEqualTo(4);
    new Comparison(plan, ours, peer, rowsWithRates(2), x -> {}).run();
    assertThat(ours.starts() + peer.starts()).isEqualTo(4 + disturbed);
  }

  @Test
  void beginsNothingAfterItsTime() throws Exception {
    Script ours = script("eso", "echo '{\"seconds\":0.5}'");
    var plan = plan(1, Duration.ofSeconds(20), Duration.ofNanos(1));
    assertThat(new Comparison(plan, ours, ours, rowsWithRates(1), x -> {}).run()).isFalse();
    assertThat(ours.starts()).isZero();
  }

  @Test
  void whatTakesTooLongIsLeftOutAndSaid() throws Exception {
    Script ours = script("eso", "echo '{\"seconds\":0.5}'");
    Script slow = script("peer", "exec sleep 60");
    List<String> told = new ArrayList<>();
    RowFile rows = rowsWithRates(2);
    new Comparison(
            plan(2, Duration.ofMillis(300), Duration.ofMinutes(1)), ours, slow, rows, told::add)
        .run();
    assertThat(slow.starts()).isOne();
    assertThat(told).anyMatch(line -> line.contains("longer than 0 s, left out"));
    assertThat(ComparisonTable.of(List.of(WORK), rows.all(), "peer"))
        .contains("too long to measure");
  }

  @Test
  void aProgramThatFailsEndsTheComparison() {
    Script broken = script("peer", "echo 'no such option' >&2; exit 3");
    var plan = plan(1, Duration.ofSeconds(20), Duration.ofMinutes(1));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> new Comparison(plan, broken, broken, rowsWithRates(1), x -> {}).run())
        .withMessageContaining("exit code 3: no such option");
  }

  @Test
  void theTableShowsMediansRatiosAndTheLimit() {
    List<Map<String, Object>> rows = new ArrayList<>();
    rows.add(
        Map.of(
            "work",
            "lab",
            "who",
            "machine",
            "round",
            1,
            "disturbed",
            false,
            "line",
            Map.of("sgemm_gflops", 100.0, "read_gb_s", 10.0)));
    double[] ours = {0.1, 0.2, 0.4};
    double[] theirs = {0.4, 0.6, 1.0};
    for (int i = 0; i < 3; i++) {
      rows.add(row("eso", i + 1, ours[i], false));
      rows.add(row("peer", i + 1, theirs[i], false));
    }
    rows.add(row("eso", 1, 77, true));
    String table = ComparisonTable.of(List.of(WORK), rows, "peer");
    // ratios 4, 3, 2.5; 256 evaluations of 3.3 MB of weights and half the cache, at 10 GB/s
    assertThat(table)
        .contains(
            "| lab-sample1-ar | 200 ms (least 100 ms) | 600 ms (least 400 ms) | **3.00** (2.58 to"
                + " 3.83) | 3 |")
        .contains("50 MiB / 50 MiB")
        .contains("reading at 10.0 GB/s: 97.3 ms | 49 % / 16 %");
    assertThat(ComparisonTable.of(Works.of("quick", "train"), rows, "peer").lines()).hasSize(2);
  }

  private static Map<String, Object> row(String who, int round, double seconds, boolean disturbed) {
    return Map.of(
        "work",
        "lab-sample1-ar",
        "who",
        who,
        "round",
        round,
        "disturbed",
        disturbed,
        "seconds",
        seconds,
        "peak_mib",
        50.0,
        "line",
        Map.of("nfe", 256));
  }

  @Test
  void badPlansSayWhatIsAllowed() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> plan(0, Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .withMessage("--rounds: 0, must be at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new Comparison.Plan(List.of(), 1, Duration.ofSeconds(1), Duration.ofSeconds(1)))
        .withMessageContaining("--only");
  }
}
