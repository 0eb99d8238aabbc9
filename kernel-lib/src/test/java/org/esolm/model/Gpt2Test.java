package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.esolm.io.Safetensors;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Gpt2Test {
  private static final Gpt2Config SMALL = new Gpt2Config(11, 9, 6, 1, 2, 24, 1e-5f);

  @TempDir Path folder;
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(2);

  @AfterEach
  void close() {
    workers.close();
    arena.close();
  }

  private static int[] text(Gpt2Config config, int length) {
    return Rng.of(2, Purpose.LANGUAGE).ints(length, 0, config.vocabSize()).toArray();
  }

  /** Odd heads, lengths beyond a tile, other epsilons, names with and without their prefix. */
  @ParameterizedTest
  @CsvSource({
    "27, 3, 2, 41, 70, 50, 70, 1e-5, transformer.",
    "20, 4, 1, 130, 140, 80, 129, 1e-3, ''",
    "34, 1, 3, 7, 5, 11, 1, 1e-2, ''",
    "6, 6, 2, 19, 64, 24, 64, 1e-5, transformer.",
  })
  void itIsThePlainModel(
      int d,
      int heads,
      int blocks,
      int v,
      int positions,
      int mlp,
      int length,
      float epsilon,
      String prefix)
      throws IOException {
    Gpt2Config config = new Gpt2Config(v, positions, d, blocks, heads, mlp, epsilon);
    PlainGpt2 plain = new PlainGpt2(arena, config, 5);
    int[] ids = text(config, length);
    double[][] logits = plain.logits(ids);
    double[][] hidden = plain.hidden(ids);
    try (Gpt2 network = Gpt2.read(plain.write(folder, prefix), workers)) {
      assertThat(network.config()).isEqualTo(config);
      Tensor actual = Tensor.zeros(arena, length, v);
      network.logits(ids, actual);
      float[] nll = network.nll(ids);
      assertThat(nll).hasSize(length - 1);
      for (int l = 0; l < length; l++) {
        for (int i = 0; i < v; i++) {
          assertThat((double) actual.get((long) l * v + i)).isCloseTo(logits[l][i], within(1e-4));
        }
        for (int i = 0; i < d; i++) {
          assertThat((double) network.hidden(l).get(i)).isCloseTo(hidden[l][i], within(2e-5));
        }
        if (l + 1 < length) {
          double sum = Arrays.stream(logits[l]).map(Math::exp).sum();
          assertThat((double) nll[l])
              .isCloseTo(Math.log(sum) - logits[l][ids[l + 1]], within(1e-4));
        }
      }
    }
  }

  @Test
  void theHeadMayBeAnother() throws IOException {
    PlainGpt2 plain = new PlainGpt2(arena, SMALL, 5);
    plain.weights().put("lm_head.weight", Tensor.zeros(arena, 11, 6));
    try (Gpt2 network = Gpt2.read(plain.write(folder, ""), workers)) {
      assertThat(network.nll(new int[] {1, 2, 3})[1])
          .isCloseTo((float) Math.log(11), within(1e-6f));
    }
  }

  @Test
  void itMayLieInShards() throws IOException {
    PlainGpt2 plain = new PlainGpt2(arena, SMALL, 5);
    Path whole = plain.write(folder.resolve("whole"), "transformer.");
    Path cut = plain.writeShards(folder.resolve("cut"), "transformer.", 3);
    int[] ids = text(SMALL, 9);
    try (Gpt2 one = Gpt2.read(whole, workers);
        Gpt2 three = Gpt2.read(cut, workers)) {
      assertThat(three.nll(ids)).isEqualTo(one.nll(ids));
    }
    Files.delete(cut.resolve("model-00002-of-00003.safetensors"));
    assertThatThrownBy(() -> Gpt2.read(cut, workers))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("index.json: file model-00002-of-00003.safetensors is not there");
  }

  @Test
  void aWindowDoesNotDependOnTheThreadsNorOnThoseBefore() throws IOException {
    Gpt2Config config = new Gpt2Config(300, 200, 48, 2, 3, 192, 1e-5f);
    Path model = new PlainGpt2(arena, config, 5).write(folder, "");
    int[] ids = text(config, 200);
    try (Workers one = new Workers(1);
        Workers three = new Workers(3);
        Gpt2 a = Gpt2.read(model, one);
        Gpt2 b = Gpt2.read(model, three)) {
      float[] alone = a.nll(ids);
      b.nll(Arrays.copyOf(ids, 77));
      assertThat(b.nll(ids)).isEqualTo(alone);
      assertThat(b.nll(Arrays.copyOf(ids, 128))).isEqualTo(Arrays.copyOf(alone, 127));
    }
  }

  @Test
  void whatItCannotReadIsRefused() throws IOException {
    Path model = new PlainGpt2(arena, SMALL, 5).write(folder, "");
    try (Gpt2 network = Gpt2.read(model, workers)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.nll(new int[10]))
          .withMessage("tokens: 10, allowed: 1 to 9");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.nll(new int[] {3, 11}))
          .withMessage("token: 11, allowed: 0 to 10");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.logits(new int[] {3, 4}, Tensor.zeros(arena, 3, 11)))
          .withMessage("out: Tensor[3, 11], must be [2, 11]");
      network.nll(new int[] {1, 2});
      assertThatIllegalArgumentException()
          .isThrownBy(() -> network.hidden(2))
          .withMessage("position: 2, allowed: 0 to 1");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"gpt2\"      | \"llama\" | config.json: model_type: 'llama', must be gpt2",
        "gelu_new      | relu      | config.json: activation_function: relu, must be one of",
        "\"n_head\": 2 | \"n_head\": 4 | config.json: n_embd: 6, must be a multiple of n_head (4)",
        "\"n_layer\"   | \"layers\" | config.json: n_layer: none, must be a number",
        "\"n_layer\": 1 | \"n_layer\": 2 | missing: h.1.ln_1.weight; missing: h.1.ln_1.bias",
        "\"vocab_size\": 11 | \"vocab_size\": 12 | wte.weight is [11, 6], config.json says [12, 6]",
        "{             | [         | config.json: not JSON",
      })
  void anotherArchitectureIsRefused(String said, String instead, String message)
      throws IOException {
    Path model = new PlainGpt2(arena, SMALL, 5).write(folder, "");
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace(said, instead));
    assertThatThrownBy(() -> Gpt2.read(model, workers))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void whatIsMissingIsNamed() throws IOException {
    assertThatThrownBy(() -> Gpt2.read(folder.resolve("none"), workers))
        .hasMessageContaining("no such folder, needed: one with config.json and model.safetensors");
    assertThatThrownBy(() -> Gpt2.read(folder, workers))
        .hasMessageEndingWith("config.json: no such file");
    Path model = new PlainGpt2(arena, SMALL, 5).write(folder, "");
    Path weights = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(bytes, bytes.length - 8));
    assertThatThrownBy(() -> Gpt2.read(folder, workers)).hasMessageContaining("is it cut off?");
    Files.delete(weights);
    assertThatThrownBy(() -> Gpt2.read(folder, workers))
        .hasMessageEndingWith(
            "neither model.safetensors nor model.safetensors.index.json, needed: one of them");
  }

  @Test
  void aMatrixTheOtherWayRoundIsRefused() throws IOException {
    PlainGpt2 plain = new PlainGpt2(arena, SMALL, 5);
    plain.write(folder, "");
    var turned = new LinkedHashMap<>(plain.weights());
    turned.replace("h.0.mlp.c_fc.weight", Tensor.zeros(arena, 24, 6));
    Safetensors.write(folder.resolve("model.safetensors"), turned, Map.of());
    assertThatThrownBy(() -> Gpt2.read(folder, workers))
        .hasMessageEndingWith(
            "model.safetensors: h.0.mlp.c_fc.weight is [24, 6], config.json says [6, 24]");
  }

  @Test
  void everyTensorTooManyIsNamedButNotTheMasksOfOldCheckpoints() throws IOException {
    PlainGpt2 plain = new PlainGpt2(arena, SMALL, 5);
    plain.write(folder, "");
    var more = new LinkedHashMap<>(plain.weights());
    more.put("h.0.attn.bias", Tensor.zeros(arena, 1, 1, 8, 8));
    more.put("h.0.attn.masked_bias", Tensor.zeros(arena, 1));
    Safetensors.write(folder.resolve("model.safetensors"), more, Map.of());
    Gpt2.read(folder, workers).close();
    more.put("adapter.a", Tensor.zeros(arena, 2));
    more.put("adapter.b", Tensor.zeros(arena, 2));
    Safetensors.write(folder.resolve("model.safetensors"), more, Map.of());
    assertThatThrownBy(() -> Gpt2.read(folder, workers))
        .hasMessageEndingWith("model.safetensors: too many: adapter.a; too many: adapter.b");
  }
}
