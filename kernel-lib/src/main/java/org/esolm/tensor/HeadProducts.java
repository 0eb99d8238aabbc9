package org.esolm.tensor;

import java.lang.foreign.Arena;

/**
 * The matrix products of one attention head over one sequence: keys and values are copied once into
 * the order that products read, then groups of six queries are multiplied with windows of keys.
 * Scores of a query stand in a row with one column a key; columns outside of windows are not
 * touched, but for up to {@link #ROOM} behind one.
 */
public final class HeadProducts {
  /** Queries of a group. */
  public static final int ROWS = MicroKernel.ROWS;

  /** Groups whose scores are kept at a time. */
  public static final int GROUPS = 8;

  /** Columns behind a window that may be overwritten, at most. */
  public static final int ROOM = MicroKernel.COLUMNS;

  private static final int COLUMNS = MicroKernel.COLUMNS;

  private final int h;
  private final int wide; // h in whole panels
  private final int ld; // floats from row to row of what has a column a key
  private final Products products;
  private final Tensor scores; // [GROUPS ROWS, ld] scores, then probabilities
  private final Tensor gradients; // [GROUPS ROWS, ld] of the scores
  private final Tensor keysAcross; // [h, ld] keys, transposed, with the scale
  private final Tensor valuesAcross; // [h, ld]
  private final Tensor keys; // [keys, wide]
  private final Tensor values; // [keys, wide]
  private final Tensor queries; // [GROUPS ROWS, wide]
  private final Tensor outputs; // [GROUPS ROWS, wide] gradients of attention's output

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
    wide = (h + COLUMNS - 1) / COLUMNS * COLUMNS;
    // room behind the last key, and an odd number of cache lines, as rows one below the other
    // shall not share one place in the cache
    ld = (longest + 2 * COLUMNS + 31) / 32 * 32 + 16;
    products = new Products(arena);
    int rows = GROUPS * ROWS;
    int n = training ? 1 : 0;
    scores = Tensor.zeros(arena, training ? rows : ROWS, ld);
    keysAcross = Tensor.zeros(arena, h, ld);
    values = Tensor.zeros(arena, longest, wide);
    gradients = Tensor.zeros(arena, n * rows, ld);
    valuesAcross = Tensor.zeros(arena, n * h, ld);
    keys = Tensor.zeros(arena, n * longest, wide);
    queries = Tensor.zeros(arena, n * rows, wide);
    outputs = Tensor.zeros(arena, n * rows, wide);
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
    Copies.transposed(x, k, ldx, keysAcross, 0, ld, n, h, scale);
    Copies.rows(x, v, ldx, values, 0, wide, n, h);
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
    Copies.transposed(x, k, ldx, keysAcross, 0, ld, n, h, scale);
    Copies.transposed(x, v, ldx, valuesAcross, 0, ld, n, h, 1f);
    Copies.rows(x, k, ldx, keys, 0, wide, n, h);
  }

  private static long at(Tensor t, long index) {
    return t.address(index, 1);
  }

  /** Products of a group's rows, of size h, with a window of keys, into whole panels of columns. */
  private void across(
      Tensor x, long xAt, int ldx, int n, Tensor right, Tensor to, int g, int from, int end) {
    if (from < end) {
      int columns = (end - from + COLUMNS - 1) / COLUMNS * COLUMNS;
      long target = at(to, row(g * ROWS) + from);
      long left = x.address(xAt, n, ldx, h);
      products.multiply(left, ldx, 1, at(right, from), ld, false, target, ld, n, columns, h);
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
    across(q, qAt, ldq, n, keysAcross, scores, g, from, end);
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
    across(dout, at, lddout, n, valuesAcross, gradients, g, from, end);
  }

  /** {@code to = p x} or {@code to += p x} over a window of keys. */
  private void along(
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
      long right = at(x, (long) from * wide);
      long target = to.address(at, n, ldto, h);
      products.multiply(left, ld, 1, right, wide, add, target, ldto, n, h, end - from);
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
    along(scores, g, n, from, end, values, add, out, at, ldout);
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
    along(gradients, g, n, from, end, keys, add, dq, at, lddq);
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
    Copies.rows(q, qAt, ldq, queries, 0, wide, n, h);
    Copies.rows(dout, doutAt, lddout, outputs, 0, wide, n, h);
  }

  /** {@code to += p' x} for some keys, over queries from a group on. */
  private void down(
      Tensor p, int key, int n, int g, int count, Tensor x, Tensor to, long at, int ldto) {
    long left = at(p, row(g * ROWS) + key);
    long right = at(x, (long) g * ROWS * wide);
    products.multiply(
        left, 1, ld, right, wide, true, to.address(at, n, ldto, h), ldto, n, h, count);
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
    down(gradients, key, n, g, count, queries, dk, at, lddk);
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
    down(scores, key, n, g, count, outputs, dv, at, lddv);
  }
}
