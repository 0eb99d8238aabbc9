package org.esolm.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.esolm.diffusion.DenoisingOrder;
import org.esolm.diffusion.NoiseSchedule;
import org.esolm.diffusion.Times;
import org.esolm.model.AttentionPattern;
import org.esolm.model.Networks;
import org.esolm.model.Parameters;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What each system asks of the network, and that its answers make up the loss of the paper. */
class ObjectiveTest {
  private static final int MASK = 6;
  private static Arena arena;
  private static Workers workers;
  private static Transformer network;

  @BeforeAll
  static void open() {
    arena = Arena.ofShared();
    workers = new Workers(2);
    Parameters weights = Networks.random(arena, Networks.tiny(true, 8, 0), 5);
    network = new Transformer(weights, workers);
  }

  @AfterAll
  static void close() {
    network.close();
    workers.close();
    arena.close();
  }

  private static RandomGenerator random(int index) {
    return Rng.of(1, Purpose.EVALUATION, index);
  }

  private static double totalWeight(Pass pass, int from, int to) {
    double sum = 0;
    for (int i = pass.wantedStart(from); i < pass.wantedStart(to); i++) {
      sum += pass.weight(i);
    }
    return sum;
  }

  /** Of each wanted row of a pass, -log p of its target. */
  private static double[] nll(Pass pass) {
    network.loss(pass);
    double[] all = new double[pass.wanted()];
    for (int i = 0; i < all.length; i++) {
      all[i] = network.nll(i);
    }
    return all;
  }

  // ---- autoregressive

  @ParameterizedTest
  @EnumSource(Prepend.class)
  void arScoresEveryTokenAfterItsPrefix(Prepend prepend) {
    ArObjective ar = new ArObjective(prepend, 4);
    int[][] x = Networks.text(1, 3, 8);
    int scored = prepend == Prepend.NONE ? 7 : 8;
    assertThat(ar.scoredTokens(8)).isEqualTo(scored);
    Pass pass = new Pass();
    ar.nelbo(x, random(0), pass);
    assertThat(pass.sequences()).isEqualTo(3);
    assertThat(pass.rows()).isEqualTo(3 * scored);
    double[] all = nll(pass);
    for (int b = 0; b < 3; b++) {
      for (int i = 0; i < scored; i++) {
        Pass prefix = new Pass();
        prefix.beginSequence();
        for (int l = 0; l <= i; l++) {
          int id = prepend == Prepend.NONE ? x[b][l] : l == 0 ? 4 : x[b][l - 1];
          prefix.row(id, l, causal());
        }
        prefix.want(i, x[b][i + 8 - scored], 1);
        assertThat(all[b * scored + i]).isCloseTo(nll(prefix)[0], within(1e-5));
        assertThat(pass.weight(b * scored + i)).isEqualTo(1);
      }
    }
    ar.training(x, random(0), pass);
    assertThat(totalWeight(pass, 0, 3)).isCloseTo(1, within(1e-6));
  }

  private static AttentionPattern causal() {
    return new AttentionPattern.Causal();
  }

  // ---- masked diffusion

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void mdlmMasksPayByTheirTime(boolean lowVariance) {
    int batch = 200;
    MdlmObjective mdlm = new MdlmObjective(MASK, lowVariance);
    int[][] x = Networks.text(1, batch, 8);
    Pass pass = new Pass();
    mdlm.training(x, random(0), pass);
    assertThat(pass.sequences()).isEqualTo(batch);
    assertThat(pass.rows()).isEqualTo(8 * batch);
    double[] t = new double[batch];
    Times.lowDiscrepancy(t, random(0)); // the objective draws its times first
    NoiseSchedule noise = new NoiseSchedule(1);
    double total = 0;
    for (int b = 0; b < batch; b++) {
      for (int i = pass.wantedStart(b); i < pass.wantedStart(b + 1); i++) {
        double expected = (lowVariance ? 1 : noise.weight(t[b])) / (8.0 * batch);
        assertThat((double) pass.weight(i)).isCloseTo(expected, within(1e-6 * expected));
      }
      total += pass.wantedStart(b + 1) - pass.wantedStart(b);
    }
    assertThat(total / (8 * batch)).isCloseTo(0.5, within(0.05)); // half of all tokens
    // a token is masked with probability 1 - alpha_t and pays -alpha' / (1 - alpha_t): about 1
    assertThat(totalWeight(pass, 0, batch)).isCloseTo(lowVariance ? 0.5 : 1, within(0.15));
  }

  @Test
  void mdlmBoundIsUnbiased() {
    int[] x = {2, 5, 1};
    NoiseSchedule noise = new NoiseSchedule(1);
    MdlmObjective mdlm = new MdlmObjective(MASK, true); // likelihood ignores low variance
    double exact = expectOverMasks(x, noise, (z, pass) -> mdlm.addSequence(x, z, 1, pass));
    assertUnbiased(mdlm, x, exact);
  }

  /**
   * E_t w(t) E_zt sum of nll over the masks of zt, by the midpoint rule over time and all 2^L
   * masks.
   */
  private static double expectOverMasks(int[] x, NoiseSchedule noise, BiConsumer<int[], Pass> ask) {
    double exact = 0;
    for (int set = 1; set < 1 << x.length; set++) {
      int[] z = masked(x, set);
      Pass pass = new Pass();
      ask.accept(z, pass);
      double cost = 0;
      for (double n : nll(pass)) {
        cost += n;
      }
      int masks = Integer.bitCount(set);
      int grid = 20_000;
      double weight = 0;
      for (int i = 0; i < grid; i++) {
        double t = Times.SAMPLING_EPS + (1 - Times.SAMPLING_EPS) * (i + 0.5) / grid;
        double alpha = noise.alphaT(t);
        weight +=
            noise.weight(t) * Math.pow(1 - alpha, masks) * Math.pow(alpha, x.length - masks) / grid;
      }
      exact += weight * cost;
    }
    return exact;
  }

  private static int[] masked(int[] x, int set) {
    int[] z = x.clone();
    for (int l = 0; l < x.length; l++) {
      z[l] = (set >> l & 1) == 1 ? MASK : x[l];
    }
    return z;
  }

  /** The average of many draws against the exact value, within five standard errors. */
  private static void assertUnbiased(Objective objective, int[] x, double exact) {
    int batch = 64;
    int rounds = 300;
    int[][] batchOfX = new int[batch][];
    Arrays.fill(batchOfX, x);
    Pass pass = new Pass();
    double sum = 0;
    double square = 0;
    for (int r = 0; r < rounds; r++) {
      objective.nelbo(batchOfX, random(r), pass);
      assertThat(pass.sequences() % batch).isZero();
      double mean = network.loss(pass) / batch;
      sum += mean;
      square += mean * mean;
    }
    double mean = sum / rounds;
    double error = Math.sqrt((square / rounds - mean * mean) / rounds);
    assertThat(mean).isCloseTo(exact, within(5 * error + 1e-5));
    assertThat(error).isLessThan(0.05 * exact); // or the test would say nothing
  }

  // ---- block diffusion

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void droppedRowsOfBlockDiffusionChangeNothing(int blockSize) {
    BlockDiffusionObjective bd3 = new BlockDiffusionObjective(MASK, blockSize);
    AttentionPattern pattern = new AttentionPattern.BlockDiffusion(8, blockSize);
    int[] x = Networks.text(1, 1, 8)[0];
    float[] weight = {.1f, .2f, .3f, .4f, .5f, .6f, .7f, .8f};
    for (int set = 0; set < 256; set += 5) {
      int[] z = masked(x, set);
      Pass full = new Pass();
      full.beginSequence();
      for (int row = 0; row < 16; row++) {
        full.row(row < 8 ? z[row] : x[row - 8], row % 8, pattern);
      }
      for (int l = 0; l < 8; l++) {
        if (z[l] == MASK) {
          full.want(l, x[l], weight[l]);
        }
      }
      Pass pruned = new Pass();
      bd3.addSequence(x, z, weight, pruned);
      assertThat(pruned.rows()).isLessThan(16);
      assertThat(pruned.wanted()).isEqualTo(full.wanted());
      double expected = network.loss(full);
      assertThat(network.loss(pruned)).isCloseTo(expected, within(1e-5 * (1 + expected)));
    }
  }

  @Test
  void blockDiffusionNeverMasksThePositionZero() {
    BlockDiffusionObjective bd3 = new BlockDiffusionObjective(MASK, 2);
    int batch = 400;
    int[][] x = Networks.text(1, batch, 8);
    for (int[] row : x) {
      row[0] = 3;
      for (int l = 1; l < 8; l++) {
        row[l] = l % 3; // so that 3 stands at position 0 only
      }
    }
    Pass pass = new Pass();
    bd3.training(x, random(0), pass);
    for (int i = 0; i < pass.wanted(); i++) {
      assertThat(pass.target(i)).isNotEqualTo(3);
    }
    // the other 7 of 8 tokens are masked with probability t and pay 1 / t
    assertThat(totalWeight(pass, 0, batch)).isCloseTo(7 / 8.0, within(0.12));
  }

  @Test
  void blockDiffusionBoundIsUnbiased() {
    int[] x = {2, 5, 1, 3};
    BlockDiffusionObjective bd3 = new BlockDiffusionObjective(MASK, 2);
    double exact = 0;
    for (int block = 0; block < 2; block++) {
      for (int set = 1; set < 4; set++) {
        if (block == 0 && (set & 1) == 1) {
          continue; // position 0 is never masked
        }
        int[] z = masked(x, set << 2 * block);
        Pass pass = new Pass();
        bd3.addSequence(x, z, new float[] {1, 1, 1, 1}, pass);
        double cost = 0;
        for (double n : nll(pass)) {
          cost += n;
        }
        int grid = 20_000;
        int masks = Integer.bitCount(set);
        int free = block == 0 ? 1 : 2;
        double weight = 0;
        for (int i = 0; i < grid; i++) {
          double t = Times.SAMPLING_EPS + (1 - Times.SAMPLING_EPS) * (i + 0.5) / grid;
          weight += Math.pow(t, masks - 1) * Math.pow(1 - t, free - masks) / grid;
        }
        exact += weight * cost;
      }
    }
    assertUnbiased(bd3, x, exact);
  }

  @Test
  void blocksMustFillTheSequence() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BlockDiffusionObjective(MASK, 0))
        .withMessage("blockSize: 0, must be at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new BlockDiffusionObjective(MASK, 3)
                    .training(Networks.text(1, 2, 8), random(0), new Pass()))
        .withMessage("blockSize: 3, must divide the length (8)");
  }

  // ---- Eso-LM

  @Test
  void alphaZeroDecidesWhichLossABatchGets() {
    int[][] x = Networks.text(1, 6, 8);
    Pass pass = new Pass();
    EsoLmObjective.of(MASK, 1).training(x, random(0), pass);
    assertThat(pass.rows()).isEqualTo(6 * 8);
    EsoLmObjective.of(MASK, 0).training(x, random(0), pass);
    assertThat(pass.rows()).isEqualTo(6 * 15); // 8 masks, and all tokens but the last
    assertThat(pass.wanted()).isEqualTo(6 * 8);
    assertThat(totalWeight(pass, 0, 6)).isCloseTo(1, within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25, 0.5, 0.99, 1})
  void kappaSplitsTheBatch(double kappa) {
    int batch = 8;
    double alpha0 = 0.5;
    int[][] x = Networks.text(1, batch, 8);
    EsoLmObjective eso =
        new EsoLmObjective(MASK, new NoiseSchedule(alpha0), kappa, false, Variant.ESO);
    int diffusion = (int) (kappa * batch);
    Pass pass = new Pass();
    double seen = 0;
    double paid = 0;
    int draws = 300;
    for (int r = 0; r < draws; r++) {
      eso.training(x, random(r), pass);
      double[] t = new double[diffusion];
      Times.lowDiscrepancy(t, random(r));
      for (int b = 0; b < batch; b++) {
        for (int i = pass.wantedStart(b); i < pass.wantedStart(b + 1); i++) {
          double expected =
              b < diffusion
                  ? new NoiseSchedule(alpha0).weight(t[b]) / (diffusion * 8)
                  : 1.0 / ((batch - diffusion) * 8);
          assertThat((double) pass.weight(i)).isCloseTo(expected, within(1e-6));
        }
        int wanted = pass.wantedStart(b + 1) - pass.wantedStart(b);
        int rows = pass.start(b + 1) - pass.start(b);
        assertThat(rows).isEqualTo(b < diffusion ? 8 : wanted == 0 ? 0 : wanted + 7);
      }
      paid += totalWeight(pass, 0, diffusion) / draws;
      seen += totalWeight(pass, diffusion, batch) / draws;
    }
    // E: a diffusion token pays -alpha' = alpha_0 (1 - eps), a sequential one 1 with prob. 1 -
    // alpha_0
    assertThat(paid).isCloseTo(diffusion == 0 ? 0 : alpha0, within(0.02));
    assertThat(seen).isCloseTo(diffusion == batch ? 0 : 1 - alpha0, within(0.02));
  }

  @Test
  void lowVarianceIsForAlphaZeroOfOneOnly() {
    int[][] x = Networks.text(1, 4, 8);
    Pass pass = new Pass();
    new EsoLmObjective(MASK, new NoiseSchedule(1), 0.5, true, Variant.ESO)
        .training(x, random(0), pass);
    for (int i = 0; i < pass.wanted(); i++) {
      assertThat(pass.weight(i)).isEqualTo(1f / 32);
    }
    Pass other = new Pass();
    new EsoLmObjective(MASK, new NoiseSchedule(0.5), 1, true, Variant.ESO)
        .training(x, random(0), pass);
    new EsoLmObjective(MASK, new NoiseSchedule(0.5), 1, false, Variant.ESO)
        .training(x, random(0), other);
    assertThat(pass.wanted()).isEqualTo(other.wanted()).isPositive();
    for (int i = 0; i < pass.wanted(); i++) {
      assertThat(pass.weight(i)).isEqualTo(other.weight(i));
    }
  }

  /** The full pass of section 4.1.2: a z row for every position, then all of x. */
  @ParameterizedTest
  @EnumSource(Variant.class)
  void theCompactSequentialPassIsTheFullOne(Variant variant) {
    EsoLmObjective eso = new EsoLmObjective(MASK, new NoiseSchedule(0.5), 0.5, false, variant);
    int[] x = Networks.text(1, 1, 8)[0];
    for (int set = 0; set < 256; set += 3) {
      int[] z0 = masked(x, set);
      int[] sigma = new int[8];
      int clean = DenoisingOrder.sequential(z0, MASK, random(set), sigma);
      AttentionPattern pattern =
          variant == Variant.A
              ? new AttentionPattern.SequentialCleanPrefix(8, 0, clean)
              : new AttentionPattern.Sequential(8, 0);
      Pass full = new Pass();
      full.beginSequence();
      for (int row = 0; row < 16; row++) {
        int l = sigma[row % 8];
        full.row(row < 8 ? z0[l] : x[l], l, pattern);
      }
      for (int p = clean; p < 8; p++) {
        full.want(p, x[sigma[p]], 0.5f);
      }
      Pass compact = new Pass();
      eso.addSequential(x, z0, sigma, 0.5f, compact);
      assertThat(compact.sequences()).isEqualTo(1);
      double expected = network.loss(full);
      assertThat(network.loss(compact)).isCloseTo(expected, within(1e-5 * (1 + expected)));
    }
  }

  /** The worked example of section 4.1.1. */
  @Test
  void theDiffusionPassIsThePapersExample() {
    int[] x = {0, 1, 2, 3, 4, 5};
    int[] zt = {0, MASK, 2, MASK, MASK, 5};
    int[] sigma = {2, 0, 5, 3, 4, 1};
    Pass pass = new Pass();
    EsoLmObjective.of(MASK, 0.5).addDiffusion(x, zt, sigma, 1, pass);
    Pass expected = new Pass();
    expected.beginSequence();
    int[] ids = {2, 0, 5, MASK, MASK, MASK};
    for (int l = 0; l < 6; l++) {
      expected.row(ids[l], sigma[l], causal());
      if (l >= 3) {
        expected.want(l, sigma[l], 1);
      }
    }
    assertThat(nll(pass)).containsExactly(nll(expected));
  }

  @Test
  void atAlphaZeroOfZeroTheBoundIsTheLogLikelihoodFromLeftToRight() {
    int[] x = Networks.text(1, 1, 8)[0];
    double exact = 0;
    for (int l = 0; l < 8; l++) {
      Pass pass = new Pass();
      pass.beginSequence();
      for (int before = 0; before < l; before++) {
        pass.row(x[before], before, causal());
      }
      pass.row(MASK, l, causal());
      pass.want(l, x[l], 1);
      exact += nll(pass)[0];
    }
    Pass pass = new Pass();
    for (int r = 0; r < 3; r++) {
      EsoLmObjective.of(MASK, 0).nelbo(new int[][] {x}, random(r), pass);
      assertThat(network.loss(pass)).isCloseTo(exact, within(1e-4));
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.3, 1})
  void esoBoundIsUnbiased(double alpha0) {
    int[] x = {2, 5, 1};
    NoiseSchedule noise = new NoiseSchedule(alpha0);
    EsoLmObjective eso = new EsoLmObjective(MASK, noise, 0.5, true, Variant.ESO);
    int[][] orders = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    double exact = 0;
    for (int[] order : orders) { // an order of all gives clean ones and masks their orders
      exact +=
          expectOverMasks(
                  x, noise, (z, pass) -> eso.addDiffusion(x, z, sorted(order, z, false), 1, pass))
              / orders.length;
      for (int set = 1; set < 8; set++) {
        int[] z0 = masked(x, set);
        Pass pass = new Pass();
        eso.addSequential(x, z0, sorted(order, z0, true), 1, pass);
        int masks = Integer.bitCount(set);
        double probability = Math.pow(1 - alpha0, masks) * Math.pow(alpha0, 3 - masks);
        exact += probability * network.loss(pass) / orders.length;
      }
    }
    assertUnbiased(eso, x, exact);
  }

  /** Clean positions in the given order, then masks in it or ascending. */
  private static int[] sorted(int[] order, int[] z, boolean ascendingMasks) {
    var clean = Arrays.stream(order).filter(l -> z[l] != MASK);
    var masks = Arrays.stream(order).filter(l -> z[l] == MASK);
    return IntStream.concat(clean, ascendingMasks ? masks.sorted() : masks).toArray();
  }

  @Test
  void kappaIsAShare() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new EsoLmObjective(MASK, new NoiseSchedule(0.5), 1.5, false, Variant.ESO))
        .withMessage("kappa: 1.5, must be in [0, 1]");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFirstTokenIsMaskedOnlyWhereItIsNotGiven(boolean given) {
    BlockDiffusionObjective bd3 = new BlockDiffusionObjective(MASK, 2, given);
    int[][] x0 = new int[64][];
    Arrays.setAll(x0, b -> new int[] {3, 0, 1, 2}); // 3 stands at position 0 only
    Pass pass = new Pass();
    bd3.training(x0, Rng.of(3, Purpose.MASKING), pass);
    boolean asked = IntStream.range(0, pass.wanted()).anyMatch(i -> pass.target(i) == 3);
    assertThat(asked).isEqualTo(!given);
    assertThat(bd3.scoredTokens(4)).isEqualTo(given ? 3 : 4);
  }
}
