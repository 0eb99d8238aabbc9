package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a program in a process of its own printed and needed.
 *
 * @param line its last line of JSON; null if it took too long
 * @param seconds from its start to its end
 * @param peakMib memory that it had resident at most, MiB, as its line says or else as was seen;
 *     null where the system does not tell
 * @param others share of the machine's processor time that other processes took meanwhile, 0 to 1;
 *     null where the system does not tell
 */
public record Child(Map<String, Object> line, double seconds, Double peakMib, Double others) {
  private static final Duration LOOK = Duration.ofMillis(20);

  /**
   * Whether it was ended because it took too long.
   *
   * @return whether there is no result
   */
  public boolean tooLong() {
    return line == null;
  }

  /**
   * Runs a program to its end.
   *
   * @param command its name and arguments
   * @param limit after which it is ended
   * @return what was seen
   * @throws IOException if it cannot be started, fails, or prints no JSON
   * @throws InterruptedException if this thread was interrupted; the program is ended
   */
  public static Child run(List<String> command, Duration limit)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("eso-bench", ".out");
    Path err = Files.createTempFile("eso-bench", ".err");
    try {
      ProcessorTime before = ProcessorTime.ofMachine();
      long start = System.nanoTime();
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      process.getOutputStream().close();
      Double peak = null;
      double own = 0;
      try {
        while (!process.waitFor(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
          Double now = ResidentMemory.peakMib(process.pid());
          peak = now == null ? peak : now;
          own = process.info().totalCpuDuration().map(d -> d.toNanos() * 1e-9).orElse(own);
          if (System.nanoTime() - start > limit.toNanos()) {
            process.destroyForcibly().waitFor();
            return new Child(null, seconds(start), peak, null);
          }
        }
      } finally {
        process.destroyForcibly();
      }
      Double others = before == null ? null : before.othersSince(own);
      requireSuccess(process, command, err);
      Map<String, Object> line = json(command, Files.readString(out));
      Double told = Numbers.of(line, "peak_mib");
      return new Child(line, seconds(start), told == null ? peak : told, others);
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /**
   * Runs a program to its end, whatever it prints.
   *
   * @param command its name and arguments
   * @param limit after which it is ended, which is a failure
   * @return seconds from its start to its end
   * @throws IOException if it cannot be started or fails
   * @throws InterruptedException if this thread was interrupted
   */
  static double time(List<String> command, Duration limit)
      throws IOException, InterruptedException {
    Path err = Files.createTempFile("eso-bench", ".err");
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(shortened(command) + " took longer than " + limit);
      }
      double seconds = seconds(start);
      requireSuccess(process, command, err);
      return seconds;
    } finally {
      process.destroyForcibly();
      Files.deleteIfExists(err);
    }
  }

  private static void requireSuccess(Process process, List<String> command, Path err)
      throws IOException {
    if (process.exitValue() != 0) {
      throw new IOException(
          "%s ended with exit code %d: %s"
              .formatted(shortened(command), process.exitValue(), complaint(err)));
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }

  private static Map<String, Object> json(List<String> command, String out) throws IOException {
    String line = out.lines().filter(l -> l.startsWith("{")).reduce((a, b) -> b).orElse("");
    try {
      return JsonMapper.shared().readValue(line, new TypeReference<>() {});
    } catch (JacksonException e) {
      throw new IOException(shortened(command) + " printed no line of JSON: " + out.strip(), e);
    }
  }

  /** Without class paths, which nobody can read. */
  private static String shortened(List<String> command) {
    return String.join(
        " ", command.stream().filter(w -> w.length() < 400 && !w.startsWith("-D")).toList());
  }

  private static String complaint(Path err) throws IOException {
    return new String(Files.readAllBytes(err), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("\tat"))
        .findFirst()
        .orElse("");
  }
}
