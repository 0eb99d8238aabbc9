package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RowFileTest {
  @TempDir private Path temp;

  @Test
  void whoComesBackFindsWhatWasMeasured() throws IOException {
    Path file = temp.resolve("new/rows.jsonl");
    RowFile rows = RowFile.open(file);
    rows.add(Map.of("work", "a", "round", 1, "seconds", 0.5));
    rows.add(Map.of("work", "b", "round", 1, "seconds", 0.7));
    RowFile again = RowFile.open(file);
    assertThat(again.all()).isEqualTo(rows.all());
    assertThat(again.find(Map.of("work", "b", "round", 1)))
        .get()
        .extracting("seconds")
        .isEqualTo(0.7);
    assertThat(again.find(Map.of("work", "b", "round", 2))).isEmpty();
  }

  @Test
  void aLineThatWasNotFinishedIsMeasuredAgain() throws IOException {
    Path file = temp.resolve("rows.jsonl");
    Files.writeString(file, "{\"work\":\"a\"}\n{\"wor");
    RowFile rows = RowFile.open(file);
    rows.add(Map.of("work", "b"));
    assertThat(file).hasContent("{\"work\":\"a\"}\n{\"work\":\"b\"}\n");
  }

  @Test
  void anotherFileIsNotTouched() throws IOException {
    Path file = temp.resolve("notes.txt");
    Files.writeString(file, "shopping\n");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowFile.open(file))
        .withMessageContaining("not a line of JSON: shopping");
    assertThat(file).hasContent("shopping\n");
  }
}
