package org.esolm.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.esolm.io.TorchFile;
import org.esolm.io.TorchTensor;

/**
 * A checkpoint that Lightning wrote for the released code: {@code state_dict} with the weights of
 * the last step, {@code ema} with their average, {@code hyper_parameters} with the configuration.
 * The average is a list without names, in the order of the model's parameters; the state dictionary
 * has that order, with buffers between. A file with a state dictionary and nothing else is one too.
 */
final class LightningFile {
  private LightningFile() {}

  static Checkpoint open(Path file, Optional<WeightChoice> choice) throws IOException {
    TorchFile torch = TorchFile.open(file);
    try {
      return read(file, torch, choice);
    } catch (RuntimeException e) {
      torch.close();
      throw e;
    }
  }

  private static Checkpoint read(Path file, TorchFile torch, Optional<WeightChoice> choice) {
    if (!(torch.root() instanceof Map<?, ?> root)) {
      throw new IllegalArgumentException(file + ": holds no dictionary, needed: a state_dict");
    }
    boolean lightning = root.get("state_dict") instanceof Map;
    SequencedMap<String, TorchTensor> raw =
        tensors(lightning ? (Map<?, ?>) root.get("state_dict") : root);
    if (raw.isEmpty()) {
      throw new IllegalArgumentException(
          "%s: no weights, neither in a state_dict nor by themselves".formatted(file));
    }
    Optional<List<?>> shadow =
        root.get("ema") instanceof Map<?, ?> ema && ema.get("shadow_params") instanceof List<?> list
            ? Optional.of(list)
            : Optional.empty();
    if (choice.equals(Optional.of(WeightChoice.EMA)) && shadow.isEmpty()) {
      throw new IllegalArgumentException(
          file + ": has no average (ema.shadow_params), allowed: --weights raw");
    }
    boolean average = shadow.isPresent() && !choice.equals(Optional.of(WeightChoice.RAW));
    Object config = root.get("hyper_parameters") instanceof Map<?, ?> h ? h.get("config") : null;
    return new Checkpoint(
        lightning ? "Lightning checkpoint" : "PyTorch state dictionary",
        List.of(file),
        average
            ? "EMA (ema.shadow_params)"
            : shadow.isPresent() ? "raw (the last step's)" : "raw (there is no average)",
        root.get("global_step") instanceof Number n ? Optional.of(n.longValue()) : Optional.empty(),
        Settings.ofPickle("hyper_parameters.config", config),
        torch.source(average ? named(file, raw, shadow.orElseThrow()) : raw));
  }

  private static SequencedMap<String, TorchTensor> tensors(Map<?, ?> map) {
    SequencedMap<String, TorchTensor> tensors = new LinkedHashMap<>();
    map.forEach(
        (name, value) -> {
          if (name instanceof String n && value instanceof TorchTensor t) {
            tensors.put(n, t);
          }
        });
    return tensors;
  }

  /** Gives the tensors of the average the names that the state dictionary has in their place. */
  private static SequencedMap<String, TorchTensor> named(
      Path file, SequencedMap<String, TorchTensor> raw, List<?> shadow) {
    SequencedMap<String, TorchTensor> named = new LinkedHashMap<>();
    List<String> parameters = new ArrayList<>();
    int ofNoise = 0; // a learned schedule's, behind the others
    for (String name : raw.keySet()) {
      String canonical = ReleasedNames.canonical(name);
      ofNoise += canonical.startsWith("noise.") ? 1 : 0;
      if (ReleasedNames.isBuffer(canonical)) {
        named.put(name, raw.get(name));
      } else {
        parameters.add(name);
      }
    }
    int surplus = shadow.size() - parameters.size();
    if (surplus < 0 || surplus > ofNoise) {
      throw new IllegalArgumentException(
          "%s: ema.shadow_params has %d tensors, state_dict %d parameters"
              .formatted(file, shadow.size(), parameters.size()));
    }
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i);
      if (!(shadow.get(i) instanceof TorchTensor t) || !t.shape().equals(raw.get(name).shape())) {
        throw new IllegalArgumentException(
            "%s: ema.shadow_params[%d] is %s, %s is %s"
                .formatted(
                    file,
                    i,
                    shadow.get(i) instanceof TorchTensor t ? t.shape() : "no tensor",
                    name,
                    raw.get(name).shape()));
      }
      named.put(name, t);
    }
    return named;
  }
}
