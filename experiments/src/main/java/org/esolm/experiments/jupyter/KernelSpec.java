package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.esolm.io.AtomicFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The kernel as a person's own Jupyter programs know it: JupyterLab, the notebook page, VS Code.
 * What is installed is a few lines that start the build in this repository.
 *
 * @param folder where it is installed, as in {@code ~/.local/share/jupyter/kernels/esolm}
 */
record KernelSpec(Path folder) {
  private static final String NAME = "esolm";
  private static final String SOURCE = "notebooks/jupyter/kernels/" + NAME;
  private static final String JSON = "kernel.json";
  private static final String LOGO = "logo-svg.svg";

  /** In the place that Jupyter searches for a person's own kernels. */
  static KernelSpec ofUser(Map<String, String> environment, Path home) {
    String own = environment.getOrDefault("JUPYTER_DATA_DIR", "");
    String xdg = environment.getOrDefault("XDG_DATA_HOME", "");
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    Path data;
    if (!own.isEmpty()) {
      data = Path.of(own);
    } else if (system.startsWith("mac")) {
      data = home.resolve("Library/Jupyter");
    } else if (system.startsWith("windows") && environment.containsKey("APPDATA")) {
      data = Path.of(environment.get("APPDATA"), "jupyter");
    } else {
      data = (xdg.isEmpty() ? home.resolve(".local/share") : Path.of(xdg)).resolve("jupyter");
    }
    return new KernelSpec(data.resolve("kernels").resolve(NAME));
  }

  /** Below the prefix of a Python installation, such as a virtual environment. */
  static KernelSpec ofPrefix(Path prefix) {
    return new KernelSpec(
        prefix.toAbsolutePath().normalize().resolve("share/jupyter/kernels").resolve(NAME));
  }

  /**
   * Writes it, with absolute paths.
   *
   * @param repository what it runs
   * @param javaHome the JDK that it runs on, as long as there is one
   * @return whether anything had to be written
   * @throws IllegalArgumentException if another kernel of this name is there
   */
  boolean install(Path repository, Path javaHome) throws IOException {
    refuseOthers();
    Path source = repository.resolve(SOURCE);
    String json = json(source, javaHome);
    Path target = folder.resolve(JSON);
    if (Files.exists(target) && Files.readString(target).equals(json)) {
      return false;
    }
    try {
      Files.createDirectories(folder);
      AtomicFiles.write(folder.resolve(LOGO), Files.readAllBytes(source.resolve(LOGO)));
      AtomicFiles.write(target, json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "%s cannot be written (%s), allowed: --prefix DIR, a folder that you may write"
              .formatted(folder, e),
          e);
    }
    return true;
  }

  /**
   * Removes it.
   *
   * @return whether it was there
   * @throws IllegalArgumentException if another kernel of this name is there
   */
  boolean uninstall() throws IOException {
    if (!Files.exists(folder)) {
      return false;
    }
    refuseOthers();
    Files.deleteIfExists(folder.resolve(JSON));
    Files.deleteIfExists(folder.resolve(LOGO));
    Files.delete(folder);
    return true;
  }

  /** The script that it starts; empty where it is not installed, or is another kernel. */
  Optional<Path> script() throws IOException {
    if (!Files.exists(folder.resolve(JSON))) {
      return Optional.empty();
    }
    try {
      JsonNode argv = JsonMapper.shared().readTree(Files.readString(folder.resolve(JSON)));
      String script = argv.path("argv").path(1).asString("");
      return Optional.of(script).filter(s -> s.endsWith(SOURCE + "/kernel.sh")).map(Path::of);
    } catch (JacksonException e) {
      return Optional.empty();
    }
  }

  private void refuseOthers() throws IOException {
    if (Files.exists(folder) && Files.exists(folder.resolve(JSON)) && script().isEmpty()) {
      throw new IllegalArgumentException(
          folder + ": holds a kernel that is not this project's; move it away first");
    }
  }

  private static String json(Path source, Path javaHome) throws IOException {
    ObjectNode spec =
        (ObjectNode) JsonMapper.shared().readTree(Files.readString(source.resolve(JSON)));
    spec.putArray("argv")
        .add("sh")
        .add(source.resolve("kernel.sh").toAbsolutePath().toString())
        .add("{connection_file}");
    spec.putObject("env").put("ESO_JAVA_HOME", javaHome.toString());
    return JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build()
            .writeValueAsString(spec)
        + "\n";
  }
}
