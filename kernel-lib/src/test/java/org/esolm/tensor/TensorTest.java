package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class TensorTest {
  @Test
  void viewsShareMemory() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = Tensor.copyOf(arena, new float[] {0, 1, 2, 3, 4, 5}, 3, 2);
      assertThat(t.memory().address() % 64).isZero();
      Tensor rows = t.slice(1, 3);
      assertThat(rows.shape()).containsExactly(2, 2);
      rows.set(0, 9);
      assertThat(t.get(2)).isEqualTo(9);
      t.reshape(6).set(5, 8);
      assertThat(rows.toArray()).containsExactly(9, 3, 4, 8);
      t.slice(0, 1).fill(-1);
      t.slice(2, 3).fill(0);
      assertThat(t.toArray()).containsExactly(-1, -1, 9, 3, 0, 0);
      assertThat(t.slice(1, 1).size()).isZero();
      assertThat(Tensor.of(t.memory(), 2).toArray()).containsExactly(-1, -1);
      assertThat(t).hasToString("Tensor[3, 2]");
      assertThat(t.dim(1)).isEqualTo(2);
    }
  }

  @Test
  void emptyAndScalar() {
    try (Arena arena = Arena.ofConfined()) {
      assertThat(Tensor.zeros(arena, 0, 4).toArray()).isEmpty();
      assertThat(Tensor.zeros(arena, 0, 4).slice(0, 0).size()).isZero();
      assertThat(Tensor.zeros(arena).toArray()).containsExactly(0);
    }
  }

  @Test
  void badShapesAreRefused() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = Tensor.zeros(arena, 3, 2);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> t.reshape(4))
          .withMessage("reshape: [3, 2] to [4], sizes differ");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> t.slice(2, 4))
          .withMessage("slice: [2, 4) of 3 rows");
      assertThatIllegalArgumentException().isThrownBy(() -> t.slice(-1, 2));
      assertThatIllegalArgumentException().isThrownBy(() -> t.slice(2, 1));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Tensor.zeros(arena, 2, -1))
          .withMessage("shape: [2, -1], no axis may be negative");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Tensor.copyOf(arena, new float[3], 2))
          .withMessage("values: 3 elements, shape [2] needs 2");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Tensor.of(t.memory(), 100))
          .withMessageContaining("shape [100] needs 400");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> t.copyFrom(t.slice(0, 1)))
          .withMessage("copyFrom: 2 elements into 6");
    }
  }
}
