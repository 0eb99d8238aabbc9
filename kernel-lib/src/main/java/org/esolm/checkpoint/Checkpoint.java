package org.esolm.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.esolm.io.TensorSource;
import org.esolm.io.TensorSource.Stored;
import org.esolm.tensor.Interrupts;
import org.esolm.tensor.Tensor;

/**
 * A checkpoint, opened: what it says about its model and which weights it has, under the names of
 * the transformer's parameters. Nothing of it is believed yet; {@link ReleasedModel} does that.
 */
public final class Checkpoint implements AutoCloseable {
  private final String format;
  private final List<Path> files;
  private final String weights;
  private final Optional<Long> step;
  private final Settings settings;
  private final TensorSource source;
  private final SequencedMap<String, String> storedNames = new LinkedHashMap<>(); // by our name
  private final List<String> ignored = new ArrayList<>();

  Checkpoint(
      String format,
      List<Path> files,
      String weights,
      Optional<Long> step,
      Settings settings,
      TensorSource source) {
    this.format = format;
    this.files = List.copyOf(files);
    this.weights = weights;
    this.step = step;
    this.settings = settings;
    this.source = source;
    for (String stored : source.stored().keySet()) {
      String name = ReleasedNames.canonical(stored);
      if (ReleasedNames.isBuffer(name)) {
        ignored.add(name);
      } else if (storedNames.putIfAbsent(name, stored) != null) {
        throw new IllegalArgumentException(
            "%s: both %s and %s are %s"
                .formatted(files.getFirst(), storedNames.get(name), stored, name));
      }
    }
  }

  /**
   * Opens a checkpoint.
   *
   * @param path a Lightning checkpoint, a folder of Hugging Face, or a file of safetensors
   * @param choice which weights of a training checkpoint; empty for the average where there is one
   * @return the checkpoint, to be closed
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is none of these; the message says why in one line
   */
  public static Checkpoint open(Path path, Optional<WeightChoice> choice) throws IOException {
    if (!Files.exists(path)) {
      throw new NoSuchFileException(path.toString());
    }
    if (Files.isDirectory(path)) {
      return HuggingFaceFolder.open(path, choice);
    }
    String name = path.getFileName().toString();
    if (name.endsWith(".safetensors")) {
      return HuggingFaceFolder.openFile(path);
    }
    return LightningFile.open(path, choice);
  }

  /**
   * Whether a folder is of GPT-2, which evaluates samples and is no model of this family.
   *
   * @param path any path
   * @return whether a config.json in it says so
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if its config.json is no JSON object
   */
  public static boolean isGpt2(Path path) throws IOException {
    return HuggingFaceFolder.isGpt2(path);
  }

  /**
   * What kind of checkpoint it is.
   *
   * @return for people to read
   */
  public String format() {
    return format;
  }

  /**
   * The files that it was read from.
   *
   * @return at least one
   */
  public List<Path> files() {
    return files;
  }

  /**
   * Which weights it gives.
   *
   * @return for people to read
   */
  public String weights() {
    return weights;
  }

  /**
   * Steps that the model was trained for.
   *
   * @return their number, where it is known
   */
  public Optional<Long> step() {
    return step;
  }

  /**
   * Tensors that are not weights and were left out.
   *
   * @return their names
   */
  public List<String> ignored() {
    return List.copyOf(ignored);
  }

  Settings settings() {
    return settings;
  }

  /** Name and shape of everything that may be a weight. */
  SequencedMap<String, Stored> tensors() {
    SequencedMap<String, Stored> tensors = new LinkedHashMap<>();
    storedNames.forEach((name, stored) -> tensors.put(name, source.stored().get(stored)));
    return tensors;
  }

  /** A tensor that was left out, by the end of its name. */
  Optional<Stored> buffer(String ending) {
    return source.stored().entrySet().stream()
        .filter(e -> e.getKey().endsWith(ending))
        .map(e -> e.getValue())
        .findFirst();
  }

  /** Copies one of {@link #tensors}, converted to 32 bits. */
  void read(String name, Tensor to) throws IOException {
    Interrupts.check("reading");
    source.readFloats(storedNames.get(name), to);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
