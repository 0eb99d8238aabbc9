package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;

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
      Map<String, Object> row = Growth.key(batch, "eso", value);
      row.put("seconds", value * 0.01);
      row.put("peak_mib", 100.0 + value);
      rows.add(row);
    }
    Map<String, Object> tooLong = Growth.key(batch, "eso", 16);
    tooLong.put("too_long", true);
    rows.add(tooLong);
    rows.add(Map.of("start", "eso --help", "seconds", 0.25));
    assertThat(GrowthReport.markdown(rows))
        .contains("| train, by batch | 2 | 4 | 8 | 16 | 32 | exponent |")
        .contains("| eso | 20.0 ms, 102 MiB | 40.0 ms, 104 MiB | 80.0 ms, 108 MiB | | | 1.00 |")
        .contains("| `eso --help` | 250 ms |")
        .doesNotContain("by length");
    assertThat(GrowthReport.figures(rows)).containsOnlyKeys("train-batch");
  }
}
