package org.esolm.tensor;

import static org.esolm.tensor.Memory.bytes;
import static org.esolm.tensor.PanelProduct.P;
import static org.esolm.tensor.PanelProduct.multiply;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Attention of some queries over a cache of one head. Keys and values are packed as weights are, in
 * panels: scores are a product with the keys, [capacity / P, h, P], and what is attended to is one
 * with the values, [h / P rounded up, capacity, P]. Each worker has an instance of its own.
 */
public final class CachedAttention {
  /** The most queries of one call. */
  public static final int QUERIES = 30;

  private final int capacity;
  private final int h;
  private final Tensor scores; // [QUERIES, capacity]
  private final Tensor mixed; // [QUERIES, h rounded up to panels]
  private final float[] sums = new float[QUERIES];

  /**
   * Memory for one worker.
   *
   * @param arena its owner
   * @param capacity keys of a head, as {@link #capacity} gives it
   * @param h head size
   */
  public CachedAttention(Arena arena, int capacity, int h) {
    this.capacity = capacity;
    this.h = h;
    scores = Tensor.zeros(arena, QUERIES, capacity);
    mixed = Tensor.zeros(arena, QUERIES, valueFloats(1, h));
  }

  /**
   * Room for at least so many keys.
   *
   * @param keys wanted
   * @return whole panels
   */
  public static int capacity(int keys) {
    return (keys + P - 1) / P * P;
  }

  /**
   * The size of a head's values.
   *
   * @param capacity number of values
   * @param h head size
   * @return floats, in whole panels
   */
  public static int valueFloats(int capacity, int h) {
    return (h + P - 1) / P * P * capacity;
  }

  /**
   * Softmax attention of each query to its keys [0, end). A query's result has the same bits
   * whatever queries are computed with it.
   *
   * @param q [rows, ...] queries, already times 1 / sqrt(h)
   * @param qAt first element of the first query
   * @param ldq floats from query to query
   * @param rows number of queries, at most {@link #QUERIES}
   * @param ends for each query, how many keys it attends to, at least 1
   * @param endsAt where the first query's stands
   * @param keys where keys lie
   * @param keysAt first element of the head's
   * @param values where values lie
   * @param valuesAt first element of the head's
   * @param out written, h floats for each query
   * @param outAt first element for the first query
   * @param ldo floats from query to query of out
   */
  public void attend(
      Tensor q,
      long qAt,
      int ldq,
      int rows,
      int[] ends,
      int endsAt,
      Tensor keys,
      long keysAt,
      Tensor values,
      long valuesAt,
      Tensor out,
      long outAt,
      int ldo) {
    Objects.checkIndex(rows, QUERIES + 1);
    int n = 0;
    for (int r = 0; r < rows; r++) {
      n = Math.max(n, ends[endsAt + r]);
    }
    Objects.checkIndex(n, capacity + 1);
    int panels = (n + P - 1) / P;
    long weights = scores.address(0, rows, capacity, capacity);
    long row = bytes(capacity);
    multiply(
        q.address(qAt, rows, ldq, h),
        bytes(ldq),
        keys.address(keysAt, (long) capacity * h),
        bytes((long) h * P),
        h,
        weights,
        row,
        rows,
        panels);
    for (int r = 0; r < rows; r++) {
      sums[r] = exponentials((long) r * capacity, ends[endsAt + r], n);
    }
    int width = mixed.dim(1);
    multiply(
        weights,
        row,
        values.address(valuesAt, valueFloats(capacity, h)),
        bytes((long) capacity * P),
        n,
        mixed.address(0, rows, width, width),
        bytes(width),
        rows,
        width / P);
    for (int r = 0; r < rows; r++) {
      Attention.scale(mixed, (long) r * width, h, 1 / sums[r], out, outAt + (long) r * ldo);
    }
  }

  /** Scores [0, n) to their exponentials and scores [n, width) to zero; returns the sum. */
  private float exponentials(long at, int n, int width) {
    int end = Attention.pad(scores, at, 0, n); // there are whole panels
    float sum = Attention.exponentials(scores, at, 0, end, Attention.max(scores, at, 0, end));
    Attention.zero(scores, at, n, width);
    return sum;
  }

  /**
   * Stores one key and its value.
   *
   * @param kv where they lie
   * @param keyAt first element of the key
   * @param valueAt first element of the value
   * @param keys where keys go
   * @param keysAt first element of the head's
   * @param values where values go
   * @param valuesAt first element of the head's
   * @param capacity keys of a head
   * @param index which key
   * @param h head size
   */
  public static void put(
      Tensor kv,
      long keyAt,
      long valueAt,
      Tensor keys,
      long keysAt,
      Tensor values,
      long valuesAt,
      int capacity,
      int index,
      int h) {
    long to = keysAt + (long) (index / P) * h * P + index % P;
    long key = kv.address(keyAt, h);
    long panel = keys.address(to, h, P, 1);
    for (int i = 0; i < h; i++) {
      Memory.set(panel + bytes((long) i * P), Memory.get(key + bytes(i)));
    }
    for (int i = 0; i < h; i += P) {
      MemorySegment.copy(
          kv.memory(),
          bytes(valueAt + i),
          values.memory(),
          bytes(valuesAt + (long) i * capacity + (long) index * P),
          bytes(Math.min(P, h - i)));
    }
  }
}
