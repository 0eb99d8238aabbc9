package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.esolm.experiments.SmokeReproduction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every notebook of the repository runs, in the smoke profile, and no cell takes long. */
@Tag("slow")
@Timeout(300)
class NotebooksSmokeTest {
  private static final Duration CELL_LIMIT = Duration.ofSeconds(90);

  @TempDir Path temp;

  static List<Path> notebooks() throws IOException {
    return Notebooks.of(Jupyter.repository()).files();
  }

  @ParameterizedTest
  @MethodSource("notebooks")
  void runs(Path notebook) throws Exception {
    Optional<Jupyter> jupyter = Jupyter.find(Jupyter.repository());
    assumeTrue(jupyter.isPresent(), "there is no Jupyter on this machine");
    NotebookParameters declared = NotebookFile.read(notebook).parameters();
    assertThat(declared.types()).as("a parameters cell").isNotEmpty();
    Map<String, String> values = new LinkedHashMap<>();
    if (declared.types().containsKey("profile")) {
      values.put("profile", "smoke");
    }
    if (notebook.getFileName().toString().startsWith("01")) {
      // What it trains is trained once for all tests.
      SmokeReproduction.copyTo(temp.resolve("reproduction"));
      values.put("out", temp.resolve("reproduction").toString());
    }
    NotebookRunner runner = new NotebookRunner(jupyter.get(), Optional.empty(), CELL_LIMIT);
    Path copy = temp.resolve(notebook.getFileName());
    NotebookRunner.Result result = runner.execute(notebook, values, copy, (_, _, _) -> {});
    assertThat(result.failure()).isEmpty();
    assertThat(copy).isRegularFile();
  }
}
