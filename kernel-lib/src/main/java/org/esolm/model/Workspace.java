package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.Products;
import org.esolm.tensor.Rope;
import org.esolm.tensor.Tensor;

/**
 * The memory that passes up to some size need. For inference all blocks share one set of
 * activations; for training each has its own, and gradients have theirs.
 */
final class Workspace implements AutoCloseable {
  /** Floats of logits that are worked on at a time. */
  private static final int LOGITS = 1 << 22;

  private final Arena arena = Arena.ofShared();
  final int rows;
  final int keys;
  final boolean training;
  final Activations[] blocks;
  final Rope rope;

  final Tensor gatheredX; // [N, d] last block: residual stream of the wanted rows
  final Tensor gatheredY; // [N, d] last block: first normalisation of the wanted rows
  final Tensor gatheredQ; // [N, d] last block: queries of the wanted rows
  final Tensor out; // [N, d] residual stream behind the last block
  final Tensor y; // [N, d] last normalisation
  final Tensor statistics; // [N, 2]
  final Tensor[] tileActivated; // one a worker: [ROW_TILE, 4d] GELU's output, forward
  final Tensor logits; // [chunk, V]
  final Tensor nll; // [N] of the wanted rows

  final PackedWeights packed;
  final Products[] products; // one a worker
  final HeadAttention[] attention; // one a worker

  // training only
  final Tensor dx; // [N, d] gradient of the residual stream
  final Tensor dxIn; // [N, d] the same, before a block that gathers
  final Tensor dy; // [N, d]
  final Tensor dAttended; // [N, d]
  final Tensor dBranch1; // [N, d]
  final Tensor dBranch2; // [N, d]
  final Tensor activated; // [N, 4d] GELU's output, backward
  final Tensor dHidden; // [N, 4d]
  final Tensor dqkv; // [N, 3d]
  final Tensor dGatheredQ; // [N, d]
  final Tensor tileSums; // [tiles, SUMS d] sums over the rows of each tile
  final Tensor[] blockSums; // one a block: [SUMS, d]
  final Tensor headSums; // [2, d]

  Workspace(Parameters weights, int rows, int keys, int positions, int workers, boolean training) {
    this.rows = rows;
    ModelConfig config = weights.config();
    this.keys = keys;
    this.training = training;
    int d = config.hiddenSize();
    int hidden = ModelConfig.MLP_RATIO * d;
    int v = config.vocabSize();
    rope = new Rope(arena, positions, config.headSize(), ModelConfig.ROTARY_BASE);
    blocks = new Activations[config.blocks()];
    for (int b = 0; b < blocks.length; b++) {
      Activations before = b == 0 ? null : blocks[b - 1];
      blocks[b] = b > 0 && !training ? before : new Activations(arena, config, rows, before);
    }
    gatheredX = Tensor.zeros(arena, rows, d);
    gatheredY = Tensor.zeros(arena, rows, d);
    gatheredQ = Tensor.zeros(arena, rows, d);
    out = Tensor.zeros(arena, rows, d);
    y = Tensor.zeros(arena, rows, d);
    statistics = Tensor.zeros(arena, rows, 2);
    logits = Tensor.zeros(arena, Math.max(Frame.ROW_TILE, Math.min(rows, LOGITS / v)), v);
    nll = Tensor.zeros(arena, rows);
    attention = new HeadAttention[workers];
    for (int i = 0; i < workers; i++) {
      attention[i] = new HeadAttention(arena, config, keys, training);
    }
    packed = new PackedWeights(arena, weights, training);
    products = new Products[workers];
    tileActivated = new Tensor[workers];
    for (int i = 0; i < workers; i++) {
      products[i] = new Products(arena);
      tileActivated[i] = Tensor.zeros(arena, Frame.ROW_TILE, hidden);
    }
    int n = training ? rows : 0;
    activated = Tensor.zeros(arena, n, hidden);
    dx = Tensor.zeros(arena, n, d);
    dxIn = Tensor.zeros(arena, n, d);
    dy = Tensor.zeros(arena, n, d);
    dAttended = Tensor.zeros(arena, n, d);
    dBranch1 = Tensor.zeros(arena, n, d);
    dBranch2 = Tensor.zeros(arena, n, d);
    dHidden = Tensor.zeros(arena, n, hidden);
    dqkv = Tensor.zeros(arena, n, 3 * d);
    dGatheredQ = Tensor.zeros(arena, n, d);
    tileSums = Tensor.zeros(arena, n / Frame.ROW_TILE + 1, Block.SUMS * d);
    blockSums = new Tensor[config.blocks()];
    for (int b = 0; b < blockSums.length; b++) {
      blockSums[b] = Tensor.zeros(arena, Block.SUMS, d);
    }
    headSums = Tensor.zeros(arena, 2, d);
  }

  boolean fits(Pass pass, int positions, boolean forTraining) {
    return pass.rows() <= rows
        && pass.longestSequence() <= keys
        && positions <= rope.positions()
        && (training || !forTraining);
  }

  @Override
  public void close() {
    arena.close();
  }
}
