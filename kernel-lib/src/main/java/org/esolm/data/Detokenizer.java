package org.esolm.data;

import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * Turns the spaced-out text of old data sets into text as people write it, each in the way of the
 * released code (dataloader.py), oddities and all: perplexities of the paper are of these texts.
 */
public enum Detokenizer {
  /** WikiText-2 and WikiText-103. */
  WIKITEXT(
      all(
          literal("s '", "s'"),
          regex("/' [0-9]/", "/'[0-9]/"),
          literal(" @-@ ", "-"),
          literal(" @,@ ", ","),
          literal(" @.@ ", "."),
          literal(" : ", ": "),
          literal(" ; ", "; "),
          literal(" . ", ". "),
          literal(" ! ", "! "),
          literal(" ? ", "? "),
          literal(" , ", ", "),
          regex("\\(\\s*([^)]*?)\\s*\\)", "($1)"),
          regex("\\[\\s*([^\\]]*?)\\s*\\]", "[$1]"),
          regex("\\{\\s*([^}]*?)\\s*}", "{$1}"),
          regex("\"\\s*([^\"]*?)\\s*\"", "\"$1\""),
          regex("'\\s*([^']*?)\\s*'", "'$1'"),
          literal("= = = =", "===="),
          literal("= = =", "==="),
          literal("= =", "=="),
          literal(" ° ", "°"),
          literal(" \n", "\n"),
          literal("\n ", "\n"),
          literal(" N ", " 1 "),
          literal(" 's", "'s"))),

  /** The Penn Treebank. */
  PTB(
      all(
          literal(" 's", "'s"),
          literal("s ' ", "s' "),
          literal(" n't", "n't"),
          literal(" \n ", "\n"),
          literal("\\/", "/"),
          times(10, literal(" N ", " 1 ")), // neighbours share a space
          literal("$ 1", "$1"),
          literal("# 1", "#1"),
          literal("<unk>", "?"))),

  /** The One Billion Word Benchmark. */
  LM1B(
      all(
          literal("http : / / ", "http://"),
          literal("https : / / ", "https://"),
          regex(" '(\\w+)", "'$1"),
          regex(" (\\w+) \\. ", " $1. "),
          regex(" (\\w+) \\.$", " $1."),
          literal(" ? ", "? "),
          regex(" \\?$", "?"),
          literal(" ! ", "! "),
          regex(" !$", "!"),
          literal(" , ", ", "),
          literal(" : ", ": "),
          literal(" ; ", "; "),
          literal(" / ", "/"),
          regex("\" ([^\"]+) \"", "\"$1\""),
          regex("' ([^']+) '", "'$1'"),
          regex("\\( ([^()]+) \\)", "($1)"),
          regex("\\[ ([^\\[\\]]+) \\]", "[$1]"),
          literal("$ ", "$"),
          literal("£ ", "£"))),

  /** LAMBADA, as OpenAI distributes it. */
  LAMBADA(
      all(literal("“", "\""), literal("”", "\""), regex("^\\s+|\\s+\\z", ""), text -> "\n" + text)),

  /** Articles of arXiv and PubMed. */
  SCIENTIFIC_PAPERS(text -> LM1B.apply(WIKITEXT.apply(text)));

  private final UnaryOperator<String> rule;

  Detokenizer(UnaryOperator<String> rule) {
    this.rule = rule;
  }

  /**
   * The text as people write it.
   *
   * @param text one document of the data set
   * @return the same, detokenized
   */
  public String apply(String text) {
    return rule.apply(text);
  }

  @SafeVarargs
  private static UnaryOperator<String> all(UnaryOperator<String>... rules) {
    return text -> {
      String t = text;
      for (UnaryOperator<String> r : rules) {
        t = r.apply(t);
      }
      return t;
    };
  }

  private static UnaryOperator<String> times(int n, UnaryOperator<String> rule) {
    return text -> {
      String t = text;
      for (int i = 0; i < n; i++) {
        t = rule.apply(t);
      }
      return t;
    };
  }

  private static UnaryOperator<String> literal(String from, String to) {
    return text -> text.replace(from, to);
  }

  /**
   * What Python's expressions mean: its white space, its letters, and $ before a line feed only.
   */
  private static UnaryOperator<String> regex(String expression, String replacement) {
    Pattern pattern =
        Pattern.compile(
            expression
                .replace("\\s", "[\\s\\x1c-\\x1f\\x85\\p{Z}]")
                .replace("\\w", "[\\p{L}\\p{N}_]"),
            Pattern.UNIX_LINES);
    return text -> pattern.matcher(text).replaceAll(replacement);
  }
}
