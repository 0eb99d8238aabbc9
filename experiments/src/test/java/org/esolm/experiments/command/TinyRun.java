package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.esolm.experiments.CommandLineFixture.Result;

/** Networks that train in a moment. */
final class TinyRun {
  private static final String CONFIG =
      """
      corpus: {name: toy, trainTokens: 2000, validTokens: 480}
      system: {name: eso, alpha0: 0.5}
      model: {hiddenSize: 16, condDim: 8, blocks: 1, heads: 2, length: 16}
      train: {steps: 6, batch: 4, validateEvery: 3, checkpointEvery: 0, learningRate: 0.01}
      """;

  private TinyRun() {}

  /** The configuration file in a folder. */
  static Path config(Path folder) throws IOException {
    return Files.writeString(folder.resolve("tiny.yaml"), CONFIG);
  }

  /** {@code eso train} with overrides, or with options after them. */
  static Result train(Path config, Path out, String... more) {
    List<Object> args = new ArrayList<>(List.of("train", config, "--out", out));
    for (String m : more) {
      if (!m.startsWith("--")) {
        args.add("--set");
      }
      args.add(m);
    }
    return eso(args.toArray());
  }

  /** A run that must succeed. */
  static Path trained(Path folder, String name, String... overrides) throws IOException {
    Path out = folder.resolve(name);
    Result result = train(config(folder), out, overrides);
    assertThat(result.exit()).as(result.err()).isZero();
    return out;
  }
}
