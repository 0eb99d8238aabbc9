package org.esolm.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.esolm.tensor.Interrupts;

/**
 * One token a word between white space. The end of a line is {@value #END_OF_LINE}; a word outside
 * the vocabulary is {@value #UNKNOWN}. A vocabulary may lack either: then line ends are mere white
 * space, and an unknown word is an error.
 */
public final class WordTokenizer implements Tokenizer {
  /** The token of all words outside the vocabulary. */
  public static final String UNKNOWN = "<unk>";

  /** The token of the end of a line. */
  public static final String END_OF_LINE = "<eos>";

  /** Words that are read between two looks at the thread's interrupt. */
  private static final int STRETCH = 1 << 12;

  private static final Pattern PIECE = Pattern.compile("\\n|\\S+");

  private final List<String> tokens;
  private final Map<String, Integer> ids = new HashMap<>();

  /**
   * A tokenizer of a given vocabulary.
   *
   * @param tokens words, all different
   */
  public WordTokenizer(List<String> tokens) {
    this.tokens = List.copyOf(tokens);
    for (String token : tokens) {
      if (ids.put(token, ids.size()) != null) {
        throw new IllegalArgumentException("tokens: '" + token + "' twice, allowed: once");
      }
    }
  }

  /**
   * The words of a text that are frequent enough, the most frequent first.
   *
   * @param text the text
   * @param minCount how often a word must occur to have a token of its own, at least 1
   * @return its tokenizer
   */
  public static WordTokenizer of(String text, int minCount) {
    if (minCount < 1) {
      throw new IllegalArgumentException("minCount: " + minCount + ", allowed: at least 1");
    }
    Map<String, Integer> counts = new HashMap<>();
    pieces(text, piece -> counts.merge(piece, 1, Integer::sum));
    Stream.of("\n", UNKNOWN, END_OF_LINE).forEach(counts::remove);
    Stream<String> words =
        counts.entrySet().stream()
            .filter(e -> e.getValue() >= minCount)
            .sorted(
                Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                    .thenComparing(Map.Entry.comparingByKey()))
            .map(Map.Entry::getKey);
    return new WordTokenizer(Stream.concat(Stream.of(UNKNOWN, END_OF_LINE), words).toList());
  }

  private static void pieces(String text, Consumer<String> use) {
    Matcher m = PIECE.matcher(text);
    for (int i = 0; m.find(); i++) {
      if (i % STRETCH == 0) {
        Interrupts.check("reading");
      }
      use.accept(m.group());
    }
  }

  @Override
  public List<String> tokens() {
    return tokens;
  }

  @Override
  public int[] encode(String text) {
    List<Integer> found = new ArrayList<>();
    pieces(
        text,
        piece -> {
          if (!piece.equals("\n")) {
            found.add(id(piece));
          } else if (ids.containsKey(END_OF_LINE)) {
            found.add(ids.get(END_OF_LINE));
          }
        });
    return found.stream().mapToInt(i -> i).toArray();
  }

  private int id(String word) {
    Integer id = ids.getOrDefault(word, ids.get(UNKNOWN));
    if (id == null) {
      throw new IllegalArgumentException(
          "text: word '" + word + "', allowed: the " + tokens.size() + " words of the vocabulary");
    }
    return id;
  }

  @Override
  public String decode(int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      String word = token(id);
      boolean lineEnd = word.equals(END_OF_LINE);
      boolean lineStart = text.isEmpty() || text.charAt(text.length() - 1) == '\n';
      text.append(lineStart || lineEnd ? "" : " ").append(lineEnd ? "\n" : word);
    }
    return text.toString();
  }
}
