package org.esolm.peer;

import static org.esolm.peer.Ops.arange;
import static org.esolm.peer.Ops.cat;
import static org.esolm.peer.Ops.plus;
import static org.esolm.peer.Ops.slice;
import static org.esolm.peer.Ops.times;
import static org.esolm.peer.Ops.uniform;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.esolm.peer.Net.Attention;

/** A training step of each system: loss, backward, clipping, AdamW, moving average. */
final class Training {
  private static final int BATCHES = 8;

  private final Sizes sizes;
  private final Net net;
  private final Optimizer optimizer;
  private final Tensor texts; // [8, B, L]
  private final Tensor ar; // 0 .. L-1
  private final Attention blockMask;
  private final Attention sequentialMask;
  private int steps;

  Training(Sizes sizes) {
    this.sizes = sizes;
    net = new Net(sizes);
    optimizer = new Optimizer(net.parameters());
    texts =
        torch.randint(
            sizes.vocab(),
            new long[] {BATCHES, sizes.batch(), sizes.length()},
            Ops.type(torch.ScalarType.Long));
    ar = arange(sizes.length());
    blockMask = new Attention(mask(sizes.length(), sizes.blockSize()), false);
    sequentialMask = new Attention(mask(sizes.length(), 1), false);
  }

  long parameters() {
    return net.parameters().stream().mapToLong(Tensor::numel).sum();
  }

  /** One step; returns its loss. */
  double step() {
    try (PointerScope _ = new PointerScope()) {
      Tensor loss = loss(texts.select(0, steps++ % BATCHES));
      optimizer.clearGradients();
      loss.backward();
      optimizer.step();
      return loss.item_float();
    }
  }

  private Tensor loss(Tensor x0) {
    return switch (sizes.model()) {
      case "ar" -> autoregressive(x0);
      case "mdlm" -> masked(x0);
      case "bd3lm" -> blockDiffusion(x0);
      default -> hybrid(x0);
    };
  }

  private Tensor autoregressive(Tensor x0) {
    long n = sizes.length();
    Tensor logits =
        net.forward(slice(x0, 1, 0, n - 1), slice(row(ar), 1, 0, n - 1), Attention.CAUSAL);
    return crossEntropy(logits, slice(x0, 1, 1, n)).mean();
  }

  private Tensor masked(Tensor x0) {
    long b = sizes.batch();
    Tensor strata = arange(b).unsqueeze(1);
    Tensor t = time(times(uniform(b, 1), 1.0 / b).add(times(strata, 1.0 / b)));
    Tensor z = mask(x0, t);
    Tensor cost = crossEntropy(net.forward(z, row(ar), Attention.FULL), x0);
    return cost.mul(isMask(z)).div(t).mean();
  }

  private Tensor blockDiffusion(Tensor x0) {
    long n = sizes.length();
    Tensor t =
        time(uniform(sizes.batch(), n / sizes.blockSize()))
            .repeat_interleave(sizes.blockSize(), new LongOptional(-1), new LongOptional());
    Tensor z = mask(x0, t);
    Tensor both = net.forward(cat(z, x0), cat(row(ar), row(ar)), blockMask);
    return crossEntropy(slice(both, 1, 0, n), x0).mul(isMask(z)).div(t).mean();
  }

  private Tensor hybrid(Tensor x0) {
    double alpha0 = sizes.number("alpha0", 0.5);
    long half = sizes.batch() / 2;
    return diffusionPart(slice(x0, 0, 0, half), alpha0)
        .add(sequentialPart(slice(x0, 0, half, sizes.batch()), alpha0));
  }

  private Tensor diffusionPart(Tensor x0, double alpha0) {
    Tensor t = time(uniform(x0.size(0), 1));
    Tensor masked = plus(times(plus(times(t, -0.999), 1), -alpha0), 1); // 1 - alpha_t
    Tensor z = mask(x0, masked);
    Tensor order = isMask(z).toType(torch.ScalarType.Float).add(jitter(x0)).argsort(1, false);
    Tensor zz = z.gather(1, order);
    Tensor cost = crossEntropy(net.forward(zz, order, Attention.CAUSAL), x0.gather(1, order));
    Tensor weight = masked.reciprocal().mul(new Scalar(alpha0 * 0.999));
    return cost.mul(isMask(zz)).mul(weight).mean();
  }

  private Tensor sequentialPart(Tensor x0, double alpha0) {
    long n = sizes.length();
    Tensor z = mask(x0, torch.full(new long[] {1}, new Scalar(1 - alpha0)));
    Tensor ascending = plus(times(ar, 1.0 / n), 1);
    Tensor order = torch.where(isMask(z), ascending, jitter(x0)).argsort(1, false);
    Tensor zz = z.gather(1, order);
    Tensor xx = x0.gather(1, order);
    Tensor both = net.forward(cat(zz, xx), cat(order, order), sequentialMask);
    return crossEntropy(slice(both, 1, 0, n), xx).mul(isMask(zz)).mean();
  }

  private static Tensor jitter(Tensor x0) {
    return times(uniform(x0.size(0), x0.size(1)), 0.9);
  }

  private static Tensor time(Tensor u) {
    return plus(times(u, 0.999), 0.001);
  }

  private static Tensor row(Tensor x) {
    return x.unsqueeze(0);
  }

  private Tensor mask(Tensor x0, Tensor probability) {
    Tensor masked = uniform(x0.size(0), x0.size(1)).lt(probability);
    return torch.where(masked, new Scalar((long) sizes.maskIndex()), x0);
  }

  private Tensor isMask(Tensor z) {
    return z.eq(new Scalar((long) sizes.maskIndex()));
  }

  /** Of all rows, without the mask's column. */
  private Tensor crossEntropy(Tensor logits, Tensor targets) {
    long v = sizes.maskIndex();
    return torch
        .cross_entropy_loss(
            slice(logits, 2, 0, v).reshape(-1, v),
            targets.reshape(-1),
            new TensorOptional(),
            0, // no reduction
            -100,
            0)
        .view(targets.size(0), targets.size(1));
  }

  /** The mask of noisy and clean halves in blocks of S. */
  private static Tensor mask(long length, long s) {
    Tensor at = arange(2 * length);
    Tensor block = at.remainder(new Scalar(length)).div(new Scalar(s)).floor();
    Tensor clean = at.ge(new Scalar(length));
    Tensor bq = block.unsqueeze(1);
    Tensor bk = row(block);
    Tensor xq = clean.unsqueeze(1);
    Tensor xk = row(clean);
    Tensor own = bq.eq(bk).logical_and(xq.eq(xk));
    Tensor earlier = bq.gt(bk).logical_and(xk).logical_and(xq.logical_not());
    Tensor cleanCausal = bq.ge(bk).logical_and(xk).logical_and(xq);
    return own.logical_or(earlier).logical_or(cleanCausal);
  }
}
