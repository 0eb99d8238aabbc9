package org.esolm.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.esolm.data.CharacterTokenizer;
import org.esolm.metric.GenerativePerplexity.Convention;
import org.esolm.model.Gpt2;
import org.esolm.model.Gpt2Config;
import org.esolm.model.PlainGpt2;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerativePerplexityTest {
  private static final int E = 5;

  @TempDir Path folder;

  @Test
  void theFirstEndCountsAndLaterOnesDoNot() {
    int[] text = {1, 2, E, E, 3, E};
    assertThat(Convention.ESO.weights(text, E)).containsExactly(1, 1, 0, 1, 0);
    assertThat(Convention.BD3LM.weights(text, E)).containsExactly(1, 0, 0, 1, 0);
  }

  @Test
  void betweenTheFirstAndTheSecondEndTokensCountTwice() {
    int[] text = {1, E, 2, 3, E, 4};
    assertThat(Convention.ESO.weights(text, E)).containsExactly(1, 2, 2, 0, 1);
    assertThat(Convention.ESO.weights(new int[] {E, 2, E}, E)).containsExactly(2, 0);
    assertThat(Convention.BD3LM.weights(text, E)).containsExactly(0, 1, 1, 0, 1);
  }

  @Test
  void conventionsHaveNames() {
    assertThat(Convention.of("eso")).isEqualTo(Convention.ESO).hasToString("eso");
    assertThat(Convention.of("BD3LM")).hasToString("bd3lm");
    assertThatThrownBy(() -> Convention.of("mdlm"))
        .hasMessage("convention: 'mdlm', allowed: eso, bd3lm");
  }

  @Test
  void shorterTextsGetOneEnd() {
    CharacterTokenizer letters = new CharacterTokenizer(List.of("a", "b", "c"));
    assertThat(GenerativePerplexity.tokens(List.of("abcabc", "ab", "abca"), letters, 3, 4))
        .isDeepEqualTo(new int[][] {{0, 1, 2, 0}, {0, 1, 3}, {0, 1, 2, 0}});
  }

  /** A model of 8 positions: windows of 8, end to end or overlapping by 4. */
  @Test
  void windowsAreReadAsTheReleasedCodeReadsThem() throws IOException {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Gpt2Config config = new Gpt2Config(7, 8, 12, 2, 2, 20, 1e-5f);
      Path model = new PlainGpt2(arena, config, 3).write(folder, "");
      try (Gpt2 network = Gpt2.read(model, workers)) {
        int[] text = {1, 2, 3, 4, 6, 5, 1, 0, 2, 2, 6, 1, 3, 4, 0, 1, 2, 6, 3};
        double ends = 0;
        for (int from = 0; from < text.length; from += 8) {
          float[] nll =
              network.nll(Arrays.copyOfRange(text, from, Math.min(from + 8, text.length)));
          for (float v : nll) {
            ends += v;
          }
        }
        List<Integer> told = new ArrayList<>();
        GenerativePerplexity apart =
            GenerativePerplexity.of(network, new int[][] {text}, -1, Convention.ESO, told::add);
        assertThat(told).containsExactly(1);
        assertThat(apart.tokens()).isEqualTo(7 + 7 + 2);
        assertThat(apart.perplexity().value()).isCloseTo(Math.exp(ends / 16), within(1e-6));

        double overlapping = 0;
        for (int l = 1; l < text.length; l++) {
          int from = l < 8 ? 0 : l / 4 * 4 - 4; // all but the first see at least 4 before
          int[] window = Arrays.copyOfRange(text, from, l + 1);
          overlapping += network.nll(window)[window.length - 2];
        }
        GenerativePerplexity together =
            GenerativePerplexity.of(network, new int[][] {text}, -1, Convention.BD3LM, i -> {});
        assertThat(together.tokens()).isEqualTo(18);
        assertThat(together.perplexity().value())
            .isCloseTo(Math.exp(overlapping / 18), within(1e-5));
        assertThatThrownBy(
                () ->
                    GenerativePerplexity.of(network, new int[][] {{1}}, 5, Convention.ESO, i -> {}))
            .hasMessageStartingWith("texts: no token that counts");
        assertThatThrownBy(
                () ->
                    GenerativePerplexity.of(
                        network,
                        new int[][] {text, text, text},
                        -1,
                        Convention.ESO,
                        i -> Thread.currentThread().interrupt()))
            .isInstanceOf(CancellationException.class)
            .hasMessage("perplexity: interrupted after 1 of 3 texts");
        assertThat(Thread.interrupted()).as("heard").isFalse();
      }
    }
  }
}
