package org.esolm.data;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Text to tokens and back. Tokens are 0 to vocabSize() - 1; the mask token of the diffusion models
 * is the next id, vocabSize(), unless the vocabulary brought its own, and is written {@value
 * #MASK}.
 */
public interface Tokenizer {
  /** How the mask token is written. */
  String MASK = "[MASK]";

  /**
   * The vocabulary; a token's text stands at its id.
   *
   * @return all tokens, without a mask that was appended
   */
  List<String> tokens();

  /**
   * What {@link CorpusConfig#tokenizer(String)} makes this tokenizer from again.
   *
   * @return JSON: the array of tokens, the name of a built-in tokenizer, or a whole tokenizer.json
   */
  default String definition() {
    return JsonMapper.shared().writeValueAsString(tokens());
  }

  /**
   * Text to tokens.
   *
   * @param text any text
   * @return its tokens; never a mask that was appended
   * @throws IllegalArgumentException if a piece of it is not in the vocabulary and there is no
   *     token for the unknown
   */
  int[] encode(String text);

  /**
   * The last place at which a text may be cut, whatever comes behind it, so that both parts encode
   * to what the whole does: before a single space or line end between two words.
   *
   * @param text the beginning of a longer text
   * @return how many characters stand before the cut; 0 where there is no such place
   */
  default int cut(CharSequence text) {
    for (int i = text.length() - 2; i > 0; i--) {
      char c = text.charAt(i);
      if ((c == ' ' || c == '\n') && isInWord(text.charAt(i - 1)) && isInWord(text.charAt(i + 1))) {
        return i;
      }
    }
    return 0;
  }

  private static boolean isInWord(char c) {
    return !Character.isWhitespace(c) && !Character.isSpaceChar(c);
  }

  /**
   * Tokens to text that reads well.
   *
   * @param tokens tokens, the mask among them
   * @return the text
   */
  String decode(int[] tokens);

  /**
   * The size of the vocabulary.
   *
   * @return number of tokens, without a mask that was appended
   */
  default int vocabSize() {
    return tokens().size();
  }

  /**
   * The mask token.
   *
   * @return its id: vocabSize(), or that of the vocabulary's own mask
   */
  default int maskIndex() {
    return vocabSize();
  }

  /**
   * The size of a model's vocabulary.
   *
   * @return number of tokens with the mask
   */
  default int vocabSizeWithMask() {
    return Math.max(vocabSize(), maskIndex() + 1);
  }

  /**
   * The token that stands between texts, and at both ends of a block where the released code's data
   * sets have it there.
   *
   * @return its id; empty if texts just follow each other
   */
  default OptionalInt separator() {
    return OptionalInt.empty();
  }

  /**
   * One token's text.
   *
   * @param id a token or the mask
   * @return its text
   * @throws IllegalArgumentException if there is no such token
   */
  default String token(int id) {
    if (id < 0 || id >= vocabSizeWithMask()) {
      throw new IllegalArgumentException(
          "token: " + id + ", allowed: 0 to " + (vocabSizeWithMask() - 1));
    }
    return id == maskIndex() ? MASK : tokens().get(id);
  }

  /**
   * Text with gaps to tokens.
   *
   * @param text any text; every {@value #MASK} in it is a gap
   * @return its tokens, a mask token for each gap
   * @throws IllegalArgumentException as {@link #encode}
   */
  default int[] encodeMasked(String text) {
    String[] pieces = text.split("\\Q" + MASK + "\\E", -1);
    return IntStream.range(0, pieces.length)
        .mapToObj(
            i ->
                i == 0
                    ? Arrays.stream(encode(pieces[0]))
                    : IntStream.concat(IntStream.of(maskIndex()), Arrays.stream(encode(pieces[i]))))
        .flatMapToInt(s -> s)
        .toArray();
  }
}
