package org.esolm.data;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** One token a character (Unicode code point). */
public final class CharacterTokenizer implements Tokenizer {
  private final List<String> tokens;
  private final Map<Integer, Integer> ids = new HashMap<>();

  /**
   * A tokenizer of a given vocabulary.
   *
   * @param tokens one character each, all different
   */
  public CharacterTokenizer(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    for (String token : tokens) {
      if (token.codePointCount(0, token.length()) != 1
          || ids.put(token.codePointAt(0), ids.size()) != null) {
        throw new IllegalArgumentException(
            "tokens: '" + token + "', allowed: single characters, all different");
      }
    }
  }

  /**
   * The characters of a text, in the order of their code points.
   *
   * @param text the text
   * @return its tokenizer
   */
  public static CharacterTokenizer of(String text) {
    BitSet found = new BitSet();
    text.codePoints().forEach(found::set);
    return new CharacterTokenizer(found.stream().mapToObj(Character::toString).toList());
  }

  @Override
  public List<String> tokens() {
    return tokens;
  }

  @Override
  public int[] encode(String text) {
    return text.codePoints().map(this::id).toArray();
  }

  private int id(int character) {
    Integer id = ids.get(character);
    if (id == null) {
      throw new IllegalArgumentException(
          String.format(
              "text: character '%s' (U+%04X), allowed: the %d characters of the vocabulary",
              Character.toString(character), character, tokens.size()));
    }
    return id;
  }

  /** Anywhere, but not within a character. */
  @Override
  public int cut(CharSequence text) {
    int n = text.length();
    return n > 0 && Character.isHighSurrogate(text.charAt(n - 1)) ? n - 1 : n;
  }

  @Override
  public String decode(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(token(id));
    }
    return text.toString();
  }
}
