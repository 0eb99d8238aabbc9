package org.esolm.experiments.parity;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ParityTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @Test
  void everyCaseAgreesWithTheReleasedCode() {
    List<String> lines = new ArrayList<>();
    int failed = Parity.run(GOLDEN, lines::add);
    assertThat(failed).as(() -> String.join("\n", lines)).isZero();
    assertThat(lines).hasSizeGreaterThan(200);
  }
}
