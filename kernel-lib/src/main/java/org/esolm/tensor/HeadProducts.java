package org.esolm.tensor;

import java.lang.foreign.Arena;

/**
 * The matrix products of one attention head over one sequence: keys and values are copied once into
 * the order that products read, then groups of six queries are multiplied with windows of keys.
 * Scores of a query stand in a row with one column a key; columns outside of windows are not
 * touched, but for fewer than {@link #ROOM} before and behind one, as panels are multiplied whole.
 */
public final class HeadProducts {
  /** Queries of a group. */
  public static final int ROWS = MicroKernel.ROWS;

  /** Groups whose scores are kept at a time. */
  public static final int GROUPS = 8;

  /** A distance between windows at which what is overwritten behind one is not the other's. */
  public static final int ROOM = MicroKernel.COLUMNS;

  private static final int COLUMNS = MicroKernel.COLUMNS;

  private final int h;
  private final int ld; // floats from row to row of what has a column a key
  private final Products products;
  private final Tensor scores; // [GROUPS ROWS, ld] scores, then probabilities
  private final Tensor gradients; // [GROUPS ROWS, ld] of the scores

  // in panels: of COLUMNS keys, or of COLUMNS of a head's columns
  private final Tensor keysAcross; // [panels, h, COLUMNS] with the scale
  private final Tensor valuesAcross; // [panels, h, COLUMNS]
  private final Tensor keys; // [panels, keys, COLUMNS]
  private final Tensor values; // [panels, keys, COLUMNS]
  private final Tensor queries; // [panels, GROUPS ROWS, COLUMNS]
  private final Tensor outputs; // [panels, GROUPS ROWS, COLUMNS] gradients of attention's output
  private final Tensor strip; // [GROUPS ROWS, ROWS] some keys' columns of scores or gradients

  /**
   * Working memory for one thread.
   *
   * @param arena its owner
   * @param longest keys of a sequence, at most
   * @param h the head's size
   * @param training whether there will be gradients
   */
  public HeadProducts(Arena arena, int longest, int h, boolean training) {
    this.h = h;
    int panels = (h + COLUMNS - 1) / COLUMNS;
    int across = (longest + COLUMNS - 1) / COLUMNS;
    // room behind the last key, and an odd number of cache lines, as rows one below the other
    // shall not share one place in the cache
    ld = (longest + 2 * COLUMNS + 31) / 32 * 32 + 16;
    products = new Products(arena);
    int rows = GROUPS * ROWS;
    int n = training ? 1 : 0;
    scores = Tensor.zeros(arena, training ? rows : ROWS, ld);
    keysAcross = Tensor.zeros(arena, across, h * COLUMNS);
    values = Tensor.zeros(arena, panels, longest * COLUMNS);
    gradients = Tensor.zeros(arena, n * rows, ld);
    valuesAcross = Tensor.zeros(arena, n * across, h * COLUMNS);
    keys = Tensor.zeros(arena, n * panels, longest * COLUMNS);
    queries = Tensor.zeros(arena, n * panels, rows * COLUMNS);
    outputs = Tensor.zeros(arena, n * panels, rows * COLUMNS);
    strip = Tensor.zeros(arena, n * (rows * ROWS + COLUMNS));
  }

  /**
   * Scores, or probabilities.
   *
   * @return its rows start at {@link #row}
   */
  public Tensor scores() {
    return scores;
  }

  /**
   * Gradients of probabilities, or of scores.
   *
   * @return laid out like {@link #scores}
   */
  public Tensor gradients() {
    return gradients;
  }

  /**
   * Where a query's scores start: column j is key j.
   *
   * @param query index among the groups' queries
   * @return index of the row's first element
   */
  public long row(int query) {
    return (long) query * ld;
  }

  /**
   * Takes the keys and values of a sequence.
   *
   * @param x where they lie
   * @param k first key's first element
   * @param v first value's first element
   * @param ldx floats from key to key, and from value to value
   * @param n how many
   * @param scale factor of every score
   */
  public void beginForward(Tensor x, long k, long v, int ldx, int n, float scale) {
    across(x, k, ldx, n, keysAcross, scale);
    Copies.panels(x, v, ldx, values, values.dim(1), n, h);
  }

  /**
   * As {@link #beginForward}, for the backward pass.
   *
   * @param x where they lie
   * @param k first key's first element
   * @param v first value's first element
   * @param ldx floats from key to key, and from value to value
   * @param n how many
   * @param scale factor of every score
   */
  public void beginBackward(Tensor x, long k, long v, int ldx, int n, float scale) {
    across(x, k, ldx, n, keysAcross, scale);
    across(x, v, ldx, n, valuesAcross, 1f);
    Copies.panels(x, k, ldx, keys, keys.dim(1), n, h);
  }

  /** Rows to panels in which each of them is a column. */
  private void across(Tensor x, long at, int ldx, int n, Tensor to, float factor) {
    for (int i = 0; i < n; i += COLUMNS) {
      int some = Math.min(COLUMNS, n - i);
      long from = at + (long) i * ldx;
      Copies.transposed(x, from, ldx, to, (long) i * h, COLUMNS, some, h, factor);
    }
  }

  private static long at(Tensor t, long index) {
    return t.address(index, 1);
  }

  /** Products of a group's rows, of size h, with a window of keys, in whole panels. */
  private void multiplyAcross(
      Tensor x, long xAt, int ldx, int n, Tensor right, Tensor to, int g, int from, int end) {
    if (from < end) {
      int first = from / COLUMNS * COLUMNS;
      int columns = (end - first + COLUMNS - 1) / COLUMNS * COLUMNS;
      long target = at(to, row(g * ROWS) + first);
      long left = x.address(xAt, n, ldx, h);
      long panels = at(right, (long) first * h);
      products.multiply(left, ldx, panels, COLUMNS * h, false, target, ld, n, columns, h);
    }
  }

  /**
   * {@code scores = scale q k'} of one group and one window.
   *
   * @param q where the queries lie
   * @param qAt first query's first element
   * @param ldq floats from query to query
   * @param n queries, up to ROWS
   * @param g the group
   * @param from first key of the window
   * @param end behind its last key
   */
  public void scores(Tensor q, long qAt, int ldq, int n, int g, int from, int end) {
    multiplyAcross(q, qAt, ldq, n, keysAcross, scores, g, from, end);
  }

  /**
   * The probabilities' gradients {@code dout v'} of one group and one window.
   *
   * @param dout gradients of attention's output
   * @param at first row's first element
   * @param lddout floats from row to row
   * @param n queries, up to ROWS
   * @param g the group
   * @param from first key of the window
   * @param end behind its last key
   */
  public void gradients(Tensor dout, long at, int lddout, int n, int g, int from, int end) {
    multiplyAcross(dout, at, lddout, n, valuesAcross, gradients, g, from, end);
  }

  /** {@code to = p x} or {@code to += p x} over a window of keys. */
  private void multiplyAlong(
      Tensor p,
      int g,
      int n,
      int from,
      int end,
      Tensor x,
      boolean add,
      Tensor to,
      long at,
      int ldto) {
    if (from < end) {
      long left = at(p, row(g * ROWS) + from);
      long right = at(x, (long) from * COLUMNS);
      long target = to.address(at, n, ldto, h);
      products.multiply(left, ld, right, x.dim(1), add, target, ldto, n, h, end - from);
    }
  }

  /**
   * Sums values, weighted with a group's probabilities in one window.
   *
   * @param g the group
   * @param n its queries
   * @param from first key of the window
   * @param end behind its last key
   * @param add whether the output is added to
   * @param out written
   * @param at first row's first element
   * @param ldout floats from row to row
   */
  public void values(int g, int n, int from, int end, boolean add, Tensor out, long at, int ldout) {
    multiplyAlong(scores, g, n, from, end, values, add, out, at, ldout);
  }

  /**
   * Gradients of a group's queries: the scores' gradients times keys, over one window.
   *
   * @param g the group
   * @param n its queries
   * @param from first key of the window
   * @param end behind its last key
   * @param add whether the gradients are added to
   * @param dq written
   * @param at first row's first element
   * @param lddq floats from row to row
   */
  public void queryGradients(
      int g, int n, int from, int end, boolean add, Tensor dq, long at, int lddq) {
    multiplyAlong(gradients, g, n, from, end, keys, add, dq, at, lddq);
  }

  /**
   * Takes the groups' queries and gradients of their outputs, for {@link #addKeys} and {@link
   * #addValues}.
   *
   * @param q where the queries lie
   * @param qAt first query's first element
   * @param ldq floats from query to query
   * @param dout gradients of attention's output
   * @param doutAt first row's first element
   * @param lddout floats from row to row
   * @param n how many
   */
  public void takeQueries(
      Tensor q, long qAt, int ldq, Tensor dout, long doutAt, int lddout, int n) {
    Copies.panels(q, qAt, ldq, queries, queries.dim(1), n, h);
    Copies.panels(dout, doutAt, lddout, outputs, outputs.dim(1), n, h);
  }

  /** {@code to += p' x} for some keys, over queries from a group on. */
  private void addDown(
      Tensor p, int key, int n, int g, int count, Tensor x, Tensor to, long at, int ldto) {
    Copies.strips(p, row(g * ROWS) + key, ld, strip, strip.dim(0), ROWS, count, n);
    long left = strip.address(0, strip.size());
    long right = at(x, (long) g * ROWS * COLUMNS);
    long target = to.address(at, n, ldto, h);
    products.multiply(left, Products.STRIP, right, x.dim(1), true, target, ldto, n, h, count);
  }

  /**
   * Adds to the gradients of some keys.
   *
   * @param key the first
   * @param n how many, up to ROWS
   * @param g first group of queries
   * @param count queries from there on
   * @param dk added to
   * @param at first key's first element
   * @param lddk floats from key to key
   */
  public void addKeys(int key, int n, int g, int count, Tensor dk, long at, int lddk) {
    addDown(gradients, key, n, g, count, queries, dk, at, lddk);
  }

  /**
   * Adds to the gradients of some values.
   *
   * @param key the first
   * @param n how many, up to ROWS
   * @param g first group of queries
   * @param count queries from there on
   * @param dv added to
   * @param at first value's first element
   * @param lddv floats from value to value
   */
  public void addValues(int key, int n, int g, int count, Tensor dv, long at, int lddv) {
    addDown(scores, key, n, g, count, outputs, dv, at, lddv);
  }
}
