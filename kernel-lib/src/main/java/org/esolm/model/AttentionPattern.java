package org.esolm.model;

/**
 * Which keys each row of a sequence attends to: at most two ranges, which no mask of the Eso-LM
 * family needs to exceed. A range is a long, its first key in the upper half and the key behind its
 * last in the lower, so that asking for one allocates nothing.
 */
public sealed interface AttentionPattern {
  /** The empty range. */
  long NONE = 0;

  /**
   * The row's first range.
   *
   * @param row index in the sequence
   * @return a range, see {@link #range}
   */
  long first(int row);

  /**
   * The row's second range, which lies behind the first.
   *
   * @param row index in the sequence
   * @return a range, empty unless a pattern says otherwise
   */
  default long second(int row) {
    return NONE;
  }

  /**
   * Packs a range of keys.
   *
   * @param from first key
   * @param to behind the last key
   * @return the range [from, to)
   */
  static long range(int from, int to) {
    return to <= from ? NONE : (long) from << 32 | to;
  }

  /**
   * The first key of a range.
   *
   * @param range a range
   * @return its start
   */
  static int from(long range) {
    return (int) (range >>> 32);
  }

  /**
   * The end of a range.
   *
   * @param range a range
   * @return behind its last key
   */
  static int to(long range) {
    return (int) range;
  }

  /**
   * Row q attends to [0, q]: AR, and Eso-LM's diffusion phase once rows are sorted (equations
   * 24-25).
   */
  record Causal() implements AttentionPattern {
    @Override
    public long first(int row) {
      return range(0, row + 1);
    }
  }

  /**
   * Every row attends to all: MDLM.
   *
   * @param rows n
   */
  record Bidirectional(int rows) implements AttentionPattern {
    @Override
    public long first(int row) {
      return range(0, rows);
    }
  }

  /**
   * The first rows see each other, later rows what came before: diffusion phase of Eso-LM (A),
   * equations 35-37.
   *
   * @param prefix c, the number of clean rows
   */
  record PrefixLm(int prefix) implements AttentionPattern {
    @Override
    public long first(int row) {
      return range(0, Math.max(prefix, row + 1));
    }
  }

  /**
   * Block diffusion in training (BD3-LM): noisy rows z first, clean rows x behind them. A z row of
   * block b sees its own block of z and the x of earlier blocks; an x row of block b sees the x of
   * blocks up to b.
   *
   * @param length L, the number of z rows and where the x rows start
   * @param blockSize S
   */
  record BlockDiffusion(int length, int blockSize) implements AttentionPattern {
    @Override
    public long first(int row) {
      int start = row % length / blockSize * blockSize;
      return row < length
          ? range(start, Math.min(start + blockSize, length))
          : range(length, length + Math.min(start + blockSize, length));
    }

    @Override
    public long second(int row) {
      return row < length ? range(length, length + row / blockSize * blockSize) : NONE;
    }
  }

  /**
   * The sequential phase of Eso-LM (equations 26-32), sorted: z rows first, x rows behind them. The
   * z row of sorted position p sees itself and the x of earlier positions; the x row of p sees the
   * x up to p.
   *
   * @param zRows number of z rows
   * @param offset sorted position of the first z row: 0 if every position has one, the number of
   *     clean tokens if only masks have
   */
  record Sequential(int zRows, int offset) implements AttentionPattern {
    @Override
    public long first(int row) {
      return row < zRows ? range(row, row + 1) : range(zRows, row + 1);
    }

    @Override
    public long second(int row) {
      return row < zRows ? range(zRows, zRows + offset + row) : NONE;
    }
  }

  /**
   * As {@link Sequential}, with the clean x seeing each other: Eso-LM (A), equation 41.
   *
   * @param zRows number of z rows
   * @param offset sorted position of the first z row
   * @param clean c, the number of clean tokens, which are sorted first
   */
  record SequentialCleanPrefix(int zRows, int offset, int clean) implements AttentionPattern {
    @Override
    public long first(int row) {
      return row < zRows ? range(row, row + 1) : range(zRows, Math.max(zRows + clean, row + 1));
    }

    @Override
    public long second(int row) {
      return row < zRows ? range(zRows, zRows + offset + row) : NONE;
    }
  }
}
