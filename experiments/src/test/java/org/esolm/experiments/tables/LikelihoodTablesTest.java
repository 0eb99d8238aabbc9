package org.esolm.experiments.tables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.experiments.config.Configs;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.metric.ResultRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LikelihoodTablesTest {
  private static final String TINY =
      """
      minutes: 1
      corpus: {name: toy, minCount: 1, trainTokens: 20000, validTokens: 2000, seed: 0}
      model: {hiddenSize: 16, condDim: 8, blocks: 1, heads: 2, length: 8, dropout: 0.0}
      train: {steps: 4, batch: 4, learningRate: 1.0e-3, warmup: 2, decaySteps: 0, beta1: 0.9, beta2: 0.98,
        epsilon: 1.0e-8, weightDecay: 0.0, clip: 1.0, emaDecay: 0.9, validateEvery: 0, validTexts: 8,
        checkpointEvery: 0, seed: 1}
      evaluation: {texts: 6, draws: 2, orders: [1, 3, 6], batch: 8}
      variance: {trials: 6, samples: 3, length: 16, steps: 3}
      systems:
        - {system: {name: mdlm}, paper: {nelbo: 31.78, bounds: [31.19]}}
        - {system: {name: eso, alpha0: 0.5}}
        - {system: {name: eso, alpha0: 0.5, variant: A}, paper: {nelbo: 30.51}}
        - {system: {name: eso, alpha0: 1.0, variant: A}, nelboOnly: true}
      """;

  @TempDir private Path temp;

  private LikelihoodPlan tiny() throws IOException {
    Path file = Files.writeString(temp.resolve("tiny.yaml"), TINY);
    return Configs.read(file, List.of(), LikelihoodPlan.class);
  }

  @Test
  void trainsMeasuresAndPrints() throws IOException {
    Path out = temp.resolve("out");
    List<String> log = new ArrayList<>();
    List<ResultRow> rows;
    try (LikelihoodTables tables = new LikelihoodTables(tiny(), out, log::add)) {
      rows = tables.run();
    }
    assertThat(rows).hasSize(3 * 4 + 1 + 3);
    assertThat(rows).extracting(ResultRow::system).contains("mdlm", "eso", "eso-a");
    for (int s = 0; s < 3; s++) {
      assertThat(rows.get(4 * s).extra()).containsEntry("bound", "nelbo");
      double k1 = rows.get(4 * s + 1).perplexity().value();
      double k3 = rows.get(4 * s + 2).perplexity().value();
      double k6 = rows.get(4 * s + 3).perplexity().value();
      assertThat(k3).isLessThan(k1); // 3 divides 6: no chance is in it
      assertThat(k6).isLessThan(k3);
      assertThat(rows.get(4 * s + 3).extra()).containsEntry("orders", 6);
    }
    assertThat(rows.get(1).extra()).containsEntry("paper", 31.19);
    assertThat(rows.get(2).extra()).doesNotContainKey("paper");

    String text = LikelihoodTableText.of(rows);
    assertThat(text)
        .contains("eso 0.5", "eso-a 0.5", "NELBO", "K = 6", "31.19", "the language itself")
        .contains("One text of 16 tokens, 6 trials", "0.56", "18.7 times");
    assertThat(out.resolve("tables.txt")).hasContent(text);
    assertThat(out.resolve("figures/bounds.png")).isNotEmptyFile();
    assertThat(out.resolve("figures/loss.svg")).isNotEmptyFile();
    assertThat(eso("figures", out).out()).contains("bounds.svg");

    log.clear();
    List<ResultRow> again;
    try (LikelihoodTables tables = new LikelihoodTables(tiny(), out, log::add)) {
      again = tables.run();
    }
    assertThat(log)
        .containsExactly(
            "1/5 mdlm: done before",
            "2/5 eso 0.5: done before",
            "3/5 eso-a 0.5: done before",
            "4/5 eso-a 1: done before",
            "5/5 eso 1 of 16: done before");
    assertThat(again.get(3).perplexity().value())
        .isCloseTo(rows.get(3).perplexity().value(), within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(strings = {"smoke", "quick"})
  void profilesAreValid(String profile) throws IOException {
    LikelihoodPlan plan = LikelihoodPlan.ofProfile(Jupyter.repository(), profile);
    assertThat(plan.systems()).extracting(t -> t.system().label()).contains("mdlm", "eso 1");
  }

  @Test
  void badInputIsRefused() throws IOException {
    Path out = Files.createDirectories(temp.resolve("mine"));
    Files.writeString(out.resolve("letter.txt"), "dear");
    refused(eso("tables", "likelihood", "--profile", "smoke", "--out", out), "holds other files");
    refused(
        eso("tables", "likelihood", "--profile", "huge", "--out", out),
        "--profile: 'huge', must be smoke or quick");
    refused(eso("tables"), "allowed: tables likelihood");
    assertThat(out).isDirectoryContaining(f -> f.endsWith("letter.txt"));
  }

  private static void refused(Result result, String message) {
    assertThat(result.exit()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().contains(message);
  }
}
