package org.esolm.experiments.command;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where a long benchmark keeps its rows, and when it is to stop for now. */
final class BenchRows {
  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      defaultValue = "86400",
      description = "Begin nothing new after this; the same call goes on later.")
  int budget;

  @Option(names = "--out", paramLabel = "DIR", required = true)
  Path out;
}
