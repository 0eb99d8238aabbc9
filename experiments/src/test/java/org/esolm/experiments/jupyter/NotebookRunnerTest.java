package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
@Timeout(240)
class NotebookRunnerTest {
  private static final Map<String, String> NONE = Map.of();

  @TempDir Path folder;
  private NotebookRunner runner;
  private final List<String> begun = new ArrayList<>();

  @BeforeEach
  void find() {
    Path home = Jupyter.repository();
    Optional<Jupyter> jupyter = Jupyter.find(home);
    assumeTrue(jupyter.isPresent(), "there is no Jupyter on this machine");
    assumeTrue(
        Files.exists(home.resolve("experiments/target/runtime.classpath")),
        "the kernel starts from a packaged build");
    runner = new NotebookRunner(jupyter.get(), Optional.of("esolm"), Duration.ofSeconds(60));
  }

  private NotebookRunner.Result execute(Path notebook, Map<String, String> parameters)
      throws IOException, InterruptedException {
    Path copy = folder.resolve("out/copy-of-" + notebook.getFileName());
    return runner.execute(
        notebook, parameters, copy, (cell, cells, source) -> begun.add(cell + "/" + cells));
  }

  @Test
  void a_notebook_runs_with_other_parameters_in_its_own_folder_and_becomes_a_page()
      throws Exception {
    Path notebook =
        NotebookFixture.write(
            folder.resolve("good.ipynb"),
            "# A heading",
            "#parameters\nint factor = 1;   // to multiply by",
            "System.out.println(6 * factor);",
            "Display.html(\"<i>\" + Path.of(\"\").toAbsolutePath().getFileName())");

    NotebookRunner.Result result = execute(notebook, Map.of("factor", "7"));
    assertThat(result.failure()).isEmpty();
    assertThat(begun).containsExactly("2/5", "3/5", "4/5", "5/5");
    Path copy = folder.resolve("out/copy-of-good.ipynb");
    assertThat(result.target()).isEqualTo(copy);
    assertThat(Files.readString(copy))
        .contains("\"42\\n\"")
        .contains("\"injected-parameters\"")
        .contains("<i>" + folder.getFileName())
        .contains("\"text/plain\"");
    Path page = folder.resolve("pages/good.html");
    assertThat(runner.html(copy, page).failure()).isEmpty();
    assertThat(page).content().contains("<i>" + folder.getFileName());
  }

  @Test
  void a_failing_cell_is_shown_with_its_error_in_one_line_and_in_full() throws Exception {
    String wrong = "int a = 0;\n\nthrow new IllegalStateException(\"boom\");";
    Path notebook = NotebookFixture.write(folder.resolve("bad.ipynb"), "1 + 1", wrong);

    NotebookRunner.Failure failure = execute(notebook, NONE).failure().orElseThrow();
    assertThat(failure.source()).isEqualTo(wrong);
    assertThat(failure.summary())
        .isEqualTo("CellException: java.lang.IllegalStateException: boom (In [2], line 3)");
    assertThat(failure.report().lines())
        .startsWith("java.lang.IllegalStateException: boom", "    at In [2], line 3");
    assertThat(folder.resolve("out/copy-of-bad.ipynb")).doesNotExist();
    assertThat(folder.resolve("out/copy-of-bad.log")).content().contains("boom");
  }

  @Test
  void a_cell_that_takes_too_long_or_ends_the_kernel_is_named() throws Exception {
    runner = new NotebookRunner(runner.jupyter(), runner.kernel(), Duration.ofSeconds(2));
    Path endless = NotebookFixture.write(folder.resolve("endless.ipynb"), "while (true) {}");
    NotebookRunner.Failure late = execute(endless, NONE).failure().orElseThrow();
    assertThat(late.source()).isEqualTo("while (true) {}");
    assertThat(late.report()).contains("2 seconds");

    Path dying = NotebookFixture.write(folder.resolve("dying.ipynb"), "System.exit(3);");
    NotebookRunner.Failure dead = execute(dying, NONE).failure().orElseThrow();
    assertThat(dead.source()).isEqualTo("System.exit(3);");
    assertThat(dead.summary()).contains("Kernel died");
  }
}
