package org.esolm.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.model.ModelConfig;
import org.esolm.model.Networks;
import org.esolm.model.Parameters;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.EsoLmObjective;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Eso-LM (A) answers while sampling is what it was trained on, with a cache or without. */
class EsoADenoiserTest {
  private static final int LENGTH = 24;
  private static final int MASK = 6;
  private static final int V = 23;
  private static final EsoLmObjective A =
      new EsoLmObjective(MASK, new NoiseSchedule(0.5), 0.5, false, Variant.A);
  private static Arena arena;
  private static Workers workers;
  private static Transformer network;
  private static Denoiser denoiser;

  @BeforeAll
  static void open() {
    arena = Arena.ofShared();
    workers = new Workers(2);
    Parameters weights =
        Networks.random(arena, new ModelConfig(36, 5, 2, 2, LENGTH, V, MASK, 0), 5);
    network = new Transformer(weights, workers);
    denoiser = new EsoADenoiser(weights, workers);
  }

  @AfterAll
  static void close() {
    network.close();
    workers.close();
    arena.close();
  }

  private static int[] order(int diffusion) {
    int[] sigma = DenoisingOrder.identity(LENGTH);
    DenoisingOrder.twoPhase(sigma, diffusion, Rng.of(3, Purpose.ORDERS, diffusion));
    return sigma;
  }

  /** The text with masks from one place of the order on. */
  private static int[] masked(int[] x, int[] sigma, int known) {
    int[] z = x.clone();
    Arrays.stream(sigma, known, LENGTH).forEach(l -> z[l] = MASK);
    return z;
  }

  private static Tensor logits(Pass pass) {
    Tensor out = Tensor.zeros(arena, pass.wanted(), V);
    network.logits(pass, out);
    return out;
  }

  private static void assertRows(Tensor actual, Tensor expected, int from, int rows) {
    assertThat(actual.dim(0)).isEqualTo(rows);
    for (long i = 0; i < (long) rows * V; i++) {
      assertThat(actual.get(i)).isCloseTo(expected.get((long) from * V + i), within(1e-4f));
    }
  }

  /** Tells what was asked last and asks for the next positions of an order. */
  private static Tensor step(
      Denoiser.Session session, int[] x, int[] sigma, int told, int known, int wanted) {
    Known newlyKnown = new Known(1);
    Positions positions = new Positions(1);
    Arrays.stream(sigma, told, known).forEach(l -> newlyKnown.add(0, l, x[l]));
    Arrays.stream(sigma, known, known + wanted).forEach(l -> positions.add(0, l));
    return session.step(newlyKnown, positions);
  }

  /** Each step is the plain pass of training in which the wanted masks come first. */
  @Test
  void theDiffusionPhaseAnswersAsInTraining() {
    int[] x = Networks.text(1, 1, LENGTH)[0];
    int[] sigma = order(LENGTH);
    try (var session = denoiser.open(1, LENGTH)) {
      int told = 0;
      int known = 0;
      for (int wanted : new int[] {3, 1, 9, 4, 7}) {
        Pass training = new Pass();
        A.addDiffusion(x, masked(x, sigma, known), sigma, 1, training);
        Tensor answer = step(session, x, sigma, told, known, wanted);
        assertRows(answer, logits(training), 0, wanted);
        told = known;
        known += wanted;
      }
    }
  }

  /** The cached steps of the sequential phase are the rows of the one pass without a cache. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 9, 20, 23})
  void theSequentialPhaseAnswersFromTheCacheAsWithoutIt(int diffusion) {
    int[] x = Networks.text(2, 1, LENGTH)[0];
    int[] sigma = order(diffusion);
    Pass training = new Pass();
    A.addSequential(x, masked(x, sigma, diffusion), sigma, 1, training);
    Tensor expected = logits(training);
    try (var session = denoiser.open(1, LENGTH)) {
      int told = 0;
      if (diffusion > 0) { // the diffusion phase takes two steps, or one
        int first = diffusion / 2;
        if (first > 0) {
          step(session, x, sigma, 0, 0, first);
        }
        step(session, x, sigma, 0, first, diffusion - first);
        told = first;
      }
      session.beginSequential(0);
      for (int known = diffusion; known < LENGTH; known++) {
        assertRows(step(session, x, sigma, told, known, 1), expected, known - diffusion, 1);
        told = known;
      }
    }
  }

  /** A cache kept over from the diffusion phase would give other answers: the phases differ. */
  @Test
  void withoutTheNewPhaseTheAnswersWouldBeOthers() {
    int[] x = Networks.text(2, 1, LENGTH)[0];
    int[] sigma = order(9);
    float[] answers = new float[2];
    for (int phase = 0; phase < 2; phase++) {
      try (var session = denoiser.open(1, LENGTH)) {
        step(session, x, sigma, 0, 9, 0);
        if (phase == 1) {
          session.beginSequential(0);
        }
        step(session, x, sigma, 0, 9, 1);
        answers[phase] = step(session, x, sigma, 9, 10, 1).get(0);
      }
    }
    assertThat(answers[0]).isNotCloseTo(answers[1], within(1e-3f));
  }

  @ParameterizedTest
  @CsvSource({"0, false", "0.5, false", "1, false", "0, true", "0.5, true", "1, true"})
  void theSequentialPhaseBeginsWhereTheOrderSaysSo(double alpha0, boolean firstHitting) {
    StrictDenoiser strict = new StrictDenoiser(denoiser);
    SampleRequest request = SampleRequest.of(3, LENGTH).withSteps(4).withSeed(5);
    Samples samples = new EsoSampler(alpha0, firstHitting).sample(strict, request.recordingOrder());
    for (int b = 0; b < 3; b++) {
      int begun = strict.sequentialFrom(b); // a step, or none
      assertThat(begun < 0).isEqualTo(alpha0 == 1);
      int[] at = samples.decodedAt()[b];
      for (int l = 1; alpha0 < 1 && l < LENGTH; l++) {
        int here = l;
        int previous = Arrays.stream(at, 0, l).filter(k -> k >= begun).max().orElse(begun - 1);
        assertThat(at[here] < begun || at[here] > previous).isTrue(); // from left to right
      }
    }
  }
}
