package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.MdlmSampler;
import org.esolm.sampler.Positions;
import org.esolm.sampler.SampleRequest;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyTest {
  @TempDir private Path temp;

  /** Counts tokens that it was told and keeps how many were known when it was asked. */
  private static final class Counting implements Denoiser {
    final List<Integer> knownWhenAsked = new ArrayList<>();
    private int known;

    @Override
    public int vocabSize() {
      return 5;
    }

    @Override
    public int maskIndex() {
      return 4;
    }

    @Override
    public Session open(int batch, int length) {
      known = 0;
      return new Session() {
        @Override
        public Tensor step(Known newlyKnown, Positions wanted) {
          known += newlyKnown.positions().total();
          knownWhenAsked.add(known);
          return Tensor.zeros(Arena.ofAuto(), wanted.total(), 5);
        }

        @Override
        public void close() {}
      };
    }
  }

  @Test
  void fewEvaluationsSeeWhatTheySeeInTheWholeRun() {
    Counting network = new Counting();
    var sparse = new SparseDenoiser(network, 100, 5);
    int nfe = new MdlmSampler(true).sample(sparse, SampleRequest.of(1, 100)).nfe();
    assertThat(nfe).isEqualTo(100);
    assertThat(network.knownWhenAsked).containsExactly(10, 30, 50, 70, 90);
    assertThat(sparse.seconds()).hasSize(5);
  }

  @Test
  void asManyEvaluationsAsWereAskedForAreChosen() {
    for (int[] pair : new int[][] {{100, 7}, {4096, 50}, {16, 16}, {10, 50}, {1000, 3}}) {
      assertThat(
              IntStream.range(0, pair[0])
                  .filter(i -> SparseDenoiser.isChosen(i, pair[0], pair[1]))
                  .count())
          .isEqualTo(Math.min(pair[0], pair[1]));
    }
  }

  @Test
  void measuresEachSystemOnceAndGoesOn() throws IOException {
    Path file = temp.resolve("latency.jsonl");
    List<String> told = new ArrayList<>();
    Latency latency = new Latency(settings(1e-6), RowFile.open(file), told::add, 0);
    assertThat(latency.run(List.of(32), 0)).isFalse();
    assertThat(told).isEmpty();
    assertThat(latency.run(List.of(32), 600)).isTrue();
    RowFile rows = RowFile.open(file);
    assertThat(rows.all()).hasSize(Latency.SYSTEMS.size());
    Map<String, Object> mdlm = rows.find(Map.of("system", "mdlm")).orElseThrow();
    assertThat(mdlm).containsEntry("nfe", 32).containsEntry("timed", 2); // no time for 4
    assertThat(rows.find(Map.of("system", "ar")).orElseThrow()).doesNotContainKey("seconds");
    assertThat(new Latency(settings(1e-6), rows, told::add, 0).run(List.of(32), 600)).isTrue();
    assertThat(told).hasSize(Latency.SYSTEMS.size());
  }

  @Test
  void otherSettingsAreAnotherMeasurement() throws IOException {
    RowFile rows = RowFile.open(temp.resolve("latency.jsonl"));
    List<String> told = new ArrayList<>();
    new Latency(settings(1e-6), rows, told::add, 0).run(List.of(32), 600);
    new Latency(settings(600), rows, told::add, 0).run(List.of(32), 600);
    assertThat(told).hasSize(2 * Latency.SYSTEMS.size());
    assertThat(rows.find(Map.of("system", "ar", "limit_s", 600.0)).orElseThrow())
        .containsEntry("timed", 32)
        .containsKey("seconds");
    assertThat(new LatencyReport(settings(600), rows.all()).markdown())
        .contains("| eso |")
        .doesNotContain("| more than");
    assertThat(new LatencyReport(settings(1e-6), rows.all()).markdown()).contains("| more than");
  }

  private static Latency.Settings settings(double limit) {
    return new Latency.Settings(new Shape("small", 8, 4, 1, 2, 32, 32, 10, 1), 1, limit, 4);
  }

  @Test
  void theTableHasRatiosExponentsAndThePapersNumbers() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int length : new int[] {512, 1024}) {
      rows.add(row("eso", length, length * 1e-3, length, length));
      rows.add(row("mdlm", length, length * length * 1e-4, length, 50));
    }
    LatencyReport report = new LatencyReport(settings(600), rows);
    assertThat(report.markdown())
        .contains("| eso | 0.512 | 1.02 | 14.6 | 82.1 | 1.00 | 1.25 |")
        .contains("| mdlm | 26.2* (50 of 512) | 105* (50 of 1024) | 201.3 | 5438.3 | 2.00 | 2.38 |")
        .contains("| mdlm | 51.2 | 102 | 13.8 | 66.2 |");
    assertThat(report.figure().svg()).contains("<svg");
    assertThat(LatencyReport.legend("mdlm", rows)).isEqualTo("mdlm (extrapolated from L = 512)");
    assertThat(LatencyReport.legend("eso", rows.subList(0, 1))).isEqualTo("eso");
  }

  private static Map<String, Object> row(String system, int l, double seconds, int nfe, int timed) {
    Map<String, Object> row = settings(600).key();
    row.putAll(
        Map.of("system", system, "length", l, "seconds", seconds, "nfe", nfe, "timed", timed));
    return row;
  }
}
