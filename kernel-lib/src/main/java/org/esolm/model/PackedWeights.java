package org.esolm.model;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.esolm.tensor.Panels;
import org.esolm.tensor.Tensor;

/**
 * The weights that multiply tiles of rows, as products read them: transposed for {@code x W'}, and
 * as they are for the gradient {@code dy W}. Packed anew in every pass, as weights may have
 * changed; a hundredth of the work or less.
 */
final class PackedWeights {
  /** Units of work that packing one weight is cut into. */
  private static final int PIECES = 8;

  /**
   * The weights of one block; those for the gradient are null where nothing is trained.
   *
   * @param query [d, d], forward
   * @param keyValue [d, 2d], forward
   * @param out [d, d], forward
   * @param up [d, 4d], forward
   * @param down [4d, d], forward
   * @param qkvBack [3d, d], for the gradient
   * @param outBack [d, d], for the gradient
   * @param upBack [4d, d], for the gradient
   * @param downBack [d, 4d], for the gradient
   */
  record Block(
      Panels query,
      Panels keyValue,
      Panels out,
      Panels up,
      Panels down,
      Panels qkvBack,
      Panels outBack,
      Panels upBack,
      Panels downBack) {}

  /** A weight's rows from some row on, and where they go. */
  private record Job(Tensor weight, int row, int in, Panels panels, boolean transposed) {
    void run(int piece) {
      int end = (piece + 1) * panels.count() / PIECES;
      for (int i = piece * panels.count() / PIECES; i < end; i++) {
        if (transposed) {
          panels.packTransposed(weight, (long) row * in, in, i);
        } else {
          panels.pack(weight, (long) row * in, in, i);
        }
      }
    }
  }

  final Block[] blocks;
  final Panels head; // [d, V], forward
  final Panels headBack; // [V, d], for the gradient
  private final List<Job> forward = new ArrayList<>();
  private final List<Job> backward = new ArrayList<>();

  PackedWeights(Arena arena, Parameters weights, boolean training) {
    ModelConfig config = weights.config();
    int d = config.hiddenSize();
    int hidden = ModelConfig.MLP_RATIO * d;
    blocks = new Block[config.blocks()];
    for (int b = 0; b < blocks.length; b++) {
      BlockParameters p = weights.block(b);
      blocks[b] =
          new Block(
              forward(arena, p.qkv(), 0, d, d),
              forward(arena, p.qkv(), d, 2 * d, d),
              forward(arena, p.out(), 0, d, d),
              forward(arena, p.upWeight(), 0, hidden, d),
              forward(arena, p.downWeight(), 0, d, hidden),
              backward(arena, p.qkv(), 3 * d, d, training),
              backward(arena, p.out(), d, d, training),
              backward(arena, p.upWeight(), hidden, d, training),
              backward(arena, p.downWeight(), d, hidden, training));
    }
    Tensor w = weights.get("output_layer.linear.weight");
    head = forward(arena, w, 0, config.vocabSize(), d);
    headBack = backward(arena, w, config.vocabSize(), d, training);
  }

  private Panels forward(Arena arena, Tensor weight, int row, int out, int in) {
    Panels panels = new Panels(arena, in, out);
    forward.add(new Job(weight, row, in, panels, true));
    return panels;
  }

  private Panels backward(Arena arena, Tensor weight, int out, int in, boolean training) {
    if (!training) {
      return null;
    }
    Panels panels = new Panels(arena, out, in);
    backward.add(new Job(weight, 0, in, panels, false));
    return panels;
  }

  /** Units of work of {@link #packForward}. */
  int forwardUnits() {
    return forward.size() * PIECES;
  }

  void packForward(int unit) {
    forward.get(unit / PIECES).run(unit % PIECES);
  }

  /** Units of work of {@link #packBackward}. */
  int backwardUnits() {
    return backward.size() * PIECES;
  }

  void packBackward(int unit) {
    backward.get(unit / PIECES).run(unit % PIECES);
  }
}
