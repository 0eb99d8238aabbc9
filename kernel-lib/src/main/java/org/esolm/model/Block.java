package org.esolm.model;

import java.lang.foreign.MemorySegment;
import org.esolm.random.Rng;
import org.esolm.tensor.Attention;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Linear;
import org.esolm.tensor.Residual;
import org.esolm.tensor.Tensor;

/**
 * One transformer block, cut into stages that need no row but their own, with attention between
 * them. Forward and backward stand side by side:
 *
 * <pre>
 * enter    y1 = norm1(x);  q, k, v = rope(y1 Wqkv')
 * attend   a = attention(q, k, v)
 * leave    x1 = x + gate1 drop(a Wout');  y2 = norm2(x1);  x' = x1 + gate2 drop(gelu(y2 W1' + b1) W2' + b2)
 * </pre>
 *
 * The last block computes {@code leave}, and the queries, only for wanted rows ({@link
 * Frame#gathered}).
 */
final class Block {
  /**
   * Sums over rows that a block's gradient needs, in units of d: weight1, shift1, gate1, bias of
   * attn_out (which has none), weight2, shift2, gate2, bias of mlp.2, bias of mlp.0 (4).
   */
  static final int SUMS = 12;

  private final int index;
  private final boolean last;
  private final ModelConfig config;
  private final int d;
  private final int hidden;
  private final BlockParameters p;
  private final Modulation.Branch branch1;
  private final Modulation.Branch branch2;

  Block(Parameters weights, Modulation modulation, int index) {
    this.index = index;
    config = weights.config();
    last = index == config.blocks() - 1;
    d = config.hiddenSize();
    hidden = ModelConfig.MLP_RATIO * d;
    p = weights.block(index);
    branch1 = modulation.branch(index, 0);
    branch2 = modulation.branch(index, 1);
  }

  boolean gathers(Frame frame) {
    return last && frame.gathered;
  }

  /** Query tiles of attention. */
  Tiles queries(Frame frame) {
    return last ? frame.lastQueries : frame.queries;
  }

  /** Row tiles behind attention. */
  Tiles leaving(Frame frame) {
    return last ? frame.lastRows : frame.rows;
  }

  // ---- forward

  void enter(Frame frame, Workspace w, int tile) {
    Activations t = w.blocks[index];
    int from = frame.rows.from(tile);
    int to = frame.rows.to(tile);
    LayerNorm.forward(t.x, branch1.weight(), branch1.shift(), t.y1, t.statistics1, from, to, d);
    int skip = gathers(frame) ? d : 0; // queries of wanted rows only, in gather()
    Linear.forward(
        t.y1,
        (long) from * d,
        d,
        p.qkv(),
        (long) skip * d,
        t.qkv,
        3L * d * from + skip,
        3 * d,
        to - from,
        d,
        3 * d - skip);
    for (int r = from; r < to; r++) {
      w.rope.rotate(
          t.qkv,
          3L * d * r + skip,
          (2 * d - skip) / config.headSize(),
          frame.pass.position(r),
          false);
    }
  }

  /**
   * Picks the wanted rows and computes their queries; in a block that gathers, between enter and
   * attend.
   */
  void gather(Frame frame, Workspace w, int tile) {
    Activations t = w.blocks[index];
    int from = frame.lastRows.from(tile);
    int to = frame.lastRows.to(tile);
    for (int i = from; i < to; i++) {
      copyRow(t.x, frame.lastRow(i), w.gatheredX, i);
      copyRow(t.y1, frame.lastRow(i), w.gatheredY, i);
    }
    Linear.forward(
        w.gatheredY,
        (long) from * d,
        d,
        p.qkv(),
        0,
        w.gatheredQ,
        (long) from * d,
        d,
        to - from,
        d,
        d);
    for (int i = from; i < to; i++) {
      w.rope.rotate(
          w.gatheredQ, (long) i * d, config.heads(), frame.pass.position(frame.lastRow(i)), false);
    }
  }

  private void copyRow(Tensor from, int fromRow, Tensor to, int toRow) {
    long bytes = (long) d * Tensor.BYTES;
    MemorySegment.copy(from.memory(), fromRow * bytes, to.memory(), toRow * bytes, bytes);
  }

  void attend(Frame frame, Workspace w, HeadAttention attention, int unit) {
    Activations t = w.blocks[index];
    boolean gathers = gathers(frame);
    attention.forward(
        frame,
        last,
        unit / config.heads(),
        unit % config.heads(),
        gathers ? w.gatheredQ : t.qkv,
        gathers ? d : 3 * d,
        t.qkv,
        t.attended,
        t.logSum);
  }

  void leave(Frame frame, Workspace w, int tile) {
    Activations t = w.blocks[index];
    Tiles tiles = leaving(frame);
    int from = tiles.from(tile);
    int to = tiles.to(tile);
    int n = to - from;
    Tensor x = gathers(frame) ? w.gatheredX : t.x;
    Linear.forward(
        t.attended, (long) from * d, d, p.out(), 0, t.branch1, (long) from * d, d, n, d, d);
    Residual.forward(
        x, t.branch1, null, branch1.gate(), t.x1, frame.dropout, seed(frame, 0), from, to, d);
    LayerNorm.forward(t.x1, branch2.weight(), branch2.shift(), t.y2, t.statistics2, from, to, d);
    Linear.forward(
        t.y2,
        (long) from * d,
        d,
        p.upWeight(),
        0,
        t.hidden,
        (long) from * hidden,
        hidden,
        n,
        d,
        hidden);
    Linear.addBias(t.hidden, p.upBias(), 0, (long) from * hidden, hidden, n, hidden);
    Gelu.forward(t.hidden, w.activated, (long) from * hidden, (long) to * hidden);
    Linear.forward(
        w.activated,
        (long) from * hidden,
        hidden,
        p.downWeight(),
        0,
        t.branch2,
        (long) from * d,
        d,
        n,
        hidden,
        d);
    Tensor next = last ? w.out : w.blocks[index + 1].x;
    Residual.forward(
        t.x1,
        t.branch2,
        p.downBias(),
        branch2.gate(),
        next,
        frame.dropout,
        seed(frame, 1),
        from,
        to,
        d);
  }

  private int seed(Frame frame, int branch) {
    return (int) Rng.mix(frame.dropoutSeed + 0x9E3779B97F4A7C15L * (2L * index + branch + 1));
  }

  // ---- backward

  /** Gradient of the residual stream behind this block, and then between its branches. */
  private Tensor dx(Frame frame, Workspace w) {
    return last ? w.dx : dxIn(frame, w);
  }

  /**
   * Gradient of the residual stream before this block: of all rows, even where the last block has
   * fewer.
   */
  static Tensor dxIn(Frame frame, Workspace w) {
    return frame.gathered ? w.dxIn : w.dx;
  }

  /**
   * From the gradient of the block's output to those of attention's output and, in its place, of
   * x1.
   */
  void leaveBackward(Frame frame, Workspace w, int tile) {
    Activations t = w.blocks[index];
    Tiles tiles = leaving(frame);
    int from = tiles.from(tile);
    int to = tiles.to(tile);
    int n = to - from;
    long sums = (long) tile * SUMS * d;
    Tensor dx = dx(frame, w);
    Residual.backward(
        dx,
        t.branch2,
        branch2.gate(),
        w.dBranch2,
        w.tileSums,
        sums + 6L * d,
        frame.dropout,
        seed(frame, 1),
        from,
        to,
        d);
    Linear.backwardInput(
        w.dBranch2,
        (long) from * d,
        d,
        p.downWeight(),
        0,
        w.dHidden,
        (long) from * hidden,
        hidden,
        n,
        hidden,
        d);
    Gelu.backward(t.hidden, w.dHidden, w.activated, (long) from * hidden, (long) to * hidden);
    Linear.sumRows(w.dHidden, (long) from * hidden, hidden, w.tileSums, sums + 8L * d, n, hidden);
    Linear.backwardInput(
        w.dHidden,
        (long) from * hidden,
        hidden,
        p.upWeight(),
        0,
        w.dy,
        (long) from * d,
        d,
        n,
        d,
        hidden);
    LayerNorm.backward(
        w.dy, t.x1, branch2.weight(), t.statistics2, dx, w.tileSums, sums + 4L * d, from, to, d);
    Residual.backward(
        dx,
        t.branch1,
        branch1.gate(),
        w.dBranch1,
        w.tileSums,
        sums + 2L * d,
        frame.dropout,
        seed(frame, 0),
        from,
        to,
        d);
    Linear.backwardInput(
        w.dBranch1, (long) from * d, d, p.out(), 0, w.dAttended, (long) from * d, d, n, d, d);
  }

  /** Attention's gradient for one sequence and one head. */
  void attendBackward(Frame frame, Workspace w, HeadAttention attention, int unit) {
    Activations t = w.blocks[index];
    boolean gathers = gathers(frame);
    int sequence = unit / config.heads();
    int head = unit % config.heads();
    int h = config.headSize();
    for (int r = frame.pass.start(sequence); r < frame.pass.start(sequence + 1); r++) {
      long k = 3L * d * r + d + (long) head * h;
      Attention.zero(w.dqkv, k, 0, h);
      Attention.zero(w.dqkv, k + d, 0, h);
    }
    Tiles tiles = queries(frame);
    for (int tile = tiles.firstOfSequence(sequence);
        tile < tiles.firstOfSequence(sequence + 1);
        tile++) {
      attention.backward(
          frame,
          last,
          tile,
          head,
          gathers ? w.gatheredQ : t.qkv,
          gathers ? d : 3 * d,
          t.qkv,
          t.attended,
          t.logSum,
          w.dAttended,
          gathers ? w.dGatheredQ : w.dqkv,
          w.dqkv);
    }
  }

  /**
   * Takes the wanted rows' gradients back through their queries; in a block that gathers, before
   * enterBackward.
   */
  void gatherBackward(Frame frame, Workspace w, int tile) {
    int from = frame.lastRows.from(tile);
    int to = frame.lastRows.to(tile);
    for (int i = from; i < to; i++) {
      w.rope.rotate(
          w.dGatheredQ, (long) i * d, config.heads(), frame.pass.position(frame.lastRow(i)), true);
    }
    Linear.backwardInput(
        w.dGatheredQ,
        (long) from * d,
        d,
        p.qkv(),
        0,
        w.dAttended,
        (long) from * d,
        d,
        to - from,
        d,
        d);
  }

  /**
   * From the gradients of queries, keys and values to that of the block's input, in {@link #dxIn}.
   */
  void enterBackward(Frame frame, Workspace w, int tile) {
    Activations t = w.blocks[index];
    int from = frame.rows.from(tile);
    int to = frame.rows.to(tile);
    boolean gathers = gathers(frame);
    int skip = gathers ? d : 0;
    for (int r = from; r < to; r++) {
      w.rope.rotate(
          w.dqkv,
          3L * d * r + skip,
          (2 * d - skip) / config.headSize(),
          frame.pass.position(r),
          true);
    }
    Linear.backwardInput(
        w.dqkv,
        3L * d * from + skip,
        3 * d,
        p.qkv(),
        (long) skip * d,
        w.dy,
        (long) from * d,
        d,
        to - from,
        d,
        3 * d - skip);
    if (gathers) {
      for (int r = from; r < to; r++) {
        int i = frame.wantedIndex[r];
        if (i < 0) {
          Attention.zero(w.dxIn, (long) r * d, 0, d);
        } else {
          copyRow(w.dx, i, w.dxIn, r);
          Attention.axpy(1f, w.dAttended, (long) i * d, w.dy, (long) r * d, d);
        }
      }
    }
    LayerNorm.backward(
        w.dy,
        t.x,
        branch1.weight(),
        t.statistics1,
        dxIn(frame, w),
        w.tileSums,
        (long) tile * SUMS * d,
        from,
        to,
        d);
  }

  // ---- gradients of the weights, over all rows at once

  /** Rows of a weight's gradient that are one unit of work. */
  static final int SLICE = 128;

  static int slices(int out) {
    return (out + SLICE - 1) / SLICE;
  }

  int leaveWeightUnits() {
    return 2 * slices(d) + slices(hidden);
  }

  void leaveWeightBackward(Frame frame, Workspace w, Parameters gradient, int unit) {
    Activations t = w.blocks[index];
    Tiles tiles = leaving(frame);
    int n = tiles.to(tiles.count() - 1);
    BlockParameters dp = gradient.block(index);
    int s = slices(d);
    if (unit < s) {
      slice(w.dBranch2, 0, d, w.activated, hidden, dp.downWeight(), unit, d, n, hidden);
    } else if (unit < s + slices(hidden)) {
      slice(w.dHidden, 0, hidden, t.y2, d, dp.upWeight(), unit - s, hidden, n, d);
    } else {
      int u = unit - s - slices(hidden);
      slice(w.dBranch1, 0, d, t.attended, d, dp.out(), u, d, n, d);
    }
  }

  int enterWeightUnits(Frame frame) {
    return slices(gathers(frame) ? 2 * d : 3 * d) + (gathers(frame) ? slices(d) : 0);
  }

  void enterWeightBackward(Frame frame, Workspace w, Parameters gradient, int unit) {
    Activations t = w.blocks[index];
    Tensor dw = gradient.block(index).qkv();
    int n = frame.pass.rows();
    if (!gathers(frame)) {
      slice(w.dqkv, 0, 3 * d, t.y1, d, dw, unit, 3 * d, n, d);
    } else if (unit < slices(2 * d)) {
      int from = unit * SLICE;
      Linear.backwardWeight(
          w.dqkv,
          d + from,
          3 * d,
          t.y1,
          0,
          d,
          dw,
          (long) (d + from) * d,
          n,
          d,
          Math.min(SLICE, 2 * d - from));
    } else {
      slice(
          w.dGatheredQ, 0, d, w.gatheredY, d, dw, unit - slices(2 * d), d, frame.pass.wanted(), d);
    }
  }

  private static void slice(
      Tensor dy,
      int dyAt,
      int lddy,
      Tensor x,
      int ldx,
      Tensor dw,
      int unit,
      int out,
      int n,
      int in) {
    int from = unit * SLICE;
    Linear.backwardWeight(
        dy, dyAt + from, lddy, x, 0, ldx, dw, (long) from * in, n, in, Math.min(SLICE, out - from));
  }
}
