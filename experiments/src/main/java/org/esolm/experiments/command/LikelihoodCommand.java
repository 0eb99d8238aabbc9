package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.data.BlockReader;
import org.esolm.data.Blocks;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.data.TextBlocks;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.CorpusLikelihood;
import org.esolm.metric.CorpusLikelihood.Bound;
import org.esolm.metric.CorpusLikelihood.Question;
import org.esolm.model.DecoderWeights;
import org.esolm.notebook.Progress;
import org.esolm.objective.OrderChoice;
import org.esolm.tensor.WeightFormat;
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
  private static final long SHARES = 1000; // of the work, for the bar

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
      description = {
        "nelbo: by times and masks; any-order: the mean over orders; iw: importance-weighted over",
        "orders, nearer to the exact value the more there are (default: ${DEFAULT-VALUE})."
      })
  private String bound;

  @Option(
      names = "--orders",
      paramLabel = "K",
      defaultValue = "1",
      description = "Orders a text, or for nelbo draws of times and masks (default: 1).")
  private int orders;

  @Option(
      names = "--shared-orders",
      paramLabel = "N",
      arity = "0..1",
      defaultValue = "1",
      fallbackValue = "" + OrderChoice.RELEASED,
      description = {
        "N neighbouring texts share their orders, 32 if N is left out, as in the released code",
        "(default: orders of its own for each text)."
      })
  private int sharing;

  @Option(
      names = {"--texts", "--limit"},
      paramLabel = "N",
      defaultValue = "" + Long.MAX_VALUE,
      description = "At most so many texts of the model's length (default: all).")
  private long limit;

  @Option(names = "--batch", defaultValue = "16", description = "Texts a pass (default: 16).")
  private int batch;

  @Option(names = "--seed", defaultValue = "0", description = "Of all chance (default: 0).")
  private long seed;

  @Option(
      names = "--weights",
      paramLabel = "f32|bf16|int8",
      defaultValue = "f32",
      description = "Of the network as sample --weights keeps it (default: ${DEFAULT-VALUE}).")
  private String weights;

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

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
    Question question = question();
    WeightFormat format = WeightFormat.of(weights);
    return Interruptible.run(spec.commandLine().getErr(), "", () -> measure(question, format));
  }

  private int measure(Question question, WeightFormat format) throws IOException {
    try (Workers workers = Workers.ofMachine();
        TrainedRun run = TrainedRun.open(folder, workers);
        BlockReader texts = texts(run)) {
      DecoderWeights.round(run.network().weights(), format);
      CorpusLikelihood result = measure(run, texts, question);
      report(run, result, question).print(spec.commandLine().getOut(), json);
    }
    return 0;
  }

  private Question question() {
    requirePositive("--orders", orders);
    requirePositive("--shared-orders", sharing);
    requirePositive("--texts", limit);
    requirePositive("--batch", batch);
    return new Question(bound(), orders, sharing, limit, batch, seed);
  }

  private Bound bound() {
    return Arrays.stream(Bound.values())
        .filter(b -> b.toString().equals(bound))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "--bound: '%s', must be one of nelbo, any-order, iw".formatted(bound)));
  }

  private static void requirePositive(String option, long value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + ": " + value + ", must be at least 1");
    }
  }

  /** A file is read piece by piece, so is a text that was held out in a file of its own. */
  private BlockReader texts(TrainedRun run) {
    int length = run.config().model().length();
    CorpusConfig corpus = run.config().corpus();
    if (isCorpus(run)) {
      return corpus
          .validation()
          .map(file -> texts(run, file, length))
          .orElseGet(() -> run.corpus().validBlocks(length).reader());
    }
    if (!Files.exists(Path.of(data))) {
      throw new IllegalArgumentException(
          "--data: '%s', must be a file of UTF-8 text, or %s for the run's held-out text"
              .formatted(data, corpus.name()));
    }
    return texts(run, Path.of(data), length);
  }

  private static BlockReader texts(TrainedRun run, Path file, int length) {
    return run.config()
        .corpus()
        .documentBlocks(file, run.tokenizer(), length)
        .map(Blocks::reader)
        .orElseGet(() -> TextBlocks.open(file, run.tokenizer(), length));
  }

  private boolean isCorpus(TrainedRun run) {
    return data.equals(run.config().corpus().name());
  }

  private CorpusLikelihood measure(TrainedRun run, BlockReader texts, Question question) {
    Optional<Oracle> truth = isCorpus(run) ? truth(run) : Optional.empty();
    try (Progress progress = Progress.of("likelihood of " + data, SHARES)) {
      return CorpusLikelihood.of(
          run.network(),
          run.objective(),
          texts,
          question,
          truth,
          (share, done, nats) ->
              progress.step(Math.round(share * SHARES), () -> soFar(done, nats)));
    }
  }

  private static String soFar(long texts, Optional<Estimate> nats) {
    return "%,d texts".formatted(texts)
        + nats.map(n -> ", perplexity " + n.perplexity()).orElse("");
  }

  /** Only languages have one, and these are in memory anyway. */
  private static Optional<Oracle> truth(TrainedRun run) {
    CorpusConfig corpus = run.config().corpus();
    return corpus.validation().isPresent() ? Optional.empty() : run.corpus().oracle();
  }

  private Report report(TrainedRun run, CorpusLikelihood result, Question question) {
    boolean nelbo = question.bound() == Bound.NELBO;
    return new Report()
        .put("system", run.config().system().label())
        .put("data", data)
        .put("bound", question.bound().toString())
        .put("weights", weights)
        .put("orders", orders)
        .put("shared_orders", nelbo ? null : sharing)
        .put("texts", result.texts())
        .put("tokens", result.tokens())
        .put("nats_per_token", result.nats())
        .put("perplexity", result.nats().perplexity())
        .put("order_error", nelbo ? null : result.orderError())
        .put("effective_orders", question.bound() == Bound.IW ? result.effectiveOrders() : null)
        .put("true_nats_per_token", result.trueNats().orElse(null))
        .put("true_perplexity", result.trueNats().map(Estimate::perplexity).orElse(null))
        .put("kl_to_truth", result.klToTruth().orElse(null))
        .put("seconds", result.seconds());
  }
}
