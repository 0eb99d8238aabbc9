package org.esolm.model;

import java.util.Arrays;

/** Consecutive rows cut into tiles, the units of parallel work. */
final class Tiles {
  private int count;
  private int[] from = new int[16];
  private int[] to = new int[16];
  private int[] sequence = new int[16];
  private int[] firstOfSequence = new int[16]; // [sequences + 1]

  /**
   * Cuts each sequence's rows by itself, so that a row's tile does not depend on other sequences.
   */
  void cutSequences(Pass pass, boolean wantedRows, int size) {
    count = 0;
    if (firstOfSequence.length < pass.sequences() + 1) {
      firstOfSequence = new int[2 * pass.sequences() + 1];
    }
    for (int s = 0; s < pass.sequences(); s++) {
      firstOfSequence[s] = count;
      int end = wantedRows ? pass.wantedStart(s + 1) : pass.start(s + 1);
      for (int r = wantedRows ? pass.wantedStart(s) : pass.start(s); r < end; r += size) {
        add(r, Math.min(r + size, end), s);
      }
    }
    firstOfSequence[pass.sequences()] = count;
  }

  private void add(int first, int end, int s) {
    if (count == from.length) {
      from = Arrays.copyOf(from, 2 * count);
      to = Arrays.copyOf(to, 2 * count);
      sequence = Arrays.copyOf(sequence, 2 * count);
    }
    from[count] = first;
    to[count] = end;
    sequence[count] = s;
    count++;
  }

  /** Cuts all rows from 0 on, without regard to sequences. */
  void cutAll(int rows, int size) {
    count = 0;
    for (int r = 0; r < rows; r += size) {
      add(r, Math.min(r + size, rows), -1);
    }
  }

  int count() {
    return count;
  }

  int from(int tile) {
    return from[tile];
  }

  int to(int tile) {
    return to[tile];
  }

  /** The tile's sequence; only after {@link #cutSequences}. */
  int sequence(int tile) {
    return sequence[tile];
  }

  /** The first tile of a sequence; only after {@link #cutSequences}. */
  int firstOfSequence(int s) {
    return firstOfSequence[s];
  }
}
