package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProcessorTimeTest {
  @Test
  void idleAndWaitingAreNotBusyAndGuestsCountOnce() {
    assertThat(ProcessorTime.of("cpu  100 20 30 400 50 6 7 8 90 10"))
        .isEqualTo(new ProcessorTime(100 + 20 + 30 + 6 + 7 + 8, 621));
  }
}
