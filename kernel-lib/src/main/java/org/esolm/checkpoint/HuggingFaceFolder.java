package org.esolm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.esolm.io.JsonFile;
import org.esolm.io.Safetensors;
import org.esolm.io.SafetensorsFolder;
import org.esolm.io.TensorSource;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A model as Hugging Face keeps it: {@code config.json} beside the weights, in one file or in
 * shards ({@link SafetensorsFolder}). What was released there are averages.
 */
final class HuggingFaceFolder {
  static final String CONFIG = "config.json";

  private HuggingFaceFolder() {}

  static Checkpoint open(Path folder, Optional<WeightChoice> choice) throws IOException {
    if (choice.isPresent()) {
      throw new IllegalArgumentException(
          "--weights: %s has only one set of weights, allowed: nothing".formatted(folder));
    }
    Path config = folder.resolve(CONFIG);
    if (!Files.exists(config)) {
      throw new IllegalArgumentException(
          "%s: no %s, needed: a folder of Hugging Face, or a checkpoint file"
              .formatted(folder, CONFIG));
    }
    SafetensorsFolder tensors = SafetensorsFolder.open(folder);
    List<Path> files = new ArrayList<>(List.of(config));
    files.addAll(tensors.files());
    return of(config, tensors, files);
  }

  static boolean isGpt2(Path folder) throws IOException {
    Path config = folder.resolve(CONFIG);
    return Files.exists(config)
        && JsonFile.object(config).path("model_type").asString("").equals("gpt2");
  }

  /** A file without a folder around it says nothing but its tensors, unless a config is there. */
  static Checkpoint openFile(Path file) throws IOException {
    Path config = file.resolveSibling(CONFIG);
    return Files.exists(config)
        ? of(config, Safetensors.open(file), List.of(config, file))
        : new Checkpoint(
            "safetensors file",
            List.of(file),
            "as in the file",
            Optional.empty(),
            new Settings(file.toString(), JsonNodeFactory.instance.objectNode()),
            Safetensors.open(file));
  }

  private static Checkpoint of(Path config, TensorSource source, List<Path> files)
      throws IOException {
    try {
      return new Checkpoint(
          "Hugging Face folder",
          files,
          "as in the file",
          Optional.empty(),
          new Settings(config.toString(), JsonFile.object(config)),
          source);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }
}
