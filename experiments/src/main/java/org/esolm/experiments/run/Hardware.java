package org.esolm.experiments.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the machine is called. */
public final class Hardware {
  private Hardware() {}

  /**
   * The processor's name.
   *
   * @return as the operating system says it, else the architecture
   */
  public static String cpu() {
    return linux()
        .or(
            () ->
                Commands.output(Path.of("."), List.of("sysctl", "-n", "machdep.cpu.brand_string")))
        .or(() -> Optional.ofNullable(System.getenv("PROCESSOR_IDENTIFIER")))
        .orElse(System.getProperty("os.arch"));
  }

  private static Optional<String> linux() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
