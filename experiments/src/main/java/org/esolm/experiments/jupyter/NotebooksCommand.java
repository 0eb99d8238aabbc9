package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eso notebooks}: lists the notebooks or executes them headless. */
@Command(name = "notebooks", description = "List the notebooks, or execute them headless.")
public final class NotebooksCommand implements Callable<Integer> {
  @Option(names = "--execute", description = "Execute every notebook, each in a fresh kernel.")
  private boolean execute;

  @Option(names = "--html", description = "Also write the executed notebooks as HTML pages.")
  private boolean html;

  @Option(
      names = "--install",
      description = "Only make the kernel known to your own JupyterLab or VS Code.")
  private boolean install;

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description = "Run them in this kernel instead of the one that they name.")
  private Optional<String> kernel = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where the executed copies go (default: target/notebooks of the repository).")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--param",
      paramLabel = "NAME=VALUE",
      description = "An environment variable for the notebooks.")
  private Map<String, String> parameters = Map.of();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = "The longest that a cell may take (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Parameters(
      paramLabel = "NOTEBOOK",
      arity = "0..*",
      description = "Which notebooks (default: all of the repository).")
  private List<Path> notebooks = List.of();

  /** For picocli. */
  public NotebooksCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path home = Jupyter.repository();
    List<Path> chosen = notebooks.isEmpty() ? notebooksOf(home) : notebooks;
    for (Path notebook : chosen) {
      if (!Files.isRegularFile(notebook)) {
        throw new IllegalArgumentException("NOTEBOOK: no such file: " + notebook);
      }
    }
    if (timeout < 1) {
      throw new IllegalArgumentException("--timeout: must be at least 1 second, got " + timeout);
    }
    if (install) {
      Jupyter.findOrSetUp(home, System.err::println).installKernel();
      return 0;
    }
    if (!execute) {
      chosen.forEach(System.out::println);
      return 0;
    }
    var runner =
        new NotebookRunner(
            Jupyter.findOrSetUp(home, System.err::println),
            kernel,
            out.orElse(home.resolve("target/notebooks")),
            parameters,
            Duration.ofSeconds(timeout));
    int failed = 0;
    for (Path notebook : chosen) {
      NotebookRunner.Result result = runner.execute(notebook);
      double seconds = result.seconds();
      if (html && result.error().isEmpty()) {
        result = runner.html(notebook);
      }
      String end = result.error().map(e -> "FAILED: " + e).orElse("ok");
      System.out.printf(Locale.ROOT, "%s  %.1f s  %s%n", notebook, seconds, end);
      failed += result.error().isPresent() ? 1 : 0;
    }
    System.out.printf("%d executed, %d failed%n", chosen.size() - failed, failed);
    return failed == 0 ? 0 : 1;
  }

  private static List<Path> notebooksOf(Path home) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve("notebooks"))) {
      return files.filter(f -> f.toString().endsWith(".ipynb")).sorted().toList();
    }
  }
}
