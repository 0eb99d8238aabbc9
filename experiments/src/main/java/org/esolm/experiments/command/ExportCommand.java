package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.checkpoint.ReleasedFolder;
import org.esolm.data.Gpt2Tokenizer;
import org.esolm.data.JsonTokenizer;
import org.esolm.data.Tokenizer;
import org.esolm.experiments.run.Imports;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.io.AtomicFiles;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a run's network for the released code. */
@Command(
    name = "export",
    description = "Write a run's averaged weights as a folder of Hugging Face.")
public final class ExportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "The folder of a run that has a checkpoint.")
  private Path folder;

  @Option(names = "--out", paramLabel = "DIR", required = true, description = "A new folder.")
  private Path out;

  /** For picocli. */
  public ExportCommand() {}

  /**
   * Exports.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    Imports.requireEmpty(out);
    try (Workers workers = Workers.ofMachine();
        TrainedRun run = TrainedRun.open(folder, workers)) {
      Tokenizer tokenizer = run.tokenizer();
      boolean gpt2 = tokenizer instanceof Gpt2Tokenizer;
      ReleasedFolder.write(
          out,
          run.config().system(),
          run.network().weights(),
          gpt2 ? Optional.of(Gpt2Tokenizer.NAME) : Optional.empty());
      if (tokenizer instanceof JsonTokenizer) {
        AtomicFiles.write(out.resolve("tokenizer.json"), tokenizer.definition());
      }
      new Report()
          .put("system", run.config().system().label())
          .put("parameters", run.network().weights().count())
          .put("tokenizer", tokenizer(tokenizer, gpt2))
          .put("folder", out.toString())
          .print(spec.commandLine().getOut(), false);
    }
    return 0;
  }

  private static String tokenizer(Tokenizer tokenizer, boolean gpt2) {
    if (gpt2) {
      return "gpt2, named in config.json";
    }
    return tokenizer instanceof JsonTokenizer ? "tokenizer.json" : "none: it is known here only";
  }
}
