package org.esolm.random;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RngTest {
  @Test
  void coordinatesAreTheSameWithAndWithoutAnArray() {
    for (long i = -1; i < 5; i++) {
      assertThat(Rng.of(3, Purpose.MASKING, i).nextLong())
          .isEqualTo(Rng.of(3, Purpose.MASKING, new long[] {i}).nextLong());
      assertThat(Rng.of(3, Purpose.MASKING, i, 7).nextLong())
          .isEqualTo(Rng.of(3, Purpose.MASKING, new long[] {i, 7}).nextLong())
          .isNotEqualTo(Rng.of(3, Purpose.MASKING, 7, i).nextLong());
    }
  }
}
