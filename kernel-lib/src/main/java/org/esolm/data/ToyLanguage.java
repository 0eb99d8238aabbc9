package org.esolm.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.esolm.data.GrammarCompiler.Node;

/**
 * A small language of readable sentences whose law is known exactly: a hidden Markov model written
 * down as a text file that a person can read and change. The one inside the library is {@code
 * data/toy.lang}, which also describes the format.
 */
public final class ToyLanguage {
  private static final String RESOURCE = "toy.lang";

  private final List<String> words;
  private final List<Node> nodes;
  private final HiddenMarkovModel oracle;

  private ToyLanguage(List<String> words, GrammarCompiler.Result compiled) {
    this.words = words;
    this.nodes = compiled.nodes();
    this.oracle = compiled.model();
  }

  /**
   * The language inside the library.
   *
   * @return {@code data/toy.lang}, compiled
   */
  public static ToyLanguage embedded() {
    try (InputStream in = ToyLanguage.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IllegalStateException(RESOURCE + " is not on the class path");
      }
      return parse(RESOURCE, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A language of one's own.
   *
   * @param file its description
   * @return the language, compiled
   * @throws IllegalArgumentException if the file cannot be read or has an error: file, line, what
   *     is wrong, what is allowed
   */
  public static ToyLanguage read(Path file) {
    return parse(String.valueOf(file.getFileName()), TextFile.read(file));
  }

  /**
   * A language from its description.
   *
   * @param source what to call it in errors
   * @param text the description
   * @return the language, compiled
   * @throws IllegalArgumentException if the text has an error
   */
  public static ToyLanguage parse(String source, String text) {
    Grammar grammar = GrammarParser.parse(source, text);
    return new ToyLanguage(grammar.words(), GrammarCompiler.compile(grammar));
  }

  /**
   * The vocabulary; a word's index is its token.
   *
   * @return all words, in the order of the file
   */
  public List<String> words() {
    return words;
  }

  /**
   * The hidden states in words.
   *
   * @return grammar position and features, such as {@code subject-noun topic=sea number=one}
   */
  public List<String> states() {
    return nodes.stream().map(Node::toString).toList();
  }

  /**
   * The truth about the language.
   *
   * @return its model
   */
  public HiddenMarkovModel oracle() {
    return oracle;
  }

  /**
   * Text to tokens and back.
   *
   * @return the language's tokenizer
   */
  public Tokenizer tokenizer() {
    return new ToyTokenizer(words);
  }

  /**
   * How long a feature keeps its value.
   *
   * @param feature one that all states carry
   * @return the mean number of tokens from one change to the next, exact
   * @throws IllegalArgumentException if some state does not carry it
   */
  public double persistence(String feature) {
    double[] pi = oracle.stationary();
    SparseMatrix p = oracle.transitions();
    double changes = 0;
    for (int s = 0; s < pi.length; s++) {
      String here = nodes.get(s).value(feature);
      if (here == null) {
        throw new IllegalArgumentException(
            "feature: '"
                + feature
                + "' is not carried by state '"
                + nodes.get(s)
                + "', allowed: a feature that all states carry");
      }
      int[] to = p.columns(s);
      double[] probability = p.values(s);
      for (int i = 0; i < to.length; i++) {
        changes += here.equals(nodes.get(to[i]).value(feature)) ? 0 : pi[s] * probability[i];
      }
    }
    return 1 / changes;
  }
}
