package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.Attention;
import org.esolm.tensor.HeadProducts;
import org.esolm.tensor.Rows;
import org.esolm.tensor.Tensor;

/**
 * Softmax attention of single heads, forward and backward. Scores exist for a few queries and one
 * head at a time, and only in windows: the keys between the first and the last that any of six
 * queries attends to, in its first and in its second range. The backward pass computes them again
 * from the stored log-denominators. Each worker has an instance of its own.
 */
final class HeadAttention {
  private static final int ROWS = HeadProducts.ROWS;

  private final int d;
  private final int h;
  private final int heads;
  private final float scale;
  private final HeadProducts products;
  private final Tensor scores;
  private final Tensor gradients; // for training

  private Frame frame;
  private boolean last;

  // windows of each group of six queries: keys [start1, end1) and [start2, end2) of the sequence
  private final int[] start1 = new int[HeadProducts.GROUPS];
  private final int[] end1 = new int[HeadProducts.GROUPS];
  private final int[] start2 = new int[HeadProducts.GROUPS];
  private final int[] end2 = new int[HeadProducts.GROUPS];

  // the query at hand attends to keys [a, b) and [c, e)
  private int a;
  private int b;
  private int c;
  private int e;

  HeadAttention(Arena arena, ModelConfig config, int keys, boolean training) {
    this(arena, config.hiddenSize(), config.heads(), keys, training);
  }

  HeadAttention(Arena arena, int hiddenSize, int heads, int keys, boolean training) {
    this.d = hiddenSize;
    this.h = hiddenSize / heads;
    this.heads = heads;
    scale = (float) (1 / Math.sqrt(h));
    products = new HeadProducts(arena, keys, h, training);
    scores = products.scores();
    gradients = products.gradients();
  }

  /**
   * Forward for one tile of queries and one head.
   *
   * @param q queries, one row each, the head's at column head * h
   * @param ldq floats from query to query
   * @param qkv [N, 3d]: keys from column d on, values from 2d on
   * @param out [queries, d] written
   * @param logSum [queries, heads] written
   */
  void forward(
      Frame nextFrame,
      boolean lastBlock,
      int tile,
      int head,
      Tensor q,
      int ldq,
      Tensor qkv,
      Tensor out,
      Tensor logSum) {
    frame = nextFrame;
    last = lastBlock;
    Tiles tiles = last ? frame.lastQueries : frame.queries;
    int sequence = tiles.sequence(tile);
    int from = tiles.from(tile);
    int to = tiles.to(tile);
    int base = frame.pass.start(sequence);
    int keys = frame.pass.start(sequence + 1) - base;
    long k = 3L * d * base + d + (long) head * h;
    products.beginForward(qkv, k, k + d, 3 * d, keys, scale);
    for (int r = from; r < to; r += ROWS) {
      int n = Math.min(ROWS, to - r);
      findWindows(0, r, n);
      long queryAt = (long) r * ldq + (long) head * h;
      products.scores(q, queryAt, ldq, n, 0, start1[0], end1[0]);
      products.scores(q, queryAt, ldq, n, 0, start2[0], end2[0]);
      long outAt = (long) r * d + (long) head * h;
      for (int i = 0; i < n; i++) {
        findRanges(r + i);
        long at = products.row(i);
        int endB = padFirst(at);
        int endE = Attention.pad(scores, at, c, e);
        float max =
            Math.max(Attention.max(scores, at, a, endB), Attention.max(scores, at, c, endE));
        float sum =
            Attention.exponentials(scores, at, a, endB, max)
                + Attention.exponentials(scores, at, c, endE, max);
        zeroElsewhere(scores, at, 0, 0);
        logSum.set((long) (r + i) * heads + head, max + (float) Math.log(sum));
        sums[i] = sum;
      }
      products.values(0, n, start1[0], end1[0], false, out, outAt, d);
      products.values(0, n, start2[0], end2[0], true, out, outAt, d);
      for (int i = 0; i < n; i++) {
        Attention.scale(out, outAt + (long) i * d, h, 1 / sums[i]);
      }
    }
  }

  private final float[] sums = new float[ROWS];

  /**
   * Backward for one sequence and one head: writes the gradients of its queries, keys and values.
   *
   * @param out [queries, d] as written by {@link #forward}
   * @param dout [queries, d] its gradient
   * @param dq written, laid out like q
   * @param dqkv [N, 3d]: written from column d on
   */
  void backward(
      Frame nextFrame,
      boolean lastBlock,
      int sequence,
      int head,
      Tensor q,
      int ldq,
      Tensor qkv,
      Tensor out,
      Tensor logSum,
      Tensor dout,
      Tensor dq,
      Tensor dqkv) {
    frame = nextFrame;
    last = lastBlock;
    int base = frame.pass.start(sequence);
    int keys = frame.pass.start(sequence + 1) - base;
    long k = 3L * d * base + d + (long) head * h;
    for (int j = 0; j < keys; j++) {
      Attention.zero(dqkv, k + 3L * d * j, 0, h);
      Attention.zero(dqkv, k + 3L * d * j + d, 0, h);
    }
    products.beginBackward(qkv, k, k + d, 3 * d, keys, scale);
    Tiles tiles = last ? frame.lastQueries : frame.queries;
    for (int tile = tiles.firstOfSequence(sequence);
        tile < tiles.firstOfSequence(sequence + 1);
        tile++) {
      for (int r = tiles.from(tile); r < tiles.to(tile); r += ROWS * HeadProducts.GROUPS) {
        int n = Math.min(ROWS * HeadProducts.GROUPS, tiles.to(tile) - r);
        backwardQueries(r, n, head, q, ldq, out, logSum, dout, dq);
        long queryAt = (long) r * ldq + (long) head * h;
        products.takeQueries(q, queryAt, ldq, dout, (long) r * d + (long) head * h, d, n);
        backwardKeys(n, keys, dqkv, k);
      }
    }
  }

  /** Probabilities and the scores' gradients of some queries, and the queries' own gradients. */
  private void backwardQueries(
      int first,
      int count,
      int head,
      Tensor q,
      int ldq,
      Tensor out,
      Tensor logSum,
      Tensor dout,
      Tensor dq) {
    for (int g = 0; g * ROWS < count; g++) {
      int r = first + g * ROWS;
      int n = Math.min(ROWS, count - g * ROWS);
      findWindows(g, r, n);
      long queryAt = (long) r * ldq + (long) head * h;
      long outAt = (long) r * d + (long) head * h;
      products.scores(q, queryAt, ldq, n, g, start1[g], end1[g]);
      products.scores(q, queryAt, ldq, n, g, start2[g], end2[g]);
      products.gradients(dout, outAt, d, n, g, start1[g], end1[g]);
      products.gradients(dout, outAt, d, n, g, start2[g], end2[g]);
      for (int i = 0; i < n; i++) {
        findRanges(r + i);
        long at = products.row(g * ROWS + i);
        float lse = logSum.get((long) (r + i) * heads + head);
        Attention.exponentials(scores, at, a, padFirst(at), lse);
        Attention.exponentials(scores, at, c, Attention.pad(scores, at, c, e), lse);
        long row = outAt + (long) i * d;
        float delta = Rows.dot(dout, row, out, row, h);
        Attention.backwardSoftmax(scores, gradients, at + a, b - a, delta, scale);
        Attention.backwardSoftmax(scores, gradients, at + c, e - c, delta, scale);
        zeroElsewhere(scores, at, g, ROWS);
        zeroElsewhere(gradients, at, g, ROWS);
      }
      products.queryGradients(g, n, start1[g], end1[g], false, dq, queryAt, ldq);
      products.queryGradients(g, n, start2[g], end2[g], true, dq, queryAt, ldq);
    }
  }

  /**
   * Adds what some queries give to the gradients of keys and values: six keys at a time, from each
   * run of groups of queries whose windows touch these keys.
   */
  private void backwardKeys(int count, int keys, Tensor dqkv, long k) {
    int groups = (count + ROWS - 1) / ROWS;
    for (int j = 0; j < keys; j += ROWS) {
      int n = Math.min(ROWS, keys - j);
      for (int g = 0; g < groups; g++) {
        int run = g;
        while (run < groups && touches(run, j, j + n)) {
          run++;
        }
        if (run > g) {
          int queries = Math.min(run * ROWS, count) - g * ROWS;
          products.addKeys(j, n, g, queries, dqkv, k + 3L * d * j, 3 * d);
          products.addValues(j, n, g, queries, dqkv, k + 3L * d * j + d, 3 * d);
          g = run;
        }
      }
    }
  }

  private boolean touches(int g, int from, int to) {
    return start1[g] < to && end1[g] > from || start2[g] < to && end2[g] > from;
  }

  /** The keys that a group of queries attends to between them: one window, or two with a gap. */
  private void findWindows(int g, int first, int n) {
    int from1 = Integer.MAX_VALUE;
    int from2 = Integer.MAX_VALUE;
    int to1 = 0;
    int to2 = 0;
    for (int r = first; r < first + n; r++) {
      findRanges(r);
      from1 = Math.min(from1, a);
      to1 = Math.max(to1, b);
      if (c < e) {
        from2 = Math.min(from2, c);
        to2 = Math.max(to2, e);
      }
    }
    // Windows keep a distance, so that what one overwrites behind its end is not the other's.
    boolean one = to2 > 0 && from2 < to1 + HeadProducts.ROOM;
    start1[g] = one ? Math.min(from1, from2) : from1;
    end1[g] = one ? Math.max(to1, to2) : to1;
    start2[g] = one || to2 == 0 ? 0 : from2;
    end2[g] = one ? 0 : to2;
  }

  private void findRanges(int query) {
    int row = last ? frame.lastRow(query) : query;
    long first = frame.pass.first(row);
    a = AttentionPattern.from(first);
    b = AttentionPattern.to(first);
    long second = frame.pass.second(row);
    c = second == AttentionPattern.NONE ? b : AttentionPattern.from(second);
    e = second == AttentionPattern.NONE ? b : AttentionPattern.to(second);
  }

  /** Pads the first range, unless the second begins where the padding would be. */
  private int padFirst(long at) {
    return e == c || c - b >= Attention.ROOM ? Attention.pad(scores, at, a, b) : b;
  }

  /**
   * Zeros in the group's windows outside the row's ranges, and around the windows to whole groups
   * of {@code margin} keys.
   */
  private void zeroElsewhere(Tensor matrix, long at, int g, int margin) {
    zeroElsewhere(matrix, at, start1[g], end1[g], margin);
    if (end2[g] > 0) {
      zeroElsewhere(matrix, at, start2[g], end2[g], margin);
    }
  }

  private void zeroElsewhere(Tensor matrix, long at, int start, int end, int margin) {
    int from = margin == 0 ? start : start / margin * margin;
    int to = margin == 0 ? end : (end + margin - 1) / margin * margin;
    Attention.zero(matrix, at, from, Math.clamp(a, from, to));
    Attention.zero(matrix, at, Math.clamp(b, from, to), Math.clamp(c, from, to));
    Attention.zero(matrix, at, Math.clamp(e, from, to), to);
  }
}
