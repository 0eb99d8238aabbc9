package org.esolm.experiments.command;

import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.esolm.experiments.command.Check.State;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** Says what this machine has, what is missing and how to get it. */
@Command(
    name = "doctor",
    description = "Looks at this machine: what is there, what is missing and how to get it.")
public final class DoctorCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  /** For picocli. */
  public DoctorCommand() {}

  /**
   * Looks and reports.
   *
   * @return 0 if nothing is missing that the library needs, else 1
   */
  @Override
  public Integer call() {
    List<Check> checks = new Machine().checks();
    boolean usable = checks.stream().noneMatch(check -> check.state() == State.MISSING);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(JsonMapper.shared().writeValueAsString(new Report(usable, checks)));
    } else {
      checks.forEach(check -> print(out, check));
      out.println(usable ? "All that the library needs is there." : "Something needed is missing.");
    }
    return usable ? 0 : 1;
  }

  private record Report(boolean usable, List<Check> checks) {}

  private static void print(PrintWriter out, Check check) {
    String mark =
        switch (check.state()) {
          case OK -> "ok     ";
          case MISSING_OPTIONAL -> "warning";
          case MISSING -> "MISSING";
        };
    out.printf("%s  %-14s %s%n", mark, check.name(), check.found());
    if (!check.advice().isEmpty()) {
      out.printf("%25s-> %s%n", "", check.advice());
    }
  }
}
