package org.esolm.model;

import java.util.Arrays;
import org.esolm.tensor.Tensor;

/** The transformer as its definition reads: one sequence, double precision, no tricks. */
final class PlainTransformer {
  private final Parameters p;
  private final int d;
  private final double[] c;

  private PlainTransformer(Parameters p) {
    this.p = p;
    d = p.config().hiddenSize();
    if (p.config().adaLn()) {
      double[] time = new double[256];
      Arrays.fill(time, 0, 128, 1); // cosines, then sines, of time 0
      double[] h = silu(linear("sigma_map.mlp.0", time));
      c = silu(linear("sigma_map.mlp.2", h));
    } else {
      c = null;
    }
  }

  static double[][] logits(Parameters p, int[] ids, int[] positions, AttentionPattern pattern) {
    return new PlainTransformer(p).run(ids, positions, pattern);
  }

  private double[][] run(int[] ids, int[] positions, AttentionPattern pattern) {
    int n = ids.length;
    double[][] x = new double[n][];
    for (int r = 0; r < n; r++) {
      x[r] = row(p.get("vocab_embed.embedding"), ids[r]);
    }
    for (int b = 0; b < p.config().blocks(); b++) {
      String name = "blocks." + b + ".";
      double[] m = c == null ? null : linear(name + "adaLN_modulation", c);
      double[][] qkv = new double[n][];
      for (int r = 0; r < n; r++) {
        double[] y = modulate(norm(x[r], name + "norm1.weight"), m, 0, 1);
        qkv[r] = rotate(multiply(p.get(name + "attn_qkv.weight"), y), positions[r]);
      }
      for (int r = 0; r < n; r++) {
        double[] a = multiply(p.get(name + "attn_out.weight"), attend(qkv, r, pattern));
        addGated(x[r], a, m, 2);
      }
      for (int r = 0; r < n; r++) {
        double[] y = modulate(norm(x[r], name + "norm2.weight"), m, 3, 4);
        double[] h = linear(name + "mlp.0", y);
        for (int i = 0; i < h.length; i++) {
          double u = Math.sqrt(2 / Math.PI) * (h[i] + 0.044715 * Math.pow(h[i], 3));
          h[i] *= 0.5 * (1 + Math.tanh(u));
        }
        addGated(x[r], linear(name + "mlp.2", h), m, 5);
      }
    }
    double[] m = c == null ? null : linear("output_layer.adaLN_modulation", c);
    double[][] logits = new double[n][];
    for (int r = 0; r < n; r++) {
      double[] y = modulate(norm(x[r], "output_layer.norm_final.weight"), m, 0, 1);
      logits[r] = linear("output_layer.linear", y);
    }
    return logits;
  }

  private double[] attend(double[][] qkv, int q, AttentionPattern pattern) {
    int h = p.config().headSize();
    double[] out = new double[d];
    for (int head = 0; head < d; head += h) {
      double sum = 0;
      double[] mixed = new double[h];
      for (int k = 0; k < qkv.length; k++) {
        if (in(pattern.first(q), k) || in(pattern.second(q), k)) {
          double s = 0;
          for (int i = head; i < head + h; i++) {
            s += qkv[q][i] * qkv[k][d + i];
          }
          double e = Math.exp(s / Math.sqrt(h));
          sum += e;
          for (int i = 0; i < h; i++) {
            mixed[i] += e * qkv[k][2 * d + head + i];
          }
        }
      }
      for (int i = 0; i < h; i++) {
        out[head + i] = mixed[i] / sum;
      }
    }
    return out;
  }

  private static boolean in(long range, int key) {
    return AttentionPattern.from(range) <= key && key < AttentionPattern.to(range);
  }

  private double[] rotate(double[] qkv, int position) {
    int h = p.config().headSize();
    double[] y = qkv.clone();
    for (int head = 0; head < 2 * d; head += h) {
      for (int i = 0; i < h / 2; i++) {
        double angle = position / Math.pow(10_000, 2.0 * i / h);
        double u = qkv[head + i];
        double v = qkv[head + h / 2 + i];
        y[head + i] = u * Math.cos(angle) - v * Math.sin(angle);
        y[head + h / 2 + i] = v * Math.cos(angle) + u * Math.sin(angle);
      }
    }
    return y;
  }

  private double[] norm(double[] x, String weight) {
    double mean = Arrays.stream(x).average().orElseThrow();
    double variance = Arrays.stream(x).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
    double[] y = new double[d];
    for (int i = 0; i < d; i++) {
      y[i] = (x[i] - mean) / Math.sqrt(variance + 1e-5) * p.get(weight).get(i);
    }
    return y;
  }

  private double[] modulate(double[] y, double[] m, int shift, int scale) {
    for (int i = 0; m != null && i < d; i++) {
      y[i] = y[i] * (1 + m[scale * d + i]) + m[shift * d + i];
    }
    return y;
  }

  private void addGated(double[] x, double[] branch, double[] m, int gate) {
    for (int i = 0; i < d; i++) {
      x[i] += branch[i] * (m == null ? 1 : m[gate * d + i]);
    }
  }

  private static double[] row(Tensor table, int r) {
    double[] v = new double[table.dim(1)];
    for (int i = 0; i < v.length; i++) {
      v[i] = table.get((long) r * v.length + i);
    }
    return v;
  }

  private static double[] multiply(Tensor w, double[] x) {
    double[] y = new double[w.dim(0)];
    for (int o = 0; o < y.length; o++) {
      for (int i = 0; i < x.length; i++) {
        y[o] += w.get((long) o * x.length + i) * x[i];
      }
    }
    return y;
  }

  private double[] linear(String name, double[] x) {
    double[] y = multiply(p.get(name + ".weight"), x);
    for (int o = 0; o < y.length; o++) {
      y[o] += p.get(name + ".bias").get(o);
    }
    return y;
  }

  private static double[] silu(double[] x) {
    return Arrays.stream(x).map(v -> v / (1 + Math.exp(-v))).toArray();
  }
}
