package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eso lab}: opens the notebooks in JupyterLab, or in the classic notebook page. */
@Command(
    name = "lab",
    description = "Open the notebooks in JupyterLab or the notebook page; sets Jupyter up.")
public final class LabCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--port",
      defaultValue = "8888",
      description = "Default: ${DEFAULT-VALUE}, or the next that is free.")
  private int port;

  @Option(names = "--no-browser", description = "Print the address instead of opening it.")
  private boolean noBrowser;

  @Parameters(
      paramLabel = "NOTEBOOK",
      arity = "0..1",
      description = "Which one to open, by number, name or path; default: the list of them.")
  private Optional<String> notebook = Optional.empty();

  /** For picocli. */
  public LabCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("--port: must be between 1 and 65535, got " + port);
    }
    Path home = Jupyter.repository();
    Notebooks notebooks = Notebooks.of(home);
    Optional<Path> opened = notebook.map(notebooks::find);
    PrintWriter err = spec.commandLine().getErr();
    Jupyter jupyter =
        JupyterSetup.of(home, err::println).findOrSetUp(j -> j.has("lab") || j.has("notebook"));
    List<String> arguments =
        new ArrayList<>(List.of(jupyter.has("lab") ? "lab" : "notebook", "--port=" + port));
    arguments.add(opened.map(Path::toString).orElse("--notebook-dir=" + home.resolve("notebooks")));
    if (noBrowser) {
      arguments.add("--no-browser");
    }
    if (JupyterSetup.isRoot()) {
      arguments.add("--allow-root"); // it refuses to run for the system's administrator otherwise
    }
    err.println(jupyter.command() + " " + String.join(" ", arguments));
    Process server = jupyter.call(arguments).inheritIO().start();
    // Ctrl-C reaches the server too, which shuts its kernels down; wait for that.
    Runtime.getRuntime().addShutdownHook(new Thread(server::destroy));
    return server.waitFor();
  }
}
