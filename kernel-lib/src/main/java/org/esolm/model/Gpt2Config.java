package org.esolm.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The sizes of a GPT-2.
 *
 * @param vocabSize V
 * @param positions the longest sequence it can read
 * @param hiddenSize d, a multiple of {@code heads}
 * @param blocks number of transformer blocks
 * @param heads attention heads a block
 * @param mlpSize hidden units of the MLP
 * @param epsilon added to the variance in layer normalisation
 */
public record Gpt2Config(
    int vocabSize,
    int positions,
    int hiddenSize,
    int blocks,
    int heads,
    int mlpSize,
    float epsilon) {
  /** The tanh form of GELU, under the two names that Hugging Face has for it. */
  private static final List<String> GELU = List.of("gelu_new", "gelu_pytorch_tanh");

  /** Checks every field. */
  public Gpt2Config {
    require(vocabSize >= 2, "vocab_size", vocabSize, "at least 2");
    require(positions >= 2, "n_positions", positions, "at least 2");
    require(heads >= 1, "n_head", heads, "at least 1");
    require(hiddenSize >= 1, "n_embd", hiddenSize, "at least 1");
    require(hiddenSize % heads == 0, "n_embd", hiddenSize, "a multiple of n_head (" + heads + ")");
    require(blocks >= 1, "n_layer", blocks, "at least 1");
    require(mlpSize >= 1, "n_inner", mlpSize, "at least 1");
    require(epsilon > 0, "layer_norm_epsilon", epsilon, "positive");
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(field + ": " + value + ", must be " + allowed);
    }
  }

  /**
   * Reads a Hugging Face configuration.
   *
   * @param file a config.json
   * @return the sizes
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is missing, is not of a GPT-2, or of one that computes
   *     otherwise than the released ones
   */
  static Gpt2Config read(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + ": no such file");
    }
    try {
      JsonNode json = JsonMapper.shared().readTree(Files.readString(file));
      String type = json.path("model_type").asString("");
      require(type.equals("gpt2"), "model_type", "'" + type + "'", "gpt2");
      String activation = json.path("activation_function").asString("gelu_new");
      require(GELU.contains(activation), "activation_function", activation, "one of " + GELU);
      require(json.path("scale_attn_weights").asBoolean(true), "scale_attn_weights", false, "true");
      require(
          !json.path("scale_attn_by_inverse_layer_idx").asBoolean(false),
          "scale_attn_by_inverse_layer_idx",
          true,
          "false");
      int d = size(json, "n_embd");
      return new Gpt2Config(
          size(json, "vocab_size"),
          size(json, "n_positions"),
          d,
          size(json, "n_layer"),
          size(json, "n_head"),
          json.path("n_inner").isNumber() ? size(json, "n_inner") : 4 * d,
          (float) json.path("layer_norm_epsilon").asDouble(1e-5));
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + ": not JSON: " + e.getOriginalMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
    }
  }

  private static int size(JsonNode json, String key) {
    JsonNode value = json.path(key);
    require(value.canConvertToInt(), key, value.isMissingNode() ? "none" : value, "a number");
    return value.asInt();
  }
}
