package org.esolm.experiments.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.esolm.experiments.Main;

/** A command in a process of its own, whose memory is measured. */
final class OwnProcess {
  /**
   * The end of a command.
   *
   * @param output all that it printed
   * @param peakBytes the most memory that was resident, mapped files too; 0 where it is not known
   * @param seconds the process took
   */
  record Outcome(String output, long peakBytes, double seconds) {}

  private OwnProcess() {}

  /** Runs {@code eso}. */
  static Outcome eso(String... args) throws Exception {
    return run(Measured.class, List.of(), args);
  }

  /** Runs a main class; it must end well. */
  static Outcome run(Class<?> main, List<String> flags, String... args) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--add-modules=jdk.incubator.vector");
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("--sun-misc-unsafe-memory-access=allow");
    command.addAll(flags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(List.of(args));
    long start = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    long peak =
        output
            .lines()
            .filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
            .findFirst()
            .orElse(0); // no /proc: nothing is known
    return new Outcome(output, peak, (System.nanoTime() - start) * 1e-9);
  }

  /** Deletes a folder with all that is in it. */
  static void deleteAll(Path folder) throws IOException {
    if (Files.exists(folder)) {
      List<Path> all;
      try (var walk = Files.walk(folder)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path path : all) {
        Files.delete(path);
      }
    }
  }

  /** Runs a command and says how much memory it took at most. */
  static final class Measured {
    private Measured() {}

    public static void main(String[] args) throws IOException {
      PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
      int exit = Main.run(out, out, args);
      Path status = Path.of("/proc/self/status");
      if (Files.exists(status)) {
        Files.readAllLines(status).stream()
            .filter(l -> l.startsWith("VmHWM:"))
            .forEach(out::println);
      }
      System.exit(exit);
    }
  }
}
