package org.esolm.model;

import java.util.Arrays;

/** What all blocks share while one pass goes through them. */
final class Frame {
  /**
   * Rows of one unit of work in everything but attention: what one computes for them fits the cache
   * of a core, and there are enough units to keep threads busy.
   */
  static final int ROW_TILE = 48;

  /** Queries of one unit of work in attention, for which keys and values are copied once. */
  static final int QUERY_TILE = 192;

  Pass pass;
  float dropout;
  long dropoutSeed;

  /**
   * Whether the last block computes only the wanted rows: its queries are then gathered from all
   * rows.
   */
  boolean gathered;

  /** Tiles of all rows. */
  final Tiles rows = new Tiles();

  /** Tiles of the last block's queries: of the wanted rows if gathered, else of all rows. */
  final Tiles lastRows = new Tiles();

  /** Query tiles of attention in all blocks but the last, cut within sequences. */
  final Tiles queries = new Tiles();

  /** Query tiles of attention in the last block. */
  final Tiles lastQueries = new Tiles();

  /** For each row, its index among the wanted rows or -1; only if gathered. */
  int[] wantedIndex = new int[0];

  /** Prepares for a pass. */
  void begin(Pass nextPass) {
    pass = nextPass;
    requireKeys();
    gathered = pass.wanted() < pass.rows();
    rows.cutAll(pass.rows(), ROW_TILE);
    lastRows.cutAll(gathered ? pass.wanted() : pass.rows(), ROW_TILE);
    queries.cutSequences(pass, false, QUERY_TILE);
    lastQueries.cutSequences(pass, gathered, QUERY_TILE);
    if (gathered) {
      if (wantedIndex.length < pass.rows()) {
        wantedIndex = new int[pass.rows() * 5 / 4];
      }
      Arrays.fill(wantedIndex, 0, pass.rows(), -1);
      for (int i = 0; i < pass.wanted(); i++) {
        wantedIndex[pass.wantedRow(i)] = i;
      }
    }
  }

  /**
   * A range that left its sequence would read another's keys, and one without keys has no softmax.
   */
  private void requireKeys() {
    for (int s = 0; s < pass.sequences(); s++) {
      int rows = pass.start(s + 1) - pass.start(s);
      for (int r = pass.start(s); r < pass.start(s + 1); r++) {
        int end = Math.max(AttentionPattern.to(pass.first(r)), AttentionPattern.to(pass.second(r)));
        if (end > rows || pass.first(r) == AttentionPattern.NONE) {
          throw new IllegalArgumentException(
              "keys of row "
                  + (r - pass.start(s))
                  + ": up to "
                  + end
                  + ", must be some of the sequence's "
                  + rows
                  + " rows");
        }
      }
    }
  }

  /** The row of the i-th query of the last block. */
  int lastRow(int query) {
    return gathered ? pass.wantedRow(query) : query;
  }
}
