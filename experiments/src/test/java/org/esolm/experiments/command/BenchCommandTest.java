package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.experiments.CommandLineFixture.Result;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class BenchCommandTest {
  private static Result bench(String what, String... more) {
    List<Object> args = new ArrayList<>(List.of("bench", what));
    String sizes =
        "--hidden 16 --cond 8 --blocks 1 --heads 2 --length 16 --vocab 20 --batch 2 --warmup 1 --reps 3 --json";
    args.addAll(List.of(sizes.split(" ")));
    args.addAll(List.of(more));
    return eso(args.toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso"})
  void timesATrainingStep(String model) {
    JsonNode json = bench("train", "--model", model).json();
    assertThat(json.get("ms_per_step").asDouble())
        .isGreaterThanOrEqualTo(json.get("min_ms").asDouble());
    assertThat(json.get("min_ms").asDouble()).isPositive();
    assertThat(json.get("sgemm_gflops").asDouble()).isPositive();
    assertThat(json.get("fraction").asDouble()).isBetween(0.0, 1.0).isPositive();
    // embedding, one block (qkv, out, MLP, norms), final norm, head; by hand for AR
    int ar = 21 * 16 + (4 * 256 + 8 * 256 + 64 + 16 + 2 * 16) + 16 + (21 * 16 + 21);
    int adaLn = (256 * 8 + 8) + (8 * 8 + 8) + (8 * 96 + 96) + (8 * 32 + 32);
    assertThat(json.get("params").asInt()).isEqualTo(model.equals("ar") ? ar : ar + adaLn);
  }

  @ParameterizedTest
  @CsvSource({"ar, 16", "mdlm, 16", "bd3lm, 20", "eso, 16"})
  void timesSampling(String model, int nfe) {
    JsonNode json = bench("sample", "--model", model, "--first-hitting").json();
    assertThat(json.get("nfe").asInt()).isEqualTo(nfe);
    assertThat(json.get("seconds").asDouble())
        .isGreaterThanOrEqualTo(json.get("min_s").asDouble())
        .isPositive();
    assertThat(json.get("weights").asString()).isEqualTo("f32");
    assertThat(json.get("bandwidth_gbs").asDouble()).isPositive();
    assertThat(json.get("fraction").asDouble()).isPositive();
  }

  @Test
  void shorterWeightsAreFewerBytes() {
    double[] bytes =
        Stream.of("f32", "bf16", "int8")
            .map(format -> bench("sample", "--model", "mdlm", "--weights", format).json())
            .mapToDouble(json -> json.get("bytes_per_nfe").asDouble())
            .toArray();
    assertThat(bytes[1]).isEqualTo(bytes[0] / 2);
    assertThat(bytes[2]).isLessThan(bytes[0]); // whole strips, which are wider than this network
    assertThat(bench("sample", "--model", "ar", "--weights", "f16").exit()).isEqualTo(2);
  }

  @Test
  void theGridIsTheSequencesOrTheBlocks() {
    assertThat(bench("sample", "--model", "eso", "--steps", "1").json().get("nfe").asInt()).isOne();
    JsonNode a = bench("sample", "--model", "eso", "--variant", "A", "--steps", "1").json();
    assertThat(a.get("variant").asString()).isEqualTo("A");
    assertThat(bench("train", "--model", "ar", "--variant", "A").exit()).isEqualTo(2);
    assertThat(bench("sample", "--model", "bd3lm", "--block-steps", "1").json().get("nfe").asInt())
        .isEqualTo(8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--model gpt",
        "--model bd3lm --block-size 3",
        "--model eso --alpha0 2",
        "--model ar --threads 0",
      })
  void badSizesAreOneLine(String options) {
    for (String what : List.of("train", "sample")) {
      Result result = bench(what, options.split(" "));
      assertThat(result.exit()).as(result.err()).isEqualTo(2);
      assertThat(result.err().lines()).singleElement().asString().contains("must ");
    }
    assertThat(eso("bench").exit()).isEqualTo(2);
  }
}
