package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A part of the source tree that the normal build leaves out. */
public final class MavenModule {
  private static final String MAVEN_FLAGS =
      "--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED";

  private MavenModule() {}

  /**
   * Builds it.
   *
   * @param root of the source tree
   * @param name of its profile, and of its folder under {@code experiments}
   * @throws IOException if it cannot be built
   * @throws InterruptedException if this thread was interrupted
   */
  public static void build(Path root, String name) throws IOException, InterruptedException {
    String[] arguments = {
      "-B", "-ntp", "-q", "-P" + name, "-pl", "experiments/" + name, "-am", "process-classes"
    };
    ProcessBuilder maven =
        new ProcessBuilder(root.resolve("mvnw").toString())
            .directory(root.toFile())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    maven.command().addAll(List.of(arguments));
    maven.environment().put("JAVA_HOME", System.getProperty("java.home"));
    // As the launcher does: Maven's own libraries warn of what nobody here can act on.
    maven.environment().merge("MAVEN_OPTS", MAVEN_FLAGS, (given, flags) -> flags + " " + given);
    Process process = maven.start();
    try {
      if (!process.waitFor(30, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException(
            "experiments/%s could not be built; try: ./mvnw %s"
                .formatted(name, String.join(" ", arguments)));
      }
    } finally {
      process.destroy();
    }
  }
}
