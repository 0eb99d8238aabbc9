package org.esolm.sampler;

import java.util.Arrays;

/**
 * Tokens that have become known: positions of each sequence with the token that stands there.
 * Reused between steps.
 */
public final class Known {
  private final Positions positions;
  private final int[][] tokens;

  /**
   * Nothing known yet.
   *
   * @param batch number of sequences
   */
  public Known(int batch) {
    positions = new Positions(batch);
    tokens = new int[batch][8];
  }

  /** Forgets all tokens. */
  public void clear() {
    positions.clear();
  }

  /**
   * Forgets the tokens of one sequence.
   *
   * @param sequence index in the batch
   */
  public void clear(int sequence) {
    positions.clear(sequence);
  }

  /**
   * Appends a known token to one sequence.
   *
   * @param sequence index in the batch
   * @param position index in the sequence
   * @param token the token there
   */
  public void add(int sequence, int position, int token) {
    int n = positions.count(sequence);
    if (n == tokens[sequence].length) {
      tokens[sequence] = Arrays.copyOf(tokens[sequence], 2 * n);
    }
    tokens[sequence][n] = token;
    positions.add(sequence, position);
  }

  /**
   * Where the tokens stand.
   *
   * @return the positions, in the order in which they were added
   */
  public Positions positions() {
    return positions;
  }

  /**
   * One known token.
   *
   * @param sequence index in the batch
   * @param i index in [0, positions().count(sequence))
   * @return the token at {@code positions().get(sequence, i)}
   */
  public int token(int sequence, int i) {
    return tokens[sequence][i];
  }
}
