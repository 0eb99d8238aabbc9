package org.esolm.model;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.esolm.io.Safetensors;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;

/** GPT-2 with random weights, in a folder and as its definition reads: double precision. */
public final class PlainGpt2 {
  private final Gpt2Config c;
  private final SequencedMap<String, Tensor> weights = new LinkedHashMap<>();

  /** Random weights of which every one matters. */
  public PlainGpt2(Arena arena, Gpt2Config config, long seed) {
    c = config;
    int d = c.hiddenSize();
    add(arena, seed, "wte.weight", 1, c.vocabSize(), d);
    add(arena, seed, "wpe.weight", 1, c.positions(), d);
    for (int b = 0; b < c.blocks(); b++) {
      String at = "h." + b + ".";
      norm(arena, seed, at + "ln_1");
      conv(arena, seed, at + "attn.c_attn", d, 3 * d);
      conv(arena, seed, at + "attn.c_proj", d, d);
      norm(arena, seed, at + "ln_2");
      conv(arena, seed, at + "mlp.c_fc", d, c.mlpSize());
      conv(arena, seed, at + "mlp.c_proj", c.mlpSize(), d);
    }
    norm(arena, seed, "ln_f");
  }

  private void norm(Arena arena, long seed, String name) {
    add(arena, seed, name + ".weight", 0.5, c.hiddenSize());
    add(arena, seed, name + ".bias", 0.5, c.hiddenSize());
  }

  private void conv(Arena arena, long seed, String name, int in, int out) {
    add(arena, seed, name + ".weight", 1.5 / Math.sqrt(in), in, out);
    add(arena, seed, name + ".bias", 0.5, out);
  }

  private void add(Arena arena, long seed, String name, double scale, int... shape) {
    Rng rng = Rng.of(seed, Purpose.WEIGHTS, weights.size());
    Tensor t = Tensor.zeros(arena, shape);
    for (long i = 0; i < t.size(); i++) {
      t.set(i, (float) (scale * rng.nextGaussian()));
    }
    weights.put(name, t);
  }

  public SequencedMap<String, Tensor> weights() {
    return weights;
  }

  /** Writes it as Hugging Face does. */
  public Path write(Path folder, String prefix) throws IOException {
    writeConfig(folder);
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    weights.forEach((name, t) -> named.put(prefix + name, t));
    Safetensors.write(folder.resolve("model.safetensors"), named, Map.of("format", "pt"));
    return folder;
  }

  /** The same in several files, tensor after tensor into another. */
  Path writeShards(Path folder, String prefix, int shards) throws IOException {
    writeConfig(folder);
    List<String> index = new ArrayList<>();
    for (int shard = 0; shard < shards; shard++) {
      String file = "model-%05d-of-%05d.safetensors".formatted(shard + 1, shards);
      SequencedMap<String, Tensor> named = new LinkedHashMap<>();
      int i = 0;
      for (var tensor : weights.entrySet()) {
        if (i++ % shards == shard) {
          named.put(prefix + tensor.getKey(), tensor.getValue());
          index.add("\"%s%s\": \"%s\"".formatted(prefix, tensor.getKey(), file));
        }
      }
      Safetensors.write(folder.resolve(file), named, Map.of("format", "pt"));
    }
    Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"weight_map\": {%s}}".formatted(String.join(", ", index)));
    return folder;
  }

  private void writeConfig(Path folder) throws IOException {
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("config.json"),
        """
        {"model_type": "gpt2", "activation_function": "gelu_new", "n_embd": %d, "n_head": %d, "n_inner": %d,
         "n_layer": %d, "n_positions": %d, "vocab_size": %d, "layer_norm_epsilon": %s}
        """
            .formatted(
                c.hiddenSize(),
                c.heads(),
                c.mlpSize(),
                c.blocks(),
                c.positions(),
                c.vocabSize(),
                c.epsilon()));
  }

  /** Last hidden states, [L][d]. */
  double[][] hidden(int[] ids) {
    int n = ids.length;
    double[][] x = new double[n][];
    for (int l = 0; l < n; l++) {
      x[l] = sum(row("wte.weight", ids[l]), row("wpe.weight", l));
    }
    for (int b = 0; b < c.blocks(); b++) {
      String at = "h." + b + ".";
      double[][] qkv = new double[n][];
      for (int l = 0; l < n; l++) {
        qkv[l] = linear(at + "attn.c_attn", norm(at + "ln_1", x[l]));
      }
      for (int l = 0; l < n; l++) {
        x[l] = sum(x[l], linear(at + "attn.c_proj", attend(qkv, l)));
        double[] h = linear(at + "mlp.c_fc", norm(at + "ln_2", x[l]));
        for (int i = 0; i < h.length; i++) {
          double u = Math.sqrt(2 / Math.PI) * (h[i] + 0.044715 * Math.pow(h[i], 3));
          h[i] *= 0.5 * (1 + Math.tanh(u));
        }
        x[l] = sum(x[l], linear(at + "mlp.c_proj", h));
      }
    }
    for (int l = 0; l < n; l++) {
      x[l] = norm("ln_f", x[l]);
    }
    return x;
  }

  /** Logits, [L][V]. */
  double[][] logits(int[] ids) {
    double[][] hidden = hidden(ids);
    double[][] logits = new double[ids.length][c.vocabSize()];
    for (int l = 0; l < ids.length; l++) {
      for (int v = 0; v < c.vocabSize(); v++) {
        logits[l][v] = dot(hidden[l], row("wte.weight", v), 0, c.hiddenSize());
      }
    }
    return logits;
  }

  private double[] attend(double[][] qkv, int q) {
    int d = c.hiddenSize();
    int h = d / c.heads();
    double[] out = new double[d];
    for (int head = 0; head < d; head += h) {
      double total = 0;
      double[] mixed = new double[h];
      for (int k = 0; k <= q; k++) {
        double s = 0;
        for (int i = 0; i < h; i++) {
          s += qkv[q][head + i] * qkv[k][d + head + i];
        }
        double e = Math.exp(s / Math.sqrt(h));
        total += e;
        for (int i = 0; i < h; i++) {
          mixed[i] += e * qkv[k][2 * d + head + i];
        }
      }
      for (int i = 0; i < h; i++) {
        out[head + i] = mixed[i] / total;
      }
    }
    return out;
  }

  private double[] norm(String name, double[] x) {
    double mean = 0;
    double variance = 0;
    for (double v : x) {
      mean += v / x.length;
    }
    for (double v : x) {
      variance += (v - mean) * (v - mean) / x.length;
    }
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] =
          (x[i] - mean) / Math.sqrt(variance + c.epsilon()) * weights.get(name + ".weight").get(i)
              + weights.get(name + ".bias").get(i);
    }
    return y;
  }

  private double[] linear(String name, double[] x) {
    Tensor w = weights.get(name + ".weight");
    Tensor bias = weights.get(name + ".bias");
    double[] y = new double[w.dim(1)];
    for (int o = 0; o < y.length; o++) {
      y[o] = bias.get(o);
      for (int i = 0; i < x.length; i++) {
        y[o] += x[i] * w.get((long) i * y.length + o);
      }
    }
    return y;
  }

  private double[] row(String name, int index) {
    Tensor t = weights.get(name);
    double[] r = new double[t.dim(1)];
    for (int i = 0; i < r.length; i++) {
      r[i] = t.get((long) index * r.length + i);
    }
    return r;
  }

  private static double[] sum(double[] a, double[] b) {
    double[] s = a.clone();
    for (int i = 0; i < s.length; i++) {
      s[i] += b[i];
    }
    return s;
  }

  private static double dot(double[] a, double[] b, int from, int to) {
    double s = 0;
    for (int i = from; i < to; i++) {
      s += a[i] * b[i];
    }
    return s;
  }
}
