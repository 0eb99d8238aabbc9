package org.esolm.experiments.command;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.esolm.data.Estimate;
import org.esolm.data.Gpt2Tokenizer;
import org.esolm.data.JsonTokenizer;
import org.esolm.data.Tokenizer;
import org.esolm.metric.GenerativePerplexity;
import org.esolm.metric.GenerativePerplexity.Convention;
import org.esolm.metric.Mauve;
import org.esolm.metric.UnigramEntropy;
import org.esolm.model.Gpt2;
import org.esolm.notebook.Progress;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/** Samples judged by a GPT-2: their texts are its tokens anew, whatever tokens they were of. */
final class EvaluatorScore implements AutoCloseable {
  private static final int SEEDS = 5;

  private final Arena arena = Arena.ofShared();
  private final Gpt2 network;
  private final Tokenizer tokenizer;
  private final int end;
  private final Convention convention;
  private final Optional<Integer> length;

  EvaluatorScore(Path folder, Convention convention, Optional<Integer> length, Workers workers)
      throws IOException {
    this.convention = convention;
    this.length = length;
    tokenizer = tokenizer(folder);
    end =
        tokenizer
            .separator()
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        folder + ": its tokenizer has no token that ends a text"));
    network = Gpt2.read(folder, workers);
    if (network.config().vocabSize() != tokenizer.vocabSize()) {
      close();
      throw new IllegalArgumentException(
          "%s: a vocabulary of %d tokens, its tokenizer has %d"
              .formatted(folder, network.config().vocabSize(), tokenizer.vocabSize()));
    }
  }

  /** The folder's own, where it has one. */
  private static Tokenizer tokenizer(Path folder) {
    return Files.exists(folder.resolve(JsonTokenizer.FILE))
        ? JsonTokenizer.read(folder)
        : new Gpt2Tokenizer();
  }

  /** Texts as the evaluator reads them, with what is asked of them. */
  private record Texts(int[][] tokens, Estimate entropy, String entropyOf, Tensor features) {}

  /** Scores samples, and with a reference also that, and how close the two are. */
  void score(List<SampleFile.Line> samples, Optional<List<SampleFile.Line>> reference, Report to) {
    int most = length.orElseGet(() -> longest(samples));
    Texts own = texts(samples, most, reference.isPresent());
    to.put("convention", convention.toString());
    to.put("length", most);
    measure("samples", "", own, to);
    if (reference.isPresent()) {
      Texts other = texts(reference.get(), most, true);
      measure("reference", "reference_", other, to);
      mauve(own, other, to);
    }
    to.put("note", "perplexities of the conventions eso and bd3lm are not comparable");
  }

  /** The length that a model generates, which is where the released code cuts its texts. */
  private static int longest(List<SampleFile.Line> samples) {
    return samples.stream()
        .map(SampleFile.Line::tokens)
        .filter(Objects::nonNull)
        .mapToInt(t -> t.length)
        .max()
        .orElse(GenerativePerplexity.WINDOW);
  }

  private Texts texts(List<SampleFile.Line> lines, int most, boolean withFeatures) {
    for (SampleFile.Line line : lines) {
      if (line.text() == null) {
        throw new IllegalArgumentException(
            "sample " + lines.indexOf(line) + " has no 'text', which this evaluator reads");
      }
    }
    List<String> texts = lines.stream().map(SampleFile.Line::text).toList();
    int[][] tokens = GenerativePerplexity.tokens(texts, tokenizer, end, most);
    boolean known =
        convention == Convention.ESO && lines.stream().allMatch(l -> l.tokens() != null);
    int[][] counted =
        known ? lines.stream().map(SampleFile.Line::tokens).toArray(int[][]::new) : tokens;
    Tensor features =
        withFeatures ? Tensor.zeros(arena, tokens.length, network.config().hiddenSize()) : null;
    return new Texts(
        tokens,
        UnigramEntropy.mean(counted),
        known ? "the samples' own tokens" : "the evaluator's tokens",
        features);
  }

  private void measure(String what, String prefix, Texts texts, Report to) {
    int n = texts.tokens().length;
    try (Progress progress = Progress.of("reading " + what, n)) {
      GenerativePerplexity result =
          GenerativePerplexity.of(
              network,
              texts.tokens(),
              end,
              convention,
              done -> {
                if (texts.features() != null) {
                  feature(texts.tokens()[done - 1], texts.features().slice(done - 1, done));
                }
                progress.step(done);
              });
      to.put(prefix + "samples", n)
          .put(prefix + "tokens", result.tokens())
          .put(prefix + "perplexity", result.perplexity())
          .put(prefix + "nats_per_token", result.nats())
          .put(prefix + "entropy", texts.entropy())
          .put(prefix + "entropy_of", texts.entropyOf());
    }
  }

  /** The hidden state of the text's last token, of its first window where it is longer. */
  private void feature(int[] tokens, Tensor to) {
    int window = Math.min(GenerativePerplexity.WINDOW, network.config().positions());
    if (tokens.length > window) {
      network.nll(Arrays.copyOf(tokens, window));
    }
    int read = Math.min(tokens.length, window);
    boolean ended = read > 1 && tokens[read - 1] == end;
    to.copyFrom(network.hidden(ended ? read - 2 : read - 1));
  }

  private void mauve(Texts own, Texts other, Report to) {
    Mauve.Spread mauve =
        Mauve.spread(own.features(), other.features(), Mauve.Options.DEFAULT, SEEDS);
    to.put("mauve", mauve.mauve())
        .put("mauve_sd", mauve.sd())
        .put("mauve_star", mauve.mauveStar())
        .put("mauve_star_sd", mauve.starSd())
        .put("mauve_buckets", mauve.buckets())
        .put("mauve_seeds", SEEDS)
        .put("mauve_features", "the evaluator's last hidden state of each text's last token");
  }

  @Override
  public void close() {
    network.close();
    arena.close();
  }
}
