package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.tensor.Attention;
import org.esolm.tensor.Linear;
import org.esolm.tensor.Tensor;

/**
 * Softmax attention of single heads over tiles of queries, forward and backward. Scores exist for
 * one tile and one head at a time, and only for keys between the first and the last that any query
 * of the tile attends to; the backward pass computes them again from the stored log-denominators.
 * Each worker has an instance of its own.
 */
final class HeadAttention {
  private final int d;
  private final int h;
  private final int heads;
  private final float scale;
  private final int stride; // floats from row to row of the scores
  private final Tensor scores; // [QUERY_TILE, stride]
  private final Tensor gradients; // the same, for training

  // the tile at hand
  private int from; // its first query
  private int n; // its queries
  private int base; // first row of its sequence
  private int from1; // keys of the columns [0, width1) start here
  private int width1;
  private int from2; // keys of the columns [width1, width) start here
  private int width;

  // the query at hand: it attends to columns [a, b) and [c, e)
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
    stride = (keys + 15) / 16 * 16 + Attention.ROOM;
    scores = Tensor.zeros(arena, Frame.QUERY_TILE, stride);
    gradients = training ? Tensor.zeros(arena, Frame.QUERY_TILE, stride) : null;
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
      Frame frame,
      boolean last,
      int tile,
      int head,
      Tensor q,
      int ldq,
      Tensor qkv,
      Tensor out,
      Tensor logSum) {
    locate(frame, last, tile);
    computeScores(head, q, ldq, qkv);
    for (int r = 0; r < n; r++) {
      columns(frame, last, r);
      long at = (long) r * stride;
      int end1 = padFirst(at);
      int end2 = Attention.pad(scores, at, c, e);
      float max = Math.max(Attention.max(scores, at, a, end1), Attention.max(scores, at, c, end2));
      float sum =
          Attention.exponentials(scores, at, a, end1, max)
              + Attention.exponentials(scores, at, c, end2, max);
      Attention.scale(scores, at + a, b - a, 1 / sum);
      Attention.scale(scores, at + c, e - c, 1 / sum);
      zeroElsewhere(scores, at);
      logSum.set((long) (from + r) * heads + head, max + (float) Math.log(sum));
    }
    long outAt = (long) from * d + head * h;
    long v = (long) 3 * d * base + 2 * d + head * h;
    multiply(false, n, h, width1, scores, 0, qkv, v + 3L * d * from1, 3 * d, 0f, out, outAt, d);
    if (width > width1) {
      multiply(
          false,
          n,
          h,
          width - width1,
          scores,
          width1,
          qkv,
          v + 3L * d * from2,
          3 * d,
          1f,
          out,
          outAt,
          d);
    }
  }

  /**
   * Backward for one tile and one head: writes the gradients of its queries and adds to those of
   * keys and values, so tiles of one sequence and head must follow one another.
   *
   * @param out [queries, d] as written by {@link #forward}
   * @param dout [queries, d] its gradient
   * @param dq written, laid out like q
   * @param dqkv [N, 3d]: added to from column d on
   */
  void backward(
      Frame frame,
      boolean last,
      int tile,
      int head,
      Tensor q,
      int ldq,
      Tensor qkv,
      Tensor out,
      Tensor logSum,
      Tensor dout,
      Tensor dq,
      Tensor dqkv) {
    locate(frame, last, tile);
    computeScores(head, q, ldq, qkv);
    long outAt = (long) from * d + head * h;
    int ld = 3 * d;
    long k = (long) ld * base + d + head * h;
    long k1 = k + (long) ld * from1;
    long k2 = k + (long) ld * from2;
    int width2 = width - width1;
    Attention.gemm(
        false, true, n, width1, h, 1f, dout, outAt, d, qkv, k1 + d, ld, 0f, gradients, 0, stride);
    if (width2 > 0) {
      Attention.gemm(
          false, true, n, width2, h, 1f, dout, outAt, d, qkv, k2 + d, ld, 0f, gradients, width1,
          stride);
    }
    for (int r = 0; r < n; r++) {
      columns(frame, last, r);
      long at = (long) r * stride;
      float lse = logSum.get((long) (from + r) * heads + head);
      Attention.exponentials(scores, at, a, padFirst(at), lse);
      Attention.exponentials(scores, at, c, Attention.pad(scores, at, c, e), lse);
      zeroElsewhere(scores, at);
      long row = outAt + (long) r * d;
      float delta = Linear.dot(dout, row, out, row, h);
      Attention.backwardSoftmax(scores, gradients, at, width, delta, scale);
    }
    long queryAt = (long) from * ldq + head * h;
    multiply(true, width1, h, n, scores, 0, dout, outAt, d, 1f, dqkv, k1 + d, ld);
    multiply(true, width1, h, n, gradients, 0, q, queryAt, ldq, 1f, dqkv, k1, ld);
    multiply(false, n, h, width1, gradients, 0, qkv, k1, ld, 0f, dq, queryAt, ldq);
    if (width2 > 0) {
      multiply(true, width2, h, n, scores, width1, dout, outAt, d, 1f, dqkv, k2 + d, ld);
      multiply(true, width2, h, n, gradients, width1, q, queryAt, ldq, 1f, dqkv, k2, ld);
      multiply(false, n, h, width2, gradients, width1, qkv, k2, ld, 1f, dq, queryAt, ldq);
    }
  }

  /**
   * Finds the tile's queries and the keys that they attend to between them: one stretch, or two
   * with a gap.
   */
  private void locate(Frame frame, boolean last, int tile) {
    Tiles tiles = last ? frame.lastQueries : frame.queries;
    from = tiles.from(tile);
    n = tiles.to(tile) - from;
    base = frame.pass.start(tiles.sequence(tile));
    int start1 = Integer.MAX_VALUE;
    int start2 = Integer.MAX_VALUE;
    int end1 = 0;
    int end2 = 0;
    for (int r = 0; r < n; r++) {
      int row = row(frame, last, r);
      long first = frame.pass.first(row);
      start1 = Math.min(start1, AttentionPattern.from(first));
      end1 = Math.max(end1, AttentionPattern.to(first));
      long second = frame.pass.second(row);
      if (second != AttentionPattern.NONE) {
        start2 = Math.min(start2, AttentionPattern.from(second));
        end2 = Math.max(end2, AttentionPattern.to(second));
      }
    }
    from1 = start1;
    if (start2 <= end1) { // they touch: one stretch
      width1 = Math.max(end1, end2) - start1;
      from2 = start1 + width1;
      width = width1;
    } else {
      width1 = end1 - start1;
      from2 = start2;
      width = width1 + Math.max(0, end2 - start2);
    }
  }

  private int row(Frame frame, boolean last, int r) {
    return last ? frame.lastRow(from + r) : from + r;
  }

  private void columns(Frame frame, boolean last, int r) {
    int row = row(frame, last, r);
    long first = frame.pass.first(row);
    a = AttentionPattern.from(first) - from1;
    b = AttentionPattern.to(first) - from1;
    long second = frame.pass.second(row);
    if (second == AttentionPattern.NONE) {
      c = b;
      e = b;
    } else {
      int offset = width == width1 ? from1 : from2 - width1;
      c = AttentionPattern.from(second) - offset;
      e = AttentionPattern.to(second) - offset;
    }
  }

  /** Pads the first stretch, unless the second begins where the padding would be. */
  private int padFirst(long at) {
    return e == c || c - b >= Attention.ROOM ? Attention.pad(scores, at, a, b) : b;
  }

  private void computeScores(int head, Tensor q, int ldq, Tensor qkv) {
    int ld = 3 * d;
    long queryAt = (long) from * ldq + head * h;
    long k = (long) ld * base + d + head * h;
    long k1 = k + (long) ld * from1;
    Attention.scores(q, queryAt, ldq, qkv, k1, ld, scores, 0, stride, n, width1, h, scale);
    if (width > width1) {
      long k2 = k + (long) ld * from2;
      int width2 = width - width1;
      Attention.scores(q, queryAt, ldq, qkv, k2, ld, scores, width1, stride, n, width2, h, scale);
    }
  }

  private void zeroElsewhere(Tensor matrix, long at) {
    Attention.zero(matrix, at, 0, a);
    Attention.zero(matrix, at, b, c);
    Attention.zero(matrix, at, e, width);
  }

  /** C = op(P) B + beta C, where P is this tile's scores or their gradients from some column on. */
  private void multiply(
      boolean transpose,
      int m,
      int columns,
      int inner,
      Tensor p,
      long pAt,
      Tensor right,
      long rightAt,
      int ldRight,
      float beta,
      Tensor to,
      long toAt,
      int ldTo) {
    Attention.gemm(
        transpose, false, m, columns, inner, 1f, p, pAt, stride, right, rightAt, ldRight, beta, to,
        toAt, ldTo);
  }
}
