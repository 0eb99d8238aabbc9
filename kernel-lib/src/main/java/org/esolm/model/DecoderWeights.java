package org.esolm.model;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.esolm.tensor.PackedMatrix;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;

/**
 * The weights of a transformer as decoding reads them: matrices packed for reading from front to
 * end, AdaLN folded into the normalisations. A copy of the moment, made once and shared by all
 * {@link Decoder}s; embedding, biases and weights of normalisations without AdaLN stay where they
 * are, so the parameters must neither change nor go away. The copy itself goes when nobody refers
 * to it any more.
 */
public final class DecoderWeights {
  /** Matrices of one block. */
  record Layer(PackedMatrix qkv, PackedMatrix out, PackedMatrix up, PackedMatrix down) {}

  private final Parameters parameters;
  private final WeightFormat format;
  private final Modulation modulation;
  private final List<Layer> layers = new ArrayList<>();
  private final PackedMatrix head;

  private DecoderWeights(Parameters parameters, Workers workers, WeightFormat format) {
    this.parameters = parameters;
    this.format = format;
    Arena arena = Arena.ofAuto();
    modulation = new Modulation(arena, parameters);
    modulation.forward();
    for (int b = 0; b < config().blocks(); b++) {
      BlockParameters p = parameters.block(b);
      layers.add(
          new Layer(
              pack(arena, workers, p.qkv()),
              pack(arena, workers, p.out()),
              pack(arena, workers, p.upWeight()),
              pack(arena, workers, p.downWeight())));
    }
    head = pack(arena, workers, parameters.get("output_layer.linear.weight"));
  }

  /**
   * Packs the weights as floats.
   *
   * @param parameters the transformer's
   * @param workers the threads that pack
   * @return the copy
   */
  public static DecoderWeights of(Parameters parameters, Workers workers) {
    return of(parameters, workers, WeightFormat.F32);
  }

  /**
   * Packs the weights.
   *
   * @param parameters the transformer's
   * @param workers the threads that pack
   * @param format of the weights of matrices; anything but floats changes the law a little
   * @return the copy
   */
  public static DecoderWeights of(Parameters parameters, Workers workers, WeightFormat format) {
    return new DecoderWeights(parameters, workers, format);
  }

  /**
   * Rounds parameters to what decoding keeps of them, so that a full pass finds the law that is
   * sampled from.
   *
   * @param parameters their matrices are replaced
   * @param format of the weights of matrices
   */
  public static void round(Parameters parameters, WeightFormat format) {
    for (int b = 0; b < parameters.config().blocks(); b++) {
      BlockParameters p = parameters.block(b);
      format.round(p.qkv());
      format.round(p.out());
      format.round(p.upWeight());
      format.round(p.downWeight());
    }
    format.round(parameters.get("output_layer.linear.weight"));
  }

  private PackedMatrix pack(Arena arena, Workers workers, Tensor w) {
    PackedMatrix packed = PackedMatrix.of(arena, format, w.dim(0), w.dim(1));
    workers.loop(packed.strips(), (strip, worker) -> packed.pack(w, strip));
    return packed;
  }

  /**
   * The transformer's sizes.
   *
   * @return the configuration
   */
  public ModelConfig config() {
    return parameters.config();
  }

  /**
   * How the matrices are kept.
   *
   * @return the format
   */
  public WeightFormat format() {
    return format;
  }

  /**
   * The size of all matrices, which a step that wants logits reads once.
   *
   * @return bytes
   */
  public long bytes() {
    long bytes = head.size();
    for (Layer layer : layers) {
      bytes += layer.qkv.size() + layer.out.size() + layer.up.size() + layer.down.size();
    }
    return bytes;
  }

  /** Floats of scratch that any of the matrices needs. */
  int scratch() {
    Layer layer = layers.getFirst(); // all are alike
    int most = Math.max(head.scratch(), Math.max(layer.qkv.scratch(), layer.out.scratch()));
    return Math.max(most, Math.max(layer.up.scratch(), layer.down.scratch()));
  }

  Tensor embedding() {
    return parameters.get("vocab_embed.embedding");
  }

  Layer layer(int block) {
    return layers.get(block);
  }

  Tensor upBias(int block) {
    return parameters.block(block).upBias();
  }

  Tensor downBias(int block) {
    return parameters.block(block).downBias();
  }

  PackedMatrix head() {
    return head;
  }

  Tensor headBias() {
    return parameters.get("output_layer.linear.bias");
  }

  Modulation modulation() {
    return modulation;
  }
}
