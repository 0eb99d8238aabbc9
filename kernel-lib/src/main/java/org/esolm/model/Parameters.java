package org.esolm.model;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;

/**
 * One float for every parameter of a transformer in one flat buffer, with a named view for each
 * tensor in the order in which the released code registers them. Weights, gradients, optimizer
 * moments and averages all have this form, so an optimizer is one loop and a checkpoint is this
 * buffer.
 */
public final class Parameters {
  private final ModelConfig config;
  private final Tensor flat;
  private final SequencedMap<String, Tensor> named = new LinkedHashMap<>();
  private final BlockParameters[] blocks;

  /**
   * All zeros.
   *
   * @param arena owner of the buffer
   * @param config the transformer's sizes
   */
  public Parameters(Arena arena, ModelConfig config) {
    this.config = config;
    Map<String, int[]> shapes = shapes(config);
    long total = 0;
    for (int[] shape : shapes.values()) {
      total += aligned(size(shape));
    }
    flat = Tensor.zeros(arena, Math.toIntExact(total));
    long at = 0;
    for (var entry : shapes.entrySet()) {
      long n = size(entry.getValue());
      named.put(
          entry.getKey(),
          Tensor.of(flat.memory().asSlice(at * Tensor.BYTES, n * Tensor.BYTES), entry.getValue()));
      at += aligned(n);
    }
    blocks = new BlockParameters[config.blocks()];
    Arrays.setAll(blocks, b -> BlockParameters.of(this, b));
  }

  /** Tensors start at 64 bytes; the floats between them are zero and stay zero. */
  private static long aligned(long n) {
    return (n + 15) / 16 * 16;
  }

  private static long size(int[] shape) {
    long n = 1;
    for (int s : shape) {
      n *= s;
    }
    return n;
  }

  /**
   * Name and shape of every parameter. Weights of linear layers are [out, in].
   *
   * @param c the transformer's sizes
   * @return shapes in the released code's order of registration
   */
  public static SequencedMap<String, int[]> shapes(ModelConfig c) {
    int d = c.hiddenSize();
    SequencedMap<String, int[]> s = new LinkedHashMap<>();
    s.put("vocab_embed.embedding", new int[] {c.vocabSize(), d});
    if (c.adaLn()) {
      s.put("sigma_map.mlp.0.weight", new int[] {c.condDim(), Modulation.TIME_FEATURES});
      s.put("sigma_map.mlp.0.bias", new int[] {c.condDim()});
      s.put("sigma_map.mlp.2.weight", new int[] {c.condDim(), c.condDim()});
      s.put("sigma_map.mlp.2.bias", new int[] {c.condDim()});
    }
    for (int b = 0; b < c.blocks(); b++) {
      String p = "blocks." + b + ".";
      int hidden = ModelConfig.MLP_RATIO * d;
      s.put(p + "norm1.weight", new int[] {d});
      s.put(p + "attn_qkv.weight", new int[] {3 * d, d});
      s.put(p + "attn_out.weight", new int[] {d, d});
      s.put(p + "norm2.weight", new int[] {d});
      s.put(p + "mlp.0.weight", new int[] {hidden, d});
      s.put(p + "mlp.0.bias", new int[] {hidden});
      s.put(p + "mlp.2.weight", new int[] {d, hidden});
      s.put(p + "mlp.2.bias", new int[] {d});
      if (c.adaLn()) {
        s.put(p + "adaLN_modulation.weight", new int[] {6 * d, c.condDim()});
        s.put(p + "adaLN_modulation.bias", new int[] {6 * d});
      }
    }
    s.put("output_layer.norm_final.weight", new int[] {d});
    s.put("output_layer.linear.weight", new int[] {c.vocabSize(), d});
    s.put("output_layer.linear.bias", new int[] {c.vocabSize()});
    if (c.adaLn()) {
      s.put("output_layer.adaLN_modulation.weight", new int[] {2 * d, c.condDim()});
      s.put("output_layer.adaLN_modulation.bias", new int[] {2 * d});
    }
    return s;
  }

  /**
   * Draws initial weights as the released code does: linear layers and the embedding uniform in
   * +-1/sqrt(in), weights of normalisations 1, output head and AdaLN 0.
   *
   * @param seed the run's seed
   * @return this
   */
  public Parameters initialize(long seed) {
    int index = 0;
    for (var entry : named.entrySet()) {
      String name = entry.getKey();
      Tensor t = entry.getValue();
      Rng rng = Rng.of(seed, Purpose.WEIGHTS, index++);
      if (name.contains("norm")) {
        t.fill(1f);
      } else if (name.contains("adaLN") || name.startsWith("output_layer.linear")) {
        t.fill(0f);
      } else {
        double bound = 1 / Math.sqrt(fanIn(name, t));
        for (long i = 0; i < t.size(); i++) {
          t.set(i, (float) ((2 * rng.nextDouble() - 1) * bound));
        }
      }
    }
    return this;
  }

  /** A bias is drawn like the weight beside it. */
  private int fanIn(String name, Tensor t) {
    return name.endsWith(".bias") ? get(name.replace(".bias", ".weight")).dim(1) : t.dim(1);
  }

  /**
   * The sizes these parameters belong to.
   *
   * @return the configuration
   */
  public ModelConfig config() {
    return config;
  }

  /**
   * All parameters as one vector, with zeros between tensors where alignment asks for them.
   *
   * @return the buffer itself
   */
  public Tensor flat() {
    return flat;
  }

  /**
   * One parameter tensor.
   *
   * @param name as in the released checkpoints
   * @return a view of the buffer
   */
  public Tensor get(String name) {
    Tensor t = named.get(name);
    if (t == null) {
      throw new IllegalArgumentException("parameter: " + name + ", not one of " + named.keySet());
    }
    return t;
  }

  BlockParameters block(int index) {
    return blocks[index];
  }

  /**
   * All parameter tensors by name.
   *
   * @return views of the buffer in order of registration
   */
  public SequencedMap<String, Tensor> named() {
    return named;
  }

  /**
   * The number of parameters, without the floats between tensors.
   *
   * @return the sum of the tensors' sizes
   */
  public long count() {
    return named.values().stream().mapToLong(Tensor::size).sum();
  }
}
