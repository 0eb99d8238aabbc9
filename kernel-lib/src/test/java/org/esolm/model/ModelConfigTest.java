package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelConfigTest {
  @Test
  void headSizeAndAdaLn() {
    ModelConfig c = new ModelConfig(48, 0, 2, 6, 16, 10, 9, 0);
    assertThat(c.headSize()).isEqualTo(8);
    assertThat(c.adaLn()).isFalse();
    assertThat(new ModelConfig(48, 1, 2, 6, 16, 10, 9, 0).adaLn()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          0  | 4  | 2 | 2 | 8 | 5 | 4 | 0    | hiddenSize: 0, must be at least 1
          8  | -1 | 2 | 2 | 8 | 5 | 4 | 0    | condDim: -1, must be 0 (no AdaLN) or more
          8  | 4  | 0 | 2 | 8 | 5 | 4 | 0    | blocks: 0, must be at least 1
          8  | 4  | 2 | 0 | 8 | 5 | 4 | 0    | heads: 0, must be at least 1
          8  | 4  | 2 | 3 | 8 | 5 | 4 | 0    | hiddenSize: 8, must be a multiple of heads (3)
          6  | 4  | 2 | 2 | 8 | 5 | 4 | 0    | hiddenSize / heads: 3, must be an even head size, which rotary embedding needs
          8  | 4  | 2 | 2 | 0 | 5 | 4 | 0    | length: 0, must be at least 1
          8  | 4  | 2 | 2 | 8 | 1 | 0 | 0    | vocabSize: 1, must be at least 2, the mask token included
          8  | 4  | 2 | 2 | 8 | 5 | 5 | 0    | maskIndex: 5, must be 0 to vocabSize - 1 (4)
          8  | 4  | 2 | 2 | 8 | 5 | -1 | 0   | maskIndex: -1, must be 0 to vocabSize - 1 (4)
          8  | 4  | 2 | 2 | 8 | 5 | 4 | 1    | dropout: 1.0, must be 0 up to, not including, 1
          8  | 4  | 2 | 2 | 8 | 5 | 4 | -0.1 | dropout: -0.1, must be 0 up to, not including, 1
          8  | 4  | 2 | 2 | 8 | 5 | 4 | NaN  | dropout: NaN, must be 0 up to, not including, 1
          """)
  void badSizesAreNamed(
      int hidden,
      int cond,
      int blocks,
      int heads,
      int length,
      int vocab,
      int mask,
      double dropout,
      String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new ModelConfig(hidden, cond, blocks, heads, length, vocab, mask, dropout))
        .withMessage(message);
  }
}
