package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class NdArraysTest {
  @Test
  void writesAreSeenBothWays() {
    try (Arena arena = Arena.ofShared()) {
      Tensor t = Numbers.normal(arena, 1, 3, 4, 5);
      INDArray a = NdArrays.view(t);
      assertThat(a.shape()).containsExactly(3, 4, 5);
      assertThat(a.dataType()).isEqualTo(DataType.FLOAT);
      for (int i = 0; i < t.size(); i++) {
        assertThat(a.getFloat(i / 20, i / 5 % 4, i % 5)).isEqualTo(t.get(i));
      }
      t.set(27, 42);
      assertThat(a.getFloat(1, 1, 2)).isEqualTo(42);
      a.putScalar(2, 3, 4, -7);
      assertThat(t.get(59)).isEqualTo(-7);
      a.muli(0).addi(1);
      assertThat(t.toArray()).containsOnly(1);
    }
  }

  @Test
  void slicesAreViewsOfViews() {
    try (Arena arena = Arena.ofShared()) {
      Tensor t = Numbers.normal(arena, 2, 6, 5);
      INDArray a = NdArrays.view(t);
      INDArray rows = NdArrays.view(t.slice(2, 4));
      assertThat(rows.shape()).containsExactly(2, 5);
      rows.assign(3);
      assertThat(a.getFloat(1, 4)).isNotEqualTo(3);
      assertThat(a.getFloat(2, 0)).isEqualTo(3);
      assertThat(a.getFloat(3, 4)).isEqualTo(3);
      a.get(NDArrayIndex.interval(0, 2), NDArrayIndex.point(1)).assign(-5);
      assertThat(t.get(1)).isEqualTo(-5);
      assertThat(t.get(6)).isEqualTo(-5);
    }
  }

  @Test
  void mmulIsRight() {
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Numbers.normal(arena, 3, 7, 9);
      Tensor w = Numbers.normal(arena, 4, 5, 9);
      INDArray y = NdArrays.view(x).mmul(NdArrays.view(w).transpose());
      Tensor z = Tensor.zeros(arena, 7, 5);
      Blas.multiply(false, true, 7, 5, 9, x, 0, 9, w, 0, 9, z, 0, 5);
      for (int r = 0; r < 7; r++) {
        for (int c = 0; c < 5; c++) {
          assertThat(y.getFloat(r, c)).isCloseTo(z.get(5L * r + c), within(1e-5f));
        }
      }
    }
  }

  @Test
  void copiesAreRowMajorFloatsOfTheirOwn() {
    try (Arena arena = Arena.ofShared()) {
      INDArray a = Nd4j.arange(12).castTo(DataType.DOUBLE).reshape(3, 4).transpose();
      Tensor t = NdArrays.copyOf(arena, a);
      assertThat(t.shape()).containsExactly(4, 3);
      assertThat(t.toArray()).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
      a.putScalar(0, 0, 99);
      assertThat(t.get(0)).isZero();
      Tensor ints = NdArrays.copyOf(arena, Nd4j.createFromArray(3, 1, 2));
      assertThat(ints.toArray()).containsExactly(3, 1, 2);
      Tensor back = NdArrays.copyOf(arena, NdArrays.view(t));
      assertThat(back.toArray()).containsExactly(t.toArray());
    }
  }

  @Test
  void nothingHasNoView() {
    try (Arena arena = Arena.ofShared()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> NdArrays.view(Tensor.zeros(arena, 0, 2)))
          .withMessage("tensor: Tensor[0, 2], must have an element");
    }
  }

  /** Run in a process of its own: ND4J starts only once. */
  public static final class Silence {
    public static void main(String[] args) {
      try (Arena arena = Arena.ofShared()) {
        Tensor t = Numbers.normal(arena, 1, 2, 2);
        if (args.length > 0) {
          NdArrays.view(t).mmul(NdArrays.view(t));
        }
        System.out.print("done");
      }
    }
  }

  @Test
  void nd4jStartsWithoutAWord() throws Exception {
    assertThat(OwnProcess.run(System.getProperty("java.class.path"), Silence.class, "view"))
        .isEqualTo("done");
  }

  @Test
  void tensorsDoNotNeedNd4j() throws Exception {
    String without =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).getFileName().toString().startsWith("nd4j"))
            .collect(Collectors.joining(File.pathSeparator));
    assertThat(OwnProcess.run(without, Silence.class)).isEqualTo("done");
  }
}
