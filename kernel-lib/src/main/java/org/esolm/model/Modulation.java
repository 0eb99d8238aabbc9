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

  /**
   * The folded vectors of one branch, [d] each.
   *
   * @param weight of its normalisation
   * @param shift of its normalisation, null without AdaLN
   * @param gate of its output, null without AdaLN
   */
  record Branch(Tensor weight, Tensor shift, Tensor gate) {}

  private final ModelConfig config;
  private final Parameters weights;
  private final Branch[] branches; // two a block
  private final Branch last;
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
    branches = new Branch[2 * config.blocks()];
    for (int b = 0; b < config.blocks(); b++) {
      branches[2 * b] = branch(arena, weights.block(b).norm1());
      branches[2 * b + 1] = branch(arena, weights.block(b).norm2());
    }
    last = branch(arena, weights.get("output_layer.norm_final.weight"));
    int n = config.condDim();
    h1 = new float[n];
    s1 = new float[n];
    h2 = new float[n];
    c = new float[n];
    dc = new float[n];
    dm = new float[6 * d];
  }

  private Branch branch(Arena arena, Tensor norm) {
    int d = config.hiddenSize();
    return config.adaLn()
        ? new Branch(Tensor.zeros(arena, d), Tensor.zeros(arena, d), Tensor.zeros(arena, d))
        : new Branch(norm, null, null);
  }

  /** What a block's first (0) or second (1) branch is modulated with. */
  Branch branch(int b, int which) {
    return branches[2 * b + which];
  }

  /** What the last normalisation is modulated with; it has no gate. */
  Branch last() {
    return last;
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
    for (int b = 0; b < config.blocks(); b++) {
      BlockParameters p = weights.block(b);
      modulate(p.adaLnWeight(), p.adaLnBias(), 6 * d);
      fold(branch(b, 0), p.norm1(), 0, d);
      fold(branch(b, 1), p.norm2(), 3, d);
      for (int i = 0; i < d; i++) {
        branch(b, 0).gate().set(i, dm[2 * d + i]);
        branch(b, 1).gate().set(i, dm[5 * d + i]);
      }
    }
    modulateLast(d);
    fold(last, weights.get("output_layer.norm_final.weight"), 0, d);
  }

  /** The modulation vector A c + a, in chunks (shift, scale, gate, ...). */
  private void modulate(Tensor a, Tensor bias, int size) {
    int n = config.condDim();
    for (int i = 0; i < size; i++) {
      float s = bias.get(i);
      for (int j = 0; j < n; j++) {
        s += a.get((long) i * n + j) * c[j];
      }
      dm[i] = s;
    }
  }

  private void modulateLast(int d) {
    modulate(
        weights.get("output_layer.adaLN_modulation.weight"),
        weights.get("output_layer.adaLN_modulation.bias"),
        2 * d);
  }

  private void fold(Branch into, Tensor norm, int chunk, int d) {
    for (int i = 0; i < d; i++) {
      into.weight().set(i, norm.get(i) * (1 + dm[(chunk + 1) * d + i]));
      into.shift().set(i, dm[chunk * d + i]);
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
        add(gradient.block(b).norm1(), blockSums[b], 0, d);
        add(gradient.block(b).norm2(), blockSums[b], 4L * d, d);
      }
      add(gradient.get("output_layer.norm_final.weight"), lastSums, 0, d);
      return;
    }
    Arrays.fill(dc, 0);
    for (int b = 0; b < blockSums.length; b++) {
      BlockParameters p = weights.block(b);
      BlockParameters dp = gradient.block(b);
      modulate(p.adaLnWeight(), p.adaLnBias(), 6 * d);
      unfold(blockSums[b], 0, p.norm1(), dp.norm1(), 0, d);
      unfold(blockSums[b], 4, p.norm2(), dp.norm2(), 3, d);
      for (int i = 0; i < d; i++) {
        dm[2 * d + i] = blockSums[b].get(2L * d + i);
        dm[5 * d + i] = blockSums[b].get(6L * d + i);
      }
      backwardLinear(p.adaLnWeight(), dp.adaLnWeight(), dp.adaLnBias(), 6 * d);
    }
    modulateLast(d);
    String norm = "output_layer.norm_final.weight";
    unfold(lastSums, 0, weights.get(norm), gradient.get(norm), 0, d);
    String matrix = "output_layer.adaLN_modulation.weight";
    Tensor dbias = gradient.get("output_layer.adaLN_modulation.bias");
    backwardLinear(weights.get(matrix), gradient.get(matrix), dbias, 2 * d);
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
  private void unfold(Tensor sums, int row, Tensor w, Tensor dw, int chunk, int d) {
    for (int i = 0; i < d; i++) {
      float dFolded = sums.get((long) row * d + i);
      float scale = dm[(chunk + 1) * d + i];
      dw.set(i, dw.get(i) + dFolded * (1 + scale));
      dm[chunk * d + i] = sums.get((long) (row + 1) * d + i);
      dm[(chunk + 1) * d + i] = dFolded * w.get(i);
    }
  }

  private void backwardLinear(Tensor a, Tensor da, Tensor dbias, int size) {
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
