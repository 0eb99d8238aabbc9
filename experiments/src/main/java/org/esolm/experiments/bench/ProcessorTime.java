package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processor time that the machine has spent so far, from {@code /proc/stat}.
 *
 * @param busy ticks of all processors that were not idle
 * @param all ticks of all processors
 */
record ProcessorTime(long busy, long all) {
  private static final int IDLE = 3;
  private static final int WAITING = 4;
  private static final double TICKS_A_SECOND = 100;

  /** Up to now; null where the system does not tell. */
  static ProcessorTime ofMachine() {
    try (var lines = Files.lines(Path.of("/proc/stat"))) {
      return lines
          .filter(l -> l.startsWith("cpu "))
          .findFirst()
          .map(ProcessorTime::of)
          .orElse(null);
    } catch (IOException e) {
      return null;
    }
  }

  static ProcessorTime of(String line) {
    String[] fields = line.strip().split("\\s+");
    long all = 0;
    long idle = 0;
    for (int i = 1; i < Math.min(fields.length, 9); i++) { // guests count within users
      long ticks = Long.parseLong(fields[i]);
      all += ticks;
      idle += i - 1 == IDLE || i - 1 == WAITING ? ticks : 0;
    }
    return new ProcessorTime(all - idle, all);
  }

  /**
   * What others took since.
   *
   * @param ownSeconds processor seconds of the process that was watched
   * @return their share of the machine, 0 to 1
   */
  double othersSince(double ownSeconds) {
    ProcessorTime now = ofMachine();
    double share = (now.busy - busy - ownSeconds * TICKS_A_SECOND) / Math.max(1, now.all - all);
    return Math.clamp(share, 0, 1);
  }
}
