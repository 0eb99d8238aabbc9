package org.esolm.model;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.tensor.Tensor;

/**
 * AdaLN (Peebles and Xie, 2023) at the constant time 0 that the diffusion systems feed it. The
 * conditioning vector c is then the same for every row, so each modulated normalisation {@code
 * norm(x) w (1 + scale) + shift} is a normalisation with the weight w (1 + scale) and a shift, and
 * each gate is a vector. These are computed once a step; rows never see the conditioning network.
 * {@link #backward} takes gradients of the folded vectors back to the parameters.
 *
 * <p>The time embedding of 0 is [cos 0 (128 times), sin 0 (128 times)] = [1..., 0...].
 */
final class Modulation {
  /** Size of the sinusoidal time embedding. */
  static final int TIME_FEATURES = 256;

  private final ModelConfig config;
  private final Parameters weights;
  private final Tensor[] block; // each [8, d]: weight1, shift1, gate1, -, weight2, shift2, gate2, -
  private final Tensor last; // [2, d]: weight, shift
  private final float[] h1;
  private final float[] s1;
  private final float[] h2;
  private final float[] c;
  private final float[] dc;
  private final float[] dm;

  Modulation(Arena arena, Parameters weights) {
    this.config = weights.config();
    this.weights = weights;
    int d = config.hiddenSize();
    block = new Tensor[config.blocks()];
    for (int b = 0; b < block.length; b++) {
      block[b] = Tensor.zeros(arena, 8, d);
    }
    last = Tensor.zeros(arena, 2, d);
    int n = config.condDim();
    h1 = new float[n];
    s1 = new float[n];
    h2 = new float[n];
    c = new float[n];
    dc = new float[n];
    dm = new float[6 * d];
  }

  /** Weight of a block's first or second normalisation. */
  Tensor weight(int b, int which) {
    return config.adaLn()
        ? block[b].slice(4 * which, 4 * which + 1)
        : weights.get("blocks." + b + (which == 0 ? ".norm1" : ".norm2") + ".weight");
  }

  /** Shift of a block's first or second normalisation, or null. */
  Tensor shift(int b, int which) {
    return config.adaLn() ? block[b].slice(4 * which + 1, 4 * which + 2) : null;
  }

  /** Gate of a block's first or second branch, or null. */
  Tensor gate(int b, int which) {
    return config.adaLn() ? block[b].slice(4 * which + 2, 4 * which + 3) : null;
  }

  Tensor lastWeight() {
    return config.adaLn() ? last.slice(0, 1) : weights.get("output_layer.norm_final.weight");
  }

  Tensor lastShift() {
    return config.adaLn() ? last.slice(1, 2) : null;
  }

  /** Computes all folded vectors from the current parameters. */
  void forward() {
    if (!config.adaLn()) {
      return;
    }
    Tensor w1 = weights.get("sigma_map.mlp.0.weight");
    Tensor b1 = weights.get("sigma_map.mlp.0.bias");
    Tensor w2 = weights.get("sigma_map.mlp.2.weight");
    Tensor b2 = weights.get("sigma_map.mlp.2.bias");
    int n = config.condDim();
    for (int i = 0; i < n; i++) {
      float s = b1.get(i);
      for (int j = 0; j < TIME_FEATURES / 2; j++) {
        s += w1.get((long) i * TIME_FEATURES + j);
      }
      h1[i] = s;
      s1[i] = silu(s);
    }
    for (int i = 0; i < n; i++) {
      float s = b2.get(i);
      for (int j = 0; j < n; j++) {
        s += w2.get((long) i * n + j) * s1[j];
      }
      h2[i] = s;
      c[i] = silu(s);
    }
    int d = config.hiddenSize();
    for (int b = 0; b < block.length; b++) {
      String p = "blocks." + b + ".";
      modulate(p + "adaLN_modulation", 6 * d);
      fold(block[b], 0, weights.get(p + "norm1.weight"), 0, d);
      fold(block[b], 4, weights.get(p + "norm2.weight"), 3, d);
      for (int i = 0; i < d; i++) {
        block[b].set(2L * d + i, dm[2 * d + i]);
        block[b].set(6L * d + i, dm[5 * d + i]);
      }
    }
    modulate("output_layer.adaLN_modulation", 2 * d);
    fold(last, 0, weights.get("output_layer.norm_final.weight"), 0, d);
  }

  /** The modulation vector A c + a, in chunks (shift, scale, gate, ...). */
  private void modulate(String name, int size) {
    Tensor a = weights.get(name + ".weight");
    Tensor bias = weights.get(name + ".bias");
    int n = config.condDim();
    for (int i = 0; i < size; i++) {
      float s = bias.get(i);
      for (int j = 0; j < n; j++) {
        s += a.get((long) i * n + j) * c[j];
      }
      dm[i] = s;
    }
  }

  private void fold(Tensor into, int row, Tensor norm, int chunk, int d) {
    for (int i = 0; i < d; i++) {
      into.set((long) row * d + i, norm.get(i) * (1 + dm[(chunk + 1) * d + i]));
      into.set((long) (row + 1) * d + i, dm[chunk * d + i]);
    }
  }

  /**
   * Takes the gradients of the folded vectors back to the parameters.
   *
   * @param blockSums one a block, [{@link Block#SUMS}, d]: gradients in the order of the folded
   *     vectors
   * @param lastSums [2, d]: gradients of the last normalisation's weight and shift
   * @param gradient added to
   */
  void backward(Tensor[] blockSums, Tensor lastSums, Parameters gradient) {
    int d = config.hiddenSize();
    if (!config.adaLn()) {
      for (int b = 0; b < blockSums.length; b++) {
        add(gradient.get("blocks." + b + ".norm1.weight"), blockSums[b], 0, d);
        add(gradient.get("blocks." + b + ".norm2.weight"), blockSums[b], 4L * d, d);
      }
      add(gradient.get("output_layer.norm_final.weight"), lastSums, 0, d);
      return;
    }
    Arrays.fill(dc, 0);
    for (int b = 0; b < blockSums.length; b++) {
      String p = "blocks." + b + ".";
      modulate(p + "adaLN_modulation", 6 * d);
      unfold(blockSums[b], 0, p + "norm1.weight", gradient, 0, d);
      unfold(blockSums[b], 4, p + "norm2.weight", gradient, 3, d);
      for (int i = 0; i < d; i++) {
        dm[2 * d + i] = blockSums[b].get(2L * d + i);
        dm[5 * d + i] = blockSums[b].get(6L * d + i);
      }
      backwardLinear(p + "adaLN_modulation", 6 * d, gradient);
    }
    modulate("output_layer.adaLN_modulation", 2 * d);
    unfold(lastSums, 0, "output_layer.norm_final.weight", gradient, 0, d);
    backwardLinear("output_layer.adaLN_modulation", 2 * d, gradient);
    backwardCondition(gradient);
  }

  private static void add(Tensor to, Tensor from, long at, int n) {
    for (int i = 0; i < n; i++) {
      to.set(i, to.get(i) + from.get(at + i));
    }
  }

  /**
   * From weight' = w (1 + scale) and shift to w, and to the chunks (shift, scale) of dm, in place
   * of their values.
   */
  private void unfold(Tensor sums, int row, String norm, Parameters gradient, int chunk, int d) {
    Tensor w = weights.get(norm);
    Tensor dw = gradient.get(norm);
    for (int i = 0; i < d; i++) {
      float dFolded = sums.get((long) row * d + i);
      float scale = dm[(chunk + 1) * d + i];
      dw.set(i, dw.get(i) + dFolded * (1 + scale));
      dm[chunk * d + i] = sums.get((long) (row + 1) * d + i);
      dm[(chunk + 1) * d + i] = dFolded * w.get(i);
    }
  }

  private void backwardLinear(String name, int size, Parameters gradient) {
    Tensor a = weights.get(name + ".weight");
    Tensor da = gradient.get(name + ".weight");
    Tensor dbias = gradient.get(name + ".bias");
    int n = config.condDim();
    for (int i = 0; i < size; i++) {
      float g = dm[i];
      dbias.set(i, dbias.get(i) + g);
      for (int j = 0; j < n; j++) {
        long at = (long) i * n + j;
        da.set(at, da.get(at) + g * c[j]);
        dc[j] += g * a.get(at);
      }
    }
  }

  private void backwardCondition(Parameters gradient) {
    int n = config.condDim();
    Tensor w2 = weights.get("sigma_map.mlp.2.weight");
    Tensor dw1 = gradient.get("sigma_map.mlp.0.weight");
    Tensor db1 = gradient.get("sigma_map.mlp.0.bias");
    Tensor dw2 = gradient.get("sigma_map.mlp.2.weight");
    Tensor db2 = gradient.get("sigma_map.mlp.2.bias");
    for (int j = 0; j < n; j++) {
      float ds1 = 0;
      for (int i = 0; i < n; i++) {
        ds1 += dc[i] * siluSlope(h2[i]) * w2.get((long) i * n + j);
      }
      float g1 = ds1 * siluSlope(h1[j]);
      db1.set(j, db1.get(j) + g1);
      for (int k = 0; k < TIME_FEATURES / 2; k++) {
        long at = (long) j * TIME_FEATURES + k;
        dw1.set(at, dw1.get(at) + g1);
      }
    }
    for (int i = 0; i < n; i++) {
      float g2 = dc[i] * siluSlope(h2[i]);
      db2.set(i, db2.get(i) + g2);
      for (int j = 0; j < n; j++) {
        long at = (long) i * n + j;
        dw2.set(at, dw2.get(at) + g2 * s1[j]);
      }
    }
  }

  private static float silu(float x) {
    return (float) (x / (1 + Math.exp(-x)));
  }

  private static float siluSlope(float x) {
    double s = 1 / (1 + Math.exp(-x));
    return (float) (s * (1 + x * (1 - s)));
  }
}
