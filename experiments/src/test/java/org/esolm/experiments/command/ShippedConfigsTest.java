package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.experiments.run.RunConfig;
import org.esolm.system.SystemConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every configuration that comes with the project says what it is and trains. */
class ShippedConfigsTest {
  @TempDir Path temp;

  static List<Path> configs() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("configs"))) {
      return files
          .filter(f -> !f.getFileName().toString().matches("(reproduce|likelihood)-.*"))
          .filter(f -> f.toString().endsWith(".yaml"))
          .sorted()
          .toList();
    }
  }

  @Test
  void theNotebooksTrainAsTheToyConfigurationDoes() throws IOException {
    RunConfig notebook = RunConfig.quick(SystemConfig.eso(0.25));
    assertThat(
            RunConfig.read(Path.of("configs/toy-eso.yaml"), List.of("train.checkpointEvery=250")))
        .isEqualTo(notebook);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void trains(Path config) throws IOException {
    String text = Files.readString(config);
    assertThat(text).startsWith("# Purpose: ").contains("# Command: ", "# Time: ", "# Expect: ");
    List<String> small =
        new ArrayList<>(
            List.of(
                "model.hiddenSize=16",
                "model.blocks=1",
                "model.length=16",
                "train.steps=2",
                "train.decaySteps=0",
                "corpus.trainTokens=1000",
                "corpus.validTokens=100"));
    if (text.contains("corpus.file=")) {
      Path file = Files.writeString(temp.resolve("text"), "to be or not to be\n".repeat(40));
      small.add("corpus.file=" + file);
    }
    Path out = temp.resolve("run");
    Result result = TinyRun.train(config, out, small.toArray(new String[0]));
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(out.resolve("checkpoints/last.safetensors")).exists();
  }
}
