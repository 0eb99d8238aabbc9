package org.esolm.experiments.jupyter;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A Jupyter that knows the project's kernel.
 *
 * @param command the program {@code jupyter}
 * @param home the repository; its kernel is found through {@code JUPYTER_PATH}, nothing is
 *     installed outside of it
 */
public record Jupyter(Path command, Path home) {
  /**
   * The repository: what the launcher says, else the folder at or above the current one that holds
   * the kernel.
   *
   * @return its absolute path
   * @throws IllegalArgumentException where there is none
   */
  public static Path repository() {
    Path start = Path.of(System.getProperty("eso.home", "")).toAbsolutePath();
    for (Path folder = start; folder != null; folder = folder.getParent()) {
      if (Files.exists(folder.resolve("notebooks/jupyter/kernels/esolm/kernel.json"))) {
        return folder;
      }
    }
    throw new IllegalArgumentException(
        "no repository of the project at or above " + start + "; start the eso of a checkout");
  }

  /**
   * The Jupyter that is already there: the user's own, or the project's virtual environment.
   *
   * @param home the repository
   * @return empty where there is none that can run notebooks
   */
  public static Optional<Jupyter> find(Path home) {
    return JupyterSetup.of(home, _ -> {}).find(j -> j.has("nbconvert"));
  }

  /**
   * Finds Jupyter or sets it up: in a virtual environment {@code .venv} of the repository, else
   * from the system's packages where this user may install them.
   *
   * @param home the repository
   * @param log told in one line each what is done
   * @return a Jupyter that can run notebooks
   * @throws IOException if there is none and none can be had; says what to install
   * @throws InterruptedException if interrupted while waiting for an installation
   */
  public static Jupyter findOrSetUp(Path home, Consumer<String> log)
      throws IOException, InterruptedException {
    return JupyterSetup.of(home, log).findOrSetUp(j -> j.has("nbconvert"));
  }

  /**
   * Whether a part of Jupyter is installed.
   *
   * @param part a subcommand, as in {@code lab}
   * @return whether {@code jupyter PART} works
   */
  public boolean has(String part) {
    try {
      Process process =
          new ProcessBuilder(command.toString(), part, "--version")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        process.destroy();
        return false;
      }
      return process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * A call of Jupyter that sees the project's kernel; the caller says where its output goes.
   *
   * @param arguments subcommand and options
   * @return not yet started
   */
  public ProcessBuilder call(List<String> arguments) {
    List<String> line = new ArrayList<>(List.of(command.toString()));
    line.addAll(arguments);
    ProcessBuilder process = new ProcessBuilder(line);
    String kernels = home.resolve("notebooks/jupyter").toString();
    process
        .environment()
        .merge("JUPYTER_PATH", kernels, (old, own) -> own + File.pathSeparator + old);
    return process;
  }
}
