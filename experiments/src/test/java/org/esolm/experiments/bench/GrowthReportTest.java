package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class GrowthReportTest {
  @Test
  void aTableAndAFigureForEachSizeThatGrew() {
    Growth.Axis batch = Growth.AXES.getFirst();
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int value : batch.values().subList(0, 3)) {
      Map<String, Object> row = new Growth.Point(batch, "eso", value).key();
      row.put("seconds", value * 0.01);
      row.put("peak_mib", 100.0 + value);
      row.put("others", value == 4 ? 0.3 : 0.01);
      rows.add(row);
    }
    Map<String, Object> tooLong = new Growth.Point(batch, "eso", 16).key();
    tooLong.put("limit_s", 120);
    rows.add(tooLong);
    rows.add(Map.of("start", "eso --help", "seconds", 0.25, "least", 0.2));
    assertThat(GrowthReport.markdown(rows))
        .contains("| train, by batch | 2 | 4 | 8 | 16 | 32 | exponent |")
        .contains(
            "| eso | 20.0 ms, 102 MiB | ~40.0 ms, 104 MiB | 80.0 ms, 108 MiB | over 120 s | | 1.00 |")
        .contains("| `eso --help` | 250 ms (least 200 ms) |")
        .doesNotContain("by length");
    assertThat(GrowthReport.figures(rows)).containsOnlyKeys("growth-train-batch");
  }

  @Test
  void measurementsAreChosenByName() {
    assertThat(Growth.points("train-batch-eso")).hasSize(Growth.AXES.getFirst().values().size());
    assertThat(Growth.points("")).noneMatch(point -> point.name().startsWith("sample-steps-ar"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Growth.points("gpt"))
        .withMessageContaining("must fit a name");
  }
}
