package org.esolm.experiments.command;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.esolm.experiments.command.Check.State;
import org.esolm.experiments.run.Commands;

/**
 * What {@code doctor} looks for around the program: folders that must be writable, other programs.
 *
 * @param environment the environment variables
 * @param javaHome the JDK that runs this
 * @param home the person's home folder
 * @param repository the project
 * @param natives where native libraries are unpacked
 */
record Surroundings(
    Map<String, String> environment, Path javaHome, Path home, Path repository, Path natives) {
  private static final String JUPYTER_ADVICE =
      "./eso lab sets it up by itself; or apt-get install jupyter-nbconvert python3-nbclient"
          + " jupyter-client jupyter-notebook, or pip install jupyterlab; only notebooks need it";

  static Surroundings ofMachine() {
    Path home = Path.of(System.getProperty("user.home"));
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    return new Surroundings(
        System.getenv(),
        Path.of(System.getProperty("java.home")),
        home,
        Path.of(System.getProperty("eso.home", "")).toAbsolutePath(),
        cache == null ? home.resolve(".javacpp/cache") : Path.of(cache));
  }

  List<Check> checks() {
    return List.of(
        javaOnPath(), homeFolder(), repositoryFolder(), nativeFolder(), jupyter(), kernel());
  }

  private Check javaOnPath() {
    Optional<Path> java = onPath("java");
    if (java.isEmpty()) {
      return new Check("java on PATH", State.OK, "none; ./eso uses " + javaHome, "");
    }
    return Check.of(
        "java on PATH",
        State.MISSING_OPTIONAL,
        "./eso uses the right one by itself; for your own commands: export PATH="
            + javaHome.resolve("bin")
            + ":$PATH",
        () -> {
          Path real = java.get().toRealPath();
          if (!real.startsWith(javaHome.toRealPath())) {
            throw new IOException("another one comes first: " + java.get() + " is " + real);
          }
          return java.get().toString();
        });
  }

  private Check homeFolder() {
    return writable(
        "home folder",
        home,
        "Jupyter and Maven keep files there: name a folder that you may write,"
            + " HOME=/that/folder ./eso ...");
  }

  private Check repositoryFolder() {
    return writable(
        "repository",
        repository,
        "builds and runs are kept there: copy it to a folder of your own, cp -r "
            + repository
            + " ~/esolm");
  }

  private static Check writable(String name, Path folder, String advice) {
    return Check.of(
        name,
        State.MISSING_OPTIONAL,
        advice,
        () -> {
          if (!Files.isDirectory(folder)) {
            throw new IOException("no folder " + folder);
          }
          try {
            Files.delete(Files.createTempFile(folder, ".eso", ""));
          } catch (IOException e) {
            throw new IOException(folder + " cannot be written", e);
          }
          return folder + " can be written";
        });
  }

  /** On a file system that is mounted noexec, nothing in it can be loaded as a library either. */
  private Check nativeFolder() {
    return Check.of(
        "native folder",
        State.MISSING_OPTIONAL,
        "native libraries are unpacked there: name another folder,"
            + " ESO_JAVA_OPTS=-Dorg.bytedeco.javacpp.cachedir=/that/folder ./eso ...",
        () -> {
          Path script;
          try {
            Files.createDirectories(natives);
            script = Files.createTempFile(natives, "eso", ".sh");
          } catch (IOException e) {
            throw new IOException(natives + " cannot be written", e);
          }
          try {
            Files.writeString(script, "#!/bin/sh\nexit 0\n");
            if (File.separatorChar == '/' && !runs(script)) {
              throw new IOException("programs may not run in " + natives + " (noexec?)");
            }
          } finally {
            Files.delete(script);
          }
          return natives + " may hold programs";
        });
  }

  private static boolean runs(Path script) throws InterruptedException {
    try {
      return script.toFile().setExecutable(true)
          && new ProcessBuilder(script.toString()).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Check jupyter() {
    return Check.of(
        "Jupyter",
        State.MISSING_OPTIONAL,
        JUPYTER_ADVICE,
        () -> {
          Path jupyter =
              onPath("jupyter")
                  .or(() -> Optional.of(repository.resolve(".venv/bin/jupyter")))
                  .filter(Files::isExecutable)
                  .orElseThrow(() -> new IOException("no jupyter on the PATH"));
          String nbconvert = version(jupyter, "nbconvert");
          if (nbconvert.isEmpty()) {
            throw new IOException(jupyter + " has no nbconvert");
          }
          String lab = version(jupyter, "lab");
          String page = lab.isEmpty() ? version(jupyter, "notebook") : lab;
          if (page.isEmpty()) {
            throw new IOException(jupyter + " has neither JupyterLab nor the notebook page");
          }
          return "%s: nbconvert %s, %s %s"
              .formatted(jupyter, nbconvert, lab.isEmpty() ? "notebook" : "JupyterLab", page);
        });
  }

  private static String version(Path jupyter, String part) {
    return Commands.output(Path.of("."), List.of(jupyter.toString(), part, "--version")).orElse("");
  }

  private Check kernel() {
    return Check.of(
        "Java kernel",
        State.MISSING_OPTIONAL,
        "it stands under notebooks/jupyter/kernels of a checkout: start ./eso from one",
        () -> {
          Path kernels = repository.resolve("notebooks/jupyter/kernels");
          if (!Files.exists(kernels.resolve("esolm/kernel.json"))) {
            throw new IOException("no kernel esolm in " + kernels);
          }
          return "esolm (./eso lab knows it; ./eso kernel install for your own Lab and VS Code)";
        });
  }

  private Optional<Path> onPath(String program) {
    return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }
}
