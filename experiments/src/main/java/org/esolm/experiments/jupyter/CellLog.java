package org.esolm.experiments.jupyter;

import java.io.PrintWriter;
import java.util.Locale;

/** Tells a person which cell runs and how long each took, a line a cell. */
public final class CellLog implements NotebookRunner.Listener {
  private static final int WIDTH = 70;

  private final PrintWriter out;
  private long start;
  private boolean open;

  /**
   * Begins with nothing.
   *
   * @param out takes the lines
   */
  public CellLog(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void begins(int cell, int cells, String source) {
    end();
    String line = source.lines().filter(l -> !l.isBlank()).findFirst().orElse("").strip();
    String shown = line.length() > WIDTH ? line.substring(0, WIDTH - 3) + "..." : line;
    out.printf("  [%2d/%d] %-" + WIDTH + "s ", cell, cells, shown);
    out.flush(); // a cell may take long: its line stands there meanwhile
    start = System.nanoTime();
    open = true;
  }

  /** The last cell has ended, well or not. */
  public void end() {
    if (open) {
      out.printf(Locale.ROOT, "%6.1f s%n", (System.nanoTime() - start) / 1e9);
      open = false;
    }
  }

  /**
   * Shows why a notebook failed: the cell and its error.
   *
   * @param out takes the lines
   * @param failure what happened
   */
  public static void print(PrintWriter out, NotebookRunner.Failure failure) {
    if (!failure.source().isEmpty()) {
      out.println("The cell that failed:");
      failure.source().lines().forEach(line -> out.println("    " + line));
      out.println("Its error:");
    }
    failure.report().lines().forEach(line -> out.println("    " + line));
  }
}
