package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlocksTest {
  private static final int[] STREAM = IntStream.range(0, 1003).toArray();

  @Test
  void blocksStandEndToEnd() {
    Blocks blocks = Blocks.of("text", STREAM, 10);
    assertThat(blocks.count()).isEqualTo(100);
    assertThat(blocks.block(99)).startsWith(990).endsWith(999).hasSize(blocks.length());
    assertThatThrownBy(() -> blocks.block(100)).hasMessage("block: 100, allowed: 0 to 99");
  }

  @Test
  void randomBlocksDependOnTheirCoordinatesAlone() {
    Blocks blocks = Blocks.of("text", STREAM, 1000);
    Set<Integer> starts = new HashSet<>();
    for (int step = 0; step < 50; step++) {
      int[] block = blocks.random(1, step, 3);
      assertThat(block).isEqualTo(Blocks.of("text", STREAM, 1000).random(1, step, 3));
      assertThat(block[999] - block[0]).isEqualTo(999);
      starts.add(block[0]);
    }
    assertThat(starts).containsExactlyInAnyOrder(0, 1, 2, 3);
    assertThat(Blocks.of("text", STREAM, 10).random(1, 0, 0))
        .isNotEqualTo(Blocks.of("text", STREAM, 10).random(2, 0, 0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 100, 128})
  void everyEpochHasEachBlockOnce(int count) {
    Blocks blocks = Blocks.of("text", IntStream.range(0, count).toArray(), 1);
    int[][] epochs = new int[3][count];
    for (int i = 0; i < 3 * count; i++) {
      epochs[i / count][i % count] = blocks.permuted(9, i)[0];
    }
    for (int[] epoch : epochs) {
      assertThat(IntStream.of(epoch).sorted())
          .containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
    }
    if (count >= 100) {
      assertThat(epochs[0]).isNotEqualTo(epochs[1]);
      long fixed = IntStream.range(0, count).filter(i -> epochs[0][i] == i).count();
      assertThat(fixed).isLessThan(10);
    }
  }

  @Test
  void aShortTextIsRefused() {
    assertThatThrownBy(() -> Blocks.of("a.txt", new int[57], 128))
        .hasMessage("a.txt: 57 tokens, needed: at least one block of 128");
    assertThatThrownBy(() -> Blocks.of("a.txt", new int[57], 0))
        .hasMessage("length: 0, allowed: at least 1");
  }
}
