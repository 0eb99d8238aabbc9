package org.esolm.data;

import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The words of a toy language, written as people write: no space before a full stop or inside
 * brackets and quotation marks, a new line for {@code <p>}. Straight quotation marks are read as
 * the curved ones that fit.
 */
public final class ToyTokenizer implements Tokenizer {
  private static final String PARAGRAPH = "<p>";

  private static final Pattern OPENING = Pattern.compile("(?<![^\\s(])\"");
  private static final Pattern MARK = Pattern.compile("[“”(),]|[.!?](?!\\S*\\w)");
  private static final Pattern SPACE_AFTER = Pattern.compile("([“(]) ");
  private static final Pattern SPACE_BEFORE = Pattern.compile(" ([”),.!?])");
  private static final Pattern LINE_END = Pattern.compile(" ?" + PARAGRAPH + " ?");

  private final WordTokenizer words;

  /**
   * The tokenizer of a toy language.
   *
   * @param words its vocabulary, all different
   */
  public ToyTokenizer(List<String> words) {
    this.words = new WordTokenizer(words);
  }

  @Override
  public List<String> tokens() {
    return words.tokens();
  }

  @Override
  public int[] encode(String text) {
    String curved = OPENING.matcher(text).replaceAll("“").replace('"', '”');
    String spaced = MARK.matcher(curved).replaceAll(" $0 ");
    boolean paragraphs = tokens().contains(PARAGRAPH);
    return words.encode(paragraphs ? spaced.replace("\n", " " + PARAGRAPH + " ") : spaced);
  }

  @Override
  public String decode(int[] ids) {
    String text = String.join(" ", Arrays.stream(ids).mapToObj(this::token).toList());
    text = SPACE_AFTER.matcher(text).replaceAll("$1");
    text = SPACE_BEFORE.matcher(text).replaceAll("$1");
    return LINE_END.matcher(text).replaceAll("\n");
  }
}
