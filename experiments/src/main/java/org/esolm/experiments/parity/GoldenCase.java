package org.esolm.experiments.parity;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import org.esolm.io.Safetensors;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One case on disk, with the network that it describes. */
final class GoldenCase implements AutoCloseable {
  private final String name;
  private final JsonNode settings;
  private final Safetensors tensors;
  private final Arena arena = Arena.ofShared();
  private final Workers workers = Workers.ofMachine();

  GoldenCase(Path directory) throws IOException {
    name = directory.getFileName().toString();
    settings = JsonMapper.shared().readTree(directory.resolve("case.json").toFile());
    tensors = Safetensors.open(directory.resolve("tensors.safetensors"));
  }

  String name() {
    return name;
  }

  int setting(String key) {
    return require(key).asInt();
  }

  double number(String key) {
    return require(key).asDouble();
  }

  String text(String key) {
    return require(key).asString();
  }

  private JsonNode require(String key) {
    JsonNode value = settings.get(key);
    if (value == null) {
      throw new IllegalArgumentException(name + "/case.json: no '" + key + "'");
    }
    return value;
  }

  Workers workers() {
    return workers;
  }

  boolean has(String tensor) {
    return tensors.entries().containsKey(tensor);
  }

  float[] floats(String tensor) {
    return tensors.floats(arena, tensor).toArray();
  }

  int[] ints(String tensor) {
    return tensors.ints(tensor);
  }

  /** An integer tensor [B, L] as one array a sequence. */
  int[][] rows(String tensor) {
    int[] all = tensors.ints(tensor);
    int batch = tensors.entries().get(tensor).shape().getFirst();
    int[][] rows = new int[batch][all.length / batch];
    for (int i = 0; i < all.length; i++) {
      rows[i / rows[0].length][i % rows[0].length] = all[i];
    }
    return rows;
  }

  /** The case's network; whether it has AdaLN is told by its weights. */
  Parameters weights() {
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
      tensors.readFloats("weight/" + w.getKey(), w.getValue());
    }
    return weights;
  }

  Parameters zeros(ModelConfig config) {
    return new Parameters(arena, config);
  }

  Tensor matrix(int rows, int columns) {
    return Tensor.zeros(arena, rows, columns);
  }

  @Override
  public void close() {
    tensors.close();
    arena.close();
    workers.close();
  }
}
