package org.esolm.tensor;

import java.lang.foreign.Arena;
import java.util.Objects;

/**
 * Matrix products of the sizes that a transformer's tiles have, where they are faster than a BLAS
 * call: the right factor is packed once and used by many tiles, the left is read where it lies. An
 * element's arithmetic depends on its row and column alone, not on the tile. Each thread has an
 * instance of its own.
 */
public final class Products {
  private static final int ROWS = MicroKernel.ROWS;
  private static final int COLUMNS = MicroKernel.COLUMNS;
  private static final long FLOAT = Tensor.BYTES;

  /** In place of a distance from row to row: the left factor is a strip, or several. */
  static final int STRIP = 0;

  /** Rows of the right factor at a time: a panel of so many, 16 kB, stays in the nearest cache. */
  private static final int DEPTH = 4096 / COLUMNS;

  /** Rows that are summed into a weight's gradient at a time. */
  private static final int SUMMED = 256;

  /** Rows of a weight's gradient at a time: the left factor's part fits a core's second cache. */
  private static final int SLICE = 44 * ROWS;

  // Floats of a strip of the left factor, with room for what a whole vector overwrites, and an odd
  // number of cache lines, as strips shall not share one place in the cache.
  private static final int LEFT = SUMMED * ROWS + 16;

  /** Columns of the right factor at a time. */
  private static final int ACROSS = 4 * COLUMNS;

  // Floats of a panel of the right factor, an odd number of cache lines too.
  private static final int RIGHT = SUMMED * COLUMNS + 16;

  private final Tensor zeros; // [COLUMNS]
  private final Tensor tile; // [ROWS, COLUMNS]
  private final Tensor left; // [SLICE / ROWS, LEFT]
  private final Tensor right; // [ACROSS / COLUMNS, RIGHT]

  /**
   * Working memory for one thread.
   *
   * @param arena its owner
   */
  public Products(Arena arena) {
    zeros = Tensor.zeros(arena, COLUMNS);
    tile = Tensor.zeros(arena, ROWS, COLUMNS);
    left = Tensor.zeros(arena, SLICE / ROWS, LEFT);
    right = Tensor.zeros(arena, ACROSS / COLUMNS, RIGHT);
  }

  /**
   * {@code C = A B + bias}, with B all the rows of a packed matrix.
   *
   * @param a [rows, k]
   * @param aAt its first element
   * @param lda floats from row to row of A
   * @param b [k, n]
   * @param bias [n], or null for none
   * @param c [rows, n], written
   * @param cAt its first element
   * @param ldc floats from row to row of C
   * @param rows number of rows
   */
  public void multiply(
      Tensor a, long aAt, int lda, Panels b, Tensor bias, Tensor c, long cAt, int ldc, int rows) {
    multiply(a, aAt, lda, b, 0, b.rows(), bias, c, cAt, ldc, rows);
  }

  /**
   * {@code C = A B + bias}, with B some rows of a packed matrix.
   *
   * @param a [rows, k]
   * @param aAt its first element
   * @param lda floats from row to row of A
   * @param b [all, n]
   * @param from its first row that counts
   * @param k how many rows count
   * @param bias [n], or null for none
   * @param c [rows, n], written
   * @param cAt its first element
   * @param ldc floats from row to row of C
   * @param rows number of rows
   */
  public void multiply(
      Tensor a,
      long aAt,
      int lda,
      Panels b,
      int from,
      int k,
      Tensor bias,
      Tensor c,
      long cAt,
      int ldc,
      int rows) {
    int n = b.columns();
    Objects.checkFromIndexSize(from, k, b.rows());
    long aAddress = a.address(aAt, rows, lda, k);
    long cAddress = c.address(cAt, rows, ldc, n);
    long init = bias == null ? zeros.address(0, COLUMNS) : bias.address(0, n);
    long bPanel = (long) b.rows() * COLUMNS * FLOAT;
    for (int p = 0; p < k; p += DEPTH) {
      tiles(
          aAddress + p * FLOAT,
          lda * FLOAT * ROWS,
          lda * FLOAT,
          b.address() + (long) (from + p) * COLUMNS * FLOAT,
          bPanel,
          p == 0 ? init : cAddress,
          p == 0 ? 0 : ldc * FLOAT,
          p == 0 && bias == null ? 0 : FLOAT,
          cAddress,
          ldc * FLOAT,
          rows,
          n,
          Math.min(DEPTH, k - p));
    }
  }

  /**
   * {@code C = A B} or {@code C += A B} of packed rows.
   *
   * @param a address of A
   * @param lda floats from row to row of A, or {@link #STRIP} if its columns lie one behind the
   *     other, ROWS floats each
   * @param b address of B, in panels
   * @param panel floats from panel to panel
   * @param add whether C is added to
   * @param c address of C
   * @param ldc floats from row to row of C
   * @param rows number of rows, of a strip at most ROWS
   * @param n columns of C
   * @param k columns of A
   */
  void multiply(
      long a, int lda, long b, int panel, boolean add, long c, int ldc, int rows, int n, int k) {
    tiles(
        a,
        lda * FLOAT * ROWS,
        lda * FLOAT,
        b,
        panel * FLOAT,
        add ? c : zeros.address(0, COLUMNS),
        add ? ldc * FLOAT : 0,
        add ? FLOAT : 0,
        c,
        ldc * FLOAT,
        rows,
        n,
        k);
  }

  /**
   * All tiles of a product; addresses and distances are bytes.
   *
   * @param aRow from row to row of A, or STRIP if A lies in strips
   */
  private void tiles(
      long a,
      long aTile,
      long aRow,
      long b,
      long bPanel,
      long init,
      long initRow,
      long initStep,
      long c,
      long cRow,
      int rows,
      int n,
      int k) {
    for (int j = 0; j < n; j += COLUMNS) {
      long bj = b + j / COLUMNS * bPanel;
      int columns = Math.min(COLUMNS, n - j);
      for (int i = 0; i < rows; i += ROWS) {
        int m = Math.min(ROWS, rows - i);
        long ai = a + i / ROWS * aTile;
        long start = init + i * initRow + j * initStep;
        long end = c + i * cRow + j * FLOAT;
        if (columns < COLUMNS) {
          narrow(ai, aRow, bj, k, start, initRow, initStep, end, cRow, m, columns);
        } else {
          tile(ai, aRow, bj, k, start, initRow, end, cRow, m);
        }
      }
    }
  }

  private static void tile(
      long a, long aRow, long b, int k, long init, long initRow, long c, long cRow, int rows) {
    if (aRow == STRIP) {
      MicroKernel.multiplyStrip(a, FLOAT, b, k, init, initRow, c, cRow, rows);
    } else {
      MicroKernel.multiply(a, aRow, b, k, init, initRow, c, cRow, rows);
    }
  }

  /** A tile that ends with fewer columns than a panel has. */
  private void narrow(
      long a,
      long aRow,
      long b,
      int k,
      long init,
      long initRow,
      long initStep,
      long c,
      long cRow,
      int rows,
      int columns) {
    long t = tile.address(0, ROWS * COLUMNS);
    long row = COLUMNS * FLOAT;
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        Memory.set(t + i * row + j * FLOAT, Memory.get(init + i * initRow + j * initStep));
      }
    }
    tile(a, aRow, b, k, t, row, t, row, rows);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        Memory.set(c + i * cRow + j * FLOAT, Memory.get(t + i * row + j * FLOAT));
      }
    }
  }

  /**
   * {@code C += A' B}: the gradient of a weight, summed over many rows. A is copied row by row into
   * strips, and B, four cache lines of each row at a time, into panels that are used at once.
   *
   * @param a [rows, m]
   * @param aAt its first element
   * @param lda floats from row to row of A
   * @param b [rows, n]
   * @param bAt its first element
   * @param ldb floats from row to row of B
   * @param c [m, n], added to
   * @param cAt its first element
   * @param ldc floats from row to row of C
   * @param rows rows of A and B
   * @param m rows of C
   * @param n columns of C
   */
  public void addTransposed(
      Tensor a,
      long aAt,
      int lda,
      Tensor b,
      long bAt,
      int ldb,
      Tensor c,
      long cAt,
      int ldc,
      int rows,
      int m,
      int n) {
    Objects.checkFromIndexSize(aAt, rows == 0 ? 0 : (rows - 1L) * lda + m, a.size());
    long cAddress = c.address(cAt, m, ldc, n);
    long strips = left.address(0, left.size());
    long panels = right.address(0, right.size());
    for (int p = 0; p < rows; p += SUMMED) {
      int k = Math.min(SUMMED, rows - p);
      for (int i = 0; i < m; i += SLICE) {
        int slice = Math.min(SLICE, m - i);
        Copies.strips(a, aAt + (long) p * lda + i, lda, left, LEFT, ROWS, k, slice);
        for (int j = 0; j < n; j += ACROSS) {
          int wide = Math.min(ACROSS, n - j);
          Copies.panels(b, bAt + (long) p * ldb + j, ldb, right, RIGHT, k, wide);
          long cs = cAddress + ((long) i * ldc + j) * FLOAT;
          tiles(
              strips,
              LEFT * FLOAT,
              STRIP,
              panels,
              RIGHT * FLOAT,
              cs,
              ldc * FLOAT,
              FLOAT,
              cs,
              ldc * FLOAT,
              slice,
              wide,
              k);
        }
      }
    }
  }
}
