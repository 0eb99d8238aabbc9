package org.esolm.model;

import java.util.Arrays;

/**
 * One question to the transformer: rows (token, position, keys it attends to) of one or more
 * sequences, the rows whose logits are wanted, and what each of those costs. Sequences may have
 * different numbers of rows. A pass is filled anew for each step: {@link #clear}, then for each
 * sequence {@link #beginSequence}, {@link #row}..., {@link #want}....
 */
public final class Pass {
  private int sequences;
  private int rows;
  private int wanted;
  private int[] start = new int[8]; // [sequences + 1]
  private int[] wantedStart = new int[8]; // [sequences + 1]
  private int[] ids = new int[64]; // [rows]
  private int[] positions = new int[64]; // [rows]
  private long[] first = new long[64]; // [rows]
  private long[] second = new long[64]; // [rows]
  private int[] wantedRow = new int[64]; // [wanted]
  private int[] target = new int[64]; // [wanted]
  private float[] weight = new float[64]; // [wanted]
  private final int[][] ints = new int[2][0];
  private double[] doubles = new double[0];
  private float[] floats = new float[0];

  /** An empty pass. */
  public Pass() {}

  /**
   * Forgets everything.
   *
   * @return this
   */
  public Pass clear() {
    sequences = 0;
    rows = 0;
    wanted = 0;
    return this;
  }

  /** Starts the next sequence: rows see only rows of their own sequence. */
  public void beginSequence() {
    if (sequences + 2 > start.length) {
      start = Arrays.copyOf(start, 2 * start.length);
      wantedStart = Arrays.copyOf(wantedStart, 2 * wantedStart.length);
    }
    start[sequences] = rows;
    wantedStart[sequences] = wanted;
    sequences++;
    start[sequences] = rows;
    wantedStart[sequences] = wanted;
  }

  /**
   * Appends a row to the current sequence.
   *
   * @param id token
   * @param position position for the rotary embedding
   * @param firstKeys the first range of rows of this sequence that it attends to
   * @param secondKeys the second range, which lies behind the first, or {@link
   *     AttentionPattern#NONE}
   */
  public void row(int id, int position, long firstKeys, long secondKeys) {
    if (rows == ids.length) {
      ids = Arrays.copyOf(ids, 2 * rows);
      positions = Arrays.copyOf(positions, 2 * rows);
      first = Arrays.copyOf(first, 2 * rows);
      second = Arrays.copyOf(second, 2 * rows);
    }
    ids[rows] = id;
    positions[rows] = position;
    first[rows] = firstKeys;
    second[rows] = secondKeys;
    rows++;
    start[sequences] = rows;
  }

  /**
   * Appends a row to the current sequence.
   *
   * @param id token
   * @param position position for the rotary embedding
   * @param pattern what the row attends to, by its index in the sequence
   */
  public void row(int id, int position, AttentionPattern pattern) {
    int index = rows - start[sequences - 1];
    row(id, position, pattern.first(index), pattern.second(index));
  }

  /**
   * Asks for the logits of a row of the current sequence. Rows are asked for in ascending order.
   *
   * @param row index in the sequence
   * @param targetToken the token that stands there in truth; any where it does not matter
   * @param lossWeight factor of its negative log-likelihood in the loss; 0 where only the logits
   *     matter
   */
  public void want(int row, int targetToken, float lossWeight) {
    if (wanted == wantedRow.length) {
      wantedRow = Arrays.copyOf(wantedRow, 2 * wanted);
      target = Arrays.copyOf(target, 2 * wanted);
      weight = Arrays.copyOf(weight, 2 * wanted);
    }
    int flat = start[sequences - 1] + row;
    if (wanted > 0 && flat <= wantedRow[wanted - 1]) {
      throw new IllegalArgumentException("want: row " + row + ", must be behind the one before");
    }
    wantedRow[wanted] = flat;
    target[wanted] = targetToken;
    weight[wanted] = lossWeight;
    wanted++;
    wantedStart[sequences] = wanted;
  }

  /**
   * Working memory for whoever fills this pass, so that filling one after another allocates
   * nothing.
   *
   * @param which 0 or 1: two arrays can be had at a time
   * @param length its length
   * @return an array with old contents
   */
  public int[] ints(int which, int length) {
    if (ints[which].length != length) {
      ints[which] = new int[length];
    }
    return ints[which];
  }

  /**
   * As {@link #ints}.
   *
   * @param length its length
   * @return an array with old contents
   */
  public double[] doubles(int length) {
    if (doubles.length != length) {
      doubles = new double[length];
    }
    return doubles;
  }

  /**
   * As {@link #ints}.
   *
   * @param length its length
   * @return an array with old contents
   */
  public float[] floats(int length) {
    if (floats.length != length) {
      floats = new float[length];
    }
    return floats;
  }

  /**
   * The number of sequences.
   *
   * @return B
   */
  public int sequences() {
    return sequences;
  }

  /**
   * The number of rows of all sequences.
   *
   * @return N
   */
  public int rows() {
    return rows;
  }

  /**
   * The number of rows whose logits are wanted.
   *
   * @return their count over all sequences
   */
  public int wanted() {
    return wanted;
  }

  /**
   * The first row of a sequence; of sequence B, the number of rows.
   *
   * @param sequence in [0, B]
   * @return index among all rows
   */
  public int start(int sequence) {
    return start[sequence];
  }

  /**
   * The first wanted row of a sequence; of sequence B, the number of wanted rows.
   *
   * @param sequence in [0, B]
   * @return index among the wanted rows
   */
  public int wantedStart(int sequence) {
    return wantedStart[sequence];
  }

  /**
   * How many keys rows attend to, added up: the size of attention's work.
   *
   * @param onlyWanted of the wanted rows only, as in the last block
   * @return the number of pairs of a row and a key
   */
  public long pairs(boolean onlyWanted) {
    long pairs = 0;
    for (int i = 0; i < (onlyWanted ? wanted : rows); i++) {
      int row = onlyWanted ? wantedRow[i] : i;
      pairs += AttentionPattern.to(first[row]) - AttentionPattern.from(first[row]);
      pairs += AttentionPattern.to(second[row]) - AttentionPattern.from(second[row]);
    }
    return pairs;
  }

  int id(int row) {
    return ids[row];
  }

  int position(int row) {
    return positions[row];
  }

  long first(int row) {
    return first[row];
  }

  long second(int row) {
    return second[row];
  }

  int wantedRow(int i) {
    return wantedRow[i];
  }

  /**
   * The true token of a wanted row.
   *
   * @param i index among the wanted rows
   * @return the token
   */
  public int target(int i) {
    return target[i];
  }

  /**
   * The weight of a wanted row in the loss.
   *
   * @param i index among the wanted rows
   * @return the factor of its negative log-likelihood
   */
  public float weight(int i) {
    return weight[i];
  }

  int maxPosition() {
    int max = 0;
    for (int r = 0; r < rows; r++) {
      max = Math.max(max, positions[r]);
    }
    return max;
  }

  int longestSequence() {
    int max = 0;
    for (int s = 0; s < sequences; s++) {
      max = Math.max(max, start[s + 1] - start[s]);
    }
    return max;
  }
}
