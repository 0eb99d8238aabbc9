package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.experiments.tables.LikelihoodPlan;
import org.esolm.experiments.tables.LikelihoodTableText;
import org.esolm.experiments.tables.LikelihoodTables;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The paper's tables in small. */
@Command(
    name = "tables",
    description = "Make tables of the paper in small, its numbers beside: tables likelihood.",
    subcommands = TablesCommand.Likelihood.class)
public final class TablesCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public TablesCommand() {}

  /** A sub-command is needed. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "tables: none named, allowed: tables likelihood");
  }

  /** {@code eso tables likelihood}. */
  @Command(
      name = "likelihood",
      description = {
        "Tables 2 and 6 to 10: the NELBO and bounds over orders of MDLM, Eso-LM and Eso-LM (A), and how",
        "much their estimates vary. Trains on the embedded language; goes on where it was broken off."
      })
  static final class Likelihood implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
        names = "--profile",
        defaultValue = "quick",
        description = "smoke (does it run?) or quick (some minutes); default: ${DEFAULT-VALUE}.")
    private String profile;

    @Option(
        names = "--out",
        paramLabel = "DIR",
        description = "Default: runs/likelihood-tables-PROFILE.")
    private Optional<Path> out = Optional.empty();

    @Override
    public Integer call() throws IOException {
      Path home = Jupyter.repository();
      LikelihoodPlan plan = LikelihoodPlan.ofProfile(home, profile);
      Path folder = out.orElse(home.resolve("runs/likelihood-tables-" + profile));
      PrintWriter err = spec.commandLine().getErr();
      try (LikelihoodTables tables = new LikelihoodTables(plan, folder, err::println)) {
        err.printf("about %.0f minutes on two cores; results go to %s%n", plan.minutes(), folder);
        return Interruptible.run(
            err,
            "; the same command goes on",
            () -> {
              String table = LikelihoodTableText.of(tables.run());
              Results.print(spec.commandLine().getOut(), table, folder);
              return 0;
            });
      }
    }
  }
}
