package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.io.Safetensors;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParityCommandTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @TempDir Path dir;

  /** A case of one's own to break. */
  private Path copy(String name) throws IOException {
    Path to = Files.createDirectory(dir.resolve(name));
    try (Stream<Path> files = Files.list(GOLDEN.resolve(name))) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()));
      }
    }
    return to;
  }

  private void requireOneFailure(String... message) {
    Result result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines().filter(l -> l.startsWith("FAIL")))
        .singleElement()
        .asString()
        .contains(message);
    assertThat(result.out()).containsPattern("\\d+ passed, 1 failed\\R$");
  }

  @Test
  void anInterruptIsToldInOneLine() throws IOException {
    copy("mdlm");
    Thread.currentThread().interrupt();
    Result result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(130);
    assertThat(result.err())
        .isEqualToIgnoringNewLines("eso: parity: interrupted after 0 passed, 0 failed");
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void anUnknownKindFails() throws IOException {
    Path golden = Files.createDirectory(dir.resolve("new"));
    Files.writeString(golden.resolve("case.json"), "{\"kind\": \"nonesuch\"}");
    requireOneFailure("new", "unknown kind 'nonesuch'");
  }

  @Test
  void aFolderWithoutCasesIsBadInput() {
    var result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().contains("no folder with a case");
    assertThat(eso("parity", dir.resolve("none")).exit()).isEqualTo(2);
  }

  @Test
  void aCutFileIsOneFailure() throws IOException {
    Path tensors = copy("mdlm").resolve("tensors.safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    Files.write(tensors, Arrays.copyOf(bytes, bytes.length / 2));
    requireOneFailure("mdlm", "is it cut off?");
    Files.write(tensors, new byte[5]);
    requireOneFailure("5 bytes, too short for a header");
    Files.delete(tensors);
    requireOneFailure("no file tensors.safetensors");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "eso_b_sampler | \"hidden_size\": 32 | \"hidden_size\": 64 | weight/vocab_embed.embedding: shape [24, 32]",
        "eso_b_sampler | \"vocab_size\": 24 | \"vocab_size\": \"many\" | vocab_size: \"many\", must be a whole number",
        "eso_b_sampler | \"n_heads\" | \"heads\" | no 'n_heads'",
        "eso_b_sampler | \"n_blocks\": 2 | \"n_blocks\": 3 | no tensor 'weight/blocks.2.",
        "eso_b_sampler | \"mask_index\": 23 | \"mask_index\": 24 | maskIndex: 24, must be 0 to vocabSize - 1",
        "mdlm | \"mlp_ratio\": 4 | \"mlp_ratio\": 2 | mlp_ratio: 2.0, must be 4.0",
        "bd3lm_block4 | \"block_size\": 4 | \"block_size\": 5 | blockSize: 5, must divide the length (12)",
        "eso_a_diffusion | \"variant\": \"A\" | \"variant\": \"C\" | variant: C, must be A or B",
        "ar_prepend_none | \"none\" | \"both\" | prepend_token: 'both', must be none, bos or mask",
        "mauve | \"p_counts\" | \"counts\" | no list 'p_counts'",
        "gpt2 | gpt2_evaluator | mauve | no 'scaling'",
      })
  void aBrokenCaseFailsAndSaysWhy(String name, String said, String instead, String message)
      throws IOException {
    Path json = copy(name).resolve("case.json");
    String text = Files.readString(json).replaceAll("\\s*:\\s*", ": ");
    assertThat(text).contains(said);
    Files.writeString(json, text.replace(said, instead));
    Result result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.err()).isEmpty();
    assertThat(result.out().lines().filter(l -> l.startsWith("FAIL")).toList().getLast())
        .contains(name, message);
  }

  @Test
  void aTensorThatIsMissingOrMisshapenIsNamed() throws IOException {
    Path tensors = copy("eso_any_order").resolve("tensors.safetensors");
    var kept = new LinkedHashMap<String, Tensor>();
    try (Arena arena = Arena.ofConfined();
        Safetensors file = Safetensors.open(tensors)) {
      for (String name : file.entries().keySet()) {
        if (name.startsWith("weight/")) {
          kept.put(name, file.floats(arena, name));
        }
      }
      Safetensors.write(tensors, kept, Map.of());
    }
    requireOneFailure("eso_any_order", "no tensor 'input/x0'");
  }

  @Test
  void otherNumbersFail() throws IOException {
    Path tensors = copy("mdlm").resolve("tensors.safetensors");
    byte[] bytes = Files.readAllBytes(tensors);
    bytes[bytes.length - 2] ^= 0x40;
    bytes[bytes.length - 4002] ^= 0x40;
    Files.write(tensors, bytes);
    Result result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).contains("FAIL");
  }

  @Test
  void textIsComparedExactly() throws IOException {
    Path golden = Files.createDirectory(dir.resolve("words"));
    Files.writeString(
        golden.resolve("case.json"),
        "{\"kind\": \"text\", \"files\": [\"detokenizers.json\", \"packing.json\"]}");
    Files.writeString(
        golden.resolve("packing.json"),
        """
        [{"block_size": 3, "bos": 0, "eos": 1, "insert_special_tokens": true,
          "documents": [[5, 1], [6, 1]], "blocks": [[0, 5, 1], [0, 1, 1], [0, 6, 1], [0, 1, 1]]}]
        """);
    Path detokenizers = golden.resolve("detokenizers.json");
    String entries =
        "[{\"detokenizer\": \"ptb\", \"input\": \"it 's\", \"output\": \"it's\"},"
            + " {\"detokenizer\": \"lambada\", \"input\": \"a\", \"output\": \"\\na\"}]";
    Files.writeString(detokenizers, entries);
    Result result = eso("parity", dir);
    assertThat(result.exit()).as(result.out()).isZero();
    assertThat(result.out()).contains("3 passed, 0 failed");
    Files.writeString(detokenizers, entries.replace("it's", "it''s"));
    requireOneFailure("words detokenizer 0 ptb", "from character 3 on: 's', expected ''s'");
    Files.writeString(detokenizers, entries.replace("ptb", "text8"));
    requireOneFailure("words detokenizer 0 text8", "unknown, known:");
    Files.writeString(detokenizers, "[{}]");
    requireOneFailure("entry 0: no 'detokenizer'");
  }
}
