package org.esolm.peer;

import static org.esolm.peer.Ops.plus;
import static org.esolm.peer.Ops.scoped;
import static org.esolm.peer.Ops.slice;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The transformer: adaptive layer norms where there is a conditioning vector, rotary positions. */
final class Net {
  /** Keys and values that a pass appends at {@code start}, room for {@code capacity} rows. */
  record Cache(long start, long capacity) {}

  /** How rows see each other: by a mask, or all earlier ones, or all. */
  record Attention(Tensor mask, boolean causal) {
    static final Attention FULL = new Attention(null, false);
    static final Attention CAUSAL = new Attention(null, true);
  }

  private final List<Tensor> parameters = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private final Sizes sizes;
  private final Tensor embedding;
  private final Tensor norm;
  private final Linear head;
  private final Linear time1; // null without conditioning, as the next two
  private final Linear time2;
  private final Linear modulation;
  private final Tensor cos;
  private final Tensor sin;

  Net(Sizes sizes) {
    this.sizes = sizes;
    int d = sizes.hidden();
    embedding = parameter(torch.randn(sizes.vocab() + 1, d));
    for (int i = 0; i < sizes.blocks(); i++) {
      blocks.add(new Block());
    }
    norm = parameter(torch.ones(d));
    head = new Linear(d, sizes.vocab() + 1, true);
    boolean conditioned = sizes.cond() > 0;
    time1 = conditioned ? new Linear(256, sizes.cond(), true) : null;
    time2 = conditioned ? new Linear(sizes.cond(), sizes.cond(), true) : null;
    modulation = conditioned ? new Linear(sizes.cond(), 2 * d, true) : null;
    long half = d / sizes.heads() / 2;
    Tensor frequency =
        torch
            .arange(new Scalar(half))
            .toType(ScalarType.Float)
            .mul(new Scalar(-Math.log(10_000) / half))
            .exp();
    Tensor angle =
        torch.outer(Ops.arange(2L * sizes.length() + 2).toType(ScalarType.Float), frequency);
    cos = torch.cat(new TensorVector(angle.cos(), angle.cos()), -1);
    sin = torch.cat(new TensorVector(angle.sin(), angle.sin()), -1);
  }

  List<Tensor> parameters() {
    return parameters;
  }

  private Tensor parameter(Tensor value) {
    Tensor leaf = value.detach();
    leaf.set_requires_grad(true);
    parameters.add(leaf);
    return leaf;
  }

  /**
   * Logits.
   *
   * @param ids [B, n]
   * @param positions of the rows, [1|B, n]
   * @param attention who sees whom
   * @param cache keys and values of earlier passes; null for none
   * @param from the first row whose logits are wanted
   * @return [B, n - from, V + 1]
   */
  Tensor forward(Tensor ids, Tensor positions, Attention attention, Cache cache, long from) {
    return scoped(
        () -> {
          Tensor x = torch.embedding(embedding, ids);
          Tensor c = Ops.at(cos, positions).unsqueeze(1);
          Tensor s = Ops.at(sin, positions).unsqueeze(1);
          Tensor condition = time1 == null ? null : condition(ids.size(0));
          for (Block block : blocks) {
            x = block.forward(x, c, s, attention, condition, cache);
          }
          if (from > 0) {
            x = slice(x, 1, from, x.size(1));
          }
          Tensor y = normalized(x, norm);
          if (condition != null) {
            TensorVector shiftScale = modulation.of(condition).unsqueeze(1).chunk(2, -1);
            y = y.mul(plus(shiftScale.get(1), 1)).add(shiftScale.get(0));
          }
          return head.of(y);
        });
  }

  Tensor forward(Tensor ids, Tensor positions, Attention attention) {
    return forward(ids, positions, attention, null, 0);
  }

  /** The embedding of time 0 passes its two layers in every pass. */
  private Tensor condition(long batch) {
    Tensor e = torch.cat(new TensorVector(torch.ones(batch, 128), torch.zeros(batch, 128)), -1);
    return torch.silu(time2.of(torch.silu(time1.of(e))));
  }

  private Tensor normalized(Tensor x, Tensor weight) {
    return torch.layer_norm(
        x,
        new long[] {sizes.hidden()},
        new TensorOptional(weight),
        new TensorOptional(),
        1e-5,
        true);
  }

  private static Tensor rotated(Tensor x, Tensor cos, Tensor sin) {
    TensorVector halves = x.chunk(2, -1);
    Tensor turned = torch.cat(new TensorVector(halves.get(1).neg(), halves.get(0)), -1);
    return x.mul(cos).add(turned.mul(sin));
  }

  private final class Linear {
    private final Tensor weight;
    private final Tensor bias; // null without

    Linear(int in, int out, boolean withBias) {
      double bound = 1 / Math.sqrt(in);
      weight = parameter(uniform(bound, out, in));
      bias = withBias ? parameter(uniform(bound, out)) : null;
    }

    private static Tensor uniform(double bound, long... shape) {
      return torch.rand(shape).mul(new Scalar(2 * bound)).sub(new Scalar(bound));
    }

    Tensor of(Tensor x) {
      return bias == null
          ? torch.linear(x, weight)
          : torch.linear(x, weight, new TensorOptional(bias));
    }
  }

  private final class Block {
    private final Tensor norm1 = parameter(torch.ones(sizes.hidden()));
    private final Tensor norm2 = parameter(torch.ones(sizes.hidden()));
    private final Linear qkv = new Linear(sizes.hidden(), 3 * sizes.hidden(), false);
    private final Linear out = new Linear(sizes.hidden(), sizes.hidden(), false);
    private final Linear up = new Linear(sizes.hidden(), 4 * sizes.hidden(), true);
    private final Linear down = new Linear(4 * sizes.hidden(), sizes.hidden(), true);
    private final Linear adaptive =
        sizes.cond() == 0 ? null : new Linear(sizes.cond(), 6 * sizes.hidden(), true);
    private Tensor keys; // [B, heads, capacity, head size], null until a pass needs it
    private Tensor values;

    Tensor forward(
        Tensor x, Tensor cos, Tensor sin, Attention attention, Tensor condition, Cache cache) {
      return scoped(
          () -> {
            if (adaptive == null) {
              Tensor h = x.add(attend(normalized(x, norm1), cos, sin, attention, cache));
              return h.add(mlp(normalized(h, norm2)));
            }
            TensorVector m = adaptive.of(condition).unsqueeze(1).chunk(6, -1);
            Tensor y = modulated(x, norm1, m.get(0), m.get(1));
            Tensor h = x.add(m.get(2).mul(attend(y, cos, sin, attention, cache)));
            return h.add(m.get(5).mul(mlp(modulated(h, norm2, m.get(3), m.get(4)))));
          });
    }

    private Tensor modulated(Tensor x, Tensor norm, Tensor shift, Tensor scale) {
      return scoped(() -> normalized(x, norm).mul(plus(scale, 1)).add(shift));
    }

    private Tensor mlp(Tensor y) {
      return scoped(() -> down.of(torch.gelu(up.of(y), "tanh")));
    }

    private Tensor attend(Tensor y, Tensor cos, Tensor sin, Attention attention, Cache cache) {
      return scoped(
          () -> {
            long b = y.size(0);
            long n = y.size(1);
            long heads = sizes.heads();
            long size = sizes.hidden() / heads;
            Tensor all = qkv.of(y).view(b, n, 3, heads, size).permute(2, 0, 3, 1, 4);
            Tensor q = rotated(all.select(0, 0), cos, sin);
            Tensor k = rotated(all.select(0, 1), cos, sin);
            Tensor v = all.select(0, 2);
            boolean causal = attention.causal && attention.mask == null;
            if (cache != null) {
              long end = cache.start + n;
              if (keys == null) {
                keys = kept(torch.empty(b, heads, cache.capacity, size));
                values = kept(torch.empty(b, heads, cache.capacity, size));
              }
              slice(keys, 2, cache.start, end).copy_(k);
              slice(values, 2, cache.start, end).copy_(v);
              k = slice(keys, 2, 0, end);
              v = slice(values, 2, 0, end);
              causal &= n > 1;
            }
            TensorOptional mask =
                attention.mask == null ? new TensorOptional() : new TensorOptional(attention.mask);
            Tensor a =
                torch.scaled_dot_product_attention(
                    q, k, v, mask, 0.0, causal, new DoubleOptional(), false);
            return out.of(a.transpose(1, 2).reshape(b, n, sizes.hidden()));
          });
    }

    /** Outlives the scopes: every run writes over it. */
    private static Tensor kept(Tensor x) {
      return x.retainReference();
    }
  }
}
