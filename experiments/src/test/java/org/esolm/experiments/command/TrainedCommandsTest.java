package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.esolm.experiments.CommandLineFixture.eso;
import static org.esolm.experiments.command.TinyRun.trained;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Commands that ask a trained network, and those that read what they wrote. */
class TrainedCommandsTest {
  @TempDir static Path temp;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    run = trained(temp, "eso");
    trained(temp, "eso-a", "system.variant=A");
    trained(temp, "ar", "system.name=ar");
    trained(temp, "mdlm", "system.name=mdlm");
    trained(temp, "bd3lm", "system.name=bd3lm");
  }

  private static List<JsonNode> lines(Path file) throws IOException {
    return Files.readAllLines(file).stream().map(JsonMapper.shared()::readTree).toList();
  }

  private static void requireRefused(Result result, String message) {
    assertThat(result.exit()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines())
        .singleElement()
        .asString()
        .startsWith("eso: ")
        .contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso", "eso-a"})
  void samplesAreJsonLinesThatDoNotDependOnTheBatch(String system) throws IOException {
    Path one = temp.resolve(system + "-one.jsonl");
    Path two = temp.resolve(system + "-two.jsonl");
    Path folder = temp.resolve(system);
    Result result = eso("sample", folder, "--count", 5, "--seed", 3, "--out", one);
    assertThat(result.exit()).as(result.err()).isZero();
    eso("sample", folder, "--count", 5, "--seed", 3, "--batch", 2, "--out", two);
    List<JsonNode> samples = lines(one);
    assertThat(samples).hasSize(5);
    for (int i = 0; i < 5; i++) {
      JsonNode sample = samples.get(i);
      assertThat(sample.get("index").asInt()).isEqualTo(i);
      assertThat(sample.get("tokens")).hasSize(16);
      assertThat(sample.get("text").asString()).isNotBlank().doesNotContain("[MASK]");
      assertThat(sample.get("nfe").asInt()).isPositive();
      assertThat(sample.get("seconds").asDouble()).isPositive();
      assertThat(sample.get("batch").asInt()).isEqualTo(5);
      assertThat(sample.get("origin").get("corpus").asString()).isEqualTo("toy");
      assertThat(lines(two).get(i).get("tokens")).isEqualTo(sample.get("tokens"));
    }
    assertThat(eso("sample", folder, "--count", 1, "--seed", 3).out())
        .contains(samples.getFirst().get("text").asString());
  }

  @Test
  void anInterruptIsToldInOneLine() throws Exception {
    Path file = temp.resolve("interrupted.jsonl");
    Result sampled = interrupted("sample", run, "--count", 10_000_000, "--out", file);
    assertThat(sampled.err().lines().toList().getLast())
        .matches("eso: sampling stopped after step \\d+ of \\d+; nothing is written");
    assertThat(file).doesNotExist();
    Result measured =
        interrupted("likelihood", run, "--data", "toy", "--bound", "iw", "--orders", 1_000_000);
    assertThat(measured.err().lines().toList().getLast())
        .matches("eso: likelihood: interrupted after \\d+ texts");
  }

  /** What a command says that is interrupted while it computes. */
  private static Result interrupted(Object... args) throws InterruptedException {
    Result[] result = new Result[1];
    Thread command = Thread.ofPlatform().start(() -> result[0] = eso(args));
    Thread.sleep(1000);
    assertThat(command.isAlive()).isTrue();
    command.interrupt();
    command.join();
    assertThat(result[0].exit()).as(result[0].err()).isEqualTo(130);
    return result[0];
  }

  @Test
  void promptsAndGapsAreKept() throws IOException {
    Path file = temp.resolve("given.jsonl");
    assertThat(eso("sample", run, "--prompt", "the bird", "--out", file).exit()).isZero();
    assertThat(lines(file).getFirst().get("text").asString()).startsWith("the bird");
    Result result =
        eso("sample", run, "--infill", "the [MASK] sleeps [MASK]", "--count", 2, "--out", file);
    assertThat(result.exit()).as(result.err()).isZero();
    assertThat(lines(file))
        .allSatisfy(s -> assertThat(s.get("tokens")).hasSize(4))
        .allSatisfy(s -> assertThat(s.get("text").asString()).matches("the\\s?\\S+ sleeps.+"));
  }

  @Test
  void samplingOptionsReachTheSampler() throws IOException {
    Path file = temp.resolve("options.jsonl");
    Object[] fixed = {"--steps", 2, "--alpha0", 1, "--temperature", 0.5, "--nucleus", 0.9};
    Result result = eso(join(new Object[] {"sample", run, "--out", file, "--length", 8}, fixed));
    assertThat(result.exit()).as(result.err()).isZero();
    JsonNode sample = lines(file).getFirst();
    assertThat(sample.get("tokens")).hasSize(8);
    assertThat(sample.get("nfe").asInt()).isBetween(1, 2);
    assertThat(sample.get("origin").get("alpha0").asDouble()).isEqualTo(1);
    eso("sample", run, "--first-hitting", "--out", file);
    assertThat(lines(file).getFirst().get("nfe").asInt()).isEqualTo(16);
  }

  @Test
  void shortWeightsSampleAndAreMeasured() throws IOException {
    Path file = temp.resolve("short.jsonl");
    assertThat(eso("sample", run, "--weights", "int8", "--out", file).exit()).isZero();
    assertThat(lines(file).getFirst().get("tokens")).hasSize(16);
    double[] perplexity =
        Stream.of("f32", "bf16", "int8")
            .map(
                f ->
                    eso(
                        "likelihood",
                        run,
                        "--data",
                        "toy",
                        "--texts",
                        20,
                        "--json",
                        "--weights",
                        f))
            .mapToDouble(result -> result.json().get("nats_per_token").asDouble())
            .toArray();
    assertThat(perplexity[1]).isNotEqualTo(perplexity[0]).isCloseTo(perplexity[0], within(0.05));
    assertThat(perplexity[2]).isNotEqualTo(perplexity[0]).isCloseTo(perplexity[0], within(0.05));
    requireRefused(
        eso("sample", run, "--weights", "f16"), "weights: 'f16', must be one of f32, bf16, int8");
  }

  private static Object[] join(Object[] a, Object[] b) {
    return Stream.concat(Arrays.stream(a), Arrays.stream(b)).toArray();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "eso | --count 0 | --count: 0, must be at least 1",
        "eso | --steps 0 | steps: 0, must be at least 1",
        "eso | --nucleus 0 | nucleus: 0.0, must be in (0, 1]",
        "eso | --temperature -1 | temperature: -1.0, must be finite and not negative",
        "eso | --alpha0 2 | alpha0: 2.0, must be in [0, 1]",
        "mdlm | --alpha0 1 | --alpha0: only for eso, the run is of mdlm",
        "bd3lm | --length 6 | length: 6, must be a multiple of the block size 4",
        "ar | --infill the[MASK]bird | left-to-right decoding allows a prefix only",
        "eso | --prompt a --infill b | mutually exclusive",
        "gone | --count 1 | holds no run",
      })
  void badRequestsWriteNothing(String system, String options, String message) {
    Path file = temp.resolve("refused.jsonl");
    Object[] args = {"sample", temp.resolve(system), "--out", file};
    requireRefused(eso(join(args, options.split(" "))), message);
    assertThat(file).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso", "eso-a"})
  void likelihoodOfTheHeldOutText(String system) {
    JsonNode all = eso("likelihood", temp.resolve(system), "--data", "toy", "--json").json();
    assertThat(all.get("texts").asInt()).isEqualTo(480 / 16);
    assertThat(all.get("tokens").asInt()).isEqualTo(480);
    double nats = all.get("nats_per_token").asDouble();
    assertThat(all.get("perplexity").asDouble()).isEqualTo(Math.exp(nats));
    assertThat(all.get("nats_per_token_se").asDouble()).isPositive();
    // Six steps teach little: near the uniform law over 212 words, far from the truth.
    assertThat(nats).isBetween(4.0, 6.0);
    assertThat(all.get("true_perplexity").asDouble()).isBetween(5.0, 20.0);
    assertThat(all.get("kl_to_truth").asDouble())
        .isEqualTo(nats - Math.log(all.get("true_perplexity").asDouble()), within(1e-9));
  }

  @Test
  void boundsOverOrders() throws IOException {
    Path text = Files.writeString(temp.resolve("text"), "the bird sleeps. ".repeat(20));
    Object[] common = {"likelihood", run, "--data", text, "--orders", 8, "--json", "--bound"};
    JsonNode anyOrder = eso(join(common, new Object[] {"any-order"})).json();
    JsonNode weighted = eso(join(common, new Object[] {"iw"})).json();
    assertThat(anyOrder.get("texts").asInt()).isEqualTo(80 / 16);
    assertThat(weighted.get("perplexity").asDouble())
        .isLessThan(anyOrder.get("perplexity").asDouble());
    assertThat(anyOrder.has("true_perplexity")).isFalse();
    assertThat(weighted.get("effective_orders").asDouble()).isBetween(1.0, 8.0);
    assertThat(weighted.get("order_error").asDouble()).isPositive();
    assertThat(weighted.get("seconds").asDouble()).isPositive();
    JsonNode shared = eso(join(common, new Object[] {"iw", "--shared-orders"})).json();
    assertThat(shared.get("shared_orders").asInt()).isEqualTo(32);
    assertThat(shared.get("perplexity")).isNotEqualTo(weighted.get("perplexity"));
    assertThat(shared.get("nats_per_token_se").isNull()).isTrue(); // five texts, one observation

    requireRefused(
        eso("likelihood", run, "--data", "toy", "--bound", "x"),
        "--bound: 'x', must be one of nelbo, any-order, iw");
    requireRefused(eso("likelihood", run, "--data", "nonesuch"), "--data: 'nonesuch'");
    requireRefused(eso("likelihood", run, "--data", "toy", "--orders", "0"), "--orders: 0");
  }

  /** Every system has orders; AR has one. */
  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso", "eso-a"})
  void everySystemHasABoundOverOrders(String system) {
    Object[] common = {"likelihood", temp.resolve(system), "--data", "toy", "--json", "--bound"};
    JsonNode one = eso(join(common, new Object[] {"iw", "--orders", 1})).json();
    JsonNode four = eso(join(common, new Object[] {"iw", "--orders", 4})).json();
    double nats = one.get("nats_per_token").asDouble();
    assertThat(eso(join(common, new Object[] {"any-order"})).json().get("nats_per_token"))
        .isEqualTo(one.get("nats_per_token"));
    assertThat(nats).isBetween(4.0, 6.0);
    assertThat(one.get("order_error").isNull()).isTrue();
    if (system.equals("ar")) {
      JsonNode exact = eso(join(common, new Object[] {"nelbo"})).json();
      assertThat(nats).isEqualTo(exact.get("nats_per_token").asDouble(), within(1e-6));
      assertThat(four.get("nats_per_token").asDouble()).isEqualTo(nats, within(1e-6));
    } else {
      assertThat(four.get("nats_per_token").asDouble()).isLessThan(nats + 0.01);
    }
    assertThat(four.get("kl_to_truth").asDouble()).isPositive();
  }

  @Test
  void scoresSamplesByTheTruth() throws IOException {
    Path file = temp.resolve("score.jsonl");
    eso("sample", run, "--count", 3, "--out", file);
    JsonNode score = eso("score", file, "--evaluator", "oracle", "--json").json();
    assertThat(score.get("samples").asInt()).isEqualTo(3);
    assertThat(score.get("perplexity").asDouble()).isGreaterThan(100);
    assertThat(score.get("impossible").asDouble()).isEqualTo(1);
    assertThat(score.get("entropy").asDouble()).isBetween(1.0, Math.log(16));

    Path truth =
        Files.writeString(temp.resolve("truth.jsonl"), "{\"text\": \"the bird sleeps.\"}\n");
    JsonNode both =
        eso("score", truth, "--evaluator", "oracle", "--reference", file, "--json").json();
    assertThat(both.get("impossible").asDouble()).isZero();
    assertThat(both.get("perplexity").asDouble()).isLessThan(100);
    assertThat(both.get("reference_perplexity")).isEqualTo(score.get("perplexity"));
  }

  @Test
  void whatCannotBeScoredIsRefused() throws IOException {
    Path file = Files.writeString(temp.resolve("bad.jsonl"), "{\"text\": \"the bird\"}\n{}\n");
    requireRefused(eso("score", file, "--evaluator", "oracle"), "bad.jsonl line 2: neither");
    requireRefused(
        eso("score", file, "--evaluator", "/gpt2"), "--evaluator: '/gpt2', allowed: oracle");
    Files.writeString(file, "nonsense\n");
    requireRefused(eso("score", file, "--evaluator", "oracle"), "bad.jsonl line 1: not a sample");
    Files.writeString(file, "{\"text\": \"the quark\"}\n");
    requireRefused(eso("score", file, "--evaluator", "oracle"), "'quark'");
    requireRefused(eso("score", temp.resolve("none"), "--evaluator", "oracle"), "no such file");
  }
}
