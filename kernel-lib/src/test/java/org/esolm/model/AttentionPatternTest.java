package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BiPredicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The patterns against the paper's definitions, key by key. Arguments are (query, key). */
class AttentionPatternTest {
  private static void assertPattern(
      AttentionPattern pattern, int rows, BiPredicate<Integer, Integer> attends) {
    for (int q = 0; q < rows; q++) {
      long first = pattern.first(q);
      long second = pattern.second(q);
      assertThat(AttentionPattern.to(first)).isLessThanOrEqualTo(rows);
      if (second != AttentionPattern.NONE) {
        assertThat(AttentionPattern.from(second))
            .isGreaterThanOrEqualTo(AttentionPattern.to(first));
      }
      for (int k = 0; k < rows; k++) {
        assertThat(in(first, k) || in(second, k))
            .describedAs("%s: %d to %d", pattern, q, k)
            .isEqualTo(attends.test(q, k));
      }
    }
  }

  private static boolean in(long range, int key) {
    return AttentionPattern.from(range) <= key && key < AttentionPattern.to(range);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void causalAndBidirectional(int n) {
    assertPattern(new AttentionPattern.Causal(), n, (q, k) -> k <= q);
    assertPattern(new AttentionPattern.Bidirectional(n), n, (q, k) -> true);
  }

  /** Equations 35-37: clean rows see all clean rows, masks all rows up to themselves. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 9})
  void prefixLm(int clean) {
    assertPattern(
        new AttentionPattern.PrefixLm(clean), 9, (q, k) -> q < clean ? k < clean : k <= q);
  }

  /** M_BD, M_OBC and M_BC of BD3-LM, as block_diff_mask of the released code writes them. */
  @ParameterizedTest
  @CsvSource({"6, 1", "6, 2", "6, 3", "6, 6"})
  void blockDiffusion(int length, int size) {
    assertPattern(
        new AttentionPattern.BlockDiffusion(length, size),
        2 * length,
        (q, k) -> {
          int blockQ = q % length / size;
          int blockK = k % length / size;
          boolean zq = q < length;
          boolean zk = k < length;
          boolean blockDiagonal = zq == zk && blockQ == blockK;
          boolean offsetBlockCausal = zq && !zk && blockQ > blockK;
          boolean blockCausal = !zq && !zk && blockQ >= blockK;
          return blockDiagonal || offsetBlockCausal || blockCausal;
        });
  }

  /** The sorted form of equations 26-32: diagonal, strict offset causal, causal, nothing. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6})
  void sequentialWithARowForEveryPosition(int n) {
    assertPattern(
        new AttentionPattern.Sequential(n, 0),
        2 * n,
        (q, k) -> {
          if (q < n) {
            return k < n ? k == q : q > k - n;
          }
          return k >= n && q >= k;
        });
  }

  /** Only masks have z rows: row i is that of sorted position clean + i. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5})
  void sequentialWithRowsForMasksOnly(int clean) {
    int n = 6;
    int masks = n - clean;
    assertPattern(
        new AttentionPattern.Sequential(masks, clean),
        masks + n,
        (q, k) -> {
          if (q < masks) {
            return k < masks ? k == q : k - masks < clean + q;
          }
          return k >= masks && k <= q;
        });
  }

  /** Equation 41: as above, but clean x rows see all clean x rows. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3, 5})
  void sequentialCleanPrefix(int clean) {
    int n = 6;
    int masks = n - clean;
    assertPattern(
        new AttentionPattern.SequentialCleanPrefix(masks, clean, clean),
        masks + n,
        (q, k) -> {
          if (q < masks) {
            return k < masks ? k == q : k - masks < clean + q;
          }
          int x = k - masks;
          return k >= masks && (q - masks < clean ? x < clean : k <= q);
        });
  }

  /**
   * Section 4.1.2 before sorting, on its worked example: z0 = (A,M,C,M,M,F), sigma = (3,1,6,2,4,5).
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void sequentialOnThePapersExample(boolean bidirectionalClean) {
    int[] sigma = {2, 0, 5, 1, 3, 4};
    int[] at = new int[6];
    for (int p = 0; p < 6; p++) {
      at[sigma[p]] = p;
    }
    boolean[] clean = {true, false, true, false, false, true};
    AttentionPattern pattern =
        bidirectionalClean
            ? new AttentionPattern.SequentialCleanPrefix(3, 3, 3)
            : new AttentionPattern.Sequential(3, 3);
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 6; j++) {
        if (!clean[i]) {
          int z = at[i] - 3;
          assertThat(in(pattern.first(z), 3 + at[j]) || in(pattern.second(z), 3 + at[j]))
              .isEqualTo(clean[j] || j < i);
        }
        int x = 3 + at[i];
        boolean expected =
            clean[i] ? clean[j] && (bidirectionalClean || at[i] >= at[j]) : clean[j] || j <= i;
        assertThat(in(pattern.first(x), 3 + at[j]) || in(pattern.second(x), 3 + at[j]))
            .isEqualTo(expected);
      }
    }
  }
}
