package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class SimdTest {
  private static float vector(float x) {
    return Simd.exp(FloatVector.broadcast(Simd.F, x)).lane(Simd.W - 1);
  }

  @Test
  void expIsTheLibrarysToTwoUnitsInTheLastPlace() {
    for (int i = 0; i <= 200_000; i++) {
      float x = -87.3f + (88.3f + 87.3f) * i / 200_000;
      float e = (float) Math.exp(x);
      float s = Simd.exp(x);
      if (Math.abs(s - e) > 2 * Math.ulp(e)) {
        assertThat(s).describedAs("exp(%s)", x).isCloseTo(e, within(2 * Math.ulp(e)));
      }
    }
  }

  @Test
  void vectorAndScalarAreTwins() {
    for (int i = 0; i <= 20_000; i++) {
      float x = -100 + 200f * i / 20_000;
      assertThat(vector(x)).isEqualTo(Simd.exp(x));
    }
  }

  @Test
  void extremes() {
    for (float x : new float[] {-87.7f, -104, -1e6f, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
      assertThat(Simd.exp(x)).isZero();
      assertThat(vector(x)).isZero();
    }
    for (float x : new float[] {88.4f, 1e6f, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(Simd.exp(x)).isFinite().isGreaterThan(2e38f);
      assertThat(vector(x)).isFinite().isGreaterThan(2e38f);
    }
    for (float x : new float[] {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE}) {
      assertThat(Simd.exp(x)).isEqualTo(1f);
      assertThat(vector(x)).isEqualTo(1f);
    }
    assertThat(Simd.exp(Float.NaN)).isNaN();
    assertThat(vector(Float.NaN)).isNaN();
  }

  @Test
  void wholeIsTheLastMultiple() {
    for (int n = 0; n < 70; n++) {
      assertThat(Simd.whole(n) % Simd.W).isZero();
      assertThat(n - Simd.whole(n)).isBetween(0, Simd.W - 1);
    }
  }
}
