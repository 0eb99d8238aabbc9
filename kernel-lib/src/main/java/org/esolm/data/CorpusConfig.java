package org.esolm.data;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which corpus, as a configuration says it.
 *
 * @param name one of {@link #NAMES}
 * @param file text to train on, for characters, words and text; a language's description for toy,
 *     empty: the one inside the library
 * @param validation text to measure on, for characters, words and text; empty: the last tenth of
 *     the file
 * @param minCount words rarer than this are unknown, for words; at least 1
 * @param trainTokens length of the training stream, for toy and markov; at least 1
 * @param validTokens length of the held-out stream, for toy and markov; at least 1
 * @param seed chooses the streams, for toy and markov
 * @param tokenizer for text: {@value Gpt2Tokenizer#NAME}, or the path of a tokenizer.json
 * @param documents for text: what of the files is a document, and how they are packed into blocks;
 *     empty: the files are streams, of which a block is any stretch
 */
public record CorpusConfig(
    String name,
    Optional<Path> file,
    Optional<Path> validation,
    int minCount,
    int trainTokens,
    int validTokens,
    long seed,
    Optional<String> tokenizer,
    Optional<Documents> documents) {
  /** The corpora that there are. */
  public static final List<String> NAMES = List.of("toy", "markov", "characters", "words", "text");

  /** Checks every field. */
  public CorpusConfig {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "corpus: '" + name + "', allowed: " + String.join(", ", NAMES));
    }
    boolean text = name.equals("characters") || name.equals("words") || name.equals("text");
    if (text && !name.equals("text") && file.isEmpty()) {
      throw noFile(name);
    }
    if (tokenizer.isPresent() != name.equals("text")) {
      throw new IllegalArgumentException(
          "tokenizer: "
              + tokenizer.orElse("none")
              + ", allowed for "
              + name
              + ": "
              + (name.equals("text") ? Gpt2Tokenizer.NAME + " or a tokenizer.json" : "none"));
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
    if (documents.isPresent() && !name.equals("text")) {
      throw new IllegalArgumentException(
          "documents: given, allowed for " + name + ": none (only for text)");
    }
    requirePositive("minCount", minCount);
    requirePositive("trainTokens", trainTokens);
    requirePositive("validTokens", validTokens);
  }

  private static IllegalArgumentException noFile(String name) {
    return new IllegalArgumentException("file: none, allowed for " + name + ": a text file");
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
    return new CorpusConfig(
        name, file, Optional.empty(), 1, 4_000_000, 200_000, 0, Optional.empty(), Optional.empty());
  }

  /**
   * A text by words.
   *
   * @param file the text
   * @param minCount as the record's
   * @return the configuration
   */
  public static CorpusConfig words(Path file, int minCount) {
    return new CorpusConfig(
        "words",
        Optional.of(file),
        Optional.empty(),
        minCount,
        4_000_000,
        200_000,
        0,
        Optional.empty(),
        Optional.empty());
  }

  /**
   * A text by a tokenizer that is there already, with the defaults of all else.
   *
   * @param file the text; empty for a network that came without one: such a corpus has a tokenizer
   *     but cannot be opened
   * @param tokenizer as the record's
   * @return the configuration
   */
  public static CorpusConfig text(Optional<Path> file, String tokenizer) {
    return new CorpusConfig(
        "text",
        file,
        Optional.empty(),
        1,
        4_000_000,
        200_000,
        0,
        Optional.of(tokenizer),
        Optional.empty());
  }

  /**
   * The same corpus with as few tokens as it can have: for its tokenizer and its law.
   *
   * @return the configuration
   */
  public CorpusConfig small() {
    return new CorpusConfig(name, file, validation, minCount, 1, 1, seed, tokenizer, documents);
  }

  /**
   * The files on which the corpus depends.
   *
   * @return those that are read when it is opened
   */
  public List<Path> files() {
    Optional<Path> pieces =
        tokenizer
            .filter(t -> !t.equals(Gpt2Tokenizer.NAME))
            .map(t -> JsonTokenizer.file(Path.of(t)));
    return Stream.of(file, validation, pieces).flatMap(Optional::stream).toList();
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
      case "text" -> {
        Path text = file.orElseThrow(() -> noFile(name));
        Tokenizer pieces = subwords();
        if (documents.isPresent()) {
          yield Corpus.documents(text, validation, documents.get(), pieces);
        }
        yield validation
            .map(v -> Corpus.text(text, v, pieces))
            .orElseGet(() -> Corpus.text(text, pieces));
      }
      default ->
          validation
              .map(v -> Corpus.words(file.orElseThrow(), v, minCount))
              .orElseGet(() -> Corpus.words(file.orElseThrow(), minCount));
    };
  }

  /**
   * Another text of documents of the same kind, in blocks.
   *
   * @param text UTF-8 text
   * @param pieces the corpus' tokenizer
   * @param length L, tokens of a block
   * @return its blocks; empty if the corpus is not one of documents
   * @throws IllegalArgumentException as {@link Documents#tokens}
   */
  public Optional<Blocks> documentBlocks(Path text, Tokenizer pieces, int length) {
    return documents.map(
        d ->
            Blocks.packed(
                text.toString(), d.packing(pieces).pack(d.tokens(text, pieces), length), length));
  }

  /**
   * The tokenizer of a text, which is there without the text.
   *
   * @return the tokenizer that the configuration names
   * @throws IllegalArgumentException if the corpus makes a tokenizer of its own text, or the file
   *     of the tokenizer cannot be read
   */
  public Tokenizer subwords() {
    String which =
        tokenizer.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "tokenizer: " + name + " makes its own, allowed: text"));
    return which.equals(Gpt2Tokenizer.NAME)
        ? new Gpt2Tokenizer()
        : JsonTokenizer.read(Path.of(which));
  }

  /**
   * The corpus' tokenizer, made again without the text.
   *
   * @param definition as {@link Tokenizer#definition} of the opened corpus' tokenizer
   * @return a tokenizer equal to the corpus'
   * @throws IllegalArgumentException if it is not a definition
   */
  public Tokenizer tokenizer(String definition) {
    if (name.equals("text")) {
      return definition.equals('"' + Gpt2Tokenizer.NAME + '"')
          ? new Gpt2Tokenizer()
          : new JsonTokenizer(definition);
    }
    List<String> tokens = vocabulary(definition);
    return switch (name) {
      case "toy" -> new ToyTokenizer(tokens);
      case "characters" -> new CharacterTokenizer(tokens);
      default -> new WordTokenizer(tokens);
    };
  }

  private static List<String> vocabulary(String definition) {
    try {
      return JsonMapper.shared().readValue(definition, new TypeReference<>() {});
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          "tokens: not a list of texts: " + e.getOriginalMessage(), e);
    }
  }
}
