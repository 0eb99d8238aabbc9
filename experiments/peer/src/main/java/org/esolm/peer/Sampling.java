package org.esolm.peer;

import static org.esolm.peer.Ops.arange;
import static org.esolm.peer.Ops.at;
import static org.esolm.peer.Ops.gumbel;
import static org.esolm.peer.Ops.isolated;
import static org.esolm.peer.Ops.slice;
import static org.esolm.peer.Ops.uniform;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorIndex;
import org.bytedeco.pytorch.TensorIndexVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.esolm.peer.Net.Attention;
import org.esolm.peer.Net.Cache;

/** Sampling of a batch by each system; caches where the system allows one. */
final class Sampling {
  private final Sizes sizes;
  private final Net net;
  private final int n; // L
  private final int batch;
  private final Tensor ar; // [1, L]
  private final Scalar maskIndex;

  Sampling(Sizes sizes) {
    this.sizes = sizes;
    net = new Net(sizes);
    n = sizes.length();
    batch = sizes.batch();
    ar = arange(n).unsqueeze(0);
    maskIndex = new Scalar((long) sizes.maskIndex());
  }

  /** Samples the batch; returns the number of function evaluations. */
  int run() {
    try (PointerScope _ = new PointerScope()) {
      return switch (sizes.model()) {
        case "ar" -> autoregressive();
        case "mdlm" -> masked();
        case "bd3lm" -> blockDiffusion();
        default -> hybrid();
      };
    }
  }

  private int autoregressive() {
    Tensor x = torch.zeros(new long[] {batch, n + 1}, Ops.type(ScalarType.Long));
    for (int i = 0; i < n; i++) {
      int l = i;
      isolated(
          () -> {
            Tensor logits =
                net.forward(
                    slice(x, 1, l, l + 1), slice(ar, 1, l, l + 1), Attention.FULL, cache(l), 0);
            x.select(1, l + 1).copy_(gumbel(noMask(logits).select(1, 0)));
          });
    }
    return n;
  }

  private int masked() {
    Tensor x = allMasked();
    int t = sizes.number("steps", n);
    int nfe = 0;
    int i = 0;
    boolean done = false;
    while (i < t && !done) {
      try (PointerScope _ = new PointerScope()) {
        Tensor laws = noMask(net.forward(x, ar, Attention.FULL));
        nfe++;
        boolean changed = false;
        while (i < t && !changed) { // while nothing changes, the laws stay
          changed = unmask(x, laws, 1.0 / (t - i++));
        }
        done = !x.eq(maskIndex).any().item_bool();
      }
    }
    return nfe;
  }

  private int blockDiffusion() {
    Tensor x = allMasked();
    int s = sizes.blockSize();
    int t = sizes.number("block_steps", s);
    int nfe = 0;
    for (int start = 0; start < n; start += s) {
      try (PointerScope _ = new PointerScope()) {
        Tensor xb = slice(x, 1, start, start + s);
        Tensor positions = slice(ar, 1, start, start + s);
        Tensor laws = null;
        for (int i = 0; i < t; i++) {
          if (laws == null) {
            laws = noMask(net.forward(xb, positions, Attention.FULL, cache(start), 0));
            nfe++;
          }
          if (unmask(xb, laws, 1.0 / (t - i))) {
            laws = null;
          }
        }
        net.forward(xb, positions, Attention.FULL, cache(start), 0);
        nfe++;
      }
    }
    return nfe;
  }

  /** Reveals each masked token with a probability; says whether any was. */
  private boolean unmask(Tensor x, Tensor laws, double probability) {
    try (PointerScope _ = new PointerScope()) {
      Tensor chosen =
          x.eq(maskIndex).logical_and(uniform(x.size(0), x.size(1)).lt(new Scalar(probability)));
      if (!chosen.any().item_bool()) {
        return false;
      }
      x.index_put_(new TensorIndexVector(new TensorIndex(chosen)), gumbel(at(laws, chosen)));
      return true;
    }
  }

  /** Diffusion steps by a binomial schedule, then one by one from the left. */
  private int hybrid() {
    double alpha0 = sizes.number("alpha0", 1.0);
    int t = sizes.number("steps", n);
    List<Integer> schedule = new ArrayList<>();
    int left = n;
    for (int i = 0; i < t && left > 0; i++) {
      double from = alpha0 * i / t;
      double to = alpha0 * (i + 1) / t;
      int k = binomial(left, (to - from) / (1 - from));
      if (k > 0) {
        schedule.add(k);
        left -= k;
      }
    }
    int diffused = n - left;
    for (int i = 0; i < left; i++) {
      schedule.add(1);
    }
    Tensor order = uniform(batch, n).argsort(1, false);
    if (left > 0) {
      Tensor rest = slice(order, 1, diffused, n);
      rest.copy_(rest.sort(1, false).get0().clone());
    }
    Tensor x = allMasked();
    int known = 0;
    int last = 0;
    for (int k : schedule) {
      step(x, order, known, last, k);
      known += k;
      last = k;
    }
    allMasked().scatter_(1, order, x);
    return schedule.size();
  }

  /** The tokens of the last step enter for good, and with them the masks of this one. */
  private void step(Tensor x, Tensor order, int known, int last, int k) {
    isolated(
        () -> {
          int from = known - last;
          int to = known + k;
          Tensor logits =
              net.forward(
                  slice(x, 1, from, to),
                  slice(order, 1, from, to),
                  new Attention(causal(from, last + k), false),
                  cache(from),
                  last);
          slice(x, 1, known, to).copy_(gumbel(noMask(logits)));
        });
  }

  /** Row j of m sees what was cached before and the rows up to itself; null if there is one row. */
  private static Tensor causal(int cached, int m) {
    if (m == 1) {
      return null;
    }
    Tensor mask = torch.ones(new long[] {m, cached + m}, Ops.type(ScalarType.Bool));
    slice(mask, 1, cached, cached + m)
        .copy_(torch.ones(new long[] {m, m}, Ops.type(ScalarType.Bool)).tril());
    return mask;
  }

  private static int binomial(int count, double probability) {
    try (PointerScope _ = new PointerScope()) {
      Tensor trials = torch.full(new long[] {1}, new Scalar((double) count));
      Tensor p = torch.full(new long[] {1}, new Scalar(Math.min(1, probability)));
      return (int) torch.binomial(trials, p).item_float();
    }
  }

  private Tensor allMasked() {
    return torch.full(new long[] {batch, n}, maskIndex, Ops.type(ScalarType.Long));
  }

  private Tensor noMask(Tensor logits) {
    return slice(logits, 2, 0, sizes.maskIndex());
  }

  private Cache cache(int start) {
    return new Cache(start, n);
  }
}
