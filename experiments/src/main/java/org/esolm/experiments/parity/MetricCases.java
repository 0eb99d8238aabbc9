package org.esolm.experiments.parity;

import java.io.IOException;
import java.util.Arrays;
import org.esolm.metric.GenerativePerplexity;
import org.esolm.metric.GenerativePerplexity.Convention;
import org.esolm.metric.Mauve;
import org.esolm.metric.UnigramEntropy;
import org.esolm.model.Gpt2;
import org.esolm.tensor.Tensor;
import tools.jackson.databind.JsonNode;

/** What judges samples: the GPT-2 evaluator and MAUVE. */
final class MetricCases {
  private static final int SEEDS = 5;

  private MetricCases() {}

  static void gpt2(GoldenCase golden, ParityReport report) throws IOException {
    int[][] tokens = golden.rows("input/tokens");
    int end = golden.read("config.json").path("eos_token_id").asInt();
    String name = golden.name() + " ";
    try (Gpt2 network = Gpt2.read(golden.directory(), golden.workers())) {
      int length = tokens[0].length;
      Tensor logits = golden.matrix(tokens.length * length, network.config().vocabSize());
      float[] nll = new float[tokens.length * (length - 1)];
      int[] weights = new int[nll.length];
      for (int b = 0; b < tokens.length; b++) {
        network.logits(tokens[b], logits.slice(b * length, (b + 1) * length));
        int at = b * (length - 1);
        System.arraycopy(network.nll(tokens[b]), 0, nll, at, length - 1);
        int[] counted = Convention.ESO.weights(tokens[b], end);
        System.arraycopy(counted, 0, weights, at, length - 1);
      }
      report.output(name + "logits", golden.floats("output/logits"), logits.toArray());
      report.output(name + "nll", golden.floats("output/nll"), nll);
      report.exact(name + "weights", golden.ints("output/weights"), weights);
      double perplexity =
          GenerativePerplexity.of(network, tokens, end, Convention.ESO, i -> {})
              .perplexity()
              .value();
      report.output(
          name + "gen_ppl", golden.floats("output/gen_ppl"), new float[] {(float) perplexity});
    }
    float[] entropy = new float[tokens.length];
    for (int b = 0; b < tokens.length; b++) {
      entropy[b] = (float) UnigramEntropy.of(tokens[b]);
    }
    report.output(name + "entropy", golden.floats("output/entropy"), entropy);
  }

  static void mauve(GoldenCase golden, ParityReport report) {
    Mauve.Options options = options(golden, 0);
    int i = 0;
    for (JsonNode histogram : golden.list("histograms")) {
      Mauve m =
          Mauve.ofHistograms(counts(histogram, "p_counts"), counts(histogram, "q_counts"), options);
      String name = golden.name() + " histogram " + i++ + " ";
      report.output(name + "mauve", number(histogram, "mauve"), m.mauve());
      report.output(name + "mauve_star", number(histogram, "mauve_star"), m.mauveStar());
      report.output(
          name + "frontier_integral", number(histogram, "frontier_integral"), m.frontierIntegral());
      report.output(
          name + "frontier_integral_star",
          number(histogram, "frontier_integral_star"),
          m.frontierIntegralStar());
    }
    for (JsonNode features : golden.list("features")) {
      int number = (int) number(features, "case");
      Tensor p = golden.tensor("case" + number + "/p");
      Tensor q = golden.tensor("case" + number + "/q");
      Mauve.Spread m =
          Mauve.spread(p, q, options(golden, (int) number(features, "num_buckets")), SEEDS);
      String name = golden.name() + " features " + number + " ";
      report.sampled(
          name + "mauve",
          number(features, "mauve_mean"),
          m.mauve().value(),
          number(features, "mauve_sd"));
      report.sampled(
          name + "mauve_star",
          number(features, "mauve_star_mean"),
          m.mauveStar().value(),
          number(features, "mauve_star_sd"));
    }
  }

  private static Mauve.Options options(GoldenCase golden, int buckets) {
    Mauve.Options d = Mauve.Options.DEFAULT;
    return new Mauve.Options(
        buckets,
        golden.number("scaling"),
        golden.setting("discretization"),
        d.explained(),
        d.starts(),
        d.iterations());
  }

  private static double number(JsonNode node, String key) {
    if (!node.path(key).isNumber()) {
      throw new IllegalArgumentException("case.json: no number '" + key + "' in " + brief(node));
    }
    return node.get(key).asDouble();
  }

  private static int[] counts(JsonNode node, String key) {
    if (!node.path(key).isArray()) {
      throw new IllegalArgumentException("case.json: no list '" + key + "' in " + brief(node));
    }
    int[] counts = new int[node.get(key).size()];
    Arrays.setAll(counts, i -> node.get(key).get(i).asInt());
    return counts;
  }

  private static String brief(JsonNode node) {
    String text = node.toString();
    return text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }
}
