package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Random;
import java.util.stream.Stream;
import org.esolm.tensor.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention in windows of keys, beside attention as it is defined, in double precision. */
class HeadAttentionTest {
  private static final int HEADS = 2;

  static Stream<Arguments> cases() {
    return Stream.of(1, 5, 13, 70, 210)
        .flatMap(n -> patterns(n).map(p -> new Object[] {n, p}))
        .flatMap(
            c ->
                Stream.of(2, 6, 24, 32)
                    .flatMap(
                        h -> Stream.of(true, false).map(all -> Arguments.of(c[1], c[0], h, all))));
  }

  /** Patterns over sequences of about n rows. */
  private static Stream<AttentionPattern> patterns(int n) {
    int half = (n + 1) / 2;
    return Stream.of(
        new AttentionPattern.Causal(),
        new AttentionPattern.Bidirectional(n),
        new AttentionPattern.PrefixLm(n / 3),
        new AttentionPattern.BlockDiffusion(half, 4),
        new AttentionPattern.BlockDiffusion(half, 64),
        new AttentionPattern.Sequential(half, 0),
        new AttentionPattern.SequentialCleanPrefix(half, 0, n / 4));
  }

  private static int rows(AttentionPattern pattern, int n) {
    return pattern instanceof AttentionPattern.Causal
            || pattern instanceof AttentionPattern.Bidirectional
            || pattern instanceof AttentionPattern.PrefixLm
        ? n
        : (n + 1) / 2 * 2;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void outputsAndGradients(AttentionPattern pattern, int n, int h, boolean all) {
    int d = HEADS * h;
    int rows = rows(pattern, n);
    Random random = new Random(n + h);
    Pass pass = new Pass();
    for (int s = 0; s < 2; s++) { // two sequences, so that the second does not begin at 0
      pass.beginSequence();
      for (int r = 0; r < rows; r++) {
        pass.row(0, r, pattern);
      }
      for (int r = 0; r < rows; r++) {
        if (all || r == rows - 1 || random.nextInt(3) == 0) {
          pass.want(r, 0, 1);
        }
      }
    }
    Frame frame = new Frame();
    frame.begin(pass);
    ModelConfig config = new ModelConfig(d, 0, 1, HEADS, rows, 3, 2, 0);
    int queries = pass.wanted();
    try (Arena arena = Arena.ofConfined()) {
      Tensor qkv = normal(arena, random, pass.rows(), 3 * d);
      Tensor q = normal(arena, random, queries, d);
      Tensor dout = normal(arena, random, queries, d);
      Tensor out = Tensor.zeros(arena, queries, d).fill(7);
      Tensor logSum = Tensor.zeros(arena, queries, HEADS);
      Tensor dq = Tensor.zeros(arena, queries, d).fill(7);
      Tensor dqkv = Tensor.zeros(arena, pass.rows(), 3 * d).fill(7);
      HeadAttention attention = new HeadAttention(arena, config, rows, true);
      for (int repeat = 0; repeat < 2; repeat++) { // what one call leaves behind disturbs no other
        for (int head = 0; head < HEADS; head++) {
          for (int tile = 0; tile < frame.lastQueries.count(); tile++) {
            attention.forward(frame, true, tile, head, q, d, qkv, out, logSum);
          }
        }
        for (int head = 0; head < HEADS; head++) {
          for (int s = 0; s < 2; s++) {
            attention.backward(frame, true, s, head, q, d, qkv, out, logSum, dout, dq, dqkv);
          }
        }
      }
      double[][] expected = plain(frame, q, qkv, dout, d, h);
      assertClose(out, expected[0]);
      assertClose(dq, expected[1]);
      for (int r = 0; r < pass.rows(); r++) { // columns of queries are not attention's to write
        for (int j = 0; j < d; j++) {
          expected[2][r * 3 * d + j] = 7;
        }
      }
      assertClose(dqkv, expected[2]);
    }
  }

  private static void assertClose(Tensor actual, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) actual.get(i)).isCloseTo(expected[i], within(2e-4));
    }
  }

  private static Tensor normal(Arena arena, Random random, int rows, int columns) {
    Tensor t = Tensor.zeros(arena, rows, columns);
    for (long i = 0; i < t.size(); i++) {
      t.set(i, (float) random.nextGaussian());
    }
    return t;
  }

  /** Outputs, gradients of the queries, gradients of keys and values. */
  private static double[][] plain(Frame frame, Tensor q, Tensor qkv, Tensor dout, int d, int h) {
    Pass pass = frame.pass;
    double[] out = new double[pass.wanted() * d];
    double[] dq = new double[pass.wanted() * d];
    double[] dqkv = new double[pass.rows() * 3 * d];
    for (int s = 0; s < pass.sequences(); s++) {
      for (int i = pass.wantedStart(s); i < pass.wantedStart(s + 1); i++) {
        for (int head = 0; head < HEADS; head++) {
          query(pass, s, i, head * h, h, d, q, qkv, dout, out, dq, dqkv);
        }
      }
    }
    return new double[][] {out, dq, dqkv};
  }

  private static void query(
      Pass pass,
      int s,
      int i,
      int column,
      int h,
      int d,
      Tensor q,
      Tensor qkv,
      Tensor dout,
      double[] out,
      double[] dq,
      double[] dqkv) {
    int base = pass.start(s);
    int n = pass.start(s + 1) - base;
    int row = pass.wantedRow(i);
    double[] p = new double[n];
    double total = 0;
    for (int j = 0; j < n; j++) {
      boolean attends = contains(pass.first(row), j) || contains(pass.second(row), j);
      for (int c = 0; attends && c < h; c++) {
        p[j] += q.get((long) i * d + column + c) * qkv.get(key(base + j, d, column + c));
      }
      p[j] = attends ? Math.exp(p[j] / Math.sqrt(h)) : 0;
      total += p[j];
    }
    double delta = 0;
    double[] dp = new double[n];
    for (int j = 0; j < n; j++) {
      p[j] /= total;
      for (int c = 0; c < h; c++) {
        double g = dout.get((long) i * d + column + c);
        double v = qkv.get(key(base + j, d, column + c) + d);
        out[i * d + column + c] += p[j] * v;
        dp[j] += g * v;
        dqkv[(int) key(base + j, d, column + c) + d] += p[j] * g;
      }
      delta += p[j] * dp[j];
    }
    for (int j = 0; j < n; j++) {
      double ds = p[j] * (dp[j] - delta) / Math.sqrt(h);
      for (int c = 0; c < h; c++) {
        dq[i * d + column + c] += ds * qkv.get(key(base + j, d, column + c));
        dqkv[(int) key(base + j, d, column + c)] += ds * q.get((long) i * d + column + c);
      }
    }
  }

  private static boolean contains(long range, int key) {
    return key >= AttentionPattern.from(range) && key < AttentionPattern.to(range);
  }

  private static long key(int row, int d, int column) {
    return 3L * d * row + d + column;
  }
}
