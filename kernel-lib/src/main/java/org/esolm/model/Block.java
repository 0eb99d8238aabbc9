package org.esolm.model;

import java.lang.foreign.MemorySegment;
import org.esolm.random.Rng;
import org.esolm.tensor.Attention;
import org.esolm.tensor.Gelu;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Panels;
import org.esolm.tensor.Products;
import org.esolm.tensor.Residual;
import org.esolm.tensor.Rows;
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

  void enter(Frame frame, Workspace w, int tile, int worker) {
    Activations t = w.blocks[index];
    int from = frame.rows.from(tile);
    int to = frame.rows.to(tile);
    LayerNorm.forward(t.x, branch1.weight(), branch1.shift(), t.y1, t.statistics1, from, to, d);
    int skip = gathers(frame) ? d : 0; // queries of wanted rows only, in gather()
    Products products = w.products[worker];
    PackedWeights.Block b = w.packed.blocks[index];
    long y = (long) from * d;
    long qkv = 3L * d * from;
    if (skip == 0) {
      products.multiply(t.y1, y, d, b.query(), null, t.qkv, qkv, 3 * d, to - from);
    }
    products.multiply(t.y1, y, d, b.keyValue(), null, t.qkv, qkv + d, 3 * d, to - from);
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
  void gather(Frame frame, Workspace w, int tile, int worker) {
    Activations t = w.blocks[index];
    int from = frame.lastRows.from(tile);
    int to = frame.lastRows.to(tile);
    for (int i = from; i < to; i++) {
      copyRow(t.x, frame.lastRow(i), w.gatheredX, i);
      copyRow(t.y1, frame.lastRow(i), w.gatheredY, i);
    }
    long at = (long) from * d;
    Panels query = w.packed.blocks[index].query();
    w.products[worker].multiply(w.gatheredY, at, d, query, null, w.gatheredQ, at, d, to - from);
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

  void leave(Frame frame, Workspace w, int tile, int worker) {
    Activations t = w.blocks[index];
    Tiles tiles = leaving(frame);
    int from = tiles.from(tile);
    int to = tiles.to(tile);
    int n = to - from;
    Tensor x = gathers(frame) ? w.gatheredX : t.x;
    Products products = w.products[worker];
    PackedWeights.Block b = w.packed.blocks[index];
    long at = (long) from * d;
    long hiddenAt = (long) from * hidden;
    products.multiply(t.attended, at, d, b.out(), null, t.branch1, at, d, n);
    Residual.forward(
        x, t.branch1, null, branch1.gate(), t.x1, frame.dropout, seed(frame, 0), from, to, d);
    LayerNorm.forward(t.x1, branch2.weight(), branch2.shift(), t.y2, t.statistics2, from, to, d);
    products.multiply(t.y2, at, d, b.up(), p.upBias(), t.hidden, hiddenAt, hidden, n);
    Tensor activated = w.tileActivated[worker];
    Gelu.forward(t.hidden, activated, hiddenAt, (long) to * hidden, 0);
    products.multiply(activated, 0, hidden, b.down(), null, t.branch2, at, d, n);
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
  void leaveBackward(Frame frame, Workspace w, int tile, int worker) {
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
    Products products = w.products[worker];
    PackedWeights.Block b = w.packed.blocks[index];
    long at = (long) from * d;
    long hiddenAt = (long) from * hidden;
    products.multiply(w.dBranch2, at, d, b.downBack(), null, w.dHidden, hiddenAt, hidden, n);
    Gelu.backward(t.hidden, w.dHidden, w.activated, (long) from * hidden, (long) to * hidden);
    Rows.sumRows(w.dHidden, (long) from * hidden, hidden, w.tileSums, sums + 8L * d, n, hidden);
    products.multiply(w.dHidden, hiddenAt, hidden, b.upBack(), null, w.dy, at, d, n);
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
    products.multiply(w.dBranch1, at, d, b.outBack(), null, w.dAttended, at, d, n);
  }

  /** Attention's gradient for one sequence and one head. */
  void attendBackward(Frame frame, Workspace w, HeadAttention attention, int unit) {
    Activations t = w.blocks[index];
    boolean gathers = gathers(frame);
    int sequence = unit / config.heads();
    int head = unit % config.heads();
    attention.backward(
        frame,
        last,
        sequence,
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

  /**
   * Takes the wanted rows' gradients back through their queries; in a block that gathers, before
   * enterBackward.
   */
  void gatherBackward(Frame frame, Workspace w, int tile, int worker) {
    int from = frame.lastRows.from(tile);
    int to = frame.lastRows.to(tile);
    for (int i = from; i < to; i++) {
      w.rope.rotate(
          w.dGatheredQ, (long) i * d, config.heads(), frame.pass.position(frame.lastRow(i)), true);
    }
    long at = (long) from * d;
    Panels qkv = w.packed.blocks[index].qkvBack();
    w.products[worker].multiply(
        w.dGatheredQ, at, d, qkv, 0, d, null, w.dAttended, at, d, to - from);
  }

  /**
   * From the gradients of queries, keys and values to that of the block's input, in {@link #dxIn}.
   */
  void enterBackward(Frame frame, Workspace w, int tile, int worker) {
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
    Panels qkv = w.packed.blocks[index].qkvBack();
    w.products[worker].multiply(
        w.dqkv,
        3L * d * from + skip,
        3 * d,
        qkv,
        skip,
        3 * d - skip,
        null,
        w.dy,
        (long) from * d,
        d,
        to - from);
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

  /**
   * Rows and columns of a weight's gradient that are one unit of work, at most: large, as each unit
   * copies its part of both factors.
   */
  static final int SLICE_OUT = 264;

  static final int SLICE_IN = 256;

  static int slices(int out, int in) {
    return (out + SLICE_OUT - 1) / SLICE_OUT * ((in + SLICE_IN - 1) / SLICE_IN);
  }

  /** Units of the weights behind attention, whose gradients need {@link #leaveBackward} only. */
  int leavingWeightUnits() {
    return slices(d, hidden) + slices(hidden, d) + slices(d, d);
  }

  /** One unit of the gradients of mlp.2, mlp.0 and attn_out, behind leaveBackward of all rows. */
  void leavingWeights(Frame frame, Workspace w, Parameters gradient, int unit, int worker) {
    Activations t = w.blocks[index];
    BlockParameters dp = gradient.block(index);
    Products products = w.products[worker];
    int n = gathers(frame) ? frame.pass.wanted() : frame.pass.rows();
    int down = slices(d, hidden);
    int up = down + slices(hidden, d);
    if (unit < down) {
      Tensor dw = dp.downWeight();
      slice(products, w.dBranch2, 0, d, w.activated, 0, hidden, dw, 0, unit, d, n);
    } else if (unit < up) {
      Tensor dw = dp.upWeight();
      slice(products, w.dHidden, 0, hidden, t.y2, 0, d, dw, 0, unit - down, hidden, n);
    } else {
      slice(products, w.dBranch1, 0, d, t.attended, 0, d, dp.out(), 0, unit - up, d, n);
    }
  }

  /** Units of the weights before attention. */
  int enteringWeightUnits(Frame frame) {
    return gathers(frame) ? slices(2 * d, d) + slices(d, d) : slices(3 * d, d);
  }

  /** One unit of the gradients of attn_qkv, behind {@link #enterBackward} of all rows. */
  void enteringWeights(Frame frame, Workspace w, Parameters gradient, int unit, int worker) {
    Activations t = w.blocks[index];
    Tensor dw = gradient.block(index).qkv();
    Products products = w.products[worker];
    int n = frame.pass.rows();
    if (!gathers(frame)) {
      slice(products, w.dqkv, 0, 3 * d, t.y1, 0, d, dw, 0, unit, 3 * d, n);
      return;
    }
    int keyValue = slices(2 * d, d);
    if (unit < keyValue) {
      slice(products, w.dqkv, d, 3 * d, t.y1, 0, d, dw, d, unit, 2 * d, n);
    } else {
      int wanted = frame.pass.wanted();
      slice(products, w.dGatheredQ, 0, d, w.gatheredY, 0, d, dw, 0, unit - keyValue, d, wanted);
    }
  }

  /**
   * One unit of dW += dy' x.
   *
   * @param dy [n, lddy], columns from dyAt on
   * @param x [n, in], its first element at xAt
   * @param dw [all, in]
   * @param row of dw that belongs to column dyAt
   * @param out how many rows of dw there are
   */
  static void slice(
      Products products,
      Tensor dy,
      int dyAt,
      int lddy,
      Tensor x,
      long xAt,
      int in,
      Tensor dw,
      int row,
      int unit,
      int out,
      int n) {
    int across = (in + SLICE_IN - 1) / SLICE_IN;
    int from = unit / across * SLICE_OUT;
    int column = unit % across * SLICE_IN;
    products.addTransposed(
        dy,
        dyAt + from,
        lddy,
        x,
        xAt + column,
        in,
        dw,
        (long) (row + from) * in + column,
        in,
        n,
        Math.min(SLICE_OUT, out - from),
        Math.min(SLICE_IN, in - column));
  }
}
