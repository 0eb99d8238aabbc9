package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextBlocksTest {
  @TempDir Path temp;

  /** Text over several pieces, with all that makes cutting hard. */
  private static String text() {
    String[] words = {
      "the", "ship.", "\"Go", "on,\"", "(and", "so)", "naïve", "日本", "😀", "a.b", "\n", "\n\n",
      "  ", "\u3000"
    };
    StringBuilder text = new StringBuilder();
    Rng random = Rng.of(1, Purpose.LANGUAGE);
    while (text.length() < 300_000) {
      text.append(words[random.nextInt(words.length)]).append(random.nextInt(5) == 0 ? "" : " ");
    }
    return text.toString();
  }

  static Stream<Tokenizer> tokenizers() {
    String text = text();
    return Stream.of(
        CharacterTokenizer.of(text), WordTokenizer.of(text, 1), new ToyTokenizer(toyWords(text)));
  }

  private static List<String> toyWords(String text) {
    String spaced = text.replaceAll("[“”\"(),.!?]", " $0 ").replace("\"", "“ ”");
    List<String> words = new ArrayList<>(List.of("<unk>", "<p>"));
    words.addAll(WordTokenizer.of(spaced, 1).tokens());
    return words.stream().distinct().toList();
  }

  @ParameterizedTest
  @MethodSource("tokenizers")
  void areTheBlocksOfTheWholeText(Tokenizer tokenizer) throws IOException {
    String text = text();
    Path file = Files.writeString(temp.resolve("text"), text);
    int[] whole = tokenizer.encode(text);
    int blocks = 0;
    try (TextBlocks reader = TextBlocks.open(file, tokenizer, 37)) {
      for (int[] block = reader.next(); block != null; block = reader.next(), blocks++) {
        assertThat(block).containsExactly(Arrays.copyOfRange(whole, 37 * blocks, 37 * blocks + 37));
      }
      assertThat(reader.position()).isEqualTo(reader.size());
    }
    assertThat(blocks).isEqualTo(whole.length / 37).isGreaterThan(1000);
  }

  /** Real text by word pieces, whose spaces belong to the words behind them. */
  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "bert-base-uncased"})
  void areTheBlocksOfARealTextByWordPieces(String name) throws IOException {
    Path data = Path.of("..", "..", "shared", "data");
    Path file = data.resolve("wikitext2/wiki.valid.raw");
    assumeTrue(Files.exists(file), file + " is absent");
    Tokenizer tokenizer =
        name.equals("gpt2")
            ? new Gpt2Tokenizer()
            : JsonTokenizer.read(data.resolve("tokenizers").resolve(name));
    String text = Files.readString(file).substring(0, 300_000);
    int[] whole = tokenizer.encode(text);
    int[] pieces = new int[whole.length / 64 * 64];
    try (TextBlocks reader =
        TextBlocks.open(Files.writeString(temp.resolve("wiki"), text), tokenizer, 64)) {
      for (int from = 0; from < pieces.length; from += 64) {
        System.arraycopy(reader.next(), 0, pieces, from, 64);
      }
      assertThat(reader.next()).isNull();
    }
    assertThat(pieces).containsExactly(Arrays.copyOf(whole, pieces.length));
  }

  @Test
  void whatCannotBeReadIsRefused() throws IOException {
    Tokenizer words = WordTokenizer.of("a b", 1);
    Path file = Files.writeString(temp.resolve("short"), "a b a");
    try (TextBlocks reader = TextBlocks.open(file, words, 4)) {
      assertThatIllegalArgumentException()
          .isThrownBy(reader::next)
          .withMessage(file + ": 3 tokens, needed: at least one block of 4");
    }
    byte[] latin = ("a b ".repeat(50_000) + "caf\u00e9 b").getBytes(StandardCharsets.ISO_8859_1);
    Path other = Files.write(temp.resolve("latin"), latin);
    try (TextBlocks reader = TextBlocks.open(other, words, 1 << 20)) {
      assertThatIllegalArgumentException()
          .isThrownBy(reader::next)
          .withMessage(other + ": not UTF-8 text: byte 0xE9 at offset 200003");
    }
    Path empty = Files.createFile(temp.resolve("empty"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TextBlocks.open(empty, words, 4))
        .withMessageContaining("empty: empty, allowed");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TextBlocks.open(temp, words, 4))
        .withMessageContaining("a directory");
  }

  @Test
  void runningRatioIsTheRatio() {
    double[] a = new double[1000];
    double[] b = new double[1000];
    RunningRatio running = new RunningRatio();
    Rng random = Rng.of(2, Purpose.EVALUATION);
    for (int i = 0; i < a.length; i++) {
      b[i] = 1 + random.nextInt(9);
      a[i] = 1e6 + b[i] * 3 + random.nextGaussian();
      running.add(a[i], b[i]);
    }
    Estimate expected = Estimate.ratio(a, b);
    assertThat(running.estimate().value()).isCloseTo(expected.value(), byRatio(1e-12));
    assertThat(running.estimate().standardError())
        .isCloseTo(expected.standardError(), byRatio(1e-9));
    assertThat(running.count()).isEqualTo(1000);
  }

  private static org.assertj.core.data.Percentage byRatio(double r) {
    return org.assertj.core.data.Percentage.withPercentage(100 * r);
  }
}
