package org.esolm.experiments.bench;

import static org.esolm.tensor.WeightFormat.F32;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.esolm.tensor.WeightFormat;
import tools.jackson.databind.json.JsonMapper;

/**
 * One thing that is timed: a training step, or the sampling of a batch.
 *
 * @param what {@code train} or {@code sample}
 * @param model ar, mdlm, bd3lm or eso
 * @param shape sizes of the network
 * @param length L
 * @param batch sequences at once
 * @param weights how this program keeps them in sampling; the other keeps them as they are
 * @param options further keys of the configuration, such as {@code steps}
 */
public record Work(
    String what,
    String model,
    Shape shape,
    int length,
    int batch,
    WeightFormat weights,
    Map<String, Integer> options) {
  /** The four systems, in the order of tables. */
  public static final List<String> MODELS = List.of("ar", "mdlm", "bd3lm", "eso");

  /**
   * Training seconds are of a step, sampling seconds of a batch.
   *
   * @return whether it is training
   */
  public boolean training() {
    return what.equals("train");
  }

  static Work train(String model, Shape shape) {
    return new Work("train", model, shape, shape.trainLength(), shape.batch(), F32, Map.of());
  }

  static Work sample(String model, Shape shape, int batch) {
    return new Work("sample", model, shape, shape.sampleLength(), batch, F32, Map.of());
  }

  /** The same with further options. */
  Work with(Map<String, Integer> more) {
    Map<String, Integer> all = new TreeMap<>(options);
    all.putAll(more);
    return new Work(what, model, shape, length, batch, weights, all);
  }

  /** The same with weights kept otherwise. */
  Work with(WeightFormat format) {
    return new Work(what, model, shape, length, batch, format, options);
  }

  /**
   * What the work is called in rows and tables.
   *
   * @return such as {@code lab-train-ar}, {@code tiny-sample1-mdlm-T32} or {@code
   *     gpt2-sample1-ar-bf16}
   */
  public String name() {
    String steps = options.containsKey("steps") ? "-T" + options.get("steps") : "";
    String kept = weights == F32 ? "" : "-" + weights;
    return shape.name() + "-" + what + (training() ? "" : batch) + "-" + model + steps + kept;
  }

  /** Keys and values as both programs understand them. */
  SequencedMap<String, Object> keys() {
    SequencedMap<String, Object> keys = new LinkedHashMap<>();
    keys.put("model", model);
    keys.put("hidden", shape.hidden());
    keys.put("cond", shape.cond());
    keys.put("blocks", shape.blocks());
    keys.put("heads", shape.heads());
    keys.put("length", length);
    keys.put("vocab", shape.vocab());
    keys.put("batch", batch);
    keys.put("block_size", 4);
    keys.putAll(options);
    return keys;
  }

  /** The configuration as the peer reads it. */
  String json() {
    return JsonMapper.shared().writeValueAsString(keys());
  }

  /** The arguments of {@code eso bench}. */
  List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("bench", what, "--json"));
    keys()
        .forEach(
            (key, value) -> {
              arguments.add("--" + key.replace('_', '-'));
              arguments.add(value.toString());
            });
    if (weights != F32) {
      arguments.addAll(List.of("--weights", weights.toString()));
    }
    return arguments;
  }

  /**
   * The seconds in a program's line of JSON.
   *
   * @param line what it printed
   * @return seconds of a step or a batch, the median of its repetitions
   */
  double seconds(Map<String, Object> line) {
    return training() ? number(line, "ms_per_step") * 1e-3 : number(line, "seconds");
  }

  /** The same of the fastest repetition. */
  double least(Map<String, Object> line) {
    return training() ? number(line, "min_ms") * 1e-3 : number(line, "min_s");
  }

  private double number(Map<String, Object> line, String key) {
    if (!(line.get(key) instanceof Number n)) {
      throw new IllegalStateException(name() + ": the program printed no " + key + ": " + line);
    }
    return n.doubleValue();
  }
}
