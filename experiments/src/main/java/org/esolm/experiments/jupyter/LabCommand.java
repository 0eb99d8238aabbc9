package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code eso lab}: opens the notebooks in JupyterLab, or in the classic notebook page. */
@Command(name = "lab", description = "Open the notebooks in JupyterLab or the notebook page.")
public final class LabCommand implements Callable<Integer> {
  @Option(names = "--port", defaultValue = "8888", description = "Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(names = "--no-browser", description = "Print the address instead of opening it.")
  private boolean noBrowser;

  /** For picocli. */
  public LabCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (port < 1 || port > 65535) {
      throw new IllegalArgumentException("--port: must be between 1 and 65535, got " + port);
    }
    Path home = Jupyter.repository();
    Jupyter jupyter = Jupyter.findOrSetUp(home, System.err::println);
    String page = jupyter.has("lab") ? "lab" : "notebook";
    if (!jupyter.has(page)) {
      throw new IOException(
          "this Jupyter has no page to show: install jupyterlab, or jupyter-notebook on Debian");
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(page, "--port=" + port, "--notebook-dir=" + home.resolve("notebooks")));
    if (noBrowser) {
      arguments.add("--no-browser");
    }
    if ("root".equals(System.getProperty("user.name"))) {
      arguments.add("--allow-root");
    }
    Process server = jupyter.call(arguments).inheritIO().start();
    // Ctrl-C reaches the server too, which shuts its kernels down; wait for that.
    Runtime.getRuntime().addShutdownHook(new Thread(server::destroy));
    return server.waitFor();
  }
}
