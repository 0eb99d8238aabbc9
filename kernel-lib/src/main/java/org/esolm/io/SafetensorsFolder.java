package org.esolm.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import org.esolm.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/**
 * The tensors of a model as Hugging Face keeps them in a folder: {@value #MODEL}, or the shards
 * that {@value #INDEX} lists. Where both are there the one file counts, as it does for
 * transformers.
 */
public final class SafetensorsFolder implements TensorSource {
  /** The file of a model that is not cut. */
  public static final String MODEL = "model.safetensors";

  /** The file that says which tensor is in which shard. */
  public static final String INDEX = MODEL + ".index.json";

  private final List<Path> files;
  private final SequencedMap<String, Stored> stored = new LinkedHashMap<>();
  private final Map<String, Safetensors> holder = new LinkedHashMap<>();
  private final List<Safetensors> opened = new ArrayList<>();

  private SafetensorsFolder(List<Path> files) {
    this.files = List.copyOf(files);
  }

  /**
   * Opens all files.
   *
   * @param folder with one of the two
   * @return the tensors; to be closed
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if neither is there, or a file is not what the index says; the
   *     message says what in one line
   */
  public static SafetensorsFolder open(Path folder) throws IOException {
    Path model = folder.resolve(MODEL);
    Path index = folder.resolve(INDEX);
    if (Files.exists(model)) {
      SafetensorsFolder whole = new SafetensorsFolder(List.of(model));
      whole.add(Safetensors.open(model));
      return whole;
    }
    if (!Files.exists(index)) {
      throw new IllegalArgumentException(
          "%s: neither %s nor %s, needed: one of them".formatted(folder, MODEL, INDEX));
    }
    return open(index, weightMap(index));
  }

  private static SafetensorsFolder open(Path index, SequencedMap<String, String> map)
      throws IOException {
    Set<String> shards = new TreeSet<>(map.values());
    for (String shard : shards) {
      if (!Files.exists(index.resolveSibling(shard))) {
        throw new IllegalArgumentException(
            "%s: file %s is not there, needed: all %d that it lists"
                .formatted(index, shard, shards.size()));
      }
    }
    List<Path> files = new ArrayList<>(List.of(index));
    shards.forEach(shard -> files.add(index.resolveSibling(shard)));
    SafetensorsFolder all = new SafetensorsFolder(files);
    try {
      for (String shard : shards) {
        all.add(Safetensors.open(index.resolveSibling(shard)), index, shard, map);
      }
      for (var tensor : map.entrySet()) {
        if (!all.stored.containsKey(tensor.getKey())) {
          throw new IllegalArgumentException(
              "%s: tensor %s is not in file %s"
                  .formatted(index, tensor.getKey(), tensor.getValue()));
        }
      }
      return all;
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
  }

  /** Which tensor is in which file beside the index. */
  private static SequencedMap<String, String> weightMap(Path index) throws IOException {
    JsonNode json = JsonFile.object(index).path("weight_map");
    SequencedMap<String, String> map = new LinkedHashMap<>();
    for (var tensor : json.properties()) {
      String file = tensor.getValue().asString("");
      if (!file.matches("[\\w-][\\w.-]*")) {
        throw new IllegalArgumentException(
            "%s: tensor %s in file '%s', allowed: a file beside it"
                .formatted(index, tensor.getKey(), file));
      }
      map.put(tensor.getKey(), file);
    }
    if (map.isEmpty()) {
      throw new IllegalArgumentException(index + ": no 'weight_map' from tensors to files");
    }
    return map;
  }

  private void add(Safetensors file, Path index, String shard, Map<String, String> map) {
    add(file);
    for (String tensor : file.entries().keySet()) {
      String listed = map.get(tensor);
      if (!shard.equals(listed)) {
        throw new IllegalArgumentException(
            "%s: tensor %s is in file %s, listed %s"
                .formatted(index, tensor, shard, listed == null ? "nowhere" : "in " + listed));
      }
    }
  }

  private void add(Safetensors file) {
    opened.add(file);
    stored.putAll(file.stored());
    file.entries().keySet().forEach(tensor -> holder.put(tensor, file));
  }

  /**
   * The files that were opened.
   *
   * @return the model's one file, or the index and then the shards by name
   */
  public List<Path> files() {
    return files;
  }

  @Override
  public SequencedMap<String, Stored> stored() {
    return Collections.unmodifiableSequencedMap(stored);
  }

  @Override
  public void readFloats(String name, Tensor to) {
    holder(name).readFloats(name, to);
  }

  /**
   * A tensor of floats in memory of its own.
   *
   * @param arena owner of the copy
   * @param name its name
   * @return the tensor in 32 bits
   * @throws IllegalArgumentException if there is no such tensor, or it holds no floats
   */
  public Tensor floats(Arena arena, String name) {
    return holder(name).floats(arena, name);
  }

  private Safetensors holder(String name) {
    Safetensors file = holder.get(name);
    if (file == null) {
      throw new IllegalArgumentException("%s: no tensor '%s'".formatted(files.getFirst(), name));
    }
    return file;
  }

  @Override
  public void close() {
    opened.forEach(Safetensors::close);
  }
}
