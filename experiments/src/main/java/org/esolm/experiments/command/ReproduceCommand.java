package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.experiments.jupyter.CellLog;
import org.esolm.experiments.jupyter.Jupyter;
import org.esolm.experiments.jupyter.NotebookRunner;
import org.esolm.experiments.reproduce.Plan;
import org.esolm.experiments.reproduce.Reproduction;
import org.esolm.experiments.reproduce.ResultTable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eso reproduce}: the main job, from the corpus to the plot in an executed notebook. */
@Command(
    name = "reproduce",
    description = {
      "Trains AR, MDLM, BD3-LM and Eso-LM on the embedded language, holds them against its truth, draws quality",
      "against cost, and executes the first notebook. Goes on where it was broken off."
    })
public final class ReproduceCommand implements Callable<Integer> {
  private static final String NOTEBOOK = "notebooks/01-pareto-plot-in-ten-minutes.ipynb";

  @Spec private CommandSpec spec;

  @Option(
      names = "--profile",
      defaultValue = "quick",
      description =
          "smoke (about 3 minutes), quick (about 25) or full (hours); default: ${DEFAULT-VALUE}.")
  private String profile;

  @Option(names = "--out", paramLabel = "DIR", description = "Default: runs/reproduce-PROFILE.")
  private Optional<Path> out = Optional.empty();

  @Option(names = "--no-notebook", description = "Do not execute the notebook.")
  private boolean noNotebook;

  /** For picocli. */
  public ReproduceCommand() {}

  @Override
  public Integer call() throws IOException, InterruptedException {
    Path home = Jupyter.repository();
    Plan plan = Plan.ofProfile(home, profile);
    Path folder = out.orElse(home.resolve("runs/reproduce-" + profile));
    PrintWriter err = spec.commandLine().getErr();
    long start = System.nanoTime();
    try (Reproduction reproduction = new Reproduction(plan, folder, err::println)) {
      err.printf(
          "%d systems on '%s' (%d words), about %.0f minutes on two cores; results go to %s%n",
          plan.systems().size(),
          reproduction.corpus().name(),
          reproduction.corpus().vocabSize(),
          plan.minutes(),
          folder);
      int code =
          Interruptible.run(
              err,
              "; the same command goes on",
              () -> {
                String table = ResultTable.of(reproduction.run());
                Results.print(spec.commandLine().getOut(), table, folder);
                return 0;
              });
      if (code != 0) {
        return code;
      }
    }
    int code = noNotebook ? 0 : notebook(home, folder, err);
    err.printf("done in %.1f minutes%n", (System.nanoTime() - start) / 60e9);
    return code;
  }

  private int notebook(Path home, Path folder, PrintWriter err)
      throws IOException, InterruptedException {
    Jupyter jupyter = Jupyter.findOrSetUp(home, err::println);
    Path notebook = home.resolve(NOTEBOOK);
    Path folderOfCopy = folder.resolve("notebooks");
    Path copy = folderOfCopy.resolve(notebook.getFileName());
    Path page = folderOfCopy.resolve(NOTEBOOK.replaceAll(".*/|\\.ipynb$", "") + ".html");
    NotebookRunner runner = new NotebookRunner(jupyter, Optional.empty(), Duration.ofMinutes(10));
    err.println("executing " + home.relativize(notebook));
    CellLog log = new CellLog(err);
    NotebookRunner.Result result =
        runner.execute(
            notebook,
            Map.of("profile", profile, "out", folder.toAbsolutePath().toString()),
            copy,
            log);
    log.end();
    if (result.failure().isEmpty()) {
      result = runner.html(copy, page);
    }
    result.failure().ifPresent(f -> CellLog.print(err, f));
    result.failure().ifPresent(f -> err.println("eso: " + NOTEBOOK + ": " + f.summary()));
    if (result.failure().isEmpty()) {
      spec.commandLine().getOut().println("notebook: " + copy);
    }
    return result.failure().isEmpty() ? 0 : 1;
  }
}
