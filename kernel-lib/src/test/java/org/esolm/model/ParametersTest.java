package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ParametersTest {
  private static long count(ModelConfig c) {
    return Parameters.shapes(c).values().stream()
        .mapToLong(s -> Arrays.stream(s).asLongStream().reduce(1, (a, b) -> a * b))
        .sum();
  }

  @Test
  void thePapersSmallModelHasTheReleasedCheckpointsSize() {
    ModelConfig small = new ModelConfig(768, 128, 12, 12, 1024, 50_258, 50_257, 0.1);
    assertThat(count(small)).isEqualTo(169_627_218);
  }

  @Test
  void namesStandInTheOrderOfTheReleasedCode() {
    assertThat(Parameters.shapes(new ModelConfig(8, 4, 2, 2, 16, 5, 4, 0)).keySet())
        .containsExactly(
            "vocab_embed.embedding",
            "sigma_map.mlp.0.weight",
            "sigma_map.mlp.0.bias",
            "sigma_map.mlp.2.weight",
            "sigma_map.mlp.2.bias",
            "blocks.0.norm1.weight",
            "blocks.0.attn_qkv.weight",
            "blocks.0.attn_out.weight",
            "blocks.0.norm2.weight",
            "blocks.0.mlp.0.weight",
            "blocks.0.mlp.0.bias",
            "blocks.0.mlp.2.weight",
            "blocks.0.mlp.2.bias",
            "blocks.0.adaLN_modulation.weight",
            "blocks.0.adaLN_modulation.bias",
            "blocks.1.norm1.weight",
            "blocks.1.attn_qkv.weight",
            "blocks.1.attn_out.weight",
            "blocks.1.norm2.weight",
            "blocks.1.mlp.0.weight",
            "blocks.1.mlp.0.bias",
            "blocks.1.mlp.2.weight",
            "blocks.1.mlp.2.bias",
            "blocks.1.adaLN_modulation.weight",
            "blocks.1.adaLN_modulation.bias",
            "output_layer.norm_final.weight",
            "output_layer.linear.weight",
            "output_layer.linear.bias",
            "output_layer.adaLN_modulation.weight",
            "output_layer.adaLN_modulation.bias");
    assertThat(Parameters.shapes(new ModelConfig(8, 0, 1, 2, 16, 5, 4, 0)).keySet())
        .noneMatch(name -> name.contains("adaLN") || name.contains("sigma"))
        .hasSize(12);
  }

  @Test
  void initialValuesLieInTheirRanges() {
    try (Arena arena = Arena.ofConfined()) {
      ModelConfig c = new ModelConfig(48, 32, 2, 4, 16, 50, 49, 0);
      Parameters p = new Parameters(arena, c).initialize(3);
      for (var entry : p.named().entrySet()) {
        String name = entry.getKey();
        Tensor t = entry.getValue();
        if (name.contains("norm")) {
          assertThat(t.toArray()).describedAs(name).containsOnly(1);
        } else if (name.contains("adaLN") || name.startsWith("output_layer.linear")) {
          assertThat(t.toArray()).describedAs(name).containsOnly(0);
        } else {
          int in =
              switch (name.replaceFirst("blocks\\.\\d\\.", "")) {
                case "vocab_embed.embedding", "attn_qkv.weight", "attn_out.weight" -> 48;
                case "mlp.0.weight", "mlp.0.bias" -> 48;
                case "mlp.2.weight", "mlp.2.bias" -> 4 * 48;
                case "sigma_map.mlp.0.weight", "sigma_map.mlp.0.bias" -> 256;
                case "sigma_map.mlp.2.weight", "sigma_map.mlp.2.bias" -> 32;
                default -> throw new AssertionError(name);
              };
          double bound = 1 / Math.sqrt(in);
          double max = 0;
          double square = 0;
          for (float v : t.toArray()) {
            max = Math.max(max, Math.abs(v));
            square += v * v / (double) t.size();
          }
          assertThat(max).describedAs(name).isBetween(0.8 * bound, bound);
          double error = 5 * 0.9 / Math.sqrt(t.size());
          assertThat(3 * square / (bound * bound)).describedAs(name).isCloseTo(1, within(error));
        }
      }
    }
  }

  @Test
  void viewsTileTheFlatBuffer() {
    try (Arena arena = Arena.ofConfined()) {
      ModelConfig c = new ModelConfig(6, 3, 2, 1, 16, 5, 4, 0);
      Parameters p = new Parameters(arena, c);
      assertThat(p.count()).isEqualTo(count(c));
      p.named().values().forEach(t -> t.fill(1));
      double ones = 0;
      for (float v : p.flat().toArray()) {
        ones += v;
      }
      assertThat(ones).isEqualTo(p.count());
      long end = p.flat().memory().address();
      for (Tensor t : p.named().values()) {
        assertThat(t.memory().address()).isBetween(end, end + 63);
        assertThat(t.memory().address() % 64).isZero();
        end = t.memory().address() + t.size() * Tensor.BYTES;
      }
      assertThat(p.block(1).downBias()).isSameAs(p.get("blocks.1.mlp.2.bias"));
      assertThat(p.block(0).adaLnWeight()).isSameAs(p.get("blocks.0.adaLN_modulation.weight"));
    }
  }

  @Test
  void seedsMatterAndAreEnough() {
    try (Arena arena = Arena.ofConfined()) {
      ModelConfig c = Networks.tiny(true, 8, 0);
      float[] a = new Parameters(arena, c).initialize(1).flat().toArray();
      assertThat(new Parameters(arena, c).initialize(1).flat().toArray()).containsExactly(a);
      assertThat(new Parameters(arena, c).initialize(2).flat().toArray()).isNotEqualTo(a);
    }
  }

  @Test
  void unknownNamesAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Parameters p = new Parameters(arena, Networks.tiny(false, 8, 0));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> p.get("sigma_map.mlp.0.bias"))
          .withMessageStartingWith("parameter: sigma_map.mlp.0.bias, not one of [vocab_embed");
    }
  }
}
