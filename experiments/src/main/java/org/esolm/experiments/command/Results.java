package org.esolm.experiments.command;

import java.io.PrintWriter;
import java.nio.file.Path;

/** The end of an experiment: its table, and where its figures are. */
final class Results {
  private Results() {}

  static void print(PrintWriter out, String table, Path folder) {
    out.print(table);
    out.println("figures: " + folder.resolve("figures"));
    out.flush();
  }
}
