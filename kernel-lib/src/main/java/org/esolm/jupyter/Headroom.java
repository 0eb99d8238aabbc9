package org.esolm.jupyter;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.Arrays;
import java.util.List;

/**
 * Memory that is kept for the kernel itself. A cell that fills the heap would leave nothing with
 * which to say so, nor to run the cell that frees it: so a cell runs while the kernel holds some
 * memory back, and what memory runs out in gives it up.
 *
 * <p>It asks how much memory there is rather than to allocate until there is none: whatever thread
 * of the kernel needs some at that moment would fail.
 */
final class Headroom {
  /** What it takes to compile a cell and to answer, with room to collect garbage. */
  private static final int MEGABYTES = 32;

  /** What a cell needs for itself, at least. */
  private static final int LEFT = 8;

  /** Small enough to be moved by every collector. */
  private static final int CHUNK = 1 << 18;

  private final byte[][] held =
      new byte[4 * (int) Math.min(MEGABYTES, Runtime.getRuntime().maxMemory() >> 23)][];

  /** What is held and what a cell needs. */
  private final long wanted = (long) held.length * CHUNK + (LEFT << 20);

  /** All but where objects are new: most of those are garbage. */
  private final List<MemoryPoolMXBean> pools =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(p -> p.getType() == MemoryType.HEAP && !p.getName().contains("Eden"))
          .toList();

  /** Whether a cell runs, which would take what is given up. */
  private boolean inCell;

  /** A cell begins. */
  synchronized void begin() {
    inCell = true;
  }

  /**
   * Holds memory back, but no more than half of what there is: a cell has to free some, perhaps.
   */
  synchronized void take() {
    long bytes = bytes();
    long missing = held.length - bytes / CHUNK;
    if (missing == 0) {
      return;
    }
    if (room() + bytes < wanted) {
      System.gc();
    }
    missing = Math.min(missing, room() / 2 / CHUNK);
    try {
      for (int i = 0; i < held.length && missing > 0; i++) {
        if (held[i] == null) {
          held[i] = new byte[CHUNK];
          missing--;
        }
      }
    } catch (OutOfMemoryError e) {
      Arrays.fill(held, held.length / 2, held.length, null);
    }
  }

  /** Gives it up. Needs no memory. */
  synchronized void release() {
    Arrays.fill(held, null);
  }

  /**
   * Gives it up for a thread of the kernel, unless a cell runs: that would take it at once, and
   * have nothing to give up when it runs out of memory itself.
   */
  synchronized void releaseBetweenCells() {
    if (!inCell) {
      release();
    }
  }

  /**
   * A cell has ended: unless memory abounds, the kernel's answer may use what was held.
   *
   * @return whether memory is short
   */
  synchronized boolean end() {
    inCell = false;
    if (room() + bytes() >= 2 * wanted) {
      return false;
    }
    release();
    System.gc();
    return room() < wanted;
  }

  /** The bytes that are held. */
  private long bytes() {
    long bytes = 0;
    for (byte[] chunk : held) {
      if (chunk != null) {
        bytes += CHUNK;
      }
    }
    return bytes;
  }

  /** The bytes that could be had now. */
  private long room() {
    long room = Runtime.getRuntime().maxMemory();
    for (MemoryPoolMXBean pool : pools) {
      room -= pool.getUsage().getUsed();
    }
    return room;
  }
}
