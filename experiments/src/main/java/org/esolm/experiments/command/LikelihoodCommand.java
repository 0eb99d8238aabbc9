package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.esolm.data.Blocks;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.data.TextFile;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.OraclePerplexity;
import org.esolm.notebook.Progress;
import org.esolm.objective.AnyOrderLikelihood;
import org.esolm.objective.EsoLmObjective;
import org.esolm.objective.Nelbo;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures how likely a trained network finds a text. */
@Command(
    name = "likelihood",
    description = "Bound the perplexity of a text under a trained network (exact for AR).")
public final class LikelihoodCommand implements Callable<Integer> {
  /** The ways to bound a likelihood. */
  enum Bound {
    /** The evidence lower bound, equation 7. */
    NELBO,
    /** The mean over orders, L_AO. */
    ANY_ORDER,
    /** The importance-weighted bound over orders, L_AO^K. */
    IW;

    static Bound of(String name) {
      for (Bound bound : values()) {
        if (bound.toString().equals(name)) {
          return bound;
        }
      }
      throw new IllegalArgumentException(
          "--bound: '%s', must be one of nelbo, any-order, iw".formatted(name));
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "RUN", description = "The folder of a training run.")
  private Path folder;

  @Option(
      names = "--data",
      paramLabel = "FILE_OR_CORPUS",
      required = true,
      description = "A file of text, or the name of the run's corpus for its held-out text.")
  private String data;

  @Option(
      names = "--bound",
      paramLabel = "nelbo|any-order|iw",
      defaultValue = "nelbo",
      description = "The last two are for Eso-LM (default: ${DEFAULT-VALUE}).")
  private String boundName;

  @Option(
      names = "--orders",
      paramLabel = "K",
      defaultValue = "1",
      description = "Orders a text, or for nelbo draws of times and masks (default: 1).")
  private int orders;

  @Option(
      names = "--texts",
      paramLabel = "N",
      defaultValue = "" + Integer.MAX_VALUE,
      description = "At most so many texts of the model's length (default: all).")
  private int limit;

  @Option(names = "--batch", defaultValue = "16", description = "Texts a pass (default: 16).")
  private int batch;

  @Option(names = "--seed", defaultValue = "0", description = "Of all chance (default: 0).")
  private long seed;

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  private Bound bound;

  /** For picocli. */
  public LikelihoodCommand() {}

  /**
   * Measures.
   *
   * @return 0
   * @throws IOException if a file cannot be read
   */
  @Override
  public Integer call() throws IOException {
    bound = Bound.of(boundName);
    requirePositive("--orders", orders);
    requirePositive("--texts", limit);
    requirePositive("--batch", batch);
    try (Workers workers = Workers.ofMachine();
        TrainedRun run = TrainedRun.open(folder, workers)) {
      if (bound != Bound.NELBO && !(run.objective() instanceof EsoLmObjective)) {
        throw new IllegalArgumentException(
            "--bound: %s is only for eso, the run is of %s, allowed: nelbo"
                .formatted(bound, run.config().system().name()));
      }
      int[][] texts = texts(run);
      report(run, texts, nats(run, texts)).print(spec.commandLine().getOut(), json);
    }
    return 0;
  }

  private int[][] texts(TrainedRun run) {
    int length = run.config().model().length();
    Blocks blocks;
    if (data.equals(run.config().corpus().name())) {
      blocks = run.corpus().validBlocks(length);
    } else if (Files.exists(Path.of(data))) {
      blocks = Blocks.of(data, run.tokenizer().encode(TextFile.read(Path.of(data))), length);
    } else {
      throw new IllegalArgumentException(
          "--data: '%s', must be a file of UTF-8 text, or %s for the run's held-out text"
              .formatted(data, run.config().corpus().name()));
    }
    return blocks.first(limit);
  }

  private double[] nats(TrainedRun run, int[][] texts) {
    long passes = (long) texts.length * orders;
    try (Progress progress = Progress.of("likelihood of " + texts.length + " texts", passes)) {
      if (bound == Bound.NELBO) {
        return Nelbo.of(run.network(), run.objective(), texts, batch, orders, seed, progress::step);
      }
      double[][] logP =
          AnyOrderLikelihood.of(
              run.network(),
              (EsoLmObjective) run.objective(),
              texts,
              batch,
              orders,
              seed,
              progress::step);
      return bound == Bound.IW
          ? AnyOrderLikelihood.importanceWeighted(logP)
          : AnyOrderLikelihood.anyOrder(logP);
    }
  }

  private Report report(TrainedRun run, int[][] texts, double[] nats) {
    int scored = run.objective().scoredTokens(run.config().model().length());
    Estimate perToken = Estimate.mean(Arrays.stream(nats).map(n -> n / scored).toArray());
    Report report =
        new Report()
            .put("system", run.config().system().label())
            .put("data", data)
            .put("bound", bound.toString())
            .put("orders", orders)
            .put("texts", texts.length)
            .put("tokens", (long) texts.length * scored)
            .put("nats_per_token", perToken)
            .put("perplexity", perToken.perplexity());
    if (data.equals(run.config().corpus().name())) {
      run.corpus().oracle().ifPresent(truth -> compare(report, truth, texts, nats, scored));
    }
    return report;
  }

  private static void compare(
      Report report, Oracle truth, int[][] texts, double[] nats, int scored) {
    int given = texts[0].length - scored;
    double[] exact =
        Arrays.stream(OraclePerplexity.nats(truth, texts, given)).map(n -> n / scored).toArray();
    report.put("true_perplexity", Estimate.mean(exact).perplexity());
    report.put("kl_to_truth", OraclePerplexity.klToTruth(truth, texts, given, nats));
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + ": " + value + ", must be at least 1");
    }
  }
}
