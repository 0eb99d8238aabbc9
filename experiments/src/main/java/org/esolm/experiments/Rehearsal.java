package org.esolm.experiments;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/**
 * Small runs of the commands that one waits for. The launcher starts it after a build, so that the
 * virtual machine puts the classes that they load into an archive.
 */
final class Rehearsal {
  private static final String CONFIG =
      """
      corpus: {name: toy, trainTokens: 2000, validTokens: 500}
      system: {name: eso, alpha0: 0.25}
      model: {hiddenSize: 32, condDim: 16, blocks: 1, heads: 1, length: 32, dropout: 0}
      train: {steps: 2, batch: 2, warmup: 0, decaySteps: 0, validateEvery: 2, validTexts: 2}
      """;

  private Rehearsal() {}

  /**
   * Runs them.
   *
   * @param args none
   * @throws IOException if the temporary folder cannot be written
   */
  public static void main(String[] args) throws IOException {
    Path folder = Files.createTempDirectory("eso-rehearsal");
    int exit;
    try {
      exit = run(folder, new PrintWriter(System.out, true), new PrintWriter(System.err, true));
    } finally {
      delete(folder);
    }
    System.exit(exit);
  }

  /** Returns the first exit code that is not 0, or 0. */
  static int run(Path folder, PrintWriter out, PrintWriter err) throws IOException {
    String config = Files.writeString(folder.resolve("config.yaml"), CONFIG).toString();
    String run = folder.resolve("run").toString();
    String[][] commands = {
      {"--help"}, {"train", config, "--out", run}, {"sample", run, "--count", "1"}
    };
    for (String[] command : commands) {
      int exit = Main.run(out, err, command);
      if (exit != 0) {
        return exit;
      }
    }
    return 0;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
