package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.sampler.ArDenoiser;
import org.esolm.sampler.BlockDenoiser;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.EsoDenoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.Positions;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Networks, texts and orders of sizes that fit nothing, against the plain transformer. */
class OddSizesTest {
  private static final double TOLERANCE = 2e-4;

  static IntStream seeds() {
    return IntStream.range(0, 6);
  }

  /** One network of random sizes, and texts for it. */
  private static final class Draw implements AutoCloseable {
    final Rng rng;
    final Arena arena = Arena.ofShared();
    final Workers workers = new Workers(2);
    final ModelConfig config;
    final Parameters weights;
    final int length;
    final int blockSize;
    final int[][] x0;

    Draw(int seed, boolean adaLn) {
      rng = Rng.of(seed, Purpose.EVALUATION, adaLn ? 1 : 0);
      int heads = 1 + rng.nextInt(4);
      int headSize = 2 + 2 * rng.nextInt(11); // 2 to 22
      blockSize = 1 + rng.nextInt(5);
      length = blockSize * (3 + rng.nextInt(Math.max(1, 24 / blockSize)));
      int v = 5 + rng.nextInt(70);
      config =
          new ModelConfig(
              heads * headSize,
              adaLn ? 1 + rng.nextInt(9) : 0,
              1 + rng.nextInt(3),
              heads,
              length,
              v,
              rng.nextInt(v),
              0);
      weights = Networks.random(arena, config, seed);
      x0 = new int[1 + seed % 7][length];
      for (int[] x : x0) {
        for (int l = 0; l < length; l++) {
          x[l] = (config.maskIndex() + 1 + rng.nextInt(v - 1)) % v;
        }
      }
    }

    int[] permutation() {
      int[] sigma = IntStream.range(0, length).toArray();
      for (int i = length - 1; i > 0; i--) {
        int j = rng.nextInt(i + 1);
        int t = sigma[i];
        sigma[i] = sigma[j];
        sigma[j] = t;
      }
      return sigma;
    }

    double[][] plain(int[] ids, int[] positions, AttentionPattern pattern) {
      return PlainTransformer.logits(weights, ids, positions, pattern);
    }

    @Override
    public void close() {
      workers.close();
      arena.close();
    }
  }

  private static void assertClose(Tensor actual, long row, double[] expected) {
    for (int i = 0; i < expected.length; i++) {
      double a = actual.get(row * expected.length + i);
      assertThat(Math.abs(a - expected[i]))
          .isLessThan(TOLERANCE * Math.max(1, Math.abs(expected[i])));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyPattern(int seed) {
    try (Draw draw = new Draw(seed, seed % 2 == 0);
        Transformer network = new Transformer(draw.weights, draw.workers)) {
      int n = draw.length;
      int clean = draw.rng.nextInt(n + 1);
      List<AttentionPattern> patterns =
          List.of(
              new AttentionPattern.Causal(),
              new AttentionPattern.Bidirectional(n),
              new AttentionPattern.PrefixLm(clean),
              new AttentionPattern.BlockDiffusion(n, draw.blockSize),
              new AttentionPattern.Sequential(n, 0),
              new AttentionPattern.SequentialCleanPrefix(n, 0, clean));
      for (AttentionPattern pattern : patterns) {
        boolean both =
            !(pattern instanceof AttentionPattern.Causal
                || pattern instanceof AttentionPattern.Bidirectional
                || pattern instanceof AttentionPattern.PrefixLm);
        int rows = both ? 2 * n : n;
        Pass pass = new Pass();
        List<double[][]> expected = new ArrayList<>();
        for (int[] x : draw.x0) {
          int[] sigma = draw.permutation();
          int[] ids = new int[rows];
          int[] positions = new int[rows];
          pass.beginSequence();
          for (int r = 0; r < rows; r++) {
            positions[r] = sigma[r % n];
            ids[r] = both && r < n ? draw.config.maskIndex() : x[positions[r]];
            pass.row(ids[r], positions[r], pattern);
          }
          for (int r = 0; r < n; r++) {
            pass.want(r, 0, 0);
          }
          expected.add(draw.plain(ids, positions, pattern));
        }
        Tensor out = Tensor.zeros(draw.arena, pass.wanted(), draw.config.vocabSize());
        network.logits(pass, out);
        for (int i = 0; i < pass.wanted(); i++) {
          assertClose(out, i, expected.get(i / n)[i % n]);
        }
      }
    }
  }

  /** Denoised k at a time, k random: a mask sees what is known and the masks before it. */
  @ParameterizedTest
  @MethodSource("seeds")
  void cachedStepsOfEsoLm(int seed) {
    try (Draw draw = new Draw(seed, true)) {
      int batch = draw.x0.length;
      int[][] sigma = new int[batch][];
      for (int b = 0; b < batch; b++) {
        sigma[b] = draw.permutation();
      }
      Known known = new Known(batch);
      Positions wanted = new Positions(batch);
      try (Denoiser.Session session =
          new EsoDenoiser(draw.weights, draw.workers).open(batch, draw.length)) {
        for (int done = 0, before = 0; done < draw.length; done += before) {
          int k = Math.min(1 + draw.rng.nextInt(5), draw.length - done);
          for (int b = 0; b < batch; b++) {
            for (int i = done - before; i < done; i++) {
              known.add(b, sigma[b][i], draw.x0[b][sigma[b][i]]);
            }
            for (int i = done; i < done + k; i++) {
              wanted.add(b, sigma[b][i]);
            }
          }
          Tensor out = session.step(known, wanted);
          for (int b = 0; b < batch; b++) {
            int[] positions = Arrays.copyOf(sigma[b], done + k);
            int[] ids = new int[done + k];
            for (int i = 0; i < ids.length; i++) {
              ids[i] = i < done ? draw.x0[b][positions[i]] : draw.config.maskIndex();
            }
            double[][] expected = draw.plain(ids, positions, new AttentionPattern.Causal());
            for (int i = 0; i < k; i++) {
              assertClose(out, (long) b * k + i, expected[done + i]);
            }
          }
          known.clear();
          wanted.clear();
          before = k;
        }
      }
    }
  }

  /** Every block is asked for all masked, then again with some of it known, then stored. */
  @ParameterizedTest
  @MethodSource("seeds")
  void cachedStepsOfBlockDiffusion(int seed) {
    try (Draw draw = new Draw(seed, true)) {
      int batch = draw.x0.length;
      int size = draw.blockSize;
      int some = draw.rng.nextInt(size);
      Known known = new Known(batch);
      Positions wanted = new Positions(batch);
      try (Denoiser.Session session =
          new BlockDenoiser(draw.weights, draw.workers, size).open(batch, draw.length)) {
        for (int from = 0; from < draw.length; from += size) {
          for (int given : some == 0 ? new int[] {0} : new int[] {0, some}) {
            for (int b = 0; b < batch; b++) {
              tell(draw, known, b, from, from + given);
              for (int l = from + given; l < from + size; l++) {
                wanted.add(b, l);
              }
            }
            Tensor out = session.step(known, wanted);
            for (int b = 0; b < batch; b++) {
              double[][] expected = trainingPass(draw, b, given);
              for (int i = 0; i < size - given; i++) {
                assertClose(out, (long) b * (size - given) + i, expected[from + given + i]);
              }
            }
            known.clear();
            wanted.clear();
          }
          for (int b = 0; b < batch; b++) {
            tell(draw, known, b, from + some, from + size);
          }
          session.step(known, wanted);
          known.clear();
        }
      }
    }
  }

  private static void tell(Draw draw, Known known, int b, int from, int to) {
    for (int l = from; l < to; l++) {
      known.add(b, l, draw.x0[b][l]);
    }
  }

  /** Noisy blocks of which the first tokens are known, each with the clean blocks before it. */
  private static double[][] trainingPass(Draw draw, int b, int given) {
    int n = draw.length;
    int[] ids = new int[2 * n];
    int[] positions = new int[2 * n];
    for (int r = 0; r < 2 * n; r++) {
      positions[r] = r % n;
      boolean masked = r < n && r % draw.blockSize >= given;
      ids[r] = masked ? draw.config.maskIndex() : draw.x0[b][r % n];
    }
    return draw.plain(ids, positions, new AttentionPattern.BlockDiffusion(n, draw.blockSize));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void cachedStepsOfAr(int seed) {
    try (Draw draw = new Draw(seed, false)) {
      int batch = draw.x0.length;
      int mask = draw.config.maskIndex();
      Known known = new Known(batch);
      Positions wanted = new Positions(batch);
      Denoiser denoiser = new ArDenoiser(draw.weights, draw.workers, Prepend.MASK, mask);
      try (Denoiser.Session session = denoiser.open(batch, draw.length)) {
        for (int l = 0; l < draw.length; l++) {
          for (int b = 0; b < batch; b++) {
            if (l > 0) {
              known.add(b, l - 1, draw.x0[b][l - 1]);
            }
            wanted.add(b, l);
          }
          Tensor out = session.step(known, wanted);
          for (int b = 0; b < batch; b++) {
            int[] ids = new int[l + 1];
            ids[0] = mask;
            System.arraycopy(draw.x0[b], 0, ids, 1, l);
            double[][] expected =
                draw.plain(
                    ids, IntStream.rangeClosed(0, l).toArray(), new AttentionPattern.Causal());
            assertClose(out, b, expected[l]);
          }
          known.clear();
          wanted.clear();
        }
      }
    }
  }
}
