package org.esolm.tensor;

import java.util.concurrent.CancellationException;

/**
 * Where loops hear an interrupt of their thread, if they do not run in {@link Workers}, which do.
 */
public final class Interrupts {
  private Interrupts() {}

  /**
   * Ends what is under way if the thread was interrupted, and clears that.
   *
   * @param what is under way, as in "reading"
   * @throws CancellationException if the thread was interrupted
   */
  public static void check(String what) {
    if (Thread.interrupted()) {
      throw new CancellationException(what + ": interrupted");
    }
  }
}
