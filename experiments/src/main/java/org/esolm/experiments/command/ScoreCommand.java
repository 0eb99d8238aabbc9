package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.data.Corpus;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Oracle;
import org.esolm.io.SafetensorsFolder;
import org.esolm.metric.GenerativePerplexity.Convention;
import org.esolm.metric.OraclePerplexity;
import org.esolm.metric.UnigramEntropy;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Judges samples. */
@Command(
    name = "score",
    description =
        "Judge samples: their perplexity under the language's law or another model, their diversity.")
public final class ScoreCommand implements Callable<Integer> {
  /** How often a word is taken for any other, so that no text is impossible. */
  private static final double NOISE = 1e-3;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SAMPLES.jsonl", description = "As 'eso sample --out' writes them.")
  private Path samples;

  @Option(
      names = "--evaluator",
      paramLabel = "oracle|GPT2_DIR",
      required = true,
      description =
          "oracle: the law of the toy language from which the model learned. GPT2_DIR: a folder with"
              + " a GPT-2's config.json and model.safetensors (or its shards), and a tokenizer.json"
              + " where it is not GPT-2's own.")
  private String evaluator;

  @Option(
      names = "--convention",
      paramLabel = "eso|bd3lm",
      defaultValue = "eso",
      description =
          "GPT2_DIR: whose released code counts tokens; perplexities of the two are not comparable"
              + " (default: ${DEFAULT-VALUE}).")
  private String convention;

  @Option(
      names = "--length",
      paramLabel = "L",
      description =
          "GPT2_DIR: texts are cut to so many of its tokens (default: as many as the longest sample"
              + " has of its own, else 1024).")
  private Optional<Integer> length = Optional.empty();

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description =
          "Samples of the same form to hold against these; with GPT2_DIR also by MAUVE, from the"
              + " evaluator's features.")
  private Optional<Path> reference = Optional.empty();

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  /** For picocli. */
  public ScoreCommand() {}

  /**
   * Scores the samples.
   *
   * @return 0
   * @throws IOException if a file cannot be read
   */
  @Override
  public Integer call() throws IOException {
    boolean oracle = evaluator.equals("oracle");
    if (!oracle && !Files.isDirectory(Path.of(evaluator))) {
      throw new IllegalArgumentException(
          "--evaluator: '"
              + evaluator
              + "', allowed: oracle, or a folder with config.json and "
              + SafetensorsFolder.MODEL);
    }
    return Interruptible.run(spec.commandLine().getErr(), "", () -> score(oracle));
  }

  private int score(boolean oracle) throws IOException {
    List<SampleFile.Line> lines = SampleFile.read(samples);
    Report report = new Report().put("evaluator", evaluator);
    if (oracle) {
      byOracle(lines, report);
    } else {
      byNetwork(lines, report);
    }
    report.print(spec.commandLine().getOut(), json);
    return 0;
  }

  private void byNetwork(List<SampleFile.Line> lines, Report report) throws IOException {
    if (length.isPresent() && length.get() < 2) {
      throw new IllegalArgumentException("--length: " + length.get() + ", must be at least 2");
    }
    Convention how = Convention.of(convention);
    Optional<List<SampleFile.Line>> other = Optional.empty();
    if (reference.isPresent()) {
      other = Optional.of(SampleFile.read(reference.get()));
    }
    try (Workers workers = Workers.ofMachine();
        EvaluatorScore score = new EvaluatorScore(Path.of(evaluator), how, length, workers)) {
      score.score(lines, other, report);
    }
  }

  private void byOracle(List<SampleFile.Line> lines, Report report) throws IOException {
    Corpus corpus = corpus(lines);
    Oracle truth =
        corpus
            .oracle()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "--evaluator oracle: the law of the corpus '"
                            + corpus.name()
                            + "' is not known, allowed: samples of toy or markov"));
    Oracle floor = truth.smoothed(NOISE);
    score(report, "", tokens(samples, lines, corpus), truth, floor);
    if (reference.isPresent()) {
      int[][] tokens = tokens(reference.get(), SampleFile.read(reference.get()), corpus);
      score(report, "reference_", tokens, truth, floor);
    }
  }

  private static void score(
      Report report, String prefix, int[][] texts, Oracle truth, Oracle floor) {
    OraclePerplexity score = OraclePerplexity.of(truth, floor, texts);
    report
        .put(prefix + "samples", texts.length)
        .put(prefix + "perplexity", score.perplexity())
        .put(prefix + "impossible", score.impossible())
        .put(
            prefix + "perplexity_of_possible",
            score.impossible() == 1 ? null : score.perplexityOfPossible())
        .put(prefix + "entropy", UnigramEntropy.mean(texts))
        .put(prefix + "corpus_entropy", UnigramEntropy.corpus(texts));
  }

  /** Samples that do not say where they come from are taken for texts of the embedded language. */
  private Corpus corpus(List<SampleFile.Line> lines) {
    SampleFile.Origin first = lines.getFirst().origin();
    CorpusConfig corpus =
        first == null ? CorpusConfig.of("toy", Optional.empty()).small() : first.smallCorpus();
    for (SampleFile.Line line : lines) {
      boolean same =
          first == null
              ? line.origin() == null
              : line.origin() != null && corpus.equals(line.origin().smallCorpus());
      if (!same) {
        throw new IllegalArgumentException(
            samples
                + ": sample "
                + line.index()
                + " is of another corpus than the first, needed: one");
      }
    }
    return corpus.open();
  }

  private static int[][] tokens(Path file, List<SampleFile.Line> lines, Corpus corpus) {
    int[][] tokens =
        lines.stream()
            .map(
                l ->
                    Objects.requireNonNullElseGet(
                        l.tokens(), () -> corpus.tokenizer().encode(l.text())))
            .toArray(int[][]::new);
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i].length == 0) {
        throw new IllegalArgumentException(file + ": sample " + i + " has no tokens");
      }
    }
    return tokens;
  }
}
