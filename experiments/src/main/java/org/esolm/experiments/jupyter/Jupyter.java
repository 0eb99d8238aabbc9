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
  private static final List<String> DEBIAN =
      List.of("jupyter-nbconvert", "python3-nbclient", "jupyter-client", "jupyter-notebook");
  private static final String CURE =
      "install it with 'pipx install --include-deps jupyterlab' or, on Debian and Ubuntu, 'sudo"
          + " apt-get install "
          + String.join(" ", DEBIAN)
          + "'";

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
    throw new IllegalArgumentException("no repository of the project at or above " + start);
  }

  /**
   * The Jupyter that is already there: the user's own, or the project's virtual environment.
   *
   * @param home the repository
   * @return empty where there is none that can run notebooks
   */
  public static Optional<Jupyter> find(Path home) {
    List<Path> candidates = new ArrayList<>();
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      candidates.add(Path.of(folder).resolve("jupyter"));
    }
    candidates.add(home.resolve(".venv/bin/jupyter"));
    return candidates.stream()
        .filter(Files::isExecutable)
        .map(c -> new Jupyter(c, home))
        .filter(j -> j.has("nbconvert"))
        .findFirst();
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
    Optional<Jupyter> jupyter = find(home);
    if (jupyter.isEmpty() && onPath("python3")) {
      Path environment = home.resolve(".venv");
      log.accept("Jupyter is missing: setting it up in " + environment);
      boolean set =
          succeeds("python3", "-m", "venv", environment.toString())
              && succeeds(
                  environment.resolve("bin/python").toString(),
                  "-m",
                  "pip",
                  "install",
                  "--quiet",
                  "--disable-pip-version-check",
                  "--retries=0",
                  "--timeout=15",
                  "jupyterlab",
                  "nbconvert");
      jupyter = set ? find(home) : Optional.empty();
      if (jupyter.isEmpty()) {
        log.accept("that failed (no package index within reach?)");
      }
    }
    boolean root = "root".equals(System.getProperty("user.name"));
    if (jupyter.isEmpty() && root && onPath("apt-get")) {
      log.accept("installing Jupyter from the system's packages: " + String.join(" ", DEBIAN));
      List<String> install =
          new ArrayList<>(List.of("apt-get", "install", "-y", "-qq", "--no-install-recommends"));
      install.addAll(DEBIAN);
      succeeds("apt-get", "update", "-qq");
      succeeds(install.toArray(String[]::new));
      jupyter = find(home);
    }
    return jupyter.orElseThrow(() -> new IOException("Jupyter is missing: " + CURE));
  }

  /**
   * Whether a part of Jupyter is installed.
   *
   * @param part a subcommand, as in {@code lab}
   * @return whether {@code jupyter PART} works
   */
  public boolean has(String part) {
    try {
      return succeeds(command.toString(), part, "--version");
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Makes the kernel known to this user's other Jupyter programs (a Lab of their own, VS Code). It
   * still runs the build in this repository.
   *
   * @throws IOException if the kernel cannot be installed
   * @throws InterruptedException if interrupted while waiting
   */
  public void installKernel() throws IOException, InterruptedException {
    Path source = home.resolve("notebooks/jupyter/kernels/esolm");
    Path copy = Files.createTempDirectory("esolm-kernel");
    String spec = Files.readString(source.resolve("kernel.json"));
    String script = source.resolve("kernel.sh").toString().replace("\\", "/");
    Files.writeString(
        copy.resolve("kernel.json"), spec.replace("{resource_dir}/kernel.sh", script));
    List<String> install =
        List.of("kernelspec", "install", "--user", "--name=esolm", copy.toString());
    int status = call(install).inheritIO().start().waitFor();
    Files.delete(copy.resolve("kernel.json"));
    Files.delete(copy);
    if (status != 0) {
      throw new IOException("jupyter kernelspec install failed");
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

  private static boolean onPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  private static boolean succeeds(String... line) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
    Process process =
        builder
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(new File(File.separatorChar == '/' ? "/dev/null" : "NUL"))
            .start();
    if (!process.waitFor(10, TimeUnit.MINUTES)) {
      process.destroy();
      return false;
    }
    return process.exitValue() == 0;
  }
}
