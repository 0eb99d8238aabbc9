package org.esolm.jupyter;

import java.util.Arrays;

/**
 * Memory that is kept for the kernel itself. A cell that fills the heap would leave nothing with
 * which to say so, nor to run the cell that frees it: so a cell runs while the kernel holds some
 * memory back, and what memory runs out in gives it up.
 */
final class Headroom {
  /** What it takes to compile a cell and to answer, with room to collect garbage. */
  private static final int MEGABYTES = 32;

  /** What a cell that begins in a full heap needs for itself. */
  private static final int LEFT = 4;

  /** Small enough to be moved by every collector. */
  private static final int CHUNK = 1 << 18;

  private final byte[][] held =
      new byte[4 * (int) Math.min(MEGABYTES, Runtime.getRuntime().maxMemory() >> 23)][];

  /** Holds memory back, as much as there is beyond the little that a cell needs to begin. */
  synchronized boolean take() {
    int i = 0;
    try {
      for (; i < held.length; i++) {
        if (held[i] == null) {
          held[i] = new byte[CHUNK];
        }
      }
      return true;
    } catch (OutOfMemoryError e) {
      Arrays.fill(held, Math.max(0, i - 4 * LEFT), i, null);
      return false;
    }
  }

  /** Gives it up. Needs no memory. */
  synchronized void release() {
    Arrays.fill(held, null);
  }

  /**
   * Between two cells: takes it back, and gives it up again if the heap is still full.
   *
   * @return whether memory is short
   */
  synchronized boolean isShort() {
    boolean whole = take();
    try {
      whole &= new byte[LEFT << 20].length > 0;
    } catch (OutOfMemoryError e) {
      whole = false;
    }
    if (!whole) {
      release();
    }
    return !whole;
  }
}
