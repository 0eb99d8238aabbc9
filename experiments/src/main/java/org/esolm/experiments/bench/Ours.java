package org.esolm.experiments.bench;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program, in a process of its own, started as this one was. */
public record Ours() implements Contestant {
  private static final String MAIN = "org.esolm.experiments.Main";

  @Override
  public String name() {
    return "eso";
  }

  /** So that what is resident is what is needed, not what nobody has collected yet. */
  private static final List<String> SMALL_HEAP = List.of("-Xms16m", "-XX:+UseSerialGC");

  @Override
  public List<String> command(Work work) {
    return command(work.arguments());
  }

  /** The same with no more Java heap than it needs. */
  static List<String> frugalCommand(Work work) {
    List<String> command = command(work.arguments());
    command.removeIf(word -> word.matches("-XX:\\+Use\\w*GC"));
    command.addAll(1, SMALL_HEAP);
    return command;
  }

  /**
   * Any command line of this program.
   *
   * @param arguments after {@code eso}
   * @return a command that runs it in another process
   */
  static List<String> command(List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> !option.startsWith("-agentlib") && !option.startsWith("-javaagent"))
        .forEach(command::add);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), MAIN));
    command.addAll(arguments);
    return command;
  }
}
