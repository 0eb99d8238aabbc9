package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.esolm.data.Documents.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentsTest {
  private static final int END = 50_256;

  @TempDir private Path folder;
  private final Tokenizer gpt2 = new Gpt2Tokenizer();

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("text"), text);
  }

  private List<String> texts(Documents documents, String text) throws IOException {
    return documents.tokens(file(text), gpt2).stream().map(gpt2::decode).toList();
  }

  @Test
  void whatADocumentIs() throws IOException {
    String text = " one \n\n two\n";
    assertThat(texts(new Documents(Form.SENTENCES, null, false, null, null), text))
        .containsExactly("one", "", "two");
    assertThat(texts(new Documents(Form.PARAGRAPHS, null, false, null, null), text))
        .containsExactly(" one \n", "", " two\n");
    assertThat(texts(new Documents(Form.FILE, null, false, null, null), text))
        .containsExactly(text);
    String json = "{\"text\": \"“a”\"}\n\n{\"text\": \"b\", \"n\": 1}\n";
    assertThat(texts(new Documents(Form.JSON, Detokenizer.LAMBADA, null, null, null), json))
        .containsExactly("\n\"a\"<|endoftext|>", "\nb<|endoftext|>");
    assertThatThrownBy(
            () -> texts(new Documents(Form.JSON, null, null, null, null), "{\"text\": \"a\"}\n[]"))
        .hasMessageContaining("text line 2: no 'text'");
  }

  @Test
  void aCorpusOfDocumentsIsPacked() throws IOException {
    Path text = file("the light is on\n".repeat(30));
    CorpusConfig config =
        new CorpusConfig(
            "text",
            Optional.of(text),
            Optional.empty(),
            1,
            1,
            1,
            0,
            Optional.of("gpt2"),
            Optional.of(new Documents(null, null, null, null, 10)));
    Corpus corpus = config.open();
    int[] line = gpt2.encode("the light is on<|endoftext|>"); // 5 tokens
    Blocks blocks = corpus.trainBlocks(8);
    assertThat(blocks.count()).isEqualTo(2 * (50 / 6) + 35 / 6); // of 27 documents
    assertThat(blocks.block(0))
        .containsExactly(END, line[0], line[1], line[2], line[3], END, line[0], END);
    for (int row = 0; row < 20; row++) {
      int[] random = blocks.random(3, 7, row);
      assertThat(random[0]).isEqualTo(END);
      assertThat(random[7]).isEqualTo(END);
    }
    assertThat(corpus.valid()).hasSize(15);
    assertThat(corpus.validBlocks(8).count()).isEqualTo(2);
    assertThat(config.documentBlocks(text, gpt2, 8).orElseThrow().count()).isEqualTo(3 * (50 / 6));
    assertThatThrownBy(() -> corpus.validBlocks(30))
        .hasMessageEndingWith("(held-out text): 0 tokens, needed: at least one block of 30");
    assertThatThrownBy(() -> corpus.trainBlocks(2)).hasMessage("length: 2, allowed: at least 3");
  }

  @Test
  void aTokenizerWithoutASeparatorHasNoneToPut() throws IOException {
    Tokenizer letters = CharacterTokenizer.of("abc");
    Documents bare = new Documents(null, null, false, false, null);
    assertThat(bare.tokens(file("ab\nc"), letters)).hasSize(2);
    assertThat(bare.packing(letters)).isEqualTo(new Packing(-1, -1, false, 0));
    Documents ended = new Documents(null, null, false, true, null);
    assertThatThrownBy(() -> ended.packing(letters))
        .hasMessage("documents: the tokenizer has no separator, allowed: separator and ends false");
  }

  /** The text of the paper's zero-shot WikiText. */
  @Test
  void wikiTextAsTheReleasedCodePacksIt() {
    Path file = Path.of("..", "..", "shared", "data", "wikitext2", "wiki.valid.raw");
    assumeTrue(Files.exists(file), file + " is absent");
    Documents zeroShot = new Documents(Form.PARAGRAPHS, Detokenizer.WIKITEXT, false, true, 1000);
    List<int[]> documents = zeroShot.tokens(file, gpt2);
    assertThat(documents).hasSize(3760);
    int[][] blocks = zeroShot.packing(gpt2).blocks(documents, 1024);
    int tokens = documents.stream().mapToInt(d -> d.length).sum();
    assertThat(blocks.length).isBetween(tokens / 1022 - 4, tokens / 1022);
    for (int[] block : blocks) {
      assertThat(block).startsWith(END).endsWith(END).hasSize(1024);
    }
    assertThat(gpt2.decode(blocks[0])).contains("Homarus gammarus, known as the European lobster");
  }
}
