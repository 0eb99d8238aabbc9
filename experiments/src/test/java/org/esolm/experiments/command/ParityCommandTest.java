package org.esolm.experiments.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.esolm.experiments.CommandLineFixture.eso;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.esolm.io.Safetensors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParityCommandTest {
  @TempDir Path dir;

  @Test
  void anUnknownKindFails() throws IOException {
    Path golden = Files.createDirectory(dir.resolve("new"));
    Files.writeString(golden.resolve("case.json"), "{\"kind\": \"nonesuch\"}");
    Safetensors.write(golden.resolve("tensors.safetensors"), new LinkedHashMap<>(), Map.of());
    var result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(1);
    assertThat(result.out()).contains("FAIL", "nonesuch", "0 passed, 1 failed");
  }

  @Test
  void aFolderWithoutCasesIsBadInput() {
    var result = eso("parity", dir);
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().contains("no folder with a case");
  }
}
