package org.esolm.jupyter;

import java.util.List;

/** Why a cell failed: one line for the summary, several for the notebook. */
public final class CellException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<String> report;

  CellException(String message, List<String> report) {
    super(message, null, false, false);
    this.report = List.copyOf(report);
  }

  static CellException interrupted() {
    return new CellException("Interrupted", List.of("Interrupted."));
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
