package org.esolm.experiments.command;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.data.Blocks;
import org.esolm.model.DecoderWeights;
import org.esolm.model.ModelConfig;
import org.esolm.model.Pass;
import org.esolm.objective.Objective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Blas;
import org.esolm.tensor.Rows;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/** What the machine can do, and what a training step asks of it. */
final class Roofline {
  private static final int SIZE = 1024;
  private static final int REPETITIONS = 9;
  private static final int DRAWS = 8;

  /** More than caches hold. */
  private static final int READ_ROWS = 1 << 16;

  private static final int READ_COLUMNS = 1 << 10;

  private Roofline() {}

  /**
   * The rate of matrix products: every thread multiplies square matrices of its own.
   *
   * @param workers the threads
   * @return floating-point operations a second, the best of several measurements
   */
  static double sgemm(Workers workers) {
    int threads = workers.threads();
    int n = SIZE * SIZE;
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.zeros(arena, threads * SIZE, SIZE).fill(0.5f);
      Tensor w = Tensor.zeros(arena, SIZE, SIZE).fill(0.25f);
      Tensor y = Tensor.zeros(arena, threads * SIZE, SIZE);
      Workers.Task multiply =
          (unit, worker) ->
              Blas.multiply(
                  false,
                  true,
                  SIZE,
                  SIZE,
                  SIZE,
                  x,
                  (long) unit * n,
                  SIZE,
                  w,
                  0,
                  SIZE,
                  y,
                  (long) unit * n,
                  SIZE);
      double[] seconds = new double[REPETITIONS];
      for (int i = 0; i < REPETITIONS; i++) {
        long start = System.nanoTime();
        workers.loop(threads, multiply);
        seconds[i] = (System.nanoTime() - start) * 1e-9;
      }
      return 2.0 * threads * n * SIZE / Arrays.stream(seconds).min().orElseThrow();
    }
  }

  /**
   * The rate of reading memory: the threads add up the rows of a matrix that no cache holds.
   *
   * @param workers the threads
   * @return bytes a second, the best of several measurements
   */
  static double bandwidth(Workers workers) {
    int threads = workers.threads();
    int rows = READ_ROWS / threads;
    int columns = READ_COLUMNS;
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.zeros(arena, threads * rows, columns);
      Tensor sums = Tensor.zeros(arena, threads, columns);
      Workers.Task read =
          (unit, worker) ->
              Rows.sumRows(
                  x,
                  (long) unit * rows * columns,
                  columns,
                  sums,
                  (long) unit * columns,
                  rows,
                  columns);
      double least = Double.POSITIVE_INFINITY;
      for (int i = 0; i < REPETITIONS; i++) {
        long start = System.nanoTime();
        workers.loop(threads, read);
        least = Math.min(least, (System.nanoTime() - start) * 1e-9);
      }
      return (double) x.size() * Tensor.BYTES / least;
    }
  }

  /**
   * The bytes that one evaluation reads: all matrices once for the whole batch, and of each
   * sequence the keys and values in the cache, which fills from empty to the length, so half of it.
   * MDLM has no cache.
   *
   * @param system what is sampled
   * @param weights the network
   * @param batch sequences
   * @param length tokens a sequence
   * @return the mean number of bytes
   */
  static double decoding(SystemConfig system, DecoderWeights weights, int batch, int length) {
    ModelConfig sizes = weights.config();
    double cached = system.name().equals("mdlm") ? 0 : length / 2.0;
    double keysAndValues = 2.0 * sizes.hiddenSize() * sizes.blocks() * Tensor.BYTES;
    return weights.bytes() + batch * cached * keysAndValues;
  }

  /**
   * The operations of a training step's products, forward and backward: with weights, and of rows
   * with the keys and values that they attend to. In the last block all rows give keys and values,
   * and only the wanted ones go on. What a mask throws away, and what the backward pass computes
   * again, does not count.
   *
   * @param sizes of the transformer
   * @param objective what is trained
   * @param texts of its batches
   * @param batch sequences a step
   * @return the mean number of floating-point operations a step
   */
  static double training(ModelConfig sizes, Objective objective, Blocks texts, int batch) {
    double d = sizes.hiddenSize();
    double operations = 0;
    Pass pass = new Pass();
    for (int draw = 0; draw < DRAWS; draw++) {
      int[][] x0 = new int[batch][];
      for (int b = 0; b < batch; b++) {
        x0[b] = texts.random(0, draw, b);
      }
      objective.training(x0, Rng.of(0, Purpose.MASKING, draw), pass);
      double weightsOfBlock = (4 + 2 * ModelConfig.MLP_RATIO) * d * d;
      double keysAndValues = 2 * d * d;
      double each =
          pass.rows() * ((sizes.blocks() - 1) * weightsOfBlock + keysAndValues)
              + pass.wanted() * (weightsOfBlock - keysAndValues + sizes.vocabSize() * d)
              + 2 * d * ((sizes.blocks() - 1) * pass.pairs(false) + pass.pairs(true));
      operations += 3 * 2 * each / DRAWS; // forward, and backward to input and weights
    }
    return operations;
  }
}
