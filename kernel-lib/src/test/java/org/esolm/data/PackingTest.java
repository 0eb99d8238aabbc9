package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class PackingTest {
  private static final List<int[]> DOCUMENTS =
      List.of(new int[] {3, 4, 1}, new int[] {5, 1}, new int[] {6, 7, 8, 9, 1});

  @Test
  void documentsStandEndToEndAndTheRestIsDropped() {
    assertThat(new Packing(0, 1, false, 0).blocks(DOCUMENTS, 4))
        .isDeepEqualTo(new int[][] {{3, 4, 1, 5}, {1, 6, 7, 8}});
    assertThat(new Packing(0, 1, false, 0).pack(DOCUMENTS, 11)).isEmpty();
    assertThat(new Packing(0, 1, false, 0).pack(List.of(), 2)).isEmpty();
  }

  @Test
  void blocksMayHaveTokensAtTheirEnds() {
    assertThat(new Packing(0, 1, true, 0).blocks(DOCUMENTS, 5))
        .isDeepEqualTo(new int[][] {{0, 3, 4, 1, 1}, {0, 5, 1, 6, 1}, {0, 7, 8, 9, 1}});
    assertThatThrownBy(() -> new Packing(0, 1, true, 0).pack(DOCUMENTS, 2))
        .hasMessage("length: 2, allowed: at least 3");
  }

  @Test
  void everyBatchDropsItsRest() {
    assertThat(new Packing(0, 1, false, 2).blocks(DOCUMENTS, 4))
        .isDeepEqualTo(new int[][] {{3, 4, 1, 5}, {6, 7, 8, 9}});
    assertThat(new Packing(0, 1, false, 1).blocks(DOCUMENTS, 3))
        .isDeepEqualTo(new int[][] {{3, 4, 1}, {6, 7, 8}});
    assertThatThrownBy(() -> new Packing(0, 1, true, -1))
        .hasMessage("batch: -1, allowed: 0 (all) or more");
  }
}
