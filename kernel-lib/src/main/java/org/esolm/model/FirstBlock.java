package org.esolm.model;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.tensor.Tensor;

/**
 * What a decoder without a cache can keep all the same. Queries, keys and values of the first block
 * depend on a row's token and position alone, not on other rows: they are computed again only where
 * one of these is another than in the last pass. A step of masked diffusion changes few tokens.
 */
final class FirstBlock {
  private final int capacity;
  private final int[] tokens; // [B, capacity]; -1 where nothing is kept
  private final int[] positions; // [B, capacity]
  private final Tensor queries; // [B, capacity, d]
  private final int[] changed; // [B, capacity], the first of them in use

  FirstBlock(Arena arena, ModelConfig config, int batch, int capacity) {
    this.capacity = capacity;
    tokens = new int[batch * capacity];
    Arrays.fill(tokens, -1);
    positions = new int[batch * capacity];
    queries = Tensor.zeros(arena, batch, capacity, config.hiddenSize());
    changed = new int[batch * capacity];
  }

  /** [B, capacity, d]: rotated and scaled. */
  Tensor queries() {
    return queries;
  }

  /** Index of a row among all that are kept. */
  int index(int sequence, int row) {
    return sequence * capacity + row;
  }

  /**
   * Finds the rows of a pass that are to be computed, and forgets them.
   *
   * @return how many, see {@link #changed}
   */
  int forgetChanged(Pass pass) {
    int n = 0;
    for (int s = 0; s < pass.sequences(); s++) {
      for (int r = pass.start(s); r < pass.start(s + 1); r++) {
        int i = index(s, r - pass.start(s));
        if (tokens[i] != pass.id(r) || positions[i] != pass.position(r)) {
          tokens[i] = -1;
          changed[n++] = r;
        }
      }
    }
    return n;
  }

  /** The i-th row that is to be computed, ascending. */
  int changed(int i) {
    return changed[i];
  }

  /** A row has been computed. */
  void remember(Pass pass, int sequence, int row) {
    int i = index(sequence, row - pass.start(sequence));
    tokens[i] = pass.id(row);
    positions[i] = pass.position(row);
  }
}
