package org.esolm.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which corpus, as a configuration says it.
 *
 * @param name one of {@link #NAMES}
 * @param file text to train on, for characters and words; a language's description for toy, empty:
 *     the one inside the library
 * @param validation text to measure on, for characters and words; empty: the last tenth of the file
 * @param minCount words rarer than this are unknown, for words; at least 1
 * @param trainTokens length of the training stream, for toy and markov; at least 1
 * @param validTokens length of the held-out stream, for toy and markov; at least 1
 * @param seed chooses the streams, for toy and markov
 */
public record CorpusConfig(
    String name,
    Optional<Path> file,
    Optional<Path> validation,
    int minCount,
    int trainTokens,
    int validTokens,
    long seed) {
  /** The corpora that there are. */
  public static final List<String> NAMES = List.of("toy", "markov", "characters", "words");

  /** Checks every field. */
  public CorpusConfig {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "corpus: '" + name + "', allowed: " + String.join(", ", NAMES));
    }
    boolean text = name.equals("characters") || name.equals("words");
    if (text && file.isEmpty()) {
      throw new IllegalArgumentException("file: none, allowed for " + name + ": a text file");
    }
    if (!text && validation.isPresent() || name.equals("markov") && file.isPresent()) {
      throw new IllegalArgumentException(
          "file, validation: "
              + file.or(() -> validation).orElseThrow()
              + ", allowed for "
              + name
              + ": "
              + (name.equals("toy") ? "file only" : "none"));
    }
    requirePositive("minCount", minCount);
    requirePositive("trainTokens", trainTokens);
    requirePositive("validTokens", validTokens);
  }

  private static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + ": " + value + ", allowed: at least 1");
    }
  }

  /**
   * A corpus with the defaults of all else: 4 million training and 200 thousand held-out tokens,
   * every word with a token of its own, seed 0.
   *
   * @param name one of {@link #NAMES}
   * @param file as the record's
   * @return the configuration
   * @throws IllegalArgumentException if the name is unknown or the file does not fit it
   */
  public static CorpusConfig of(String name, Optional<Path> file) {
    return new CorpusConfig(name, file, Optional.empty(), 1, 4_000_000, 200_000, 0);
  }

  /**
   * Reads or draws the corpus.
   *
   * @return the corpus
   * @throws IllegalArgumentException if a file cannot be read or has an error
   */
  public Corpus open() {
    return switch (name) {
      case "toy" ->
          file.map(
                  f -> Corpus.of(f.toString(), ToyLanguage.read(f), trainTokens, validTokens, seed))
              .orElseGet(() -> Corpus.toy(trainTokens, validTokens, seed));
      case "markov" -> Corpus.markov(trainTokens, validTokens, seed);
      case "characters" ->
          validation
              .map(v -> Corpus.characters(file.orElseThrow(), v))
              .orElseGet(() -> Corpus.characters(file.orElseThrow()));
      default ->
          validation
              .map(v -> Corpus.words(file.orElseThrow(), v, minCount))
              .orElseGet(() -> Corpus.words(file.orElseThrow(), minCount));
    };
  }

  /**
   * The corpus' tokenizer, made again from its vocabulary without the text.
   *
   * @param tokens as {@link Tokenizer#tokens} of the opened corpus
   * @return a tokenizer equal to the corpus'
   */
  public Tokenizer tokenizer(List<String> tokens) {
    return switch (name) {
      case "toy" -> new ToyTokenizer(tokens);
      case "characters" -> new CharacterTokenizer(tokens);
      default -> new WordTokenizer(tokens);
    };
  }
}
