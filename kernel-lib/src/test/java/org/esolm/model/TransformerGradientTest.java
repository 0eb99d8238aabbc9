package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.objective.ArObjective;
import org.esolm.objective.BlockDiffusionObjective;
import org.esolm.objective.EsoLmObjective;
import org.esolm.objective.MdlmObjective;
import org.esolm.objective.Objective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients against central differences, for every parameter tensor. */
class TransformerGradientTest {
  private static final int MASK = 6;
  private static final long SEED = 5;

  static Stream<Arguments> systems() {
    List<Objective> all =
        List.of(
            new ArObjective(ArObjective.Prepend.MASK, MASK),
            new ArObjective(ArObjective.Prepend.NONE, 0),
            new MdlmObjective(MASK, true),
            new BlockDiffusionObjective(MASK, 4),
            EsoLmObjective.of(MASK, 1),
            EsoLmObjective.of(MASK, 0.5),
            EsoLmObjective.of(MASK, 0),
            new EsoLmObjective(MASK, new NoiseSchedule(0.5), 0.5, false, EsoLmObjective.Variant.A));
    return all.stream()
        .flatMap(
            o ->
                Stream.of(
                    Arguments.of(o, true, 0.0),
                    Arguments.of(o, false, 0.0),
                    Arguments.of(o, true, 0.2)));
  }

  @ParameterizedTest
  @MethodSource("systems")
  void everySystem(Objective objective, boolean adaLn, double dropout) {
    Pass pass = new Pass();
    objective.training(Networks.text(1, 4, 8), Rng.of(2, Purpose.MASKING), pass);
    assertThat(pass.wanted()).isPositive();
    check(Networks.tiny(adaLn, 8, dropout), pass);
  }

  /** More rows than a tile, sequences of all lengths, and some of which nothing is wanted. */
  @ParameterizedTest
  @org.junit.jupiter.params.provider.ValueSource(booleans = {false, true})
  void sequencesOfDifferentLengths(boolean wantAll) {
    check(Networks.tiny(true, 8, 0.1), ragged(wantAll));
  }

  private static Pass ragged(boolean wantAll) {
    Rng rng = Rng.of(3, Purpose.MASKING);
    Pass pass = new Pass();
    int sequence = 0;
    for (int length : new int[] {70, 0, 1, 33, 40}) {
      pass.beginSequence();
      AttentionPattern pattern = new AttentionPattern.PrefixLm(length / 2);
      for (int l = 0; l < length; l++) {
        pass.row(rng.nextInt(7), l, pattern);
      }
      for (int l = 0; l < length; l++) {
        if (wantAll || sequence != 3 && l % 3 == 0) {
          pass.want(l, rng.nextInt(6), 0.05f * (1 + l % 2));
        }
      }
      sequence++;
    }
    return pass;
  }

  private static void check(ModelConfig config, Pass pass) {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      Parameters weights = Networks.random(arena, config, SEED);
      Parameters gradient = new Parameters(arena, config);
      Parameters scratch = new Parameters(arena, config);
      try (Transformer network = new Transformer(weights, workers)) {
        double loss = network.gradient(pass, gradient, SEED);
        if (config.dropout() == 0) {
          assertThat(network.loss(pass)).isCloseTo(loss, within(1e-5 * loss));
        }
        weights
            .named()
            .forEach(
                (name, w) -> {
                  Tensor g = gradient.get(name);
                  compare(name, w, g, () -> network.gradient(pass, scratch, SEED));
                });
      }
    }
  }

  /** Some elements one by one, and all at once along a random direction of length 1. */
  private static void compare(
      String name, Tensor w, Tensor g, java.util.function.DoubleSupplier loss) {
    Rng rng = Rng.of(SEED, Purpose.EVALUATION, name.hashCode());
    float[] old = w.toArray();
    for (int k = 0; k < 4; k++) {
      double[] v = new double[old.length];
      double norm = 0;
      for (int i = 0; i < v.length; i++) {
        v[i] = k == 3 ? rng.nextGaussian() : 0;
        norm += v[i] * v[i];
      }
      if (k < 3) {
        v[rng.nextInt(v.length)] = 1;
        norm = 1;
      }
      double slope = 0;
      double largest = 0;
      for (int i = 0; i < v.length; i++) {
        v[i] /= Math.sqrt(norm);
        slope += v[i] * g.get(i);
        largest = Math.max(largest, Math.abs(g.get(i)));
      }
      double up = at(w, old, v, 1e-2, loss);
      double down = at(w, old, v, -1e-2, loss);
      for (int i = 0; i < v.length; i++) {
        w.set(i, old[i]);
      }
      assertThat(slope)
          .describedAs("%s, direction %d", name, k)
          .isCloseTo((up - down) / 2e-2, within(2e-4 + 0.02 * Math.max(Math.abs(slope), largest)));
    }
  }

  private static double at(
      Tensor w, float[] old, double[] v, double step, java.util.function.DoubleSupplier loss) {
    for (int i = 0; i < v.length; i++) {
      w.set(i, (float) (old[i] + step * v[i]));
    }
    return loss.getAsDouble();
  }

  @Test
  void nothingWantedIsNoLossAndNoGradient() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      ModelConfig config = Networks.tiny(true, 8, 0);
      Parameters gradient = new Parameters(arena, config);
      try (Transformer network = new Transformer(Networks.random(arena, config, SEED), workers)) {
        Pass pass = new Pass();
        assertThat(network.gradient(pass, gradient, 0)).isZero(); // not even a sequence
        pass.beginSequence();
        assertThat(network.gradient(pass, gradient, 0)).isZero();
        pass.row(1, 0, new AttentionPattern.Causal());
        assertThat(network.gradient(pass, gradient, 0)).isZero();
        assertThat(network.loss(pass)).isZero();
        assertThat(gradient.flat().toArray()).containsOnly(0);
      }
    }
  }

  @Test
  void gradientsAddUp() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      ModelConfig config = Networks.tiny(true, 8, 0);
      Parameters once = new Parameters(arena, config);
      Parameters twice = new Parameters(arena, config);
      try (Transformer network = new Transformer(Networks.random(arena, config, SEED), workers)) {
        Pass pass = ragged(false);
        network.gradient(pass, once, 0);
        network.gradient(pass, twice, 0);
        network.gradient(pass, twice, 0);
        for (long i = 0; i < once.flat().size(); i++) {
          double g = 2.0 * once.flat().get(i);
          assertThat((double) twice.flat().get(i)).isCloseTo(g, within(1e-6 + 1e-4 * Math.abs(g)));
        }
      }
    }
  }

  @Test
  void dropoutDependsOnItsSeedAndOnlyMattersInTraining() {
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      ModelConfig config = Networks.tiny(true, 8, 0.5);
      Parameters weights = Networks.random(arena, config, SEED);
      Parameters gradient = new Parameters(arena, config);
      try (Transformer network = new Transformer(weights, workers)) {
        Pass pass = ragged(true);
        double a = network.gradient(pass, gradient, 1);
        assertThat(network.gradient(pass, gradient, 1)).isEqualTo(a);
        assertThat(network.gradient(pass, gradient, 2)).isNotEqualTo(a);
        assertThat(network.loss(pass)).isEqualTo(network.loss(pass)).isNotEqualTo(a);
      }
    }
  }

  /** The same sums in the same order whoever computes them. */
  @Test
  void gradientsAreTheSameBitsOnAnyNumberOfThreads() {
    float[] expected = null;
    for (int threads = 1; threads <= 3; threads++) {
      try (Arena arena = Arena.ofShared();
          Workers workers = new Workers(threads)) {
        ModelConfig config = Networks.tiny(true, 8, 0.1);
        Parameters gradient = new Parameters(arena, config);
        try (Transformer network = new Transformer(Networks.random(arena, config, SEED), workers)) {
          network.gradient(ragged(false), gradient, 9);
        }
        float[] g = gradient.flat().toArray();
        expected = expected == null ? g : expected;
        assertThat(g).containsExactly(expected);
      }
    }
  }
}
