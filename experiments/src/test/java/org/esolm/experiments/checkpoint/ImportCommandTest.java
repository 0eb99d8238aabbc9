package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.esolm.experiments.checkpoint.Pickled.Call;
import org.esolm.experiments.checkpoint.Pickled.Global;
import org.esolm.experiments.run.Provenance;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.io.ElementType;
import org.esolm.io.Safetensors;
import org.esolm.model.Parameters;
import org.esolm.objective.ArObjective;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.sampler.ArDenoiser;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code eso import} and {@code eso export}. */
class ImportCommandTest {
  private static final Arena ARENA = Arena.global();
  private static final Parameters WEIGHTS = Released.random(ARENA, Released.config(true), 1);
  private static final Map<String, Object> ESO =
      Map.of(
          "name", "esolm",
          "parameterization", "subs",
          "time_conditioning", false,
          "alpha_0", 0.25,
          "batch_split", 0.5,
          "diffusion_attn_mode", "causal",
          "loss_type", "elbo");

  @TempDir Path temp;
  private Path tokenizer;
  private Path run;
  private Workers workers;

  @BeforeEach
  void prepare() throws IOException {
    tokenizer = Released.tokenizer(temp.resolve("tokenizer.json"));
    run = temp.resolve("runs/imported");
    workers = new Workers(1);
  }

  @AfterEach
  void close() {
    workers.close();
  }

  private Result importing(Path checkpoint, Object... more) {
    List<Object> args =
        new ArrayList<>(List.of("import", checkpoint, "--out", run, "--tokenizer", tokenizer));
    args.addAll(List.of(more));
    return eso(args.toArray());
  }

  private Path lightning(
      SequencedMap<String, Object> stateDict, ElementType type, Map<String, ?> algo)
      throws IOException {
    Object config = Released.omegaConf(Released.hydra(algo, WEIGHTS.config()));
    return TorchZip.save(
        temp.resolve("last.ckpt"), Released.lightning(stateDict, WEIGHTS, type, config));
  }

  private void requireRun(Parameters expected, double factor, SystemConfig system)
      throws IOException {
    try (TrainedRun opened = TrainedRun.open(run, workers)) {
      assertThat(opened.config().system()).isEqualTo(system);
      assertThat(opened.network().config()).isEqualTo(expected.config());
      expected
          .named()
          .forEach(
              (name, t) -> {
                Tensor there = opened.network().weights().get(name);
                for (long i = 0; i < t.size(); i++) {
                  assertThat(there.get(i)).isEqualTo((float) (t.get(i) * factor));
                }
              });
    }
  }

  private void requireRefused(Result result, String... message) {
    assertThat(result.exit()).as(result.err() + result.out()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().startsWith("eso: ");
    assertThat(result.err()).contains(message);
    assertThat(result.out()).isEmpty();
    assertThat(run.getParent()).doesNotExist();
  }

  @Test
  void lightningCheckpointsGiveTheirAverage() throws IOException {
    Path file =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, ESO);
    Result result = importing(file);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("Lightning checkpoint", "eso 0.25", "EMA (ema.shadow_params)", "250000", "F32")
        .containsPattern("parameters +" + WEIGHTS.count())
        .containsPattern("ignored +rotary_emb.inv_freq")
        .contains("logits finite", "log V = 2.996");
    SystemConfig system = new SystemConfig("eso", 0.25, 0.5, null, null, false, null, Variant.ESO);
    requireRun(WEIGHTS, 0.5, system);
    JsonNode provenance =
        JsonMapper.shared().readTree(Files.readString(run.resolve("provenance.json")));
    assertThat(provenance.get("inputs").get(file.toString()).asString())
        .isEqualTo(Provenance.sha256(file));
    assertThat(run.resolve("status.json")).content().contains("finished");
    try (var files = Files.list(run.getParent())) {
      assertThat(files).containsExactly(run);
    }
  }

  @Test
  void rawWeightsOnRequest() throws IOException {
    Path file =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, ESO);
    JsonNode report = importing(file, "--weights", "raw", "--json").json();
    assertThat(report.get("weights").asString()).startsWith("raw");
    requireRun(WEIGHTS, 1, SystemConfig.eso(0.25));
  }

  @ParameterizedTest
  @CsvSource({"_orig_mod.backbone.", "backbone._orig_mod.", "module.backbone.", "''"})
  void prefixesOfCompiledModels(String prefix) throws IOException {
    SequencedMap<String, Object> state = Released.stateDict(WEIGHTS, prefix, ElementType.F32);
    state.put("sampling_eps_min", state.firstEntry().getValue());
    assertThat(importing(lightning(state, ElementType.F32, ESO)).exit()).isZero();
    requireRun(WEIGHTS, 0.5, SystemConfig.eso(0.25));
  }

  @ParameterizedTest
  @CsvSource({"F16", "BF16"})
  void halvesAreConverted(ElementType type) throws IOException {
    SequencedMap<String, Object> state = Released.stateDict(WEIGHTS, "backbone.", type);
    JsonNode report = importing(lightning(state, type, ESO), "--json").json();
    assertThat(report.get("type").asString()).isEqualTo(type.name());
    try (TrainedRun opened = TrainedRun.open(run, workers)) {
      Tensor there = opened.network().weights().get("blocks.1.mlp.0.weight");
      Tensor expected = WEIGHTS.get("blocks.1.mlp.0.weight");
      for (long i = 0; i < there.size(); i++) {
        assertThat(there.get(i))
            .isCloseTo(expected.get(i) / 2, org.assertj.core.data.Offset.offset(0.01f));
      }
    }
  }

  @Test
  void aStateDictionaryAlone() throws IOException {
    Path file =
        TorchZip.save(
            temp.resolve("pytorch_model.bin"),
            Released.stateDict(WEIGHTS, "backbone.", ElementType.F32));
    requireRefused(importing(file), "does not say the length of its sequences, needed: --length");
    requireRefused(importing(file, "--length", 12), "needed: --system ar|mdlm|bd3lm|eso");
    Result result = importing(file, "--length", 12, "--system", "mdlm");
    assertThat(result.out()).contains("PyTorch state dictionary", "raw (there is no average)");
    requireRun(WEIGHTS, 1, SystemConfig.of("mdlm"));
  }

  static Stream<Arguments> systems() {
    Parameters ar = Released.random(ARENA, Released.config(false), 2);
    SystemConfig blocks = new SystemConfig("bd3lm", null, null, 3, null, null, true, null);
    SystemConfig plain = new SystemConfig("ar", null, null, null, Prepend.NONE, null, null, null);
    return Stream.of(
        Arguments.of("mdlm", WEIGHTS, Map.of(), SystemConfig.of("mdlm")),
        Arguments.of("EsoLM", WEIGHTS, Map.of("alpha_0", 0.5), SystemConfig.eso(0.5)),
        Arguments.of(
            "EsoLM",
            WEIGHTS,
            Map.of("_name_or_path", "sahoo-diffusion/Eso-LM-B-alpha-0_25"),
            SystemConfig.eso(0.25)),
        Arguments.of("EsoLM", WEIGHTS, Map.of(), SystemConfig.eso(1)),
        Arguments.of("bd3lm", WEIGHTS, Map.of("block_size", 3), blocks),
        Arguments.of("ar", ar, Map.of(), plain));
  }

  @ParameterizedTest
  @MethodSource("systems")
  void foldersOfHuggingFace(
      String type, Parameters weights, Map<String, ?> more, SystemConfig system)
      throws IOException {
    Map<String, Object> config = Released.huggingFace(type, weights.config());
    config.putAll(more);
    SequencedMap<String, Tensor> tensors = Released.named(weights, "backbone.");
    tensors.put("backbone.rotary_emb.inv_freq", Tensor.zeros(ARENA, 4));
    Path folder = Released.folder(temp.resolve("hub"), config, tensors);
    Result result = importing(folder);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out()).contains("Hugging Face folder", system.label());
    requireRun(weights, 1, system);
    // The run is one that other commands can ask.
    Path samples = temp.resolve("samples.jsonl");
    String prompt = system.startsGiven() ? "w1" : ""; // the small tokenizer has no separator
    Result sampled =
        eso("sample", run, "--count", 2, "--steps", 3, "--prompt", prompt, "--out", samples);
    assertThat(sampled.exit()).as(sampled.err()).isZero();
    assertThat(samples).content().doesNotContain("[MASK]");
    Path text = Files.writeString(temp.resolve("text"), "w1 w2 w3 ".repeat(20));
    JsonNode likelihood = eso("likelihood", run, "--data", text, "--json").json();
    assertThat(likelihood.get("nats_per_token").asDouble()).isBetween(0.5, 12.0);
  }

  @Test
  void shards() throws IOException {
    Path folder = temp.resolve("hub");
    Map<String, Object> map = new LinkedHashMap<>();
    List<SequencedMap<String, Tensor>> parts =
        List.of(new LinkedHashMap<>(), new LinkedHashMap<>());
    int i = 0;
    for (var e : Released.named(WEIGHTS, "backbone.").entrySet()) {
      int part = i++ % 2;
      parts.get(part).put(e.getKey(), e.getValue());
      map.put(e.getKey(), "model-0000" + (part + 1) + "-of-00002.safetensors");
    }
    for (int part = 0; part < 2; part++) {
      Safetensors.write(
          folder.resolve("model-0000" + (part + 1) + "-of-00002.safetensors"),
          parts.get(part),
          Map.of());
    }
    JsonMapper json = JsonMapper.shared();
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, json.writeValueAsString(Map.of("weight_map", map)));
    Files.writeString(
        folder.resolve("config.json"),
        json.writeValueAsString(Released.huggingFace("mdlm", WEIGHTS.config())));
    assertThat(importing(folder).exit()).isZero();
    requireRun(WEIGHTS, 1, SystemConfig.of("mdlm"));

    run = temp.resolve("other/run");
    map.put("backbone.output_layer.linear.bias", "../../etc/passwd");
    Files.writeString(index, json.writeValueAsString(Map.of("weight_map", map)));
    requireRefused(importing(folder), "in file '../../etc/passwd', allowed: a file beside it");
    map.put("backbone.output_layer.linear.bias", "model-00003-of-00002.safetensors");
    Files.writeString(index, json.writeValueAsString(Map.of("weight_map", map)));
    requireRefused(importing(folder), "file model-00003-of-00002.safetensors is not there");
  }

  /** What is done to the tensors and the configuration. */
  @FunctionalInterface
  interface Change {
    void apply(Map<String, Object> config, SequencedMap<String, Tensor> tensors);
  }

  static Stream<Arguments> contradictions() {
    Tensor one = Tensor.zeros(ARENA, 1);
    return Stream.of(
        Arguments.of(
            (Change) (c, t) -> t.remove("blocks.0.norm2.weight"), "missing: blocks.0.norm2.weight"),
        Arguments.of(
            (Change)
                (c, t) -> {
                  t.put("blocks.0.attn_q.weight", one);
                  t.put("blocks.1.attn_q.weight", one);
                  t.put("head.bias", one);
                  t.remove("output_layer.linear.bias");
                },
            "missing: output_layer.linear.bias; too many: blocks.{0-1}.attn_q.weight, head.bias"),
        Arguments.of(
            (Change) (c, t) -> t.put("blocks.1.norm1.weight", one),
            "wrong: blocks.1.norm1.weight is F32 [1], needed [16]"),
        Arguments.of(
            (Change) (c, t) -> t.put("backbone.blocks.1.norm1.weight", one),
            "both blocks.1.norm1.weight and backbone.blocks.1.norm1.weight are"),
        Arguments.of(
            (Change) (c, t) -> c.put("hidden_dim", 32),
            "hidden_dim: 32, but there is vocab_embed.embedding [21, 16]"),
        Arguments.of(
            (Change) (c, t) -> c.put("n_blocks", 12), "n_blocks: 12, but there are 2 blocks"),
        Arguments.of(
            (Change) (c, t) -> c.put("n_heads", 3), "hiddenSize: 16, must be a multiple of heads"),
        Arguments.of(
            (Change) (c, t) -> c.put("n_heads", "two"),
            "n_heads: \"two\", allowed: a whole number"),
        Arguments.of((Change) (c, t) -> c.put("cond_dim", 128), "cond_dim: 128, but there is"),
        Arguments.of(
            (Change) (c, t) -> c.put("vocab_size", 50258), "vocab_size: 50258, but there is"),
        Arguments.of(
            (Change) (c, t) -> c.put("mask_index", 3), "has 20 as its mask, the model has 3"),
        Arguments.of(
            (Change) (c, t) -> c.put("time_conditioning", true), "time_conditioning: true"),
        Arguments.of((Change) (c, t) -> c.put("model_type", "llama"), "model_type: 'llama', known"),
        Arguments.of(
            (Change) (c, t) -> c.put("model_type", "bd3lm"), "block size, needed: --block-size"),
        Arguments.of((Change) (c, t) -> c.remove("n_heads"), "how many heads it has, needed"),
        Arguments.of(
            (Change)
                (c, t) -> {
                  t.clear();
                  t.put("model.embed_tokens.weight", one);
                },
            "no tensor vocab_embed.embedding, but 1 others (embed_tokens.weight, ...)"));
  }

  @ParameterizedTest
  @MethodSource("contradictions")
  void whatDoesNotFitIsNamed(Change change, String message) throws IOException {
    Map<String, Object> config = Released.huggingFace("mdlm", WEIGHTS.config());
    SequencedMap<String, Tensor> tensors = Released.named(WEIGHTS, "");
    change.apply(config, tensors);
    requireRefused(importing(Released.folder(temp.resolve("hub"), config, tensors)), message);
  }

  @Test
  void anotherVocabularyThanTheTokenizers() throws IOException {
    Path folder =
        Released.folder(
            temp.resolve("hub"),
            Released.huggingFace("mdlm", WEIGHTS.config()),
            Released.named(WEIGHTS, "backbone."));
    requireRefused(
        eso("import", folder, "--out", run, "--tokenizer", "gpt2"),
        "--tokenizer: gpt2 has 50,258 tokens with the mask, the model has 21");
    requireRefused(
        eso("import", folder, "--out", run), "--tokenizer: the model has 21 tokens", "gpt2");
    Files.copy(tokenizer, folder.resolve("tokenizer.json"));
    assertThat(eso("import", folder, "--out", run).exit()).isZero();
  }

  @Test
  void numbersThatAreNone() throws IOException {
    Parameters broken = Released.random(ARENA, Released.config(true), 3);
    broken.get("blocks.1.mlp.2.bias").set(3, Float.NaN);
    Path folder =
        Released.folder(
            temp.resolve("hub"),
            Released.huggingFace("mdlm", broken.config()),
            Released.named(broken, "backbone."));
    requireRefused(importing(folder), "blocks.1.mlp.2.bias has NaN at element 3");
  }

  @Test
  void filesThatAreNoCheckpoints() throws IOException {
    Path file = Files.writeString(temp.resolve("x.ckpt"), "no checkpoint");
    requireRefused(importing(file), "x.ckpt: not a PyTorch checkpoint");
    requireRefused(importing(temp.resolve("gone.ckpt")), "gone.ckpt: no such file");
    requireRefused(importing(Files.createDirectory(temp.resolve("none"))), "no config.json");
    Path whole =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, ESO);
    byte[] bytes = Files.readAllBytes(whole);
    Files.write(whole, java.util.Arrays.copyOf(bytes, bytes.length - 1000));
    requireRefused(importing(whole), "last.ckpt: not a PyTorch checkpoint (is it cut off?)");
    Path harm =
        TorchZip.save(
            temp.resolve("harm.ckpt"),
            Map.of("state_dict", new Call(new Global("posix", "system"), "touch harmed")));
    requireRefused(importing(harm), "asks for posix.system");
    Path folder = Files.createDirectories(temp.resolve("hub"));
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": ");
    requireRefused(importing(folder), "config.json: not JSON");
    Files.writeString(folder.resolve("config.json"), "{}");
    requireRefused(importing(folder), "neither model.safetensors nor model.safetensors.index");
    Files.writeString(folder.resolve("model.safetensors"), "<html>");
    requireRefused(importing(folder), "model.safetensors: not a safetensors file");
  }

  @Test
  void gpt2IsAnEvaluator() throws IOException {
    Path folder = Path.of("src/test/resources/golden/gpt2");
    Result result = importing(folder);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out())
        .contains("eso score SAMPLES --evaluator " + folder)
        .containsPattern("self test +logits finite, loss");
    assertThat(run).doesNotExist();
  }

  @Test
  void gpt2IsCheckedToo() throws IOException {
    Path folder = Files.createDirectories(temp.resolve("gpt2"));
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"gpt2\"}");
    Result result = importing(folder);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("config.json: ").doesNotContain("Exception");
  }

  static Stream<Arguments> averages() {
    return Stream.of(
        Arguments.of(
            (Consumer<List<Object>>) List::removeLast,
            "ema.shadow_params has 29 tensors, state_dict 30"),
        Arguments.of((Consumer<List<Object>>) list -> list.add(list.getFirst()), "has 31 tensors"),
        Arguments.of(
            (Consumer<List<Object>>) list -> list.set(1, list.getFirst()),
            "ema.shadow_params[1] is [21, 16], backbone.sigma_map.mlp.0.weight is [8, 256]"),
        Arguments.of(
            (Consumer<List<Object>>) list -> list.set(0, 7), "ema.shadow_params[0] is no tensor"));
  }

  @ParameterizedTest
  @MethodSource("averages")
  @SuppressWarnings("unchecked")
  void averagesThatDoNotFit(Consumer<List<Object>> change, String message) throws IOException {
    Map<String, Object> root =
        Released.lightning(
            Released.stateDict(WEIGHTS, "backbone.", ElementType.F32),
            WEIGHTS,
            ElementType.F32,
            Released.omegaConf(Released.hydra(ESO, WEIGHTS.config())));
    change.accept((List<Object>) ((Map<?, ?>) root.get("ema")).get("shadow_params"));
    requireRefused(importing(TorchZip.save(temp.resolve("a.ckpt"), root)), message);
    root.remove("ema");
    Path without = TorchZip.save(temp.resolve("b.ckpt"), root);
    requireRefused(importing(without, "--weights", "ema"), "has no average (ema.shadow_params)");
  }

  @Test
  void theSystemCanBeStated() throws IOException {
    Path file =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, ESO);
    requireRefused(importing(file, "--system", "x"), "--system: 'x', must be one of ar, mdlm");
    requireRefused(
        importing(file, "--system", "ar"), "too many: blocks.{0-1}.adaLN_modulation.bias");
    requireRefused(importing(file, "--system", "bd3lm", "--block-size", 5), "5, must divide");
    assertThat(importing(file, "--system", "bd3lm", "--block-size", 4).exit()).isZero();
    requireRun(WEIGHTS, 0.5, new SystemConfig("bd3lm", null, null, 4, null, null, true, null));
    assertThat(importing(file).err()).contains("already holds files, allowed: a new folder");
  }

  @ParameterizedTest
  @CsvSource({"mixed2, A", "causal, ESO"})
  void theAblationIsKnownByItsAttention(String mode, Variant variant) throws IOException {
    Map<String, Object> algo = new LinkedHashMap<>(ESO);
    algo.put("diffusion_attn_mode", mode);
    Path file =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, algo);
    assertThat(importing(file).exit()).isZero();
    try (TrainedRun opened = TrainedRun.open(run, workers)) {
      assertThat(opened.config().system().variant()).isEqualTo(variant);
    }
  }

  /** The token that begins text is the tokenizer's, wherever it stands in the vocabulary. */
  @Test
  void anArModelThatBeginsWithATextsFirstToken() throws IOException {
    Parameters weights = Released.random(ARENA, Released.config(false), 2);
    Map<String, Object> config = Released.huggingFace("ar", weights.config());
    config.put("prepend_token", "bos");
    Path folder =
        Released.folder(temp.resolve("hub"), config, Released.named(weights, "backbone."));
    requireRefused(
        importing(folder), "prepend: bos, but the vocabulary has no token that begins text");

    Files.writeString(
        tokenizer, Files.readString(tokenizer).replace("\"w13\"", "\"<|endoftext|>\""));
    Result result = importing(folder);
    assertThat(result.exit()).as(result.err()).isZero();
    try (TrainedRun opened = TrainedRun.open(run, workers)) {
      assertThat(opened.objective()).isEqualTo(new ArObjective(Prepend.BOS, 13));
      assertThat(opened.denoiser())
          .isInstanceOfSatisfying(
              ArDenoiser.class, d -> assertThat(d.prependToken()).isEqualTo(13));
    }
    Result sampled = eso("sample", run, "--count", 2);
    assertThat(sampled.exit()).as(sampled.err()).isZero();
    Path exported = temp.resolve("exported");
    assertThat(eso("export", run, "--out", exported).exit()).isZero();
    assertThat(exported.resolve("config.json")).content().contains("\"prepend_token\" : \"bos\"");
    run = temp.resolve("again");
    assertThat(eso("import", exported, "--out", run).exit()).isZero();
    config.put("prepend_token", "eos");
    run = temp.resolve("third/run");
    requireRefused(
        importing(Released.folder(temp.resolve("hub"), config, Released.named(weights, ""))),
        "prepend_token: 'eos', allowed: none, bos, mask");
  }

  @Test
  void exportAndBack() throws IOException {
    Map<String, Object> algo = new LinkedHashMap<>(ESO);
    algo.put("alpha_0", 0.125);
    algo.put("batch_split", 0.25);
    algo.put("diffusion_attn_mode", "mixed2");
    Path file =
        lightning(Released.stateDict(WEIGHTS, "backbone.", ElementType.F32), ElementType.F32, algo);
    assertThat(importing(file).exit()).isZero();
    Path first = run;
    Path exported = temp.resolve("exported");
    Result result = eso("export", run, "--out", exported);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(result.out()).contains("tokenizer.json");
    run = temp.resolve("again");
    Result again = eso("import", exported, "--out", run);
    assertThat(again.exit()).as(again.err()).isZero();
    try (TrainedRun before = TrainedRun.open(first, workers)) {
      requireRun(before.network().weights(), 1, before.config().system());
    }
    assertThat(eso("export", first, "--out", exported).err()).contains("already holds files");
  }
}
