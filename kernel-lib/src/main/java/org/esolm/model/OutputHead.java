package org.esolm.model;

import org.esolm.tensor.Attention;
import org.esolm.tensor.CrossEntropy;
import org.esolm.tensor.LayerNorm;
import org.esolm.tensor.Rows;
import org.esolm.tensor.Tensor;

/**
 * Last normalisation, logits and cross-entropy of the wanted rows, in chunks of rows so that logits
 * of a large vocabulary never stand in memory all at once. The mask token is never predicted: its
 * logit counts as -1e6 in every loss (SUBS parameterisation), though not where logits are handed
 * out.
 */
final class OutputHead {
  private static final float NEVER = -1e6f;

  private final int d;
  private final int v;
  private final int maskIndex;
  private final Tensor bias;
  private final Tensor normWeight;
  private final Tensor normShift;

  OutputHead(Parameters weights, Modulation modulation) {
    ModelConfig config = weights.config();
    d = config.hiddenSize();
    v = config.vocabSize();
    maskIndex = config.maskIndex();
    bias = weights.get("output_layer.linear.bias");
    normWeight = modulation.last().weight();
    normShift = modulation.last().shift();
  }

  /** Raw logits of wanted rows [from, to) into rows [from - base, to - base) of {@code logits}. */
  void logits(Workspace w, int from, int to, int base, Tensor logits, int worker) {
    LayerNorm.forward(w.out, normWeight, normShift, w.y, w.statistics, from, to, d);
    long at = (long) (from - base) * v;
    w.products[worker].multiply(
        w.y, (long) from * d, d, w.packed.head, bias, logits, at, v, to - from);
  }

  /** Negative log-likelihoods of wanted rows [from, to) into {@code w.nll}. */
  void loss(Frame frame, Workspace w, int from, int to, int base, int worker) {
    logits(w, from, to, base, w.logits, worker);
    for (int i = from; i < to; i++) {
      long at = (long) (i - base) * v;
      w.logits.set(at + maskIndex, NEVER);
      w.nll.set(i, CrossEntropy.forward(w.logits, at, v, frame.pass.target(i)));
    }
  }

  /**
   * As {@link #loss}, and the gradient of the weighted sum of negative log-likelihoods with respect
   * to the residual stream into {@code w.dx}; leaves the gradient of the logits in {@code
   * w.logits}.
   */
  void gradient(Frame frame, Workspace w, int tile, int base, int worker) {
    int from = frame.lastRows.from(tile);
    int to = frame.lastRows.to(tile);
    logits(w, from, to, base, w.logits, worker);
    for (int i = from; i < to; i++) {
      long at = (long) (i - base) * v;
      w.logits.set(at + maskIndex, NEVER);
      float nll =
          CrossEntropy.backward(w.logits, at, v, frame.pass.target(i), frame.pass.weight(i));
      w.nll.set(i, nll);
    }
    w.products[worker].multiply(
        w.logits,
        (long) (from - base) * v,
        v,
        w.packed.headBack,
        null,
        w.dy,
        (long) from * d,
        d,
        to - from);
    Attention.zero(w.dx, (long) from * d, 0, (to - from) * d);
    LayerNorm.backward(
        w.dy, w.out, normWeight, w.statistics, w.dx, w.tileSums, (long) tile * 2 * d, from, to, d);
  }

  int weightUnits() {
    return Block.slices(v, d);
  }

  /** Adds one slice of the gradients of weight and bias over the rows [from, to) of a chunk. */
  void weightBackward(Workspace w, Parameters gradient, int unit, int from, int to, int worker) {
    Block.slice(
        w.products[worker],
        w.logits,
        0,
        v,
        w.y,
        (long) from * d,
        d,
        gradient.get("output_layer.linear.weight"),
        0,
        unit,
        v,
        to - from);
    int across = Block.slices(1, d);
    if (unit % across == 0) {
      int first = unit / across * Block.SLICE_OUT;
      int n = Math.min(Block.SLICE_OUT, v - first);
      Rows.sumRows(
          w.logits, first, v, gradient.get("output_layer.linear.bias"), first, to - from, n);
    }
  }
}
