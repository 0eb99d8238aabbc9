package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.esolm.experiments.Figures;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Redraws an experiment's figures. */
@Command(name = "figures", description = "Redraw figures from an experiment's result rows alone.")
public final class FiguresCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "DIR",
      description = "A folder with results.jsonl, runs/*/metrics.jsonl or both.")
  private Path dir;

  /** For picocli. */
  public FiguresCommand() {}

  /**
   * Draws and lists the files.
   *
   * @return 0
   * @throws IOException if a file cannot be read or written
   */
  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    Figures.draw(dir).forEach(out::println);
    return 0;
  }
}
