package org.esolm.experiments.reproduce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.config.Configs;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.metric.ResultRow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReproductionTest {
  private static final String TINY =
      """
      minutes: 1
      corpus: {name: toy, minCount: 1, trainTokens: 20000, validTokens: 2000, seed: 0}
      model: {hiddenSize: 16, condDim: 8, blocks: 1, heads: 2, length: 16, dropout: 0.0}
      train: {steps: 4, batch: 4, learningRate: 1.0e-3, warmup: 2, decaySteps: 0, beta1: 0.9, beta2: 0.98,
        epsilon: 1.0e-8, weightDecay: 0.0, clip: 1.0, emaDecay: 0.9, validateEvery: 0, validTexts: 8,
        checkpointEvery: 0, seed: 1}
      evaluation: {texts: 8, draws: 1, samples: 4, batch: 2}
      systems:
        - {system: {name: ar}, steps: 4, sampling: [{}]}
        - {system: {name: eso, alpha0: 0.5}, steps: 4, sampling: [{steps: 4}, {steps: 4, alpha0: 1.0}]}
      """;

  @TempDir private Path temp;

  private Plan tiny() throws IOException {
    Path file = temp.resolve("tiny.yaml");
    Files.writeString(file, TINY);
    return Configs.read(file, List.of(), Plan.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"smoke", "quick", "full"})
  void profilesAreValid(String profile) throws IOException {
    Plan plan = Plan.ofProfile(Jupyter.repository(), profile);
    assertThat(plan.systems())
        .extracting(t -> t.system().name())
        .contains("ar", "mdlm", "bd3lm", "eso");
  }

  @Test
  void anUnknownProfileIsNamed() {
    assertThatThrownBy(() -> Plan.ofProfile(Jupyter.repository(), "huge"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("profile: 'huge', must be smoke, quick or full");
  }

  @Test
  void whatIsDoneIsNotDoneAgain() throws IOException {
    Path out = temp.resolve("out");
    List<String> log = new ArrayList<>();
    List<ResultRow> first;
    try (Reproduction reproduction = new Reproduction(tiny(), out, log::add)) {
      first = reproduction.run();
    }
    assertThat(first).hasSize(3);
    assertThat(first.get(2).alpha0()).isEqualTo(1.0);
    assertThat(first.get(2).extra()).containsEntry("trainedAlpha0", 0.5);
    assertThat(out.resolve("figures/pareto-nfe.png")).isNotEmptyFile();
    assertThat(ResultTable.of(first)).contains("0.5>1.0").contains("NELBO ppl");
    log.clear();
    try (Reproduction again = new Reproduction(tiny(), out, log::add)) {
      assertThat(again.run()).hasSize(3).first().hasFieldOrPropertyWithValue("system", "ar");
    }
    assertThat(log).containsExactly("1/2 ar: done before", "2/2 eso 0.5: done before");
  }

  @Test
  void aFolderWithSomethingElseIsLeftAlone() throws IOException {
    Path out = Files.createDirectories(temp.resolve("mine"));
    Files.writeString(out.resolve("letter.txt"), "dear");
    assertThatThrownBy(() -> new Reproduction(tiny(), out, s -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("holds other files");
    try (Stream<Path> inside = Files.list(out)) {
      assertThat(inside).containsExactly(out.resolve("letter.txt"));
    }
  }

  @Test
  void aReproductionOfAnotherPlanIsLeftAlone() throws IOException {
    Path out = temp.resolve("other");
    new Reproduction(tiny(), out, s -> {}).close();
    Files.writeString(out.resolve("plan.yaml"), "minutes: 2\n");
    assertThatThrownBy(() -> new Reproduction(tiny(), out, s -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("another plan");
  }
}
