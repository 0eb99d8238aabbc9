package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
  private static final Path SHARED = Path.of("..", "..", "shared", "data");

  @TempDir private Path folder;

  @Test
  void toyStreamsAreDrawnFromTheLanguage() {
    Corpus corpus = Corpus.toy(3000, 1000, 4);
    assertThat(corpus.train()).hasSize(3000).isEqualTo(Corpus.toy(3000, 10, 4).train());
    assertThat(corpus.valid()).hasSize(1000).isNotEqualTo(Arrays.copyOf(corpus.train(), 1000));
    assertThat(corpus.train()).isNotEqualTo(Corpus.toy(3000, 10, 5).train());
    assertThat(corpus.maskIndex()).isEqualTo(corpus.vocabSize());
    assertThat(corpus.vocabSizeWithMask()).isEqualTo(corpus.vocabSize() + 1);
    Oracle oracle = corpus.oracle().orElseThrow();
    assertThat(oracle.vocabSize()).isEqualTo(corpus.vocabSize());
    assertThat(oracle.logProbability(corpus.trainBlocks(128).random(1, 2, 3))).isFinite();
    assertThat(oracle.logProbability(corpus.validBlocks(128).block(6))).isFinite();
    assertThatThrownBy(() -> Corpus.toy(0, 1, 1)).hasMessageStartingWith("trainTokens, valid");
  }

  @Test
  void markovStreamsAreDrawnFromTheChain() {
    Corpus corpus = CorpusConfig.of("markov", Optional.empty()).open();
    assertThat(corpus.train()).hasSize(4_000_000);
    assertThat(corpus.vocabSizeWithMask()).isEqualTo(255);
    assertThat(corpus.tokenizer().encode(corpus.tokenizer().decode(corpus.valid())))
        .isEqualTo(corpus.valid());
    assertThat(corpus.oracle().orElseThrow().logProbability(corpus.validBlocks(30).block(0)))
        .isFinite();
  }

  @Test
  void charactersAreCodePoints() {
    Corpus corpus = Corpus.characters(file("text.txt", "naïve 🐟\n".repeat(10)));
    assertThat(corpus.tokenizer().tokens())
        .containsExactly("\n", " ", "a", "e", "n", "v", "ï", "🐟");
    assertThat(corpus.train()).hasSize(72);
    assertThat(corpus.valid()).hasSize(8);
    assertThat(corpus.oracle()).isEmpty();
    assertThat(corpus.tokenizer().decode(corpus.valid())).isEqualTo("naïve 🐟\n");
    assertThat(corpus.tokenizer().encodeMasked("v[MASK]e")).containsExactly(5, 8, 3);
    assertThat(corpus.tokenizer().decode(new int[] {5, 8, 3})).isEqualTo("v[MASK]e");
    assertThatThrownBy(() -> corpus.tokenizer().encode("x"))
        .hasMessage("text: character 'x' (U+0078), allowed: the 8 characters of the vocabulary");
    assertThatThrownBy(() -> corpus.tokenizer().token(9)).hasMessage("token: 9, allowed: 0 to 8");
  }

  @Test
  void charactersOfTwoFilesShareAVocabulary() {
    Corpus corpus = Corpus.characters(file("a.txt", "ab"), file("b.txt", "bc"));
    assertThat(corpus.tokenizer().tokens()).containsExactly("a", "b", "c");
    assertThat(corpus.train()).containsExactly(0, 1);
    assertThat(corpus.valid()).containsExactly(1, 2);
  }

  @Test
  void rareWordsAreUnknown() {
    Path train = file("train.txt", " b a <unk> \n\n a rare\tb a\n");
    Corpus corpus = Corpus.words(train, file("valid.txt", "a new b\n"), 2);
    assertThat(corpus.tokenizer().tokens()).containsExactly("<unk>", "<eos>", "a", "b");
    assertThat(corpus.train()).containsExactly(3, 2, 0, 1, 1, 2, 0, 3, 2, 1);
    assertThat(corpus.valid()).containsExactly(2, 0, 3, 1);
    assertThat(corpus.tokenizer().decode(corpus.train())).isEqualTo("b a <unk>\n\na <unk> b a\n");
    assertThat(new WordTokenizer(corpus.tokenizer().tokens()).encode("b\n")).containsExactly(3, 1);
    Corpus one = Corpus.words(train, 1);
    assertThat(one.tokenizer().tokens()).containsExactly("<unk>", "<eos>", "a", "b", "rare");
    assertThat(one.train()).hasSize(9);
    assertThat(one.valid()).containsExactly(1);
    assertThatThrownBy(() -> Corpus.words(train, 0)).hasMessage("minCount: 0, allowed: at least 1");
  }

  @Test
  void badFilesAreRefusedInOneLine() throws Exception {
    assertThatThrownBy(() -> Corpus.characters(folder.resolve("none.txt")))
        .hasMessageEndingWith("none.txt: no such file");
    assertThatThrownBy(() -> Corpus.words(folder, 1))
        .hasMessageContaining(": a directory, allowed");
    assertThatThrownBy(() -> Corpus.characters(file("empty.txt", "")))
        .hasMessageContaining("empty.txt: empty, allowed");
    Path latin = Files.write(folder.resolve("latin.txt"), new byte[] {'a', 'b', (byte) 0xE9, 'c'});
    assertThatThrownBy(() -> Corpus.characters(latin))
        .hasMessageEndingWith("latin.txt: not UTF-8 text: byte 0xE9 at offset 2");
    Path cut = Files.write(folder.resolve("cut.txt"), new byte[] {'a', (byte) 0xC3});
    assertThatThrownBy(() -> Corpus.characters(cut)).hasMessageEndingWith("0xC3 at offset 1");
    assertThatThrownBy(() -> Corpus.characters(file("x.txt", "x")))
        .hasMessageContaining("x.txt: 0 training and 1 held-out tokens");
    assertThatThrownBy(() -> Corpus.characters(file("short.txt", "0123456789")).trainBlocks(128))
        .hasMessageEndingWith("(training text): 9 tokens, needed: at least one block of 128");
  }

  @Test
  void anInterruptEndsReadingAndDrawing() throws Exception {
    Path text = file("text.txt", "a b\n".repeat(100));
    Documents sentences = new Documents(null, null, false, false, null);
    List<Runnable> all =
        List.of(
            () -> Corpus.toy(1000, 1000, 0),
            () -> Corpus.words(text, 1),
            () -> sentences.tokens(text, WordTokenizer.of("a b", 1)));
    for (Runnable reading : all) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(reading::run).isInstanceOf(CancellationException.class);
      assertThat(Thread.interrupted()).as("heard").isFalse();
    }
  }

  @Test
  void configurationsAreChecked() {
    assertThatThrownBy(() -> CorpusConfig.of("lm1b", Optional.empty()))
        .hasMessage("corpus: 'lm1b', allowed: toy, markov, characters, words, text");
    assertThatThrownBy(() -> CorpusConfig.of("words", Optional.empty()))
        .hasMessage("file: none, allowed for words: a text file");
    assertThatThrownBy(() -> CorpusConfig.of("markov", Optional.of(folder)))
        .hasMessageEndingWith("allowed for markov: none");
    assertThatThrownBy(() -> toy(Optional.empty(), Optional.of(folder), 1))
        .hasMessageEndingWith("allowed for toy: file only");
    assertThatThrownBy(() -> toy(Optional.empty(), Optional.empty(), 0))
        .hasMessage("validTokens: 0, allowed: at least 1");
    Path text = file("text.txt", "one two\n".repeat(10));
    assertThat(CorpusConfig.of("characters", Optional.of(text)).open().train()).hasSize(72);
    assertThat(CorpusConfig.of("words", Optional.of(text)).open().train()).hasSize(27);
    Path own = file("own.lang", "words w = a\nstate s () emits w\n 1 s\n");
    Corpus mine = toy(Optional.of(own), Optional.empty(), 2).open();
    assertThat(mine.train()).containsExactly(0, 0, 0);
    assertThatThrownBy(() -> CorpusConfig.of("text", Optional.of(text)))
        .hasMessage("tokenizer: none, allowed for text: gpt2 or a tokenizer.json");
    assertThatThrownBy(() -> CorpusConfig.text(Optional.empty(), "gpt2").open())
        .hasMessage("file: none, allowed for text: a text file");
    assertThatThrownBy(() -> CorpusConfig.text(Optional.of(text), "gpt3").open())
        .hasMessage("gpt3: no such file");
    assertThatThrownBy(() -> CorpusConfig.text(Optional.of(text), text.toString()).open())
        .hasMessageContaining("text.txt: not a tokenizer.json: Unrecognized token 'one'");
  }

  private static CorpusConfig toy(Optional<Path> file, Optional<Path> validation, int validTokens) {
    return new CorpusConfig(
        "toy", file, validation, 1, 3, validTokens, 0, Optional.empty(), Optional.empty());
  }

  @Test
  void tinyShakespeareByCharacters() {
    Path file = SHARED.resolve(Path.of("tinyshakespeare", "input.txt"));
    assumeTrue(Files.exists(file), file + " is absent");
    Corpus corpus = Corpus.characters(file);
    assertThat(corpus.vocabSize()).isEqualTo(65);
    assertThat(corpus.train().length + corpus.valid().length).isEqualTo(1_115_394);
    assertThat(corpus.tokenizer().decode(corpus.trainBlocks(20).block(0)))
        .startsWith("First Citizen:\nBefor");
  }

  @Test
  void wikiTextByWords() {
    Path file = SHARED.resolve(Path.of("wikitext2", "wiki.train.shuffled.tokens"));
    assumeTrue(Files.exists(file), file + " is absent");
    Corpus corpus = Corpus.words(file, 5);
    List<String> tokens = corpus.tokenizer().tokens();
    assertThat(tokens).hasSizeBetween(5_000, 33_278).contains("the").doesNotHaveDuplicates();
    int[] block = corpus.trainBlocks(256).random(1, 0, 0);
    assertThat(corpus.tokenizer().encode(corpus.tokenizer().decode(block))).isEqualTo(block);
    assertThat(corpus.validBlocks(256).count()).isPositive();
  }

  private Path file(String name, String text) {
    try {
      return Files.writeString(folder.resolve(name), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
