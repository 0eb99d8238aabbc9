package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.esolm.data.Blocks;
import org.esolm.data.Corpus;
import org.esolm.data.CorpusConfig;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.metric.UnigramEntropy;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What there is to train on. */
@Command(
    name = "data",
    description = "List the corpora, or describe one or a file of text.",
    subcommands = {DataCommand.ListCorpora.class, DataCommand.Describe.class})
public final class DataCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public DataCommand() {}

  /**
   * Without a sub-command: lists the corpora.
   *
   * @return 0
   */
  @Override
  public Integer call() {
    return list(spec.commandLine().getOut());
  }

  private static int list(PrintWriter out) {
    for (String name : CorpusConfig.NAMES) {
      out.printf("%-12s %s%n", name, what(name));
    }
    return 0;
  }

  private static String what(String name) {
    return switch (name) {
      case "toy" -> "the embedded language, whose law is known; or one of your own, corpus.file";
      case "markov" -> "the Markov chain of the paper's appendix E.1";
      case "characters" -> "your own text by characters, corpus.file";
      default -> "your own text by words, corpus.file; rarer ones than corpus.minCount unknown";
    };
  }

  /** {@code eso data list}. */
  @Command(name = "list", description = "List the corpora.")
  static final class ListCorpora implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Override
    public Integer call() {
      return list(spec.commandLine().getOut());
    }
  }

  /** {@code eso data describe}. */
  @Command(name = "describe", description = "Describe a corpus or a file of text.")
  static final class Describe implements Callable<Integer> {
    private static final int SHOWN = 60;
    private static final int MAX_BLOCKS = 512;

    @Spec private CommandSpec spec;

    @Parameters(
        paramLabel = "NAME_OR_FILE",
        description = "toy, markov, a language (*.lang) or a UTF-8 text.")
    private String what;

    @Option(
        names = "--by",
        defaultValue = "characters",
        paramLabel = "characters|words|gpt2|TOKENIZER.json",
        description = "What a text's tokens are (default: ${DEFAULT-VALUE}).")
    private String by;

    @Option(
        names = "--min-count",
        defaultValue = "1",
        description = "By words: rarer ones are unknown (default: 1).")
    private int minCount;

    @Option(
        names = "--length",
        paramLabel = "L",
        defaultValue = "128",
        description = "Block length for the true entropy (default: ${DEFAULT-VALUE}).")
    private int length;

    @Option(names = "--json", description = "Print one line of JSON.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
      Corpus corpus = config().open();
      String sample =
          corpus
              .tokenizer()
              .decode(Arrays.copyOf(corpus.valid(), Math.min(SHOWN, corpus.valid().length)));
      Report report =
          new Report()
              .put("name", corpus.name())
              .put("vocabulary", corpus.vocabSize())
              .put("train_tokens", corpus.train().length)
              .put("valid_tokens", corpus.valid().length)
              .put("unigram_entropy", UnigramEntropy.corpus(new int[][] {corpus.train()}));
      corpus.oracle().ifPresent(truth -> truth(report, truth, corpus.validBlocks(length)));
      report.put("sample", sample).print(spec.commandLine().getOut(), json);
      return 0;
    }

    private CorpusConfig config() {
      Path file = Path.of(what);
      if (CorpusConfig.NAMES.contains(what) || !Files.exists(file)) {
        return CorpusConfig.of(what, Optional.empty());
      }
      if (what.endsWith(".lang")) {
        return CorpusConfig.of("toy", Optional.of(file));
      }
      return switch (by) {
        case "characters" -> CorpusConfig.of(by, Optional.of(file));
        case "words" -> CorpusConfig.words(file, minCount);
        default -> CorpusConfig.text(Optional.of(file), by);
      };
    }

    private static void truth(Report report, Oracle truth, Blocks blocks) {
      double[] nats =
          IntStream.range(0, Math.min(MAX_BLOCKS, blocks.count()))
              .parallel()
              .mapToDouble(i -> -truth.logProbability(blocks.block(i)) / blocks.length())
              .toArray();
      Estimate entropy = Estimate.mean(nats);
      report.put("true_entropy", entropy).put("true_perplexity", entropy.perplexity());
    }
  }
}
