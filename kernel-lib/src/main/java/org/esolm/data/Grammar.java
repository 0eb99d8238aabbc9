package org.esolm.data;

import java.util.List;
import java.util.Map;

/**
 * A toy language as its file says it; every name in it is checked.
 *
 * @param source the file's name, for errors
 * @param features by name
 * @param classes word classes by name
 * @param words all words, in the order in which they first occur
 * @param states grammar positions by name, in the order of the file; the first is the start
 */
record Grammar(
    String source,
    Map<String, List<Weighted>> features,
    Map<String, List<Weighted>> classes,
    List<String> words,
    Map<String, State> states) {

  /** One of several alternatives. Weights are relative. */
  record Weighted(String name, double weight) {}

  /** A grammar position; it emits from a mixture of classes, or is passed without a word. */
  record State(
      int line, String name, List<String> features, List<Weighted> emits, List<Successor> next) {
    boolean silent() {
      return emits.isEmpty();
    }
  }

  /** A way on: open where every feature in {@code conditions} has one of the values. */
  record Successor(
      int line,
      double weight,
      String target,
      Map<String, List<String>> conditions,
      Map<String, String> changes) {}

  /** The value of a change that draws the feature by the weights of its declaration. */
  static final String ANY = "any";

  /** An error at a line of the file. */
  static IllegalArgumentException error(String source, int line, String message) {
    return new IllegalArgumentException(source + ":" + line + ": " + message);
  }
}
