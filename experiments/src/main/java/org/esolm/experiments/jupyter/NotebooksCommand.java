package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eso notebooks}: lists the notebooks, executes them headless, makes pages of them. */
@Command(
    name = "notebooks",
    description = "List the notebooks, execute them headless, or write them as HTML pages.")
public final class NotebooksCommand implements Callable<Integer> {
  private static final String PROFILE = "profile";

  @Spec private CommandSpec spec;

  @Option(
      names = "--execute",
      description = "Execute them, each in a fresh kernel; the notebooks stay as they are.")
  private boolean execute;

  @Option(
      names = "--html",
      description = "Write HTML pages: of the executed copies, else of the notebooks as they are.")
  private boolean html;

  @Option(
      names = {"-p", "--param"},
      paramLabel = "NAME=VALUE",
      description = "Set a parameter that the notebook declares; a list is separated by commas.")
  private Map<String, String> parameters = new LinkedHashMap<>();

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "Like -p profile=NAME, for those notebooks that declare it: smoke or quick.")
  private Optional<String> profile = Optional.empty();

  @Option(
      names = "--kernel",
      paramLabel = "NAME",
      description = "Run them in this kernel instead of the one that they name.")
  private Optional<String> kernel = Optional.empty();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where the copies go, by their own names (default: runs/notebooks, with the time).")
  private Optional<Path> out = Optional.empty();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "3600",
      description = "The longest that a cell may take (default: ${DEFAULT-VALUE}).")
  private int timeout;

  @Parameters(
      paramLabel = "NOTEBOOK",
      arity = "0..*",
      description = "Which ones, by number, name or path (default: all of the repository).")
  private List<String> words = List.of();

  /** For picocli. */
  public NotebooksCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path home = Jupyter.repository();
    Notebooks all = Notebooks.of(home);
    List<Path> chosen = words.isEmpty() ? all.files() : words.stream().map(all::find).toList();
    if (timeout < 1) {
      throw new IllegalArgumentException("--timeout: must be at least 1 second, got " + timeout);
    }
    if (!execute && !(parameters.isEmpty() && profile.isEmpty() && kernel.isEmpty())) {
      throw new IllegalArgumentException("-p, --profile and --kernel: allowed with --execute only");
    }
    List<Map<String, String>> values = new ArrayList<>();
    for (Path notebook : chosen) {
      NotebookFile file = NotebookFile.read(notebook);
      values.add(valuesFor(file));
      file.with(values.getLast()); // wrong names and values are found before anything runs
    }
    if (!execute && !html) {
      return list(home, chosen);
    }
    return work(home, chosen, values);
  }

  private Map<String, String> valuesFor(NotebookFile notebook) {
    Map<String, String> values = new LinkedHashMap<>();
    if (profile.isPresent() && notebook.parameters().types().containsKey(PROFILE)) {
      values.put(PROFILE, profile.get());
    }
    values.putAll(parameters);
    return values;
  }

  private int list(Path home, List<Path> chosen) throws IOException {
    for (Path notebook : chosen) {
      NotebookFile file = NotebookFile.read(notebook);
      Path path = notebook.startsWith(home) ? home.relativize(notebook) : notebook;
      out().printf("%-52s %s%n", path, file.title());
      if (!file.parameters().types().isEmpty()) {
        out().printf("%-52s   -p %s%n", "", String.join(", ", file.parameters().types().keySet()));
      }
    }
    return 0;
  }

  private int work(Path home, List<Path> chosen, List<Map<String, String>> values)
      throws IOException, InterruptedException {
    Jupyter jupyter = Jupyter.findOrSetUp(home, err()::println);
    var runner = new NotebookRunner(jupyter, kernel, Duration.ofSeconds(timeout));
    String stamp = DateTimeFormatter.ofPattern("-yyyyMMdd-HHmmss").format(LocalDateTime.now());
    Path folder = out.orElse(home.resolve("runs/notebooks"));
    int failed = 0;
    for (int i = 0; i < chosen.size(); i++) {
      Path notebook = chosen.get(i);
      String name = Notebooks.name(notebook) + (out.isPresent() || !execute ? "" : stamp);
      Path copy = execute ? folder.resolve(name + ".ipynb") : notebook;
      double seconds = 0;
      Optional<NotebookRunner.Failure> failure = Optional.empty();
      if (execute) {
        err().println(notebook.getFileName());
        CellLog log = new CellLog(err());
        NotebookRunner.Result result = runner.execute(notebook, values.get(i), copy, log);
        log.end();
        seconds = result.seconds();
        failure = result.failure();
      }
      Path product = copy;
      if (html && failure.isEmpty()) {
        product = folder.resolve(name + ".html");
        NotebookRunner.Result result = runner.html(copy, product);
        seconds += result.seconds();
        failure = result.failure();
      }
      failure.ifPresent(f -> CellLog.print(err(), f));
      out()
          .printf(
              Locale.ROOT,
              "%s  %.1f s  %s%n",
              notebook.getFileName(),
              seconds,
              failure.map(f -> "FAILED: " + f.summary()).orElse("-> " + product));
      failed += failure.isPresent() ? 1 : 0;
    }
    out()
        .printf(
            "%d %s, %d failed%n", chosen.size() - failed, execute ? "executed" : "written", failed);
    return failed == 0 ? 0 : 1;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  private PrintWriter err() {
    return spec.commandLine().getErr();
  }
}
