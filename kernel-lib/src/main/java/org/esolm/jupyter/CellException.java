package org.esolm.jupyter;

import java.util.List;

/** Why a cell failed: one line for the summary, several for the notebook. */
public final class CellException extends Exception {
  private static final long serialVersionUID = 1L;

  /** What to do when the heap is full. */
  static final String FULL =
      "The heap of %,d MB is full: set variables that hold much to null, or restart with more, as in"
              .formatted(Runtime.getRuntime().maxMemory() >> 20)
          + " ESO_JAVA_OPTS=-Xmx8g";

  private final transient List<String> report;

  CellException(String message, List<String> report) {
    super(message, null, false, false);
    this.report = List.copyOf(report);
  }

  static CellException interrupted() {
    return new CellException("Interrupted", List.of("Interrupted."));
  }

  /** A library call that ended itself, and what it said about that. */
  static CellException interrupted(String what) {
    return new CellException("Interrupted: " + what, List.of("Interrupted: " + what));
  }

  /** Something that the kernel itself was asked to do went wrong. */
  static CellException of(String message) {
    return new CellException(message, List.of(message));
  }

  /**
   * What the notebook shows below the cell.
   *
   * @return lines without line ends, in plain text
   */
  public List<String> report() {
    return report;
  }
}
