package org.esolm.tensor;

import java.lang.foreign.Arena;

/**
 * The right factor of a product, [k, n], copied into panels of a few columns each, so that a
 * product reads it from one end to the other. What stands behind the last column does not count.
 */
public final class Panels {
  /** Columns of a panel. */
  static final int COLUMNS = MicroKernel.COLUMNS;

  private final int k;
  private final int n;
  private final Tensor memory; // [panels, k, COLUMNS]

  /**
   * Room for a matrix.
   *
   * @param arena owner of their memory
   * @param k rows of the matrix
   * @param n its columns
   */
  public Panels(Arena arena, int k, int n) {
    this.k = k;
    this.n = n;
    memory = Tensor.zeros(arena, (n + COLUMNS - 1) / COLUMNS, k, COLUMNS);
  }

  /**
   * Rows of the matrix.
   *
   * @return k
   */
  public int rows() {
    return k;
  }

  /**
   * Columns of the matrix.
   *
   * @return n
   */
  public int columns() {
    return n;
  }

  /**
   * The number of panels.
   *
   * @return how many can be packed
   */
  public int count() {
    return memory.dim(0);
  }

  long address() {
    return memory.address(0, memory.size());
  }

  /**
   * Copies one panel of a matrix.
   *
   * @param x [k, n]
   * @param at its first element
   * @param ld floats from row to row
   * @param panel which
   */
  public void pack(Tensor x, long at, int ld, int panel) {
    int from = panel * COLUMNS;
    long to = (long) panel * k * COLUMNS;
    Copies.rows(x, at + from, ld, memory, to, COLUMNS, k, Math.min(COLUMNS, n - from));
  }

  /**
   * Copies one panel of a matrix that lies transposed: a weight [out, in] for {@code x W'}.
   *
   * @param x [n, k]
   * @param at its first element
   * @param ld floats from row to row
   * @param panel which
   */
  public void packTransposed(Tensor x, long at, int ld, int panel) {
    int from = panel * COLUMNS;
    int columns = Math.min(COLUMNS, n - from);
    long to = (long) panel * k * COLUMNS;
    Copies.transposed(x, at + (long) from * ld, ld, memory, to, COLUMNS, columns, k, 1f);
  }
}
