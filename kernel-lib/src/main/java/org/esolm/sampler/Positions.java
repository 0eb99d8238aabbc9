package org.esolm.sampler;

import java.util.Arrays;

/**
 * Some positions of each sequence of a batch, in an order. The counts may differ. Reused between
 * steps.
 */
public final class Positions {
  private final int[][] at;
  private final int[] count;
  private int total;

  /**
   * No positions yet.
   *
   * @param batch number of sequences
   */
  public Positions(int batch) {
    at = new int[batch][8];
    count = new int[batch];
  }

  /** Forgets all positions. */
  public void clear() {
    Arrays.fill(count, 0);
    total = 0;
  }

  /**
   * Forgets the positions of one sequence.
   *
   * @param sequence index in the batch
   */
  public void clear(int sequence) {
    total -= count[sequence];
    count[sequence] = 0;
  }

  /**
   * Appends a position to one sequence.
   *
   * @param sequence index in the batch
   * @param position index in the sequence
   */
  public void add(int sequence, int position) {
    if (count[sequence] == at[sequence].length) {
      at[sequence] = Arrays.copyOf(at[sequence], 2 * count[sequence]);
    }
    at[sequence][count[sequence]++] = position;
    total++;
  }

  /**
   * The number of sequences.
   *
   * @return the batch size
   */
  public int batch() {
    return at.length;
  }

  /**
   * How many positions one sequence has.
   *
   * @param sequence index in the batch
   * @return its count
   */
  public int count(int sequence) {
    return count[sequence];
  }

  /**
   * One position.
   *
   * @param sequence index in the batch
   * @param i index in [0, count)
   * @return index in the sequence
   */
  public int get(int sequence, int i) {
    return at[sequence][i];
  }

  /**
   * How many positions all sequences have together.
   *
   * @return the sum of the counts
   */
  public int total() {
    return total;
  }
}
