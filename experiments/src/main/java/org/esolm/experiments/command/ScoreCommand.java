package org.esolm.experiments.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.data.Corpus;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Oracle;
import org.esolm.metric.OraclePerplexity;
import org.esolm.metric.UnigramEntropy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Judges samples. */
@Command(
    name = "score",
    description = "Judge samples: their perplexity under the language's law, and their diversity.")
public final class ScoreCommand implements Callable<Integer> {
  /** How often a word is taken for any other, so that no text is impossible. */
  private static final double NOISE = 1e-3;

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SAMPLES.jsonl", description = "As 'eso sample --out' writes them.")
  private Path samples;

  @Option(
      names = "--evaluator",
      paramLabel = "oracle",
      required = true,
      description = "oracle: the law of the toy language from which the model learned.")
  private String evaluator;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      description = "Samples of the same form to hold against these.")
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
    if (!evaluator.equals("oracle")) {
      throw new IllegalArgumentException(
          "--evaluator: '"
              + evaluator
              + "', allowed: oracle (a GPT-2 folder is not supported by this version)");
    }
    List<SampleFile.Line> lines = SampleFile.read(samples);
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
    Report report = new Report().put("evaluator", "oracle");
    score(report, "", tokens(samples, lines, corpus), truth, floor);
    if (reference.isPresent()) {
      int[][] tokens = tokens(reference.get(), SampleFile.read(reference.get()), corpus);
      score(report, "reference_", tokens, truth, floor);
    }
    report.print(spec.commandLine().getOut(), json);
    return 0;
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
