package org.esolm.experiments.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory that a process had resident at most, from {@code /proc}. */
public final class ResidentMemory {
  private ResidentMemory() {}

  /**
   * Of this process, up to now.
   *
   * @return MiB; null where the system does not tell
   */
  public static Double peakMib() {
    return peakMib(ProcessHandle.current().pid());
  }

  /** Of another process; null where there is no /proc, or the process ended. */
  static Double peakMib(long pid) {
    try (var lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .map(line -> Double.parseDouble(line.replaceAll("\\D+", "")) / 1024)
          .findFirst()
          .orElse(null);
    } catch (IOException | UncheckedIOException e) {
      return null;
    }
  }
}
