package org.esolm.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Interrupts;

/**
 * Text to train on and text to measure on.
 *
 * @param name what to call it
 * @param tokenizer how text became tokens
 * @param train a stream of training tokens
 * @param valid a stream of held-out tokens
 * @param oracle the truth, where it is known
 * @param packed how the streams become blocks, where they are of documents
 */
public record Corpus(
    String name,
    Tokenizer tokenizer,
    int[] train,
    int[] valid,
    Optional<Oracle> oracle,
    Optional<Packed> packed) {
  /** Characters that are encoded at a time. */
  private static final int PIECE = 1 << 20;

  /**
   * Documents that are packed into blocks.
   *
   * @param rule how
   * @param train the training documents' tokens
   * @param valid the held-out documents' tokens
   */
  public record Packed(Packing rule, List<int[]> train, List<int[]> valid) {}

  /** Checks that there is something of both. */
  public Corpus {
    if (train.length == 0 || valid.length == 0) {
      throw new IllegalArgumentException(
          name
              + ": "
              + train.length
              + " training and "
              + valid.length
              + " held-out tokens, allowed: at least 1 of each");
    }
  }

  /**
   * A corpus of two streams.
   *
   * @param name what to call it
   * @param tokenizer how text became tokens
   * @param train a stream of training tokens
   * @param valid a stream of held-out tokens
   * @param oracle the truth, where it is known
   */
  public Corpus(
      String name, Tokenizer tokenizer, int[] train, int[] valid, Optional<Oracle> oracle) {
    this(name, tokenizer, train, valid, oracle, Optional.empty());
  }

  /**
   * The toy language inside the library.
   *
   * @param trainTokens length of the training stream
   * @param validTokens length of the held-out stream
   * @param seed chooses both streams
   * @return the corpus
   */
  public static Corpus toy(int trainTokens, int validTokens, long seed) {
    return of("toy", ToyLanguage.embedded(), trainTokens, validTokens, seed);
  }

  /**
   * A toy language of one's own.
   *
   * @param name what to call it
   * @param language the language
   * @param trainTokens length of the training stream
   * @param validTokens length of the held-out stream
   * @param seed chooses both streams
   * @return the corpus
   */
  public static Corpus of(
      String name, ToyLanguage language, int trainTokens, int validTokens, long seed) {
    return drawn(name, language.tokenizer(), language.oracle(), trainTokens, validTokens, seed);
  }

  /**
   * The paper's Markov chain (appendix E.1), {@link MarkovLanguage#paper}.
   *
   * @param trainTokens length of the training stream
   * @param validTokens length of the held-out stream
   * @param seed chooses the chain and both streams
   * @return the corpus
   */
  public static Corpus markov(int trainTokens, int validTokens, long seed) {
    MarkovLanguage language = MarkovLanguage.paper(seed);
    Tokenizer symbols =
        new WordTokenizer(IntStream.range(0, language.vocabSize()).mapToObj(i -> "s" + i).toList());
    return drawn("markov", symbols, language, trainTokens, validTokens, seed);
  }

  private static Corpus drawn(
      String name,
      Tokenizer tokenizer,
      Oracle oracle,
      int trainTokens,
      int validTokens,
      long seed) {
    if (trainTokens < 1 || validTokens < 1) {
      throw new IllegalArgumentException(
          "trainTokens, validTokens: "
              + trainTokens
              + ", "
              + validTokens
              + ", allowed: at least 1 each");
    }
    // Three indices: the streams share no draws with a language's other uses of the same seed.
    return new Corpus(
        name,
        tokenizer,
        oracle.sample(trainTokens, Rng.of(seed, Purpose.LANGUAGE, 0, 0, 0)),
        oracle.sample(validTokens, Rng.of(seed, Purpose.LANGUAGE, 0, 0, 1)),
        Optional.of(oracle));
  }

  /**
   * A text by characters; the last tenth is held out.
   *
   * @param file UTF-8 text
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus characters(Path file) {
    String text = TextFile.read(file);
    CharacterTokenizer tokenizer = CharacterTokenizer.of(text);
    return held(file, tokenizer, encode(tokenizer, text));
  }

  /**
   * Two texts by characters. The vocabulary is that of both.
   *
   * @param file UTF-8 text to train on
   * @param validation UTF-8 text to measure on
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus characters(Path file, Path validation) {
    String train = TextFile.read(file);
    String valid = TextFile.read(validation);
    return encoded(file, CharacterTokenizer.of(train + valid), train, valid);
  }

  /**
   * A text by words; the last tenth is held out.
   *
   * @param file UTF-8 text, words between white space
   * @param minCount rarer words are {@value WordTokenizer#UNKNOWN}; at least 1
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus words(Path file, int minCount) {
    String text = TextFile.read(file);
    WordTokenizer tokenizer = WordTokenizer.of(text, minCount);
    return held(file, tokenizer, encode(tokenizer, text));
  }

  /**
   * Two texts by words. The vocabulary is that of the first.
   *
   * @param file UTF-8 text to train on
   * @param validation UTF-8 text to measure on
   * @param minCount rarer words are {@value WordTokenizer#UNKNOWN}; at least 1
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus words(Path file, Path validation, int minCount) {
    String train = TextFile.read(file);
    return encoded(file, WordTokenizer.of(train, minCount), train, TextFile.read(validation));
  }

  /**
   * A text by a tokenizer that is there already; the last tenth of the tokens is held out.
   *
   * @param file UTF-8 text
   * @param tokenizer its tokenizer
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus text(Path file, Tokenizer tokenizer) {
    return held(file, tokenizer, encode(tokenizer, TextFile.read(file)));
  }

  /**
   * Two texts by a tokenizer that is there already.
   *
   * @param file UTF-8 text to train on
   * @param validation UTF-8 text to measure on
   * @param tokenizer their tokenizer
   * @return the corpus
   * @throws IllegalArgumentException as {@link TextFile#read}
   */
  public static Corpus text(Path file, Path validation, Tokenizer tokenizer) {
    return encoded(file, tokenizer, TextFile.read(file), TextFile.read(validation));
  }

  /**
   * A text of documents, which are packed into blocks.
   *
   * @param file UTF-8 text
   * @param validation UTF-8 text to measure on; empty: the last tenth of the documents
   * @param documents what the documents are
   * @param tokenizer their tokenizer
   * @return the corpus
   * @throws IllegalArgumentException as {@link Documents#tokens}
   */
  public static Corpus documents(
      Path file, Optional<Path> validation, Documents documents, Tokenizer tokenizer) {
    List<int[]> all = documents.tokens(file, tokenizer);
    int cut = validation.isPresent() ? all.size() : (int) (all.size() * 9L / 10);
    List<int[]> train = all.subList(0, cut);
    List<int[]> valid =
        validation
            .map(v -> documents.tokens(v, tokenizer))
            .orElseGet(() -> all.subList(cut, all.size()));
    return new Corpus(
        file.toString(),
        tokenizer,
        Packing.concatenated(train),
        Packing.concatenated(valid),
        Optional.empty(),
        Optional.of(new Packed(documents.packing(tokenizer), train, valid)));
  }

  private static Corpus encoded(Path file, Tokenizer tokenizer, String train, String valid) {
    return new Corpus(
        file.toString(),
        tokenizer,
        encode(tokenizer, train),
        encode(tokenizer, valid),
        Optional.empty());
  }

  /** Piece by piece, so that an interrupt is heard between two. */
  private static int[] encode(Tokenizer tokenizer, String text) {
    List<int[]> parts = new ArrayList<>();
    for (int from = 0, to; from < text.length(); from = to) {
      Interrupts.check("reading");
      to = Math.min(text.length(), from + PIECE);
      int cut = to == text.length() ? to - from : tokenizer.cut(text.substring(from, to));
      to = cut == 0 ? text.length() : from + cut;
      parts.add(tokenizer.encode(text.substring(from, to)));
    }
    return Packing.concatenated(parts);
  }

  private static Corpus held(Path file, Tokenizer tokenizer, int[] tokens) {
    int cut = (int) (tokens.length * 9L / 10);
    return new Corpus(
        file.toString(),
        tokenizer,
        Arrays.copyOf(tokens, cut),
        Arrays.copyOfRange(tokens, cut, tokens.length),
        Optional.empty());
  }

  /**
   * The size of the vocabulary.
   *
   * @return number of tokens, as {@link Tokenizer#vocabSize}
   */
  public int vocabSize() {
    return tokenizer.vocabSize();
  }

  /**
   * The mask token.
   *
   * @return its id, as {@link Tokenizer#maskIndex}
   */
  public int maskIndex() {
    return tokenizer.maskIndex();
  }

  /**
   * The size of a model's vocabulary.
   *
   * @return number of tokens with the mask
   */
  public int vocabSizeWithMask() {
    return tokenizer.vocabSizeWithMask();
  }

  /**
   * The training stream in blocks.
   *
   * @param length L, tokens of a block
   * @return its blocks
   * @throws IllegalArgumentException if the stream is shorter than one block
   */
  public Blocks trainBlocks(int length) {
    String what = name + " (training text)";
    return packed
        .map(p -> Blocks.packed(what, p.rule().pack(p.train(), length), length))
        .orElseGet(() -> Blocks.of(what, train, length));
  }

  /**
   * The held-out stream in blocks.
   *
   * @param length L, tokens of a block
   * @return its blocks
   * @throws IllegalArgumentException if the stream is shorter than one block
   */
  public Blocks validBlocks(int length) {
    String what = name + " (held-out text)";
    return packed
        .map(p -> Blocks.packed(what, p.rule().pack(p.valid(), length), length))
        .orElseGet(() -> Blocks.of(what, valid, length));
  }
}
