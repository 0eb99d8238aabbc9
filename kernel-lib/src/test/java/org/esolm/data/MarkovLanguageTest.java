package org.esolm.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.junit.jupiter.api.Test;

class MarkovLanguageTest {
  @Test
  void hasTheEntropyOfThePaper() {
    MarkovLanguage language = MarkovLanguage.paper(1);
    assertThat(language.vocabSize()).isEqualTo(254);
    assertThat(language.entropyPerToken(30)).isCloseTo(1.73, within(1e-6));
    assertThat(language.sharpness()).isBetween(3.0, 6.0);
    double[] nll = new double[2000];
    for (int i = 0; i < nll.length; i++) {
      int[] x = language.sample(30, Rng.of(2, Purpose.LANGUAGE, i));
      nll[i] = -language.logProbability(x) / 30;
    }
    Estimate estimate = Estimate.mean(nll);
    assertThat(estimate.standardError()).isLessThan(0.01);
    assertThat(estimate.value()).isCloseTo(1.73, within(4 * estimate.standardError()));
  }

  @Test
  void seedChoosesTheChain() {
    int[] x = MarkovLanguage.of(5, 8, 1.0, 3).sample(8, Rng.of(0, Purpose.LANGUAGE));
    double p = MarkovLanguage.of(5, 8, 1.0, 3).logProbability(x);
    assertThat(MarkovLanguage.of(5, 8, 1.0, 3).logProbability(x)).isEqualTo(p);
    assertThat(MarkovLanguage.of(5, 8, 1.0, 4).logProbability(x)).isNotEqualTo(p);
  }

  @Test
  void aGapBetweenTwoSymbolsDependsOnThemAlone() {
    MarkovLanguage language = MarkovLanguage.of(6, 5, 1.0, 1);
    float[][] near = new float[5][6];
    float[][] far = new float[5][6];
    language.posterior(new int[] {0, 2, -1, 4, 1}, near);
    language.posterior(new int[] {5, 2, -1, 4, -1}, far);
    assertThat(near[2]).containsExactly(far[2], within(1e-6f));
    assertThat(near[1]).containsExactly(0, 0, 1, 0, 0, 0);
  }

  @Test
  void impossibleWishesAreRefused() {
    assertThatThrownBy(() -> MarkovLanguage.of(4, 30, 1.5, 0)).hasMessageStartingWith("nll: 1.5");
    assertThatThrownBy(() -> MarkovLanguage.of(4, 30, 0, 0)).hasMessageStartingWith("nll: 0.0");
    assertThatThrownBy(() -> MarkovLanguage.of(1, 30, 1, 0)).hasMessageStartingWith("symbols");
  }
}
