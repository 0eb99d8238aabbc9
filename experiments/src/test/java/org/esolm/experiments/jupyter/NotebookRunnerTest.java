package org.esolm.experiments.jupyter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
  private static final String NOTEBOOK =
      """
      {"nbformat": 4, "nbformat_minor": 5,
       "metadata": {"kernelspec": {"name": "esolm", "display_name": "Java", "language": "java"}},
       "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "execution_count": null,
                  "outputs": [], "source": "%s"}]}
      """;

  @TempDir Path folder;
  private NotebookRunner runner;

  @BeforeEach
  void find() {
    Path home = Jupyter.repository();
    Optional<Jupyter> jupyter = Jupyter.find(home);
    assumeTrue(jupyter.isPresent(), "there is no Jupyter on this machine");
    assumeTrue(
        Files.exists(home.resolve("experiments/target/runtime.classpath")),
        "the kernel starts from a packaged build");
    runner =
        new NotebookRunner(
            jupyter.get(),
            Optional.of("esolm"),
            folder.resolve("out"),
            Map.of("PARAMETER", "forty-two"),
            Duration.ofSeconds(60));
  }

  private Path notebook(String name, String cell) throws IOException {
    return Files.writeString(folder.resolve(name), NOTEBOOK.formatted(cell));
  }

  @Test
  void a_notebook_runs_in_the_java_kernel_and_becomes_a_page() throws Exception {
    Path notebook =
        notebook(
            "good.ipynb",
            "System.out.println(6 * 7);\\nDisplay.html(\\\"<i>\\\" + System.getenv(\\\"PARAMETER\\\"))");

    assertThat(runner.execute(notebook).error()).isEmpty();
    assertThat(Files.readString(folder.resolve("out/good.ipynb")))
        .contains("\"42\\n\"")
        .contains("<i>forty-two")
        .contains("\"text/plain\"");
    assertThat(runner.html(notebook).error()).isEmpty();
    assertThat(folder.resolve("out/good.html")).content().contains("<i>forty-two");
  }

  @Test
  void a_failing_cell_gives_its_error_in_one_line() throws Exception {
    Path notebook =
        notebook("bad.ipynb", "int a = 0;\\n\\nthrow new IllegalStateException(\\\"boom\\\");");

    assertThat(runner.execute(notebook).error())
        .hasValue("CellException: java.lang.IllegalStateException: boom (In [1], line 3)");
    assertThat(folder.resolve("out/bad.ipynb")).doesNotExist();
    assertThat(folder.resolve("out/bad.log")).exists();
  }
}
