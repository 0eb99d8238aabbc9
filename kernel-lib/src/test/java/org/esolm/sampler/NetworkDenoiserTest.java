package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.esolm.model.AttentionPattern;
import org.esolm.model.DecoderWeights;
import org.esolm.model.ModelConfig;
import org.esolm.model.Networks;
import org.esolm.model.Parameters;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The networks of the four systems as samplers see them. */
class NetworkDenoiserTest {
  private static final int LENGTH = 24;
  private static final int MASK = 6;
  private static Arena arena;
  private static Parameters weights;
  private static Workers one;
  private static Workers two;
  private static Transformer onOne;
  private static Transformer onTwo;

  @BeforeAll
  static void open() {
    arena = Arena.ofShared();
    weights = Networks.random(arena, new ModelConfig(36, 5, 2, 2, LENGTH, 23, MASK, 0), 5);
    one = new Workers(1);
    two = new Workers(2);
    onOne = new Transformer(weights, one);
    onTwo = new Transformer(weights, two);
  }

  @AfterAll
  static void close() {
    onOne.close();
    onTwo.close();
    one.close();
    two.close();
    arena.close();
  }

  /** A system by name: the network on one or two threads, and how it is sampled. */
  private record Sampled(
      String name, BiFunction<Workers, Transformer, Denoiser> network, Sampler by) {
    Denoiser on(int threads) {
      return threads == 1 ? network.apply(one, onOne) : network.apply(two, onTwo);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Arguments> systems() {
    BiFunction<Workers, Transformer, Denoiser> mdlm = (w, t) -> new MdlmDenoiser(weights, w);
    BiFunction<Workers, Transformer, Denoiser> eso = (w, t) -> new EsoDenoiser(weights, w);
    BiFunction<Workers, Transformer, Denoiser> esoA = (w, t) -> new EsoADenoiser(weights, w);
    return Stream.of(
            new Sampled("Eso-LM (A)", esoA, new EsoSampler(0.5, false)),
            new Sampled("Eso-LM (A) alpha_0 = 1", esoA, new EsoSampler(1, false)),
            new Sampled("Eso-LM (A) first-hitting", esoA, new EsoSampler(0.5, true)),
            new Sampled(
                "AR", (w, t) -> new ArDenoiser(weights, w, Prepend.BOS, 3), new ArSampler()),
            new Sampled("MDLM", mdlm, new MdlmSampler(false)),
            new Sampled("MDLM first-hitting", mdlm, new MdlmSampler(true)),
            new Sampled(
                "BD3-LM", (w, t) -> new BlockDenoiser(weights, w, 4), new BlockSampler(4, false)),
            new Sampled(
                "BD3-LM first-hitting",
                (w, t) -> new BlockDenoiser(weights, w, 4),
                new BlockSampler(4, true)),
            new Sampled(
                "BD3-LM of large blocks",
                (w, t) -> new BlockDenoiser(weights, w, 12),
                new BlockSampler(12, false)),
            new Sampled("Eso-LM", eso, new EsoSampler(0.5, false)),
            new Sampled("Eso-LM alpha_0 = 1", eso, new EsoSampler(1, false)),
            new Sampled("Eso-LM alpha_0 = 0", eso, new EsoSampler(0, false)),
            new Sampled("Eso-LM first-hitting", eso, new EsoSampler(0.5, true)),
            new Sampled(
                "Eso-LM, int8",
                (w, t) -> new EsoDenoiser(DecoderWeights.of(weights, w, WeightFormat.INT8), w),
                new EsoSampler(0.5, false)),
            new Sampled(
                "MDLM, bf16",
                (w, t) -> new MdlmDenoiser(DecoderWeights.of(weights, w, WeightFormat.BF16), w),
                new MdlmSampler(false)))
        .map(Arguments::of);
  }

  @ParameterizedTest
  @MethodSource("systems")
  void aBatchOfSixteenIsSixteenSamples(Sampled system) {
    SampleRequest request = SampleRequest.of(16, LENGTH).withSteps(4).withSeed(9);
    int[][] together = system.by().sample(system.on(2), request).tokens();
    int[][] again = system.by().sample(system.on(1), request).tokens();
    assertThat(together).isDeepEqualTo(again);
    for (int i = 0; i < 16; i++) {
      int[][] alone = system.by().sample(system.on(1 + i % 2), request.withBatch(i, 1)).tokens();
      assertThat(alone[0]).describedAs("sample %d", i).containsExactly(together[i]);
      assertThat(alone[0]).hasSize(LENGTH).doesNotContain(MASK).doesNotContain(-1);
    }
    assertThat(Arrays.stream(together).map(Arrays::toString).distinct().count())
        .isGreaterThan(12); // or equality would say nothing
  }

  @ParameterizedTest
  @MethodSource("systems")
  void aPromptStaysAndSamplesDoNotDependOnTheBatch(Sampled system) {
    SampleRequest request =
        SampleRequest.of(3, LENGTH).withSteps(4).withSeed(2).withPrompt(1, 2, 3, 4, 5, 0);
    int[][] together = system.by().sample(system.on(2), request).tokens();
    for (int i = 0; i < 3; i++) {
      assertThat(together[i]).startsWith(1, 2, 3, 4, 5, 0);
      assertThat(system.by().sample(system.on(1), request.withBatch(i, 1)).tokens()[0])
          .containsExactly(together[i]);
    }
  }

  // ---- sessions against passes without a cache

  private static Known known(int... positionsAndTokens) {
    Known known = new Known(1);
    for (int i = 0; i < positionsAndTokens.length; i += 2) {
      known.add(0, positionsAndTokens[i], positionsAndTokens[i + 1]);
    }
    return known;
  }

  private static Positions wanted(int... positions) {
    Positions wanted = new Positions(1);
    for (int l : positions) {
      wanted.add(0, l);
    }
    return wanted;
  }

  private static void assertAnswers(Tensor actual, Pass expected) {
    Tensor out = Tensor.zeros(arena, expected.wanted(), 23);
    onOne.logits(expected, out);
    assertThat(actual.shape()).containsExactly(expected.wanted(), 23);
    for (long i = 0; i < out.size(); i++) {
      assertThat(actual.get(i)).isCloseTo(out.get(i), within(1e-4f));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 5, 11})
  void arAnswersForTheNextToken(int prompt) {
    int[] text = Networks.text(1, 1, LENGTH)[0];
    for (Prepend prepend : Prepend.values()) {
      int shift = prepend == Prepend.NONE ? 0 : 1;
      int from = Math.max(prompt, 1 - shift);
      try (var session = new ArDenoiser(weights, two, prepend, 4).open(1, LENGTH)) {
        for (int l = from; l < LENGTH; l++) {
          Known newlyKnown = new Known(1);
          for (int k = l == from ? 0 : l - 1; k < l; k++) {
            newlyKnown.add(0, k, text[k]);
          }
          Pass full = new Pass();
          full.beginSequence();
          for (int row = 0; row < l + shift; row++) {
            full.row(row < shift ? 4 : text[row - shift], row, new AttentionPattern.Causal());
          }
          full.want(l + shift - 1, 0, 0);
          assertAnswers(session.step(newlyKnown, wanted(l)), full);
        }
      }
    }
  }

  @Test
  void esoAnswersFromTheCacheAsWithoutIt() {
    try (var session = new EsoDenoiser(weights, two).open(1, LENGTH)) {
      int[] knownPositions = {7, 2, 20, 0, 13, 5, 6, 1};
      int[][] wanted = {{7, 2}, {20}, {0, 13, 5}, {6}, {1}, {3, 4, 8, 9, 10, 11, 12, 14, 15}};
      int before = 0;
      int at = 0;
      for (int[] w : wanted) {
        Known newlyKnown = new Known(1);
        for (int i = before; i < at; i++) {
          newlyKnown.add(0, knownPositions[i], knownPositions[i] % 6);
        }
        Pass full = new Pass();
        full.beginSequence();
        for (int i = 0; i < at; i++) {
          full.row(knownPositions[i] % 6, knownPositions[i], new AttentionPattern.Causal());
        }
        for (int l : w) {
          full.row(MASK, l, new AttentionPattern.Causal());
        }
        for (int i = 0; i < w.length; i++) {
          full.want(at + i, 0, 0);
        }
        assertAnswers(session.step(newlyKnown, wanted(w)), full);
        before = at;
        at = Math.min(at + w.length, knownPositions.length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 12})
  void blocksAnswerFromTheCacheAsWithoutIt(int size) {
    int[] text = Networks.text(1, 1, LENGTH)[0];
    try (var session = new BlockDenoiser(weights, two, size).open(1, LENGTH)) {
      Known newlyKnown = new Known(1);
      int[] tokens = new int[LENGTH];
      Arrays.fill(tokens, MASK);
      for (int l = 0; l < LENGTH; l++) {
        int block = l / size;
        Pass full = new Pass();
        full.beginSequence();
        for (int k = 0; k < (block + 1) * size; k++) {
          long keys = AttentionPattern.range(0, (k / size + 1) * size);
          full.row(tokens[k], k, keys, AttentionPattern.NONE);
        }
        full.want(l, 0, 0);
        boolean alsoTheLast = l % size != size - 1;
        Positions wanted = wanted(l);
        if (alsoTheLast) {
          full.want((block + 1) * size - 1, 0, 0);
          wanted.add(0, (block + 1) * size - 1);
        }
        assertAnswers(session.step(newlyKnown, wanted), full);
        newlyKnown.clear();
        newlyKnown.add(0, l, text[l]);
        tokens[l] = text[l];
        if (l % size == size - 1 && block % 2 == 0) { // the others are stored on the way
          assertThat(session.step(newlyKnown, wanted()).dim(0)).isZero();
          newlyKnown.clear();
        }
      }
    }
  }

  @Test
  void mdlmSeesAllThatIsKnown() {
    try (var session = new MdlmDenoiser(weights, two).open(1, LENGTH)) {
      session.step(known(5, 1, 20, 2), wanted());
      Tensor answer = session.step(known(0, 3), wanted(1, 23));
      Pass full = new Pass();
      full.beginSequence();
      for (int l = 0; l < LENGTH; l++) {
        int id = l == 5 ? 1 : l == 20 ? 2 : l == 0 ? 3 : MASK;
        full.row(id, l, new AttentionPattern.Bidirectional(LENGTH));
      }
      full.want(1, 0, 0);
      full.want(23, 0, 0);
      assertAnswers(answer, full);
    }
  }

  @Test
  void questionsThatASystemCannotAnswerAreRefused() {
    try (var session = new ArDenoiser(weights, one, Prepend.NONE, 0).open(1, LENGTH)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.step(known(), wanted(0)))
          .withMessageContaining("needs the first token to be known");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.step(known(3, 1), wanted(4)))
          .withMessage("position: 3 becomes known, must be the next from the left, 0");
    }
    try (var session = new ArDenoiser(weights, one, Prepend.MASK, MASK).open(1, LENGTH)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.step(known(), wanted(2)))
          .withMessageStartingWith("wanted: 2, an autoregressive model answers for the position");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BlockDenoiser(weights, one, 5).open(1, LENGTH))
        .withMessage("blockSize: 5, must divide the length (24)");
    try (var session = new BlockDenoiser(weights, one, 4).open(1, LENGTH)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.step(known(), wanted(1, 5)))
          .withMessage("wanted: 5, must be positions of one block in ascending order");
    }
    try (var session = new MdlmDenoiser(weights, one).open(1, LENGTH)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.step(known(), wanted(5, 1)))
          .withMessage("wanted: 1, positions must be ascending");
    }
  }
}
