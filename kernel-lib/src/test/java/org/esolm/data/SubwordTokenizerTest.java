package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SubwordTokenizerTest {
  private static final Path TOKENIZERS = Path.of("..", "..", "shared", "data", "tokenizers");

  /** Word pieces with a mask and BERT's frame of special tokens, in small. */
  private static final String PIECES =
      """
      {"version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
       "added_tokens": [
         {"id": 0, "special": true, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
         {"id": 1, "special": true, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false},
         {"id": 2, "special": true, "content": "%s", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false}],
       "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true},
       "pre_tokenizer": {"type": "BertPreTokenizer"},
       "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 0]},
       "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": true},
       "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
                 "vocab": {"[CLS]": 0, "[SEP]": 1, "%s": 2, "[UNK]": 3, "light": 4, "##house": 5, "a": 6, "!": 7}}}
      """;

  @TempDir private Path folder;

  @Test
  void gpt2sKnownTokens() {
    Gpt2Tokenizer gpt2 = new Gpt2Tokenizer();
    assertThat(gpt2.encode("Hello world!")).containsExactly(15496, 995, 0);
    assertThat(gpt2.encode("Bonjour le monde!"))
        .containsExactly(20682, 73, 454, 443, 285, 14378, 0);
    assertThat(gpt2.encode("one<|endoftext|><|endoftext|> two"))
        .containsExactly(505, 50256, 50256, 734);
    assertThat(gpt2.encode("")).isEmpty();
    assertThat(gpt2.vocabSize()).isEqualTo(50_257).isEqualTo(gpt2.tokens().size());
    assertThat(gpt2.maskIndex()).isEqualTo(50_257);
    assertThat(gpt2.vocabSizeWithMask()).isEqualTo(50_258);
    assertThat(gpt2.separator()).hasValue(50_256);
    assertThat(gpt2.token(995)).isEqualTo("Ġworld");
    assertThat(gpt2.token(50_257)).isEqualTo("[MASK]");
    assertThat(gpt2.tokens()).doesNotHaveDuplicates();
    assertThat(gpt2.decode(new int[] {15496, 50_257, 0, 50_256}))
        .isEqualTo("Hello[MASK]!<|endoftext|>");
    assertThat(gpt2.encodeMasked("Hello[MASK]!")).containsExactly(15496, 50_257, 0);
    String fish = "naïve 🐟";
    assertThat(gpt2.decode(gpt2.encode(fish))).isEqualTo(fish);
    assertThatThrownBy(() -> gpt2.decode(new int[] {50_258}))
        .hasMessage("token: 50258, allowed: 0 to 50257");
  }

  @Test
  void piecesWithAMaskOfTheirOwn() {
    JsonTokenizer pieces = new JsonTokenizer(PIECES.formatted("[MASK]", "[MASK]"));
    assertThat(pieces.encode("A lighthouse! a")).containsExactly(6, 4, 5, 7, 6); // not cut to 2
    assertThat(pieces.encode("dark")).containsExactly(3);
    assertThat(pieces.decode(new int[] {6, 4, 5, 2, 7})).isEqualTo("a lighthouse [MASK]!");
    assertThat(pieces.encodeMasked("a [MASK]!")).containsExactly(6, 2, 7);
    assertThat(pieces.vocabSize()).isEqualTo(8);
    assertThat(pieces.vocabSizeWithMask()).isEqualTo(8);
    assertThat(pieces.maskIndex()).isEqualTo(2);
    assertThat(pieces.token(5)).isEqualTo("##house");
    assertThat(pieces.separator()).hasValue(0);
  }

  @Test
  void piecesWithoutAMaskGetOne() {
    JsonTokenizer pieces = new JsonTokenizer(PIECES.formatted("[PAD]", "[PAD]"));
    assertThat(pieces.maskIndex()).isEqualTo(8);
    assertThat(pieces.vocabSizeWithMask()).isEqualTo(9);
    assertThat(pieces.encodeMasked("a [MASK]!")).containsExactly(6, 8, 7);
    assertThat(pieces.decode(new int[] {6, 8, 4, 5})).isEqualTo("a[MASK]lighthouse");
    assertThatThrownBy(() -> pieces.decode(new int[] {6, 9}))
        .hasMessage("token: 9, allowed: 0 to 8");
  }

  @Test
  void corporaOfSubwords() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "a lighthouse! ".repeat(10));
    Path json =
        Files.writeString(folder.resolve("tokenizer.json"), PIECES.formatted("[MASK]", "[MASK]"));
    for (String tokenizer : List.of("gpt2", json.toString(), folder.toString())) {
      CorpusConfig config = CorpusConfig.text(Optional.of(text), tokenizer);
      Corpus corpus = config.open();
      assertThat(corpus.train()).hasSizeGreaterThan(5 * corpus.valid().length);
      Tokenizer again = config.tokenizer(corpus.tokenizer().definition());
      assertThat(again.encode("a light")).isEqualTo(corpus.tokenizer().encode("a light"));
      assertThat(again.tokens()).isEqualTo(corpus.tokenizer().tokens());
    }
    assertThatThrownBy(() -> new JsonTokenizer("{}"))
        .hasMessage("not a tokenizer.json: no model.vocab");
    assertThatThrownBy(() -> new JsonTokenizer("{\"model\": {\"vocab\": {\"a\": 0}}}"))
        .hasMessageStartingWith("not a tokenizer.json: ");
    assertThatThrownBy(() -> JsonTokenizer.read(folder.resolve("none.json")))
        .hasMessageEndingWith("none.json: no such file");
  }

  private static Path shared(String file) {
    Path path = TOKENIZERS.resolve(file);
    assumeTrue(Files.exists(path), path + " is absent");
    return path;
  }

  @Test
  void gpt2sGoldenTokens() throws IOException {
    String csv = Files.readString(shared("gpt2/jtokkit_r50k_base_encodings.csv"));
    Matcher row =
        Pattern.compile("(?:\"((?:[^\"]|\"\")*)\"|([^\",\\n]*)),\"\\[([^]]*)]\",\"[^\"]*\"\\n?")
            .matcher(csv.substring(csv.indexOf('\n') + 1));
    Tokenizer gpt2 = new Gpt2Tokenizer();
    Tokenizer json = JsonTokenizer.read(shared("gpt2/tokenizer.json"));
    assertThat(json.tokens()).isEqualTo(gpt2.tokens());
    assertThat(json.separator()).isEqualTo(gpt2.separator());
    int rows = 0;
    while (row.find()) {
      String text = row.group(1) != null ? row.group(1).replace("\"\"", "\"") : row.group(2);
      int[] expected =
          Arrays.stream(row.group(3).split(", ")).mapToInt(Integer::parseInt).toArray();
      assertThat(gpt2.encode(text)).as(text).isEqualTo(expected);
      assertThat(json.encode(text)).as(text).isEqualTo(expected);
      assertThat(gpt2.decode(expected)).isEqualTo(text);
      rows++;
    }
    assertThat(rows).isGreaterThan(80);
  }

  @Test
  void gpt2sVocabularyFile() throws IOException {
    JsonNode ids = JsonMapper.shared().readTree(Files.readString(shared("gpt2/encoder.json")));
    List<String> tokens = new Gpt2Tokenizer().tokens();
    assertThat(ids.size()).isEqualTo(tokens.size());
    ids.properties()
        .forEach(e -> assertThat(tokens.get(e.getValue().asInt())).isEqualTo(e.getKey()));
  }

  @Test
  void bertsGoldenQuestions() throws IOException {
    Tokenizer bert = JsonTokenizer.read(shared("bert-base-uncased/tokenizer.json"));
    assertThat(bert.vocabSize()).isEqualTo(30_522).isEqualTo(bert.vocabSizeWithMask());
    assertThat(bert.maskIndex()).isEqualTo(103);
    assertThat(bert.separator()).hasValue(101);
    assertThat(bert.tokens()).isEqualTo(Files.readAllLines(shared("bert-base-uncased/vocab.txt")));
    JsonNode questions =
        JsonMapper.shared()
            .readTree(Files.readString(shared("bert-base-uncased/golden_squad_questions.json")));
    for (JsonNode question : questions) {
      List<String> expected = new ArrayList<>();
      question.get("wordpiece").forEach(piece -> expected.add(piece.asString()));
      assertThat(
              Arrays.stream(bert.encode(question.get("original").asString())).mapToObj(bert::token))
          .containsExactlyElementsOf(expected);
    }
    assertThat(questions.size()).isEqualTo(10_570);
  }
}
