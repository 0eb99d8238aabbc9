package org.esolm.experiments.command;

import picocli.CommandLine.Option;

/** How many threads compute what is timed. */
final class BenchThreads {
  @Option(
      names = "--threads",
      defaultValue = "2",
      description = "That compute. Default: ${DEFAULT-VALUE}.")
  private int threads;

  int count() {
    if (threads < 1) {
      throw new IllegalArgumentException("--threads: " + threads + ", must be at least 1");
    }
    return threads;
  }
}
