package org.esolm.experiments.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PowerLawTest {
  @Test
  void findsTheLawThatMadeTheNumbers() {
    List<Double> x = List.of(256.0, 512.0, 1024.0, 4096.0);
    PowerLaw law = PowerLaw.fit(x, x.stream().map(v -> 3e-4 * Math.pow(v, 1.7)).toList());
    assertThat(law.exponent()).isCloseTo(1.7, within(1e-9));
    assertThat(law.factor()).isCloseTo(3e-4, within(1e-12));
  }

  /** Beside the closed formula of a regression with one variable. */
  @Test
  void leastSquaresOfNoisyNumbers() {
    Random random = new Random(5);
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int i = 1; i <= 20; i++) {
      x.add((double) i);
      y.add(2 * Math.pow(i, -0.5) * Math.exp(random.nextGaussian()));
    }
    double meanX = x.stream().mapToDouble(Math::log).average().orElseThrow();
    double meanY = y.stream().mapToDouble(Math::log).average().orElseThrow();
    double above = 0;
    double below = 0;
    for (int i = 0; i < x.size(); i++) {
      double dx = Math.log(x.get(i)) - meanX;
      above += dx * (Math.log(y.get(i)) - meanY);
      below += dx * dx;
    }
    PowerLaw law = PowerLaw.fit(x, y);
    assertThat(law.exponent()).isCloseTo(above / below, within(1e-6));
    assertThat(Math.log(law.factor())).isCloseTo(meanY - above / below * meanX, within(1e-6));
  }

  @Test
  void needsTwoDifferentPositiveSizes() {
    assertThatIllegalArgumentException().isThrownBy(() -> PowerLaw.fit(List.of(1.0), List.of(2.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PowerLaw.fit(List.of(1.0, 1.0), List.of(2.0, 3.0)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> PowerLaw.fit(List.of(1.0, 2.0), List.of(2.0, 0.0)))
        .withMessageContaining("must be positive");
  }
}
