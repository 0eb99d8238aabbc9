package org.esolm.model;

import java.util.Arrays;

/** What all blocks share while one pass goes through them. */
final class Frame {
  /**
   * Rows of one unit of work in everything but attention: at least, and where sequences are not
   * mixed.
   */
  static final int ROW_TILE = 64;

  /** The most rows of one unit: more would not make products faster. */
  static final int MAX_ROW_TILE = 256;

  /** Queries of one unit of work in attention. */
  static final int QUERY_TILE = 64;

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

  /**
   * Prepares for a pass.
   *
   * @param withinSequences whether row tiles end where a sequence ends, so that a row's arithmetic
   *     does not depend on the other sequences of the batch
   */
  void begin(Pass nextPass, boolean withinSequences) {
    pass = nextPass;
    requireKeys();
    gathered = pass.wanted() < pass.rows();
    cut(rows, false, withinSequences);
    cut(lastRows, gathered, withinSequences);
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

  private void cut(Tiles tiles, boolean wantedRows, boolean withinSequences) {
    if (withinSequences) {
      tiles.cutSequences(pass, wantedRows, ROW_TILE);
    } else {
      int n = wantedRows ? pass.wanted() : pass.rows();
      // Large tiles make fast products; eight of them keep threads busy. Never by the number of
      // threads: sums over tiles
      // shall not depend on it.
      int size = (n / 8 + ROW_TILE - 1) / ROW_TILE * ROW_TILE;
      tiles.cutAll(n, Math.clamp(size, ROW_TILE, MAX_ROW_TILE));
    }
  }

  /** The row of the i-th query of the last block. */
  int lastRow(int query) {
    return gathered ? pass.wantedRow(query) : query;
  }
}
