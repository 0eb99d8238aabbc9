package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.nio.file.Files;
import java.nio.file.Path;
import org.esolm.experiments.CommandLineFixture.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchReportsCommandTest {
  @TempDir private Path temp;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "compare --rounds 0",
        "compare --profile slow",
        "compare --only nothing-fits",
        "compare --limit 0",
        "latency --lengths 100",
        "latency --shape huge",
        "latency --evaluations 1",
        "growth --only gpt",
        "growth --run /no/such/run",
        "machine --threads 0",
      })
  void badInputIsOneLine(String options) {
    String command = "bench " + options + (options.startsWith("machine") ? "" : " --out " + temp);
    Result result = eso((Object[]) command.split(" "));
    assertThat(result.exit()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().contains("must ");
    assertThat(temp).isEmptyDirectory();
  }

  @Test
  void theMachinesRates() {
    var json = eso("bench", "machine", "--json", "--bytes", 1 << 20).json();
    assertThat(json.get("sgemm_gflops").asDouble()).isPositive();
    assertThat(json.get("read_gb_s").asDouble()).isPositive();
  }

  /** A peer is any command that prints the line; the own side runs in a process of its own. */
  @Test
  @Tag("slow")
  void comparesWithAnotherProgram() throws Exception {
    Path peer = temp.resolve("peer.sh");
    Files.writeString(peer, "echo '{\"ms_per_step\":500}'\n");
    Result result =
        eso(
            "bench",
            "compare",
            "--peer",
            "sh " + peer,
            "--only",
            "lab-train-ar",
            "--rounds",
            1,
            "--out",
            temp.resolve("out"));
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(temp.resolve("out/compare.md")).content().contains("| CPU |", "times faster");
    assertThat(temp.resolve("out/compare.jsonl")).content().contains("\"who\":\"peer\"");
  }
}
