package org.esolm.experiments.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.esolm.data.BlockReader;
import org.esolm.data.Tokenizer;
import org.esolm.experiments.reproduce.Measurement;
import org.esolm.experiments.reproduce.Plan;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.RunDirectory;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.CorpusLikelihood;
import org.esolm.metric.ResultRow;
import org.esolm.notebook.Display;
import org.esolm.notebook.Displayable;
import org.esolm.notebook.HtmlTable;
import org.esolm.plot.Figure;
import org.esolm.plot.LossCurves;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Sampler;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;
import org.esolm.view.SampleView;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * A training run, which is its folder: every question opens the network and closes it again, so a
 * cell has nothing to close and loses nothing.
 */
public final class Run implements Displayable {
  private static final JsonMapper JSON =
      JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

  /** Corpora that need no file and whose law is known. */
  private static final List<String> LANGUAGES = List.of("toy", "markov");

  private final Path folder;
  private final Optional<Sampler> sampler; // empty: as the system samples
  private OpenCorpus corpus; // null until asked for

  /**
   * One line of a run's metrics.
   *
   * @param step steps done
   * @param loss mean over the steps since the line before, nats a token
   * @param gradientNorm before clipping
   * @param learningRate of the step
   * @param tokensPerSecond since the loop began
   * @param validation bound on held-out text, nats a token; null if not measured
   */
  public record Metric(
      long step,
      double loss,
      double gradientNorm,
      double learningRate,
      double tokensPerSecond,
      Double validation) {}

  /**
   * What a run wrote at a checkpoint.
   *
   * @param step steps done
   * @param text one text, always of the same seed
   */
  public record Glimpse(long step, String text) {}

  Run(Path folder) {
    this(folder, null, Optional.empty());
  }

  Run(Path folder, OpenCorpus corpus) {
    this(folder, corpus, Optional.empty());
  }

  private Run(Path folder, OpenCorpus corpus, Optional<Sampler> sampler) {
    this.folder = folder;
    this.corpus = corpus;
    this.sampler = sampler;
  }

  /**
   * By what it is found again.
   *
   * @return the folder's name
   */
  public String name() {
    return folder.getFileName().toString();
  }

  /**
   * Where everything is written.
   *
   * @return the folder
   */
  public Path folder() {
    return folder;
  }

  /**
   * What was trained.
   *
   * @return its configuration
   */
  public RunConfig config() {
    return io(() -> RunDirectory.config(folder, RunConfig.class));
  }

  /**
   * The system, as in tables.
   *
   * @return for instance {@code eso 0.25}
   */
  public String label() {
    return Files.exists(folder.resolve("config.yaml")) ? config().system().label() : name();
  }

  /**
   * What it was trained on, opened when first asked for.
   *
   * @return the corpus
   */
  public OpenCorpus corpus() {
    if (corpus == null) {
      corpus = OpenCorpus.of(config().corpus());
    }
    return corpus;
  }

  /**
   * The losses so far.
   *
   * @return a line for every ten steps; empty before the first
   */
  public List<Metric> metrics() {
    return lines(folder.resolve("metrics.jsonl"), Metric.class);
  }

  /**
   * What it wrote at each checkpoint while a cell trained it.
   *
   * @return in the order of the steps; empty if the command line trained it
   */
  public List<Glimpse> glimpses() {
    return lines(glimpsesFile(), Glimpse.class);
  }

  Path glimpsesFile() {
    return folder.resolve("samples").resolve("checkpoints.jsonl");
  }

  /**
   * The training loss against the step.
   *
   * @return the figure
   */
  public Figure losses() {
    return losses(List.of(this));
  }

  /**
   * The training losses of several runs.
   *
   * @param runs of one corpus, with labels unlike each other
   * @return the figure, with the language's own entropy where it is known
   */
  public static Figure losses(List<Run> runs) {
    List<LossCurves.Curve> curves =
        runs.stream()
            .map(
                run ->
                    new LossCurves.Curve(
                        run.label(),
                        run.metrics().stream().mapToDouble(Metric::step).toArray(),
                        run.metrics().stream().mapToDouble(Metric::loss).toArray()))
            .toList();
    return LossCurves.of("Training loss", curves, runs.getFirst().corpus().trueNats());
  }

  /**
   * The same run, which samples in another way.
   *
   * @param other any sampler that fits the system
   * @return a new view of the run
   */
  public Run withSampler(Sampler other) {
    return new Run(folder, corpus, Optional.of(other));
  }

  /**
   * The same Eso-LM, which samples at another alpha_0 than it was trained at.
   *
   * @param alpha0 share of tokens drawn by diffusion
   * @return a new view of the run
   */
  public Run withAlpha0(double alpha0) {
    return withSampler(config().system().sampler(alpha0, false));
  }

  /**
   * Draws texts.
   *
   * @param count how many
   * @return the texts, with the order in which their tokens were drawn
   */
  public SampleView sample(int count) {
    return sample(count, request -> request);
  }

  /**
   * Draws texts in a way of one's own: {@code run.sample(4, r ->
   * r.withSteps(16).withNucleus(0.9))}.
   *
   * @param count how many
   * @param change of the usual request, which has a step for each token (BD3-LM: of a block)
   * @return the texts, with the order in which their tokens were drawn
   */
  public SampleView sample(int count, UnaryOperator<SampleRequest> change) {
    RunConfig config = config();
    SystemConfig system = config.system();
    int length = config.model().length();
    SampleRequest usual =
        SampleRequest.of(count, length)
            .withSteps(system.name().equals("bd3lm") ? system.blockSize() : length)
            .recordingOrder();
    SampleRequest request = change.apply(usual);
    Sampler how = sampler.orElseGet(() -> system.sampler(null, false));
    return ask(
        network -> new SampleView(how.sample(network.denoiser(), request), network.tokenizer()));
  }

  /**
   * Draws texts that begin with a text.
   *
   * @param count how many
   * @param prompt the beginning, at most as long as the network's texts
   * @return the texts, the beginning underlined
   */
  public SampleView prompt(int count, String prompt) {
    int[] given = encode(prompt);
    return sample(count, r -> r.withPrompt(given));
  }

  /**
   * Fills the gaps of a text.
   *
   * @param count how many times
   * @param text each {@code [MASK]} in it becomes a token
   * @return texts of this length, what was given underlined
   */
  public SampleView infill(int count, String text) {
    int[] given = encode(text);
    return sample(
        count,
        r ->
            SampleRequest.of(count, given.length)
                .withSteps(r.steps())
                .withGiven(given)
                .recordingOrder());
  }

  /**
   * Text to this run's tokens, as for {@code r -> r.withPrompt(run.encode("the ship"))}.
   *
   * @param text any text; {@code [MASK]} becomes a gap to be filled
   * @return tokens, -1 for each gap
   */
  public int[] encode(String text) {
    return ask(
        network -> {
          Tokenizer tokenizer = network.tokenizer();
          int[] tokens = tokenizer.encodeMasked(text);
          for (int i = 0; i < tokens.length; i++) {
            tokens[i] = tokens[i] == tokenizer.maskIndex() ? -1 : tokens[i];
          }
          return tokens;
        });
  }

  /**
   * A bound on the likelihood of held-out text.
   *
   * @param question which bound, how many texts, how many orders
   * @return the bound, beside the truth where it is known
   */
  public Likelihood likelihood(CorpusLikelihood.Question question) {
    int length = config().model().length();
    OpenCorpus read = corpus();
    return ask(
        network -> {
          try (BlockReader texts = read.corpus().validBlocks(length).reader()) {
            return new Likelihood(
                label(),
                question,
                CorpusLikelihood.of(
                    network.network(),
                    network.objective(),
                    texts,
                    question,
                    read.corpus().oracle(),
                    (share, done, nats) -> {}));
          }
        });
  }

  /**
   * A bound over orders of held-out text, or with draws of times and masks (equations 7 to 9).
   *
   * @param bound which
   * @param orders K, orders or draws
   * @param texts how many texts at most
   * @return the bound, beside the truth where it is known
   */
  public Likelihood likelihood(CorpusLikelihood.Bound bound, int orders, int texts) {
    return likelihood(new CorpusLikelihood.Question(bound, orders, 1, texts, 16, 0));
  }

  /**
   * The bound on the likelihood of 256 held-out texts (equation 7; exact for AR).
   *
   * @return the bound, beside the truth where it is known
   */
  public Likelihood likelihood() {
    return likelihood(CorpusLikelihood.Bound.NELBO, 1, 256);
  }

  /**
   * Measures likelihood and samples, as a reproduction does.
   *
   * @param evaluation how much is measured
   * @param settings of the sampler
   * @return a row for each setting
   */
  public List<ResultRow> measure(Plan.Evaluation evaluation, Plan.Setting... settings) {
    return ask(network -> new Measurement(network, evaluation).rows(List.of(settings)));
  }

  /**
   * Asks the network anything; it is closed when the answer is there.
   *
   * @param <T> the answer
   * @param question gets the network with its averaged weights
   * @return the answer, which must not hold on to the network
   */
  public <T> T ask(Function<TrainedRun, T> question) {
    try (Workers workers = Workers.ofMachine();
        TrainedRun network =
            corpus == null
                ? io(() -> TrainedRun.open(folder, workers))
                : io(() -> TrainedRun.open(folder, corpus.corpus(), workers))) {
      return question.apply(network);
    }
  }

  @Override
  public Display toDisplay() {
    Map<String, Object> row = new LinkedHashMap<>();
    RunConfig config = config();
    List<Metric> metrics = metrics();
    row.put("run", name());
    row.put("state", io(() -> RunDirectory.status(folder)).state());
    row.put("corpus", config.corpus().name());
    row.put("weights", ask(network -> network.network().weights().count()));
    if (!metrics.isEmpty()) {
      row.put("steps", metrics.getLast().step() + " of " + config.train().steps());
      row.put("loss", metrics.getLast().loss());
    }
    metrics.reversed().stream()
        .map(Metric::validation)
        .filter(v -> v != null)
        .findFirst()
        .ifPresent(v -> row.put("held-out perplexity", Math.exp(v)));
    if (LANGUAGES.contains(config.corpus().name())) {
      corpus().trueNats().ifPresent(nats -> row.put("true perplexity", Math.exp(nats)));
    }
    HtmlTable table = HtmlTable.of(List.of(row));
    return metrics.size() < 2
        ? table.toDisplay()
        : Display.html(
            table.toHtml() + "\n" + losses().toDisplay().data().get("text/html"), table.toString());
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "run %s", name());
  }

  /** Lines of JSON; a last line that is still being written is left out. */
  private static <T> List<T> lines(Path file, Class<T> type) {
    if (!Files.exists(file)) {
      return List.of();
    }
    String text = io(() -> Files.readString(file));
    return text.substring(0, text.lastIndexOf('\n') + 1)
        .lines()
        .map(line -> JSON.readValue(line, type))
        .toList();
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  private static <T> T io(Reading<T> reading) {
    try {
      return reading.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
