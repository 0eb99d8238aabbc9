package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import org.esolm.data.Corpus;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.Training;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Trains one system. */
@Command(
    name = "train",
    description = "Train a system as a configuration says; Ctrl-C saves, --resume goes on.")
public final class TrainCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "CONFIG.yaml",
      description = "What to train; see experiments/configs. What it leaves out has a default.")
  private Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Put a value over the configuration's, such as system.alpha0=0.5.")
  private List<String> overrides = List.of();

  @Option(names = "--out", paramLabel = "RUN", required = true, description = "The run's folder.")
  private Path out;

  @Option(
      names = "--resume",
      description = "Go on with the run in this folder; train.steps may be more than it was.")
  private boolean resume;

  /** For picocli. */
  public TrainCommand() {}

  /**
   * Trains.
   *
   * @return 0, or 130 if it was interrupted
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    RunConfig run = RunConfig.read(config, overrides);
    Training.requirePlace(out, resume);
    Corpus corpus = run.corpus().open();
    try (Workers workers = Workers.ofMachine()) {
      return Interruptible.run(
          spec.commandLine().getErr(), "; --resume goes on", () -> train(run, corpus, workers));
    }
  }

  private int train(RunConfig run, Corpus corpus, Workers workers) throws IOException {
    OptionalDouble nats = Training.run(out, run, corpus, resume, workers);
    PrintWriter result = spec.commandLine().getOut();
    nats.ifPresent(
        n ->
            result.printf(
                Locale.ROOT,
                "held-out text: %.4f nats a token, perplexity %.4g%n",
                n,
                Math.exp(n)));
    result.println("run: " + out);
    return 0;
  }
}
