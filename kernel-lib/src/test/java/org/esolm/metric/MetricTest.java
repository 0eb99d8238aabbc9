package org.esolm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.metric.ParetoFront.Better;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricTest {
  private record Point(double cost, double quality) {}

  @Test
  void frontIsWhatNoOtherPointDominates() {
    for (int trial = 0; trial < 50; trial++) {
      Rng random = Rng.of(7, Purpose.EVALUATION, trial);
      List<Point> points = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        points.add(new Point(random.nextInt(12), random.nextInt(12))); // small numbers: many ties
      }
      for (Better cost : Better.values()) {
        for (Better quality : Better.values()) {
          List<Point> expected =
              points.stream()
                  .filter(p -> points.stream().noneMatch(q -> dominates(q, p, cost, quality)))
                  .toList();
          assertThat(new ParetoFront<Point>(Point::cost, cost, Point::quality, quality).of(points))
              .containsExactlyInAnyOrderElementsOf(expected);
        }
      }
    }
  }

  private static boolean dominates(Point q, Point p, Better cost, Better quality) {
    double c = cost == Better.LOW ? p.cost - q.cost : q.cost - p.cost;
    double a = quality == Better.LOW ? p.quality - q.quality : q.quality - p.quality;
    return c >= 0 && a >= 0 && (c > 0 || a > 0);
  }

  @Test
  void frontIsSortedByCostAndLeavesOutWhatIsNotANumber() {
    Point a = new Point(1, 9);
    Point b = new Point(2, 3);
    Point worse = new Point(3, 4);
    Point unknown = new Point(0, Double.NaN);
    assertThat(
            ParetoFront.<Point>minimising(Point::cost, Point::quality)
                .of(List.of(worse, b, unknown, a)))
        .containsExactly(a, b);
  }

  @Test
  void entropyOfKnownFrequencies() {
    assertThat(UnigramEntropy.of(new int[] {5, 5, 5})).isEqualTo(0);
    assertThat(UnigramEntropy.of(new int[] {0, 1, 2, 3})).isEqualTo(Math.log(4), within(1e-12));
    assertThat(UnigramEntropy.of(new int[] {8, 8, 8, 9}))
        .isEqualTo(-0.75 * Math.log(0.75) - 0.25 * Math.log(0.25), within(1e-12));
    int[][] collapsed = {{1, 1}, {2, 2}};
    assertThat(UnigramEntropy.mean(collapsed).value()).isEqualTo(0);
    assertThat(UnigramEntropy.corpus(collapsed)).isEqualTo(Math.log(2), within(1e-12));
    assertThatThrownBy(() -> UnigramEntropy.of(new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tokens: 0, at least 1 is needed");
  }

  @Test
  void meanAndItsStandardError() {
    Estimate e = Estimate.mean(2, 4, 4, 4, 5, 5, 7, 9);
    assertThat(e.value()).isEqualTo(5);
    assertThat(e.standardError()).isEqualTo(Math.sqrt(32.0 / 7 / 8), within(1e-12));
    assertThat(Estimate.mean(3).standardError()).isNaN();
    Estimate perplexity = new Estimate(2, 0.1, 10).perplexity();
    assertThat(perplexity.value()).isEqualTo(Math.exp(2));
    assertThat(perplexity.standardError()).isEqualTo(0.1 * Math.exp(2), within(1e-12));
    assertThat(new Estimate(12.345, 0.123, 9)).hasToString("12.35 ± 0.12");
  }

  @Test
  void standardErrorsAgreeWithRepetition() {
    int repetitions = 400;
    int n = 200;
    double[] ratios = new double[repetitions];
    double[] perplexities = new double[repetitions];
    double claimedRatio = 0;
    double claimedPerplexity = 0;
    for (int r = 0; r < repetitions; r++) {
      Rng random = Rng.of(1, Purpose.EVALUATION, r);
      double[] nats = new double[n];
      double[] tokens = new double[n];
      for (int i = 0; i < n; i++) {
        tokens[i] = 5 + random.nextInt(30);
        nats[i] = tokens[i] * (2 + 0.3 * random.nextGaussian());
      }
      Estimate ratio = Estimate.ratio(nats, tokens);
      ratios[r] = ratio.value();
      perplexities[r] = ratio.perplexity().value();
      claimedRatio += ratio.standardError() / repetitions;
      claimedPerplexity += ratio.perplexity().standardError() / repetitions;
    }
    double root = Math.sqrt(repetitions);
    assertThat(claimedRatio / (Estimate.mean(ratios).standardError() * root)).isBetween(0.85, 1.15);
    assertThat(claimedPerplexity / (Estimate.mean(perplexities).standardError() * root))
        .isBetween(0.85, 1.15);
  }

  @Test
  void tokensThatAreGivenCostNothing() {
    Oracle p = new Independent(0.5, 0.25, 0.25);
    int[][] texts = {{0, 1, 2}, {1, 0, 0}};
    assertThat(OraclePerplexity.nats(p, texts, 0))
        .containsExactly(new double[] {Math.log(32), Math.log(16)}, within(1e-12));
    assertThat(OraclePerplexity.nats(p, texts, 1))
        .containsExactly(new double[] {Math.log(16), Math.log(4)}, within(1e-12));
    double[] model = {Math.log(16) + 0.4, Math.log(4) + 0.2};
    assertThat(OraclePerplexity.klToTruth(p, texts, 1, model).value())
        .isCloseTo(0.15, within(1e-12));
  }

  /** Independent tokens: what every number must be is known by hand. */
  private record Independent(double... probabilities) implements Oracle {
    @Override
    public int vocabSize() {
      return probabilities.length;
    }

    @Override
    public double logProbability(int[] tokens) {
      double sum = 0;
      for (int token : tokens) {
        sum += Math.log(probabilities[token]);
      }
      return sum;
    }

    @Override
    public Oracle smoothed(double noise) {
      double even = noise / probabilities.length;
      return new Independent(
          Arrays.stream(probabilities).map(p -> (1 - noise) * p + even).toArray());
    }

    @Override
    public double posterior(int[] observed, float[][] posterior) {
      throw new AssertionError("not asked for");
    }

    @Override
    public int[] sample(int length, RandomGenerator random) {
      int[] tokens = new int[length];
      for (int l = 0; l < length; l++) {
        double u = random.nextDouble();
        while (u >= probabilities[tokens[l]]) {
          u -= probabilities[tokens[l]++];
        }
      }
      return tokens;
    }
  }

  @Test
  void oracleCountsImpossibleSamplesAndStaysFinite() {
    Oracle truth = new Independent(0.5, 0.5, 0);
    Oracle floor = new Independent(0.49, 0.49, 0.02);
    int[][] samples = {{0, 1, 0, 1}, {1, 1, 1, 1}, {0, 2, 0, 0}, {1, 0, 0, 1}};
    OraclePerplexity score = OraclePerplexity.of(truth, floor, samples);
    assertThat(score.impossible()).isEqualTo(0.25);
    assertThat(score.perplexityOfPossible().value()).isEqualTo(2, within(1e-12));
    assertThat(score.perplexityOfPossible().standardError()).isEqualTo(0, within(1e-12));
    assertThat(score.perplexity().value())
        .isEqualTo(Math.exp(-(15 * Math.log(0.49) + Math.log(0.02)) / 16), within(1e-12));
    assertThatThrownBy(() -> OraclePerplexity.of(truth, truth, samples))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sample 2 has probability 0");
    assertThatThrownBy(() -> OraclePerplexity.of(truth, floor, new int[][] {{0, 3}}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("token 3 in sample 0, the language's words are 0 to 2");
    assertThat(OraclePerplexity.of(truth, floor, new int[][] {{2}}).perplexityOfPossible().value())
        .isNaN();
  }

  @Test
  void divergenceFromTheTruth() {
    Independent p = new Independent(0.7, 0.2, 0.1);
    Independent q = new Independent(0.5, 0.25, 0.25);
    int[][] texts = new int[4000][];
    double[] nats = new double[texts.length];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = p.sample(10, Rng.of(3, Purpose.LANGUAGE, i));
      nats[i] = -q.logProbability(texts[i]);
    }
    Estimate kl = OraclePerplexity.klToTruth(p, texts, 0, nats);
    double exact = 0.7 * Math.log(0.7 / 0.5) + 0.2 * Math.log(0.2 / 0.25) + 0.1 * Math.log(0.4);
    assertThat(kl.value()).isEqualTo(exact, within(4 * kl.standardError()));
    assertThat(kl.standardError()).isPositive().isLessThan(0.01);
  }

  @Test
  void rowsSurviveTheirFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("rows.jsonl");
    List<ResultRow> rows =
        List.of(
            new ResultRow(
                "eso",
                0.25,
                new Estimate(9.1, 0.2, 64),
                new Estimate(8, 0.1, 64),
                new Estimate(8.5, Double.NaN, 1),
                4.5,
                99.5,
                1.25,
                64,
                16,
                Map.of("note", "x")),
            new ResultRow(
                "ar",
                null,
                new Estimate(8.2, 0.2, 64),
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null));
    ResultRow.write(file, rows);
    assertThat(ResultRow.read(file)).isEqualTo(rows);
    assertThat(Files.readAllLines(file)).hasSize(2).last().asString().doesNotContain("alpha0");

    Files.writeString(file, rows.get(1).toJson() + "\n{\"system\":\"eso\",\"alpha0\":2}\n");
    assertThatThrownBy(() -> ResultRow.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rows.jsonl line 2")
        .hasMessageContaining("alpha0: 2.0, allowed: 0 to 1");
  }
}
