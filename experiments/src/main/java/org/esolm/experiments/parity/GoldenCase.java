package org.esolm.experiments.parity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.esolm.io.Safetensors;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One case on disk, with the network that it describes. */
final class GoldenCase implements AutoCloseable {
  private final Path directory;
  private final String name;
  private final JsonNode settings;
  private Safetensors tensors; // null until asked for: a case of text has none
  private final Arena arena = Arena.ofShared();
  private final Workers workers = Workers.ofMachine();

  private static final String TENSORS = "tensors.safetensors";

  GoldenCase(Path directory) throws IOException {
    this.directory = directory;
    name = directory.toAbsolutePath().normalize().getFileName().toString();
    settings = read("case.json");
  }

  /** A JSON file of the case. */
  JsonNode read(String file) throws IOException {
    try {
      return JsonMapper.shared().readTree(Files.readString(directory.resolve(file)));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("no file " + file, e);
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + ": not JSON: " + e.getOriginalMessage(), e);
    }
  }

  Path directory() {
    return directory;
  }

  private Safetensors tensors() {
    try {
      if (tensors == null) {
        tensors = Safetensors.open(directory.resolve(TENSORS));
      }
      return tensors;
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException("no file " + TENSORS, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String name() {
    return name;
  }

  int setting(String key) {
    JsonNode value = require(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw new IllegalArgumentException(
          "case.json: " + key + ": " + value + ", must be a whole number");
    }
    return value.asInt();
  }

  double number(String key) {
    JsonNode value = require(key);
    if (!value.isNumber()) {
      throw new IllegalArgumentException("case.json: " + key + ": " + value + ", must be a number");
    }
    return value.asDouble();
  }

  String text(String key) {
    JsonNode value = require(key);
    if (!value.isString()) {
      throw new IllegalArgumentException("case.json: " + key + ": " + value + ", must be a text");
    }
    return value.asString();
  }

  /** A list in case.json. */
  JsonNode list(String key) {
    JsonNode value = require(key);
    if (!value.isArray()) {
      throw new IllegalArgumentException("case.json: " + key + ": " + value + ", must be a list");
    }
    return value;
  }

  private JsonNode require(String key) {
    JsonNode value = settings.get(key);
    if (value == null) {
      throw new IllegalArgumentException("case.json: no '" + key + "'");
    }
    return value;
  }

  Workers workers() {
    return workers;
  }

  boolean has(String tensor) {
    return tensors().entries().containsKey(tensor);
  }

  /** The names of the tensors that begin with a prefix. */
  List<String> names(String prefix) {
    return tensors().entries().keySet().stream().filter(n -> n.startsWith(prefix)).toList();
  }

  float[] floats(String tensor) {
    return tensor(tensor).toArray();
  }

  Tensor tensor(String tensor) {
    return tensors().floats(arena, tensor);
  }

  int[] ints(String tensor) {
    return tensors().ints(tensor);
  }

  /** An integer tensor [B, L] as one array a sequence. */
  int[][] rows(String tensor) {
    int[] all = tensors().ints(tensor);
    List<Integer> shape = tensors().entries().get(tensor).shape();
    if (shape.size() != 2 || all.length == 0) {
      throw new IllegalArgumentException(tensor + ": shape " + shape + ", must be [B, L]");
    }
    int[][] rows = new int[shape.get(0)][];
    int length = shape.get(1);
    Arrays.setAll(rows, b -> Arrays.copyOfRange(all, b * length, (b + 1) * length));
    return rows;
  }

  /** The case's network; whether it has AdaLN is told by its weights. */
  Parameters weights() {
    requireFixed("mlp_ratio", ModelConfig.MLP_RATIO);
    requireFixed("rotary_base", ModelConfig.ROTARY_BASE);
    boolean adaLn = has("weight/sigma_map.mlp.0.weight");
    ModelConfig config =
        new ModelConfig(
            setting("hidden_size"),
            adaLn ? setting("cond_dim") : 0,
            setting("n_blocks"),
            setting("n_heads"),
            setting("length"),
            setting("vocab_size"),
            setting("mask_index"),
            0);
    Parameters weights = new Parameters(arena, config);
    for (Map.Entry<String, Tensor> w : weights.named().entrySet()) {
      w.getValue().copyFrom(weight("weight/" + w.getKey(), w.getValue().shape()));
    }
    return weights;
  }

  /** What the transformer has built in. */
  private void requireFixed(String key, double value) {
    if (settings.has(key) && number(key) != value) {
      throw new IllegalArgumentException(
          "case.json: %s: %s, must be %s".formatted(key, number(key), value));
    }
  }

  private Tensor weight(String tensor, int[] shape) {
    Tensor t = tensor(tensor);
    if (!Arrays.equals(t.shape(), shape)) {
      throw new IllegalArgumentException(
          "%s: shape %s, case.json says %s"
              .formatted(tensor, Arrays.toString(t.shape()), Arrays.toString(shape)));
    }
    return t;
  }

  Parameters zeros(ModelConfig config) {
    return new Parameters(arena, config);
  }

  Tensor matrix(int rows, int columns) {
    return Tensor.zeros(arena, rows, columns);
  }

  @Override
  public void close() {
    if (tensors != null) {
      tensors.close();
    }
    arena.close();
    workers.close();
  }
}
