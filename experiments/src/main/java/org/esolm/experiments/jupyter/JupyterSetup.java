package org.esolm.experiments.jupyter;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Finds a Jupyter, or sets one up and says what it does: the user's own, then a virtual environment
 * {@code .venv} of the repository, then the system's packages where this user may install them.
 *
 * @param home the repository
 * @param environment the environment variables, of which {@code PATH} tells what programs there are
 * @param root whether this user may do everything
 * @param log told in one line each what is done
 */
record JupyterSetup(
    Path home, Map<String, String> environment, boolean root, Consumer<String> log) {
  static final List<String> DEBIAN =
      List.of("jupyter-nbconvert", "python3-nbclient", "jupyter-client", "jupyter-notebook");
  static final String CURE =
      "install it with 'pipx install --include-deps jupyterlab', or on Debian and Ubuntu with 'sudo"
          + " apt-get install "
          + String.join(" ", DEBIAN)
          + "'";
  private static final String PIP_CURE =
      " (if pip does not reach a package index: HTTPS_PROXY names a proxy, PIP_INDEX_URL a mirror)";
  private static final int MINUTES = 10;

  private record Outcome(int status, String lastLine) {
    boolean ok() {
      return status == 0;
    }
  }

  static JupyterSetup of(Path home, Consumer<String> log) {
    return new JupyterSetup(home, System.getenv(), isRoot(), log);
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  /** The first one that is enough: on the {@code PATH}, else in the virtual environment. */
  Optional<Jupyter> find(Predicate<Jupyter> enough) {
    return Stream.concat(onPath("jupyter"), Stream.of(venv().resolve("bin/jupyter")))
        .filter(Files::isExecutable)
        .map(program -> new Jupyter(program, home))
        .filter(enough)
        .findFirst();
  }

  /**
   * Finds one that is enough, or sets it up.
   *
   * @throws IOException if none can be had; says what to install
   */
  Jupyter findOrSetUp(Predicate<Jupyter> enough) throws IOException, InterruptedException {
    Optional<Jupyter> jupyter = find(enough);
    if (jupyter.isEmpty()) {
      log.accept("a Jupyter that can do this is missing");
      jupyter = virtualEnvironment() ? find(enough) : Optional.empty();
    }
    if (jupyter.isEmpty()) {
      jupyter = systemPackages() ? find(enough) : Optional.empty();
    }
    return jupyter.orElseThrow(() -> new IOException("Jupyter is missing: " + CURE));
  }

  private Path venv() {
    return home.resolve(".venv");
  }

  private boolean virtualEnvironment() throws IOException, InterruptedException {
    Optional<Path> python = onPath("python3").findFirst();
    if (python.isEmpty()) {
      log.accept("  no python3 on the PATH, so no virtual environment for it");
      return false;
    }
    log.accept("  setting it up in " + venv() + " (python3 -m venv, pip install jupyterlab)");
    boolean existed = Files.exists(venv());
    Outcome outcome = run(List.of(python.get().toString(), "-m", "venv", venv().toString()));
    if (outcome.ok()) {
      outcome =
          run(
              List.of(
                  venv().resolve("bin/python").toString(),
                  "-m",
                  "pip",
                  "install",
                  "--quiet",
                  "--disable-pip-version-check",
                  "--retries=0",
                  "--timeout=15",
                  "jupyterlab",
                  "nbconvert"));
      if (!outcome.ok()) {
        outcome = new Outcome(outcome.status, outcome.lastLine + PIP_CURE);
      }
    }
    if (!outcome.ok()) {
      log.accept("  that failed: " + outcome.lastLine);
      if (!existed) {
        delete(venv());
      }
    }
    return outcome.ok();
  }

  private boolean systemPackages() throws IOException, InterruptedException {
    List<String> install;
    if (onPath("apt-get").findAny().isPresent()) {
      install =
          new ArrayList<>(List.of("apt-get", "install", "-y", "-q", "--no-install-recommends"));
      install.addAll(DEBIAN);
      boolean sudo =
          !root && onPath("sudo").findAny().isPresent() && run(List.of("sudo", "-n", "true")).ok();
      if (!root && !sudo) {
        log.accept("  this user may not install the system's packages without a password");
        return false;
      }
      if (sudo) {
        install.addAll(0, List.of("sudo", "-n"));
      }
      List<String> update = new ArrayList<>(install.subList(0, install.indexOf("install")));
      update.addAll(List.of("update", "-q"));
      log.accept("  installing the system's packages: " + String.join(" ", install));
      run(update);
    } else if (onPath("brew").findAny().isPresent()) {
      install = List.of("brew", "install", "jupyterlab");
      log.accept("  " + String.join(" ", install));
    } else {
      return false;
    }
    Outcome outcome = run(install);
    if (!outcome.ok()) {
      log.accept("  that failed: " + outcome.lastLine);
    }
    return outcome.ok();
  }

  private Stream<Path> onPath(String program) {
    return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable);
  }

  private Outcome run(List<String> command) throws IOException, InterruptedException {
    List<String> line = new ArrayList<>(command);
    line.set(0, onPath(line.getFirst()).map(Path::toString).findFirst().orElse(line.getFirst()));
    Path output = Files.createTempFile("setup", ".log");
    try {
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().clear();
      builder.environment().putAll(environment);
      builder.environment().put("DEBIAN_FRONTEND", "noninteractive");
      Process process = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      process.getOutputStream().close();
      if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        return new Outcome(1, "not done after " + MINUTES + " minutes");
      }
      String last =
          Files.readString(output).lines().filter(l -> !l.isBlank()).reduce((a, b) -> b).orElse("");
      return new Outcome(process.exitValue(), last.strip());
    } catch (IOException e) {
      return new Outcome(1, e.getMessage());
    } finally {
      Files.delete(output);
    }
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
