package org.esolm.experiments.parity;

import java.util.Arrays;
import java.util.Map;
import java.util.function.IntFunction;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.model.AttentionPattern;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.ArObjective;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.BlockDiffusionObjective;
import org.esolm.objective.EsoLmObjective;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.objective.MdlmObjective;
import org.esolm.tensor.Tensor;

/** Training passes: attention masks, logits, losses and gradients. */
final class TrainingCases {
  private TrainingCases() {}

  /** Appends one sequence of the objective's own pass. */
  @FunctionalInterface
  private interface Sequence {
    void add(int b, Pass pass);
  }

  static void ar(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    Prepend prepend = prepend(golden.text("prepend_token"));
    int token = prepend == Prepend.BOS ? golden.setting("bos_index") : golden.setting("mask_index");
    ArObjective objective = new ArObjective(prepend, token);
    Parameters weights = golden.weights();
    try (Transformer network = new Transformer(weights, golden.workers())) {
      Pass pass = new Pass();
      objective.training(x0, null, pass);
      Tensor logits = golden.matrix(pass.wanted(), weights.config().vocabSize());
      network.logits(pass, logits);
      report.output(golden.name() + " logits", golden.floats("output/logits"), logits.toArray());
      lossAndGradients(
          golden, report, network, pass, everywhere(golden.rows("input/targets")), "nll");
    }
    if (golden.has("output/cached_logits")) {
      SamplingCases.ar(golden, report, prepend, token);
    }
  }

  private static Prepend prepend(String name) {
    return Arrays.stream(Prepend.values())
        .filter(p -> p.name().equalsIgnoreCase(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "case.json: prepend_token: '" + name + "', must be none, bos or mask"));
  }

  static void mdlm(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] xt = golden.rows("input/xt");
    float[] t = golden.floats("input/t");
    int mask = golden.setting("mask_index");
    NoiseSchedule noise = new NoiseSchedule(1);
    float[] alphaT = new float[t.length];
    for (int b = 0; b < t.length; b++) {
      alphaT[b] = (float) noise.alphaT(t[b]);
    }
    report.output(golden.name() + " alpha_t", golden.floats("input/alpha_t"), alphaT);
    MdlmObjective objective = new MdlmObjective(mask, false);
    Parameters weights = golden.weights();
    float tokens = x0.length * x0[0].length;
    try (Transformer network = new Transformer(weights, golden.workers())) {
      float[] logits =
          allLogits(golden, network, xt, x0, new AttentionPattern.Bidirectional(x0[0].length));
      report.output(golden.name() + " logits", golden.floats("output/logits"), logits);
      if (golden.has("output/log_x_theta")) {
        report.output(
            golden.name() + " log_x_theta",
            golden.floats("output/log_x_theta"),
            logXTheta(logits, weights.config()));
      }
      boolean[][] masked = masked(xt, mask);
      Pass low = pass(x0.length, (b, p) -> objective.addSequence(x0[b], xt[b], 1f, p));
      network.loss(low);
      report.output(
          golden.name() + " nll_low_var",
          golden.floats("output/nll_low_var"),
          scatter(network, low, masked, 1f));
      Pass pass =
          pass(
              x0.length,
              (b, p) ->
                  objective.addSequence(x0[b], xt[b], (float) noise.weight(t[b]) / tokens, p));
      lossAndGradients(golden, report, network, pass, masked, "nll");
    }
  }

  /** Log-probabilities with the mask token ruled out (SUBS). */
  private static float[] logXTheta(float[] logits, ModelConfig config) {
    int v = config.vocabSize();
    float[] out = new float[logits.length];
    for (int row = 0; row < logits.length; row += v) {
      double sum = 0;
      for (int i = 0; i < v; i++) {
        sum += i == config.maskIndex() ? 0 : Math.exp(logits[row + i]);
      }
      for (int i = 0; i < v; i++) {
        float logit = i == config.maskIndex() ? -1e6f : logits[row + i];
        out[row + i] = logit - (float) Math.log(sum);
      }
    }
    return out;
  }

  static void blockDiffusion(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] xt = golden.rows("input/xt");
    float[] t = golden.floats("input/t");
    int length = x0[0].length;
    int blocks = t.length / x0.length;
    int size = golden.setting("block_size");
    BlockDiffusionObjective.requireDivides(length, size);
    int mask = golden.setting("mask_index");
    AttentionPattern pattern = new AttentionPattern.BlockDiffusion(length, size);
    mask(golden, report, x0.length, 2 * length, b -> pattern);
    BlockDiffusionObjective objective = new BlockDiffusionObjective(mask, size);
    float tokens = x0.length * length;
    try (Transformer network = new Transformer(golden.weights(), golden.workers())) {
      float[] logits = allLogits(golden, network, xt, x0, pattern);
      report.output(golden.name() + " logits", golden.floats("output/logits"), logits);
      Pass pass =
          pass(
              x0.length,
              (b, p) -> {
                float[] weight = new float[length];
                for (int l = 0; l < length; l++) {
                  weight[l] = 1 / t[b * blocks + l / size] / tokens;
                }
                objective.addSequence(x0[b], xt[b], weight, p);
              });
      lossAndGradients(golden, report, network, pass, masked(xt, mask), "nll");
    }
  }

  static void esoDiffusion(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] xt = golden.rows("input/xt");
    int[][] sigma = golden.rows("input/sort_idx");
    float[] t = golden.floats("input/t");
    int mask = golden.setting("mask_index");
    NoiseSchedule noise = new NoiseSchedule(golden.number("alpha_0"));
    float[] alphaT = new float[t.length];
    for (int b = 0; b < t.length; b++) {
      alphaT[b] = (float) noise.alphaT(t[b]);
    }
    report.output(golden.name() + " alpha_t", golden.floats("input/alpha_t"), alphaT);
    report.output(
        golden.name() + " dalpha_t",
        golden.floats("input/dalpha_t"),
        new float[] {(float) noise.dAlphaT()});
    EsoLmObjective objective = objective(golden, noise);
    boolean a = objective.variant() == Variant.A;
    mask(golden, report, x0.length, x0[0].length, b -> diffusionPattern(a, xt[b], mask));
    float tokens = x0.length * x0[0].length;
    try (Transformer network = new Transformer(golden.weights(), golden.workers())) {
      Pass all =
          pass(
              x0.length,
              (b, p) -> {
                AttentionPattern pattern = diffusionPattern(a, xt[b], mask);
                p.beginSequence();
                for (int l = 0; l < sigma[b].length; l++) {
                  p.row(xt[b][sigma[b][l]], sigma[b][l], pattern);
                  p.want(l, 0, 0f);
                }
              });
      report.output(
          golden.name() + " logits",
          golden.floats("output/logits_sorted"),
          logits(golden, network, all));
      Pass pass =
          pass(
              x0.length,
              (b, p) ->
                  objective.addDiffusion(
                      x0[b], xt[b], sigma[b], (float) noise.weight(t[b]) / tokens, p));
      lossAndGradients(
          golden, report, network, pass, masked(sorted(xt, sigma), mask), "nll_sorted");
    }
  }

  private static AttentionPattern diffusionPattern(boolean a, int[] zt, int mask) {
    return a ? new AttentionPattern.PrefixLm(clean(zt, mask)) : new AttentionPattern.Causal();
  }

  static void esoSequential(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] z0 = golden.rows("input/z0");
    int[][] sigma = golden.rows("input/sort_idx");
    int mask = golden.setting("mask_index");
    int length = x0[0].length;
    EsoLmObjective objective = objective(golden, new NoiseSchedule(golden.number("alpha_0")));
    boolean a = objective.variant() == Variant.A;
    mask(golden, report, x0.length, 2 * length, b -> sequentialPattern(a, z0[b], mask));
    float tokens = x0.length * length;
    try (Transformer network = new Transformer(golden.weights(), golden.workers())) {
      Pass all =
          pass(
              x0.length,
              (b, p) -> {
                AttentionPattern pattern = sequentialPattern(a, z0[b], mask);
                p.beginSequence();
                for (int l : sigma[b]) {
                  p.row(z0[b][l], l, pattern);
                }
                for (int l : sigma[b]) {
                  p.row(x0[b][l], l, pattern);
                }
                for (int l = 0; l < length; l++) {
                  p.want(l, 0, 0f);
                }
              });
      report.output(
          golden.name() + " logits",
          golden.floats("output/logits_sorted"),
          logits(golden, network, all));
      Pass pass =
          pass(x0.length, (b, p) -> objective.addSequential(x0[b], z0[b], sigma[b], 1 / tokens, p));
      lossAndGradients(
          golden, report, network, pass, masked(sorted(z0, sigma), mask), "nll_sorted");
    }
  }

  /** With a row for every z, clean ones included, as the released code computes them. */
  private static AttentionPattern sequentialPattern(boolean a, int[] z0, int mask) {
    return a
        ? new AttentionPattern.SequentialCleanPrefix(z0.length, 0, clean(z0, mask))
        : new AttentionPattern.Sequential(z0.length, 0);
  }

  static void anyOrder(GoldenCase golden, ParityReport report) {
    int[][] x0 = golden.rows("input/x0");
    int[][] sigma = golden.rows("input/sort_idx");
    int mask = golden.setting("mask_index");
    int length = x0[0].length;
    EsoLmObjective objective = objective(golden, new NoiseSchedule(0));
    try (Transformer network = new Transformer(golden.weights(), golden.workers())) {
      int[] z0 = new int[length];
      Arrays.fill(z0, mask);
      Pass pass = pass(x0.length, (b, p) -> objective.addSequential(x0[b], z0, sigma[b], -1f, p));
      network.loss(pass);
      float[] logp = new float[x0.length];
      float[] sorted = new float[pass.wanted()];
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = -network.nll(i);
        logp[i / length] += sorted[i];
      }
      report.output(golden.name() + " logp_sorted", golden.floats("output/logp_sorted"), sorted);
      report.output(golden.name() + " logp", golden.floats("output/logp"), logp);
    }
  }

  private static EsoLmObjective objective(GoldenCase golden, NoiseSchedule noise) {
    Variant variant =
        switch (golden.text("variant")) {
          case "A" -> Variant.A;
          case "B" -> Variant.ESO;
          default ->
              throw new IllegalArgumentException(
                  "variant: " + golden.text("variant") + ", must be A or B");
        };
    return new EsoLmObjective(golden.setting("mask_index"), noise, 0.5, false, variant);
  }

  private static int clean(int[] z, int mask) {
    int n = 0;
    for (int token : z) {
      n += token == mask ? 0 : 1;
    }
    return n;
  }

  private static int[][] sorted(int[][] z, int[][] sigma) {
    int[][] s = new int[z.length][z[0].length];
    for (int b = 0; b < z.length; b++) {
      DenoisingOrder.gather(z[b], sigma[b], s[b]);
    }
    return s;
  }

  private static boolean[][] masked(int[][] z, int mask) {
    boolean[][] m = new boolean[z.length][z[0].length];
    for (int b = 0; b < z.length; b++) {
      for (int l = 0; l < z[b].length; l++) {
        m[b][l] = z[b][l] == mask;
      }
    }
    return m;
  }

  private static boolean[][] everywhere(int[][] targets) {
    boolean[][] all = new boolean[targets.length][targets[0].length];
    for (boolean[] row : all) {
      Arrays.fill(row, true);
    }
    return all;
  }

  private static Pass pass(int batch, Sequence sequence) {
    Pass pass = new Pass();
    for (int b = 0; b < batch; b++) {
      sequence.add(b, pass);
    }
    return pass;
  }

  private static void mask(
      GoldenCase golden,
      ParityReport report,
      int batch,
      int rows,
      IntFunction<AttentionPattern> pattern) {
    int[] actual = new int[batch * rows * rows];
    for (int b = 0; b < batch; b++) {
      for (int q = 0; q < rows; q++) {
        for (int k = 0; k < rows; k++) {
          AttentionPattern p = pattern.apply(b);
          boolean sees = contains(p.first(q), k) || contains(p.second(q), k);
          actual[(b * rows + q) * rows + k] = sees ? 1 : 0;
        }
      }
    }
    report.exact(golden.name() + " attention_mask", golden.ints("output/attention_mask"), actual);
  }

  private static boolean contains(long range, int key) {
    return key >= AttentionPattern.from(range) && key < AttentionPattern.to(range);
  }

  /** Logits of all z rows; behind them x rows where the pattern has them. */
  private static float[] allLogits(
      GoldenCase golden, Transformer network, int[][] z, int[][] x, AttentionPattern pattern) {
    boolean both = pattern instanceof AttentionPattern.BlockDiffusion;
    Pass all =
        pass(
            z.length,
            (b, p) -> {
              p.beginSequence();
              for (int l = 0; l < z[b].length; l++) {
                p.row(z[b][l], l, pattern);
              }
              for (int l = 0; both && l < x[b].length; l++) {
                p.row(x[b][l], l, pattern);
              }
              for (int l = 0; l < z[b].length; l++) {
                p.want(l, 0, 0f);
              }
            });
    return logits(golden, network, all);
  }

  private static float[] logits(GoldenCase golden, Transformer network, Pass pass) {
    Tensor logits = golden.matrix(pass.wanted(), network.config().vocabSize());
    network.logits(pass, logits);
    return logits.toArray();
  }

  private static void lossAndGradients(
      GoldenCase golden,
      ParityReport report,
      Transformer network,
      Pass pass,
      boolean[][] costs,
      String nllName) {
    Parameters gradient = golden.zeros(network.config());
    double loss = network.gradient(pass, gradient, 0);
    report.output(
        golden.name() + " loss", golden.floats("output/loss"), new float[] {(float) loss});
    float[] expected = golden.floats("output/" + nllName);
    report.output(
        golden.name() + " " + nllName, expected, scatter(network, pass, costs, expected.length));
    Map<String, Tensor> own = gradient.named();
    for (String name : golden.names("grad/")) {
      Tensor g = own.get(name.substring("grad/".length()));
      if (g == null) {
        report.failure(golden.name() + " " + name, "no such parameter");
      } else {
        report.gradient(golden.name() + " " + name, golden.floats(name), g.toArray());
      }
    }
  }

  /** Weighted losses at the rows that cost something, times a factor; 0 at the others. */
  private static float[] scatter(Transformer network, Pass pass, boolean[][] costs, float factor) {
    float[] out = new float[costs.length * costs[0].length];
    int i = 0;
    for (int r = 0; r < out.length; r++) {
      if (costs[r / costs[0].length][r % costs[0].length]) {
        out[r] = network.nll(i) * pass.weight(i) * factor;
        i++;
      }
    }
    return out;
  }
}
