package org.esolm.io;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeMap;
import org.esolm.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/**
 * The tensors of a model that Hugging Face has cut into several safetensors files, which {@code
 * model.safetensors.index.json} lists.
 */
public final class SafetensorsShards implements TensorSource {
  private final SequencedMap<String, Stored> stored = new LinkedHashMap<>();
  private final Map<String, Safetensors> holder = new LinkedHashMap<>();
  private final List<Safetensors> files = new ArrayList<>();

  private SafetensorsShards() {}

  /**
   * The files that an index names.
   *
   * @param index a JSON file with a {@code weight_map} from tensors to files beside it
   * @return the files in the order of their names
   * @throws IOException if the index cannot be read
   * @throws IllegalArgumentException if it is not such a file, or names a file elsewhere
   */
  public static List<Path> files(Path index) throws IOException {
    return shards(index).keySet().stream().map(index::resolveSibling).toList();
  }

  private static SequencedMap<String, List<String>> shards(Path index) throws IOException {
    JsonNode map = JsonFile.object(index).path("weight_map");
    SequencedMap<String, List<String>> shards = new TreeMap<>();
    for (var tensor : map.properties()) {
      String file = tensor.getValue().asString("");
      if (!file.matches("[\\w-][\\w.-]*")) {
        throw new IllegalArgumentException(
            "%s: tensor %s in file '%s', allowed: a file beside it"
                .formatted(index, tensor.getKey(), file));
      }
      shards.computeIfAbsent(file, f -> new ArrayList<>()).add(tensor.getKey());
    }
    if (shards.isEmpty()) {
      throw new IllegalArgumentException(index + ": no 'weight_map' from tensors to files");
    }
    return shards;
  }

  /**
   * Opens all files.
   *
   * @param index as {@link #files}
   * @return the tensors; to be closed
   * @throws IOException if a file cannot be read
   * @throws IllegalArgumentException if a file is not what the index says
   */
  public static SafetensorsShards open(Path index) throws IOException {
    SafetensorsShards all = new SafetensorsShards();
    try {
      for (var shard : shards(index).entrySet()) {
        Safetensors file = Safetensors.open(index.resolveSibling(shard.getKey()));
        all.files.add(file);
        SequencedMap<String, Stored> there = file.stored();
        if (!there.keySet().equals(Set.copyOf(shard.getValue()))) {
          throw new IllegalArgumentException(
              "%s: file %s holds other tensors than the index says"
                  .formatted(index, shard.getKey()));
        }
        all.stored.putAll(there);
        there.keySet().forEach(name -> all.holder.put(name, file));
      }
      return all;
    } catch (IOException | RuntimeException e) {
      all.close();
      throw e;
    }
  }

  @Override
  public SequencedMap<String, Stored> stored() {
    return stored;
  }

  @Override
  public void readFloats(String name, Tensor to) {
    Safetensors file = holder.get(name);
    if (file == null) {
      throw new IllegalArgumentException("no tensor '" + name + "' in the files of the index");
    }
    file.readFloats(name, to);
  }

  @Override
  public void close() {
    files.forEach(Safetensors::close);
  }
}
