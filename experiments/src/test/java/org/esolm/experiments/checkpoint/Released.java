package org.esolm.experiments.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.esolm.experiments.checkpoint.Pickled.Call;
import org.esolm.experiments.checkpoint.Pickled.Global;
import org.esolm.experiments.checkpoint.Pickled.Instance;
import org.esolm.experiments.checkpoint.Pickled.OrderedDict;
import org.esolm.experiments.checkpoint.Pickled.Storage;
import org.esolm.io.ElementType;
import org.esolm.io.Safetensors;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import tools.jackson.databind.json.JsonMapper;

/** Checkpoints as the released code writes them, with random weights. */
final class Released {
  /** Words of the small tokenizer; with its own mask. */
  static final int VOCAB = 21;

  private Released() {}

  /** Small enough for any test. */
  static ModelConfig config(boolean adaLn) {
    return new ModelConfig(16, adaLn ? 8 : 0, 2, 2, 12, VOCAB, VOCAB - 1, 0.1);
  }

  /** Weights of which none is zero. */
  static Parameters random(Arena arena, ModelConfig config, long seed) {
    Parameters p = new Parameters(arena, config);
    int index = 0;
    for (Tensor t : p.named().values()) {
      Rng rng = Rng.of(seed, Purpose.WEIGHTS, index++);
      for (long i = 0; i < t.size(); i++) {
        t.set(i, (float) rng.nextGaussian() * 0.2f);
      }
    }
    return p;
  }

  /** A tokenizer.json of {@link #VOCAB} words, the last of them the mask. */
  static Path tokenizer(Path file) throws IOException {
    Map<String, Integer> vocab = new LinkedHashMap<>();
    for (int i = 0; i < VOCAB - 1; i++) {
      vocab.put("w" + i, i);
    }
    vocab.put("[MASK]", VOCAB - 1);
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("type", "WordLevel");
    model.put("vocab", vocab);
    model.put("unk_token", "w0");
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("version", "1.0");
    root.put("added_tokens", List.of());
    root.put("normalizer", null);
    root.put("pre_tokenizer", Map.of("type", "Whitespace"));
    root.put("post_processor", null);
    root.put("decoder", null);
    root.put("model", model);
    return Files.writeString(file, JsonMapper.shared().writeValueAsString(root));
  }

  /** A folder of Hugging Face. */
  static Path folder(Path folder, Map<String, ?> config, SequencedMap<String, Tensor> tensors)
      throws IOException {
    Safetensors.write(folder.resolve("model.safetensors"), tensors, Map.of("format", "pt"));
    Files.writeString(
        folder.resolve("config.json"), JsonMapper.shared().writeValueAsString(config));
    return folder;
  }

  /** The tensors under their released names. */
  static SequencedMap<String, Tensor> named(Parameters p, String prefix) {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    p.named().forEach((name, t) -> named.put(prefix + name, t));
    return named;
  }

  /** What the Hugging Face configuration of a system says. */
  static Map<String, Object> huggingFace(String modelType, ModelConfig c) {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("model_type", modelType);
    config.put("vocab_size", c.vocabSize());
    config.put("model_length", c.length());
    config.put(modelType.equals("EsoLM") ? "hidden_size" : "hidden_dim", c.hiddenSize());
    config.put("cond_dim", c.condDim());
    config.put("n_blocks", c.blocks());
    config.put("n_heads", c.heads());
    config.put("dropout", c.dropout());
    config.put("time_conditioning", false);
    return config;
  }

  /** What Lightning keeps of a configuration: every value wrapped by OmegaConf. */
  static Object omegaConf(Object value) {
    Map<String, Object> state = new LinkedHashMap<>();
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("ref_type", new Global("typing", "Any"));
    metadata.put("object_type", new Global("__builtin__", "dict"));
    metadata.put(
        "resolver_cache",
        new Call(new Global("collections", "defaultdict"), new Global("__builtin__", "dict")));
    state.put(
        "_metadata", new Instance(new Global("omegaconf.base", "ContainerMetadata"), metadata));
    state.put("_parent", null);
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> content = new LinkedHashMap<>();
      map.forEach((k, v) -> content.put(k, omegaConf(v)));
      state.put("_content", content);
      return new Instance(new Global("omegaconf.dictconfig", "DictConfig"), state);
    }
    state.put("_val", value);
    return new Instance(new Global("omegaconf.nodes", "AnyNode"), state);
  }

  /** The released configuration of a system. */
  static Map<String, Object> hydra(Map<String, ?> algo, ModelConfig c) {
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("hidden_size", c.hiddenSize());
    model.put("cond_dim", c.condDim());
    model.put("length", c.length());
    model.put("n_blocks", c.blocks());
    model.put("n_heads", c.heads());
    model.put("dropout", c.dropout());
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("algo", algo);
    config.put("model", model);
    config.put("data", Map.of("tokenizer_name_or_path", "bert-base-uncased"));
    config.put("loader", Map.of("batch_size", "${div_up:${.global_batch_size}, 8}"));
    return config;
  }

  private static Pickled.Tensor tensor(Tensor t, ElementType type, float factor) {
    float[] values = t.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] *= factor;
    }
    return Pickled.Tensor.of(Storage.floats(type, values), t.shape());
  }

  /** The state dictionary of a model, with the buffer that stands among its parameters. */
  static SequencedMap<String, Object> stateDict(Parameters p, String prefix, ElementType type) {
    SequencedMap<String, Object> state = new LinkedHashMap<>();
    p.named()
        .forEach(
            (name, t) -> {
              if (name.startsWith("blocks.0.norm1")) {
                float[] frequencies = new float[p.config().headSize() / 2];
                state.put(
                    prefix + "rotary_emb.inv_freq",
                    Pickled.Tensor.of(
                        Storage.floats(ElementType.F32, frequencies), frequencies.length));
              }
              state.put(prefix + name, tensor(t, type, 1));
            });
    return state;
  }

  /**
   * All that Lightning writes. The average is half of the weights, so that it is known which were
   * taken.
   */
  static Map<String, Object> lightning(
      SequencedMap<String, Object> stateDict, Parameters p, ElementType type, Object config) {
    List<Object> shadow = new ArrayList<>();
    p.named().values().forEach(t -> shadow.add(tensor(t, type, 0.5f)));
    Map<String, Object> ema = new LinkedHashMap<>();
    ema.put("decay", 0.9999);
    ema.put("num_updates", 250_000);
    ema.put("shadow_params", shadow);
    Map<String, Object> hyper = new LinkedHashMap<>();
    hyper.put("config", config);
    Map<String, Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put(
        "_tokenizer",
        new Call(
            new Global("tokenizers", "Tokenizer"),
            new Call(new Global("_codecs", "encode"), "{\u00ff}", "latin1")));
    hyper.put(
        "tokenizer",
        new Instance(
            new Global("transformers.models.gpt2.tokenization_gpt2_fast", "GPT2TokenizerFast"),
            tokenizer));
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("epoch", 3);
    root.put("global_step", 250_000);
    root.put("pytorch-lightning_version", "2.5.0");
    root.put("state_dict", new OrderedDict(stateDict, true));
    root.put("loops", Map.of("fit_loop", Map.of("state_dict", Map.of())));
    root.put(
        "optimizer_states",
        List.of(Map.of("state", Map.of(0, Map.of("exp_avg", shadow.getFirst())))));
    root.put("hparams_name", "kwargs");
    root.put("hyper_parameters", hyper);
    root.put("ema", ema);
    root.put("sampler", java.util.Collections.singletonMap("random_state", null));
    return root;
  }
}
