package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.Tensor;

/** What one block computes going forward and needs again going backward. */
final class Activations {
  final Tensor x; // [N, d] residual stream coming in
  final Tensor y1; // [N, d] first normalisation
  final Tensor statistics1; // [N, 2]
  final Tensor qkv; // [N, 3d]
  final Tensor attended; // [N, d]
  final Tensor logSum; // [N, heads] log of each softmax's denominator
  final Tensor branch1; // [N, d] after attn_out and dropout
  final Tensor x1; // [N, d] residual stream between the branches
  final Tensor y2; // [N, d] second normalisation
  final Tensor statistics2; // [N, 2]
  final Tensor hidden; // [N, 4d] before GELU
  final Tensor branch2; // [N, d] after the MLP and dropout

  /**
   * Memory for one block.
   *
   * @param n rows, N
   * @param before those of the block before, or null. They share what only gates need again, if
   *     there are none.
   */
  Activations(Arena arena, ModelConfig config, int n, Activations before) {
    int d = config.hiddenSize();
    x = Tensor.zeros(arena, n, d);
    y1 = Tensor.zeros(arena, n, d);
    statistics1 = Tensor.zeros(arena, n, 2);
    qkv = Tensor.zeros(arena, n, 3 * d);
    attended = Tensor.zeros(arena, n, d);
    logSum = Tensor.zeros(arena, n, config.heads());
    boolean shared = before != null && !config.adaLn();
    branch1 = shared ? before.branch1 : Tensor.zeros(arena, n, d);
    x1 = Tensor.zeros(arena, n, d);
    y2 = Tensor.zeros(arena, n, d);
    statistics2 = Tensor.zeros(arena, n, 2);
    hidden = Tensor.zeros(arena, n, ModelConfig.MLP_RATIO * d);
    branch2 = config.adaLn() ? Tensor.zeros(arena, n, d) : branch1;
  }
}
