package org.esolm.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Collectors;
import org.esolm.data.Tokenizer;
import org.esolm.io.TensorSource.Stored;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Tensor;

/**
 * A checkpoint that is a model of this library: its system and sizes are known, and it has every
 * parameter of the transformer in its shape and nothing beside them.
 */
public final class ReleasedModel {
  private final Checkpoint checkpoint;
  private final SystemConfig system;
  private final SizesReader.Sizes sizes;
  private final List<String> notes = new ArrayList<>();

  private ReleasedModel(Checkpoint checkpoint, Stated stated) {
    this.checkpoint = checkpoint;
    sizes = new SizesReader(checkpoint, stated).read();
    system = new SystemReader(checkpoint, stated, notes).read();
  }

  /**
   * Holds a checkpoint against the transformer.
   *
   * @param checkpoint opened
   * @param stated what is known of it otherwise
   * @return the model
   * @throws IllegalArgumentException if it is another architecture, contradicts itself, does not
   *     say what is needed, or has tensors missing, too many or in another shape: all are named
   */
  public static ReleasedModel of(Checkpoint checkpoint, Stated stated) {
    ReleasedModel model = new ReleasedModel(checkpoint, stated);
    model.system.requireFits(model.config(model.sizes.mask().orElse(model.sizes.vocab() - 1)));
    model.requireTensors();
    return model;
  }

  private void requireTensors() {
    SequencedMap<String, Stored> there = checkpoint.tensors();
    List<String> missing = new ArrayList<>();
    List<String> wrong = new ArrayList<>();
    Set<String> extra = new LinkedHashSet<>(there.keySet());
    Parameters.shapes(config(sizes.vocab() - 1))
        .forEach(
            (name, shape) -> {
              Stored stored = there.get(name);
              List<Integer> needed = Arrays.stream(shape).boxed().toList();
              extra.remove(name);
              if (stored == null) {
                missing.add(name);
              } else if (!stored.shape().equals(needed) || !stored.type().isFloat()) {
                wrong.add(
                    "%s is %s %s, needed %s"
                        .formatted(name, stored.type(), stored.shape(), needed));
              }
            });
    List<String> faults = new ArrayList<>();
    if (!missing.isEmpty()) {
      faults.add("missing: " + ReleasedNames.all(missing));
    }
    if (!extra.isEmpty()) {
      faults.add("too many: " + ReleasedNames.all(List.copyOf(extra)));
    }
    if (!wrong.isEmpty()) {
      faults.add("wrong: " + String.join(", ", wrong));
    }
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: not %s of %d blocks of width %d: %s"
              .formatted(
                  checkpoint.files().getLast(),
                  system.label(),
                  sizes.blocks(),
                  sizes.hidden(),
                  String.join("; ", faults)));
    }
  }

  /**
   * The system.
   *
   * @return with its settings
   */
  public SystemConfig system() {
    return system;
  }

  /**
   * The transformer's sizes.
   *
   * @param tokenizer which knows the mask and the token that begins text
   * @return its configuration
   */
  public ModelConfig config(Tokenizer tokenizer) {
    return config(tokenizer.maskIndex()).withBos(tokenizer.separator().orElse(-1));
  }

  private ModelConfig config(int maskIndex) {
    return new ModelConfig(
        sizes.hidden(),
        system.adaLn() ? sizes.cond() : 0,
        sizes.blocks(),
        sizes.heads(),
        sizes.length(),
        sizes.vocab(),
        maskIndex,
        sizes.dropout());
  }

  /**
   * The size of its vocabulary.
   *
   * @return V, the mask token included
   */
  public int vocabSize() {
    return sizes.vocab();
  }

  /**
   * The mask token.
   *
   * @return its id, if the checkpoint says it
   */
  public Optional<Integer> maskIndex() {
    return sizes.mask();
  }

  /**
   * The tokenizer.
   *
   * @return its name at Hugging Face, if the checkpoint says it
   */
  public Optional<String> tokenizer() {
    return checkpoint.settings().text("data.tokenizer_name_or_path", "tokenizer_name_or_path");
  }

  /**
   * The types of the weights in the file.
   *
   * @return for instance F32
   */
  public String types() {
    return checkpoint.tensors().values().stream()
        .map(stored -> stored.type().name())
        .distinct()
        .sorted()
        .collect(Collectors.joining(", "));
  }

  /**
   * What was concluded and could have been otherwise.
   *
   * @return sentences
   */
  public List<String> notes() {
    return List.copyOf(notes);
  }

  /**
   * Reads the weights, tensor by tensor.
   *
   * @param into of this model's sizes, written
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if a weight is not a finite number; it is named
   */
  public void read(Parameters into) throws IOException {
    for (var parameter : into.named().entrySet()) {
      Tensor t = parameter.getValue();
      checkpoint.read(parameter.getKey(), t);
      for (long i = 0; i < t.size(); i++) {
        if (!Float.isFinite(t.get(i))) {
          throw new IllegalArgumentException(
              "%s: %s has %s at element %d, allowed: finite numbers"
                  .formatted(checkpoint.files().getLast(), parameter.getKey(), t.get(i), i));
        }
      }
    }
  }
}
