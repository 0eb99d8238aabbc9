package org.esolm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.esolm.io.AtomicFiles;
import org.esolm.io.Safetensors;
import org.esolm.io.SafetensorsFolder;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Tensor;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a model as it would lie at Hugging Face: {@code config.json} and {@code
 * model.safetensors}, with the names that the released code's classes read. What those leave unsaid
 * (alpha_0, the kind of attention, the tokenizer) stands in the configuration too.
 */
public final class ReleasedFolder {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private ReleasedFolder() {}

  /**
   * Writes a model.
   *
   * @param folder made if it is not there
   * @param system which system
   * @param weights of its network
   * @param tokenizer its name at Hugging Face, if it has one there
   * @throws IOException if it cannot be written
   */
  public static void write(
      Path folder, SystemConfig system, Parameters weights, Optional<String> tokenizer)
      throws IOException {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    weights.named().forEach((name, t) -> named.put("backbone." + name, t));
    Safetensors.write(folder.resolve(SafetensorsFolder.MODEL), named, Map.of("format", "pt"));
    ObjectNode config = config(system, weights.config());
    tokenizer.ifPresent(name -> config.put("tokenizer_name_or_path", name));
    AtomicFiles.write(
        folder.resolve(HuggingFaceFolder.CONFIG), JSON.writeValueAsString(config) + "\n");
  }

  private static ObjectNode config(SystemConfig system, ModelConfig model) {
    ObjectNode config = JSON.createObjectNode();
    config.put("vocab_size", model.vocabSize());
    config.put("mask_index", model.maskIndex());
    config.put("model_length", model.length());
    config.put("hidden_size", model.hiddenSize());
    config.put("hidden_dim", model.hiddenSize());
    config.put("cond_dim", model.condDim());
    config.put("n_blocks", model.blocks());
    config.put("n_heads", model.heads());
    config.put("dropout", model.dropout());
    config.put("time_conditioning", false);
    config.put("torch_dtype", "float32");
    if (system.lowVariance()) {
      config.put("loss_type", "low_var");
    }
    switch (system.name()) {
      case "ar" -> {
        config.put("model_type", "ar");
        config.put("prepend_token", system.prepend().name().toLowerCase(Locale.ROOT));
      }
      case "mdlm" -> config.put("model_type", "mdlm");
      case "bd3lm" -> {
        config.put("model_type", "bd3lm");
        config.put("block_size", system.blockSize());
        config.put("ignore_bos", system.firstGiven());
      }
      default -> {
        config.put("model_type", "EsoLM");
        config.put("alpha_0", system.alpha0());
        config.put("batch_split", system.kappa());
        config.put("diffusion_attn_mode", system.variant() == Variant.A ? "mixed2" : "causal");
      }
    }
    return config;
  }
}
