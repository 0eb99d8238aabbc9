package org.esolm.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.esolm.data.Estimate;
import org.esolm.metric.ResultRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FiguresTest {
  @TempDir Path dir;

  private static ResultRow row(String system, double samplePerplexity, Double seconds) {
    Estimate measured = new Estimate(samplePerplexity, 0.1, 16);
    Estimate truth = new Estimate(9, 0.1, 16);
    return new ResultRow(
        system, null, measured, truth, measured, 4.0, 64.0, seconds, 16, 64, Map.of());
  }

  @Test
  void drawsWhatTheNumbersAllow() throws IOException {
    ResultRow.write(
        dir.resolve("results.jsonl"), List.of(row("ar", 10, 0.1), row("mdlm", 14, 0.9)));
    Path metrics = Files.createDirectories(dir.resolve("runs/ar")).resolve("metrics.jsonl");
    Files.writeString(metrics, "{\"step\":10,\"loss\":5}\n{\"step\":20,\"loss\":4}\n{\"st");
    List<Path> files = Figures.draw(dir);
    assertThat(files)
        .extracting(file -> dir.relativize(file).toString())
        .containsExactly(
            "figures/pareto-seconds.png",
            "figures/pareto-seconds.svg",
            "figures/pareto-nfe.png",
            "figures/pareto-nfe.svg",
            "figures/loss.png",
            "figures/loss.svg");
    assertThat(files).allSatisfy(file -> assertThat(file).isNotEmptyFile());

    assertThat(eso("figures", dir).out()).contains("pareto-nfe.svg", "loss.png");
  }

  @Test
  void leavesOutWhatWasNotMeasured() throws IOException {
    ResultRow.write(dir.resolve("results.jsonl"), List.of(row("ar", 10, null)));
    assertThat(Figures.draw(dir)).hasSize(2).allMatch(file -> file.toString().contains("nfe"));
  }

  @Test
  void nothingToDrawIsBadInput() {
    var result = eso("figures", dir);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().contains("nothing to draw");
    assertThat(dir).isEmptyDirectory();
  }
}
