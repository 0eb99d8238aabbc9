package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.io.Safetensors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Samples judged by the GPT-2 of the golden case, whose numbers the released code computed. */
class ScoreCommandTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/gpt2");
  private static final int VOCABULARY = 61;

  @TempDir Path temp;
  private Path model;
  private Path samples;

  @BeforeEach
  void copy() throws IOException {
    model = Files.createDirectory(temp.resolve("gpt2"));
    for (String file : new String[] {"config.json", "model.safetensors"}) {
      Files.copy(GOLDEN.resolve(file), model.resolve(file));
    }
    Files.writeString(model.resolve("tokenizer.json"), words());
    try (Safetensors golden = Safetensors.open(GOLDEN.resolve("tensors.safetensors"))) {
      int[] all = golden.ints("input/tokens");
      samples = temp.resolve("samples.jsonl");
      Files.writeString(
          samples,
          IntStream.range(0, 4)
              .mapToObj(b -> line(Arrays.copyOfRange(all, 20 * b, 20 * b + 20)))
              .collect(Collectors.joining("\n")));
    }
  }

  /** A tokenizer whose tokens are words: w0, w1, and so on, and the last ends a text. */
  private static String words() {
    String vocabulary =
        IntStream.range(0, VOCABULARY)
            .mapToObj(i -> "\"%s\": %d".formatted(word(i), i))
            .collect(Collectors.joining(", "));
    return """
        {"version": "1.0", "truncation": null, "padding": null, "normalizer": null,
         "added_tokens": [{"id": 60, "special": true, "content": "<|endoftext|>", "single_word": false,
                           "lstrip": false, "rstrip": false, "normalized": false}],
         "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null, "decoder": null,
         "model": {"type": "WordLevel", "unk_token": "w0", "vocab": {%s}}}
        """
        .formatted(vocabulary);
  }

  private static String word(int token) {
    return token == VOCABULARY - 1 ? "<|endoftext|>" : "w" + token;
  }

  private static String line(int[] tokens) {
    return "{\"text\": \"%s\"}"
        .formatted(
            Arrays.stream(tokens)
                .mapToObj(ScoreCommandTest::word)
                .collect(Collectors.joining(" ")));
  }

  private static float golden(String tensor) throws IOException {
    try (Arena arena = Arena.ofConfined();
        Safetensors file = Safetensors.open(GOLDEN.resolve("tensors.safetensors"))) {
      float[] values = file.floats(arena, tensor).toArray();
      return (float)
          IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElse(0);
    }
  }

  private JsonNode score(Object... more) {
    Object[] args = {"score", samples, "--evaluator", model, "--json"};
    Result result = eso(Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray());
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out().lines()).hasSize(1);
    return result.json();
  }

  @Test
  void perplexityAndEntropyAreThoseOfTheReleasedCode() throws IOException {
    JsonNode score = score();
    assertThat(score.get("evaluator").asString()).isEqualTo(model.toString());
    assertThat(score.get("convention").asString()).isEqualTo("eso");
    assertThat(score.get("note").asString()).contains("not comparable");
    assertThat(score.get("samples").asInt()).isEqualTo(4);
    assertThat(score.get("perplexity").asDouble())
        .isCloseTo(golden("output/gen_ppl"), within(1e-3));
    assertThat(score.get("perplexity_se").asDouble()).isPositive();
    assertThat(score.get("entropy").asDouble()).isCloseTo(golden("output/entropy"), within(1e-5));
    assertThat(score.get("entropy_of").asString()).isEqualTo("the evaluator's tokens");
  }

  @Test
  void anInterruptIsToldInOneLine() {
    Thread.currentThread().interrupt();
    var result = eso("score", samples, "--evaluator", model);
    assertThat(result.exit()).isEqualTo(130);
    assertThat(result.err().lines()).singleElement().asString().contains("interrupted");
    assertThat(result.out()).isEmpty();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void theOtherConventionIsNamed() {
    JsonNode score = score("--convention", "bd3lm");
    assertThat(score.get("convention").asString()).isEqualTo("bd3lm");
    assertThat(score.get("perplexity")).isNotEqualTo(score().get("perplexity"));
    assertThat(score.get("tokens").asInt()).isEqualTo(4 * 19 - ends());
    assertThat(eso("score", samples, "--evaluator", model).out())
        .containsPattern("convention\\s+eso")
        .contains("not comparable");
  }

  private int ends() {
    try {
      return Files.readString(samples).split("endoftext", -1).length - 1;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void anEvaluatorMayLieInShards() throws IOException {
    double whole = score().get("perplexity").asDouble();
    Path shard = model.resolve("model-00001-of-00001.safetensors");
    Files.move(model.resolve("model.safetensors"), shard);
    try (Safetensors file = Safetensors.open(shard)) {
      Files.writeString(
          model.resolve("model.safetensors.index.json"),
          file.entries().keySet().stream()
              .map(name -> "\"%s\": \"%s\"".formatted(name, shard.getFileName()))
              .collect(Collectors.joining(", ", "{\"weight_map\": {", "}}")));
    }
    assertThat(score().get("perplexity").asDouble()).isEqualTo(whole);
    Files.delete(shard);
    Result result = eso("score", samples, "--evaluator", model);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .contains("file model-00001-of-00001.safetensors is not there");
  }

  @Test
  void textsAreCut() {
    assertThat(score("--length", 8, "--convention", "bd3lm").get("tokens").asInt())
        .isEqualTo(4 * 7 - 1);
  }

  @Test
  void samplesOwnTokensTellEntropyAndLength() throws IOException {
    Files.writeString(
        samples,
        "{\"text\": \"w1 w2 w3 w4 w5\", \"tokens\": [7, 7, 8, 8]}\n{\"text\": \"w1 w2\", \"tokens\": [9, 9]}");
    JsonNode score = score();
    assertThat(score.get("entropy").asDouble()).isCloseTo(Math.log(2) / 2, within(1e-12));
    assertThat(score.get("entropy_of").asString()).isEqualTo("the samples' own tokens");
    assertThat(score.get("length").asInt()).isEqualTo(4);
    assertThat(score.get("tokens").asInt()).isEqualTo(3 + 2); // with the end of the shorter
  }

  @Test
  void aReferenceAddsMauve() throws IOException {
    Path reference = temp.resolve("reference.jsonl");
    Files.writeString(
        reference, ("{\"text\": \"w1 w2 w3\"}\n{\"text\": \"w2 w9 w4\"}\n").repeat(5));
    JsonNode score = score("--reference", reference);
    assertThat(score.get("mauve").asDouble()).isBetween(0.0, 1.0);
    assertThat(score.get("mauve_star").asDouble()).isBetween(0.0, 1.0);
    assertThat(score.get("mauve_buckets").asInt()).isEqualTo(2);
    assertThat(score.get("mauve_features").asString()).contains("evaluator's last hidden state");
    assertThat(score.get("reference_samples").asInt()).isEqualTo(10);
    assertThat(score.get("reference_perplexity").asDouble()).isPositive();
    assertThat(score("--reference", samples).get("mauve").asDouble()).isGreaterThan(0.7);
  }

  private void requireRefused(String message, Object... more) {
    Object[] args = {"score", samples, "--evaluator", model};
    Result result = eso(Stream.concat(Arrays.stream(args), Arrays.stream(more)).toArray());
    assertThat(result.exit()).as(result.err()).isEqualTo(2);
    assertThat(result.out()).isEmpty();
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith("eso: ")
        .contains(message);
  }

  @Test
  void badRequestsAreOneLine() throws IOException {
    requireRefused("convention: 'mdlm', allowed: eso, bd3lm", "--convention", "mdlm");
    requireRefused("--length: 1, must be at least 2", "--length", 1);
    requireRefused("none.jsonl: no such file", "--reference", temp.resolve("none.jsonl"));
    Files.writeString(samples, "{\"tokens\": [1, 2]}");
    requireRefused("sample 0 has no 'text'");
  }

  @Test
  void otherModelsAreRefused() throws IOException {
    Path config = model.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(
        config, text.replace("\"model_type\": \"gpt2\"", "\"model_type\": \"llama\""));
    requireRefused("model_type: 'llama', must be gpt2");
    Files.writeString(config, text);
    Files.delete(model.resolve("tokenizer.json"));
    requireRefused("gpt2: a vocabulary of 61 tokens, its tokenizer has 50257");
    Files.delete(model.resolve("model.safetensors"));
    requireRefused("gpt2: neither model.safetensors nor model.safetensors.index.json");
    Files.delete(config);
    requireRefused("config.json: no such file");
  }
}
