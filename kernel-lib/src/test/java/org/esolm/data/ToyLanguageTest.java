package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.esolm.data.Grammar.Weighted;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToyLanguageTest {
  private static final ToyLanguage TOY = ToyLanguage.embedded();
  private static final HiddenMarkovModel ORACLE = TOY.oracle();
  private static final Tokenizer TOKENIZER = TOY.tokenizer();
  private static final Map<String, List<Weighted>> TOY_CLASSES = classes();

  /** Turns of "a b", or "c", or "d". */
  private static final String SMALL =
      """
      feature kind = x:3 y
      words first.x = a
      words first.y = c:2 d
      words second = b
      state go ()
        1 first set kind=any
      state first (kind) emits first.{kind}
        1 second if kind=x
        1 go if kind=y
      state second () emits second
        1 go
      """;

  @Test
  void isOfTheIntendedSize() {
    assertThat(TOY.words()).hasSizeBetween(200, 300).doesNotHaveDuplicates();
    assertThat(ORACLE.stateCount()).isBetween(400, 1500).isEqualTo(TOY.states().size());
    assertThat(ORACLE.transitionCount()).isBetween(1000, 10_000);
    assertThat(TOY.persistence("topic")).isEqualTo(118.9, within(0.05));
    assertThatThrownBy(() -> TOY.persistence("number")).hasMessageContaining("all states");
  }

  /** The numbers of data/README.md. */
  @Test
  void hasTheEntropyOfItsDataCard() {
    double unigram = Arrays.stream(ORACLE.unigram()).map(p -> -p * Math.log(p)).sum();
    assertThat(unigram)
        .isCloseTo(ORACLE.blockEntropy(1), within(1e-12))
        .isEqualTo(4.367, within(5e-4));
    Estimate perToken = ORACLE.entropyPerToken(128, 4000, 1);
    assertThat(perToken.standardError()).isLessThan(0.002);
    assertThat(Math.exp(perToken.value())).isCloseTo(8.82, within(0.05));
  }

  @Test
  void sampledWordsHaveTheExactUnigramLaw() {
    double[] p = ORACLE.unigram();
    assertThat(Arrays.stream(p).sum()).isCloseTo(1, within(1e-12));
    int n = 40_000; // independent draws: one token of each sequence
    int[] counts = new int[p.length];
    for (int i = 0; i < n; i++) {
      counts[ORACLE.sample(10, Rng.of(11, Purpose.LANGUAGE, i))[9]]++;
    }
    double chiSquare = 0;
    for (int v = 0; v < p.length; v++) {
      chiSquare += (counts[v] - n * p[v]) * (counts[v] - n * p[v]) / (n * p[v]);
    }
    int degrees = p.length - 1;
    assertThat(chiSquare)
        .isBetween(degrees - 4 * Math.sqrt(2 * degrees), degrees + 4 * Math.sqrt(2 * degrees));
  }

  @Test
  void whateverOpensCloses() {
    String[] words = text(50_000);
    String open = "";
    int closed = 0;
    for (String word : words) {
      switch (word) {
        case "“", "(" -> {
          assertThat(open).isEmpty();
          open = word;
        }
        case "”", ")" -> {
          if (closed++ > 0) { // the text may begin inside
            assertThat(open).isEqualTo(word.equals("”") ? "“" : "(");
          }
          open = "";
        }
        case "<p>" -> assertThat(open).isEmpty();
        default -> {}
      }
    }
    assertThat(closed).isGreaterThan(500);
  }

  /** Reads sampled clauses with a regular expression that was not made from the states. */
  @Test
  void verbsAgreeWithTheirSubjectsAcrossWhatStandsBetween() {
    String one = "[de]a?n"; // plurals also go without a determiner
    String many = "[De]?a?N";
    String place = "p(?:" + one + "|" + many + ")";
    String between = "(?:%1$s|\\(%1$s\\)|t%2$s(?:%1$s)?|t[de]nv|t[De]NV)?r?%2$s.*";
    Pattern clause =
        Pattern.compile(
            "“?(?:"
                + one
                + between.formatted(place, "v")
                + "|"
                + many
                + between.formatted(place, "V")
                + ")");
    String text = Arrays.stream(text(50_000)).map(categories()::get).collect(Collectors.joining());
    String[] sentences = text.split("\\.");
    int far = 0;
    for (int i = 1; i < sentences.length - 1; i++) { // the first and the last are cut
      assertThat(sentences[i]).matches(clause);
      far += sentences[i].matches("“?[deDanN]+[(pt].*") ? 1 : 0;
    }
    assertThat(sentences.length).isGreaterThan(3000);
    assertThat(far).isGreaterThan(700);
  }

  /** A letter for the kind of each word, capital for many. */
  private static Map<String, String> categories() {
    Map<String, String> letters = new HashMap<>();
    Map.of(
            "noun", "n", "adj", "a", "rest", "v", "act", "v", "be", "v", "prep", "p", "adverb", "r",
            "that", "t", "stop", ".", "det", "d")
        .forEach(
            (kind, letter) ->
                TOY_CLASSES.forEach(
                    (name, words) -> {
                      if (name.split("\\.")[0].equals(kind)) {
                        boolean many = name.endsWith(".many");
                        words.forEach(
                            w -> letters.put(w.name(), many ? letter.toUpperCase() : letter));
                      }
                    }));
    letters.put("the", "e"); // fits both
    letters.put("<p>", "");
    TOY.words().forEach(w -> letters.putIfAbsent(w, w.length() == 1 ? w : "_"));
    return letters;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "the ship near the rocks sinks . | the ship near the rocks sink .",
        "the ships near the rock sink .  | the ships near the rock sinks .",
        "the fox that the hunters see hides . | the fox that the hunters see hide .",
        "the kings ( behind a gate ) are proud . | the kings ( behind a gate ) is proud .",
        "“ a cook steams ” says a baker . | “ a cook steams . says a baker",
        "“ the king waits ” says a guard . | “ the king waits ” says guards .",
        "the king waits ( a bell stands ) . | the king waits ( a bell stands .",
        "the king sees a tower . | the king sees a ship .",
      })
  void theSmallestMistakeIsImpossible(String right, String wrong) {
    assertThat(ORACLE.logProbability(TOKENIZER.encode(right))).isFinite();
    assertThat(ORACLE.logProbability(TOKENIZER.encode(wrong))).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void aGapIsFilledByWhatAgrees() {
    int[] gap = TOKENIZER.encodeMasked("\n the ships near the rock [MASK] . <p>");
    int at = gap.length - 3;
    assertThat(gap[at]).isEqualTo(TOKENIZER.maskIndex());
    gap[at] = -1;
    float[][] posterior = new float[gap.length][ORACLE.vocabSize()];
    assertThat(ORACLE.posterior(gap, posterior)).isFinite();
    for (int v = 0; v < ORACLE.vocabSize(); v++) {
      boolean possible = posterior[at][v] > 0;
      assertThat(possible)
          .as(TOKENIZER.token(v))
          .isEqualTo(TOKENIZER.token(v).matches("drift|sink|roll|glitter"));
    }
  }

  @Test
  void encodesWhatItDecodes() {
    int[] tokens = ORACLE.sample(5000, Rng.of(3, Purpose.LANGUAGE));
    String text = TOKENIZER.decode(tokens);
    assertThat(text).doesNotContain(" .", " ”", "“ ", "( ", " )", "<p>");
    assertThat(TOKENIZER.encode(text)).isEqualTo(tokens);
    assertThat(TOKENIZER.encode(text.replace('“', '"').replace('”', '"'))).isEqualTo(tokens);
    assertThatThrownBy(() -> TOKENIZER.encode("the dragon"))
        .hasMessageContaining("word 'dragon', allowed: the " + TOY.words().size() + " words");
  }

  @Test
  void compilesASmallLanguage(@TempDir Path folder) throws Exception {
    ToyLanguage small = ToyLanguage.read(Files.writeString(folder.resolve("small.lang"), SMALL));
    assertThat(small.words()).containsExactly("a", "c", "d", "b");
    assertThat(small.states()).containsExactly("first kind=x", "first kind=y", "second");
    // 4 turns: a b, a b, a b, and c or d
    assertThat(small.oracle().unigram())
        .containsExactly(new double[] {3 / 7.0, 2 / 21.0, 1 / 21.0, 3 / 7.0}, within(1e-12));
    assertThat(small.oracle().logProbability(small.tokenizer().encode("a b d")))
        .isCloseTo(Math.log(3 / 7.0 / 12), within(1e-12));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "words second = b | word second = b | 4: 'word', allowed: feature, words, state,",
        "words second = b | words second b | 4: 'words second b', allowed: words NAME = ITEM",
        "words second = b | words second = b b | 4: 'b' stands twice",
        "words second = b | words first.x = b | 4: words 'first.x' is declared twice",
        "words second = b | words third = b | 10: unknown word class 'second', allowed: first.x,",
        "words second = b | words second = b:0 | 4: weight '0', allowed: a number above 0",
        "words first.y = c:2 d | words first.z = c d | 7: unknown word class 'first.y', allowed:",
        "state second () emits second | state second emits second | 10: 'state second emits",
        "state second () | state second (mood) | 10: unknown feature 'mood', allowed: kind",
        "state second () | state second (kind) | 8: ok",
        "state second () emits second | state go () | 10: state 'go' is declared twice",
        "first.{kind} | first.{sort} | 7: unknown feature of state 'first' 'sort', allowed: kind",
        "1 second if | 1 third if | 8: unknown state 'third', allowed: go, first, second",
        "if kind=y | if kind=z | 9: unknown value of kind 'z', allowed: x, y",
        "if kind=y | kind=y | 9: 'kind=y', allowed: if F=V",
        "1 go if kind=y | 1 go if kind=x | 7: state 'first kind=y' has no successor",
        "set kind=any | set kind=all | 6: unknown value of kind 'all', allowed: x, y, any",
        "set kind=any | | 6: state 'first' carries 'kind' and state 'go' does not, allowed: set",
        "1 second if kind=x | 1 go | 10: state 'second' is never reached",
        "emits first.{kind} | | 5: state 'go' comes back to itself without a word",
      })
  void saysWhatIsWrongInWhichLine(String good, String bad, String message) {
    String text = SMALL.replace(good, bad == null ? "" : bad);
    assertThat(text).isNotEqualTo(SMALL);
    if (message.endsWith("ok")) {
      assertThat(ToyLanguage.parse("my.lang", text).states()).contains("second kind=x");
    } else {
      assertThatThrownBy(() -> ToyLanguage.parse("my.lang", text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("my.lang:" + message)
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void refusesWhatIsNoLanguage() {
    assertThatThrownBy(() -> ToyLanguage.parse("my.lang", "# nothing\n"))
        .hasMessage("my.lang:2: the file has no state, allowed: at least one");
    assertThatThrownBy(() -> ToyLanguage.parse("my.lang", "3 go"))
        .hasMessage("my.lang:1: '3 go' is a successor, allowed only below a state");
    String trap = SMALL + "  1 end\nwords e = e\nstate end () emits e\n  1 end\n";
    assertThatThrownBy(() -> ToyLanguage.parse("my.lang", trap))
        .hasMessageContaining("state 'end' has no way back to state 'first kind=x'");
  }

  private static Map<String, List<Weighted>> classes() {
    try (InputStream in = ToyLanguage.class.getResourceAsStream("toy.lang")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return GrammarParser.parse("toy.lang", text).classes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String[] text(int length) {
    int[] tokens = ORACLE.sample(length, Rng.of(5, Purpose.LANGUAGE));
    return Arrays.stream(tokens).mapToObj(TOKENIZER::token).toArray(String[]::new);
  }
}
