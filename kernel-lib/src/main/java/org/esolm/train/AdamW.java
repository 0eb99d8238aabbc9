package org.esolm.train;

import java.lang.foreign.Arena;
import org.esolm.model.Parameters;
import org.esolm.tensor.Adam;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * The optimizer: clipping of the gradient's norm, AdamW, and the average of the weights with decay
 * {@code min(decay, (1 + n) / (10 + n))} (ema.py), n the number of steps done.
 */
final class AdamW {
  /** Elements of one unit of work. */
  private static final int CHUNK = 1 << 14;

  private final TrainConfig config;
  private final Workers workers;
  private final Parameters weights;
  final Parameters gradient;
  final Parameters m;
  final Parameters v;
  final Parameters ema;
  private final double[] squares; // one a chunk
  private Adam.Factors factors;
  private final Workers.Task sumSquares = (chunk, worker) -> sumSquares(chunk);
  private final Workers.Task update = (chunk, worker) -> update(chunk);

  AdamW(Arena arena, Parameters weights, TrainConfig config, Workers workers) {
    this.config = config;
    this.workers = workers;
    this.weights = weights;
    gradient = new Parameters(arena, weights.config());
    m = new Parameters(arena, weights.config());
    v = new Parameters(arena, weights.config());
    ema = new Parameters(arena, weights.config());
    ema.flat().copyFrom(weights.flat());
    squares = new double[(int) ((weights.flat().size() + CHUNK - 1) / CHUNK)];
  }

  /**
   * Takes one step and clears the gradient.
   *
   * @param step from 0
   * @return the gradient's norm before clipping
   */
  double step(long step) {
    workers.loop(squares.length, sumSquares);
    double total = 0;
    for (double s : squares) {
      total += s;
    }
    double norm = Math.sqrt(total);
    if (!Double.isFinite(norm)) {
      throw new ArithmeticException(
          "gradient: its norm is "
              + norm
              + " at step "
              + step
              + "; a smaller learningRate may help");
    }
    double rate = config.learningRate(step);
    long n = step + 1;
    factors =
        new Adam.Factors(
            (float) Math.min(1, config.clip() / (norm + 1e-6)),
            (float) config.beta1(),
            (float) config.beta2(),
            (float) (rate / (1 - Math.pow(config.beta1(), n))),
            (float) Math.sqrt(1 - Math.pow(config.beta2(), n)),
            (float) config.epsilon(),
            (float) (1 - rate * config.weightDecay()),
            (float) Math.min(config.emaDecay(), (1.0 + n) / (10.0 + n)));
    workers.wholeLoop(squares.length, update);
    return norm;
  }

  /** Clears what there is of a gradient, without a step. */
  void forgetGradient() {
    gradient.flat().fill(0);
  }

  private void sumSquares(int chunk) {
    Tensor g = gradient.flat();
    long from = (long) chunk * CHUNK;
    squares[chunk] = Adam.squares(g, from, Math.min(from + CHUNK, g.size()));
  }

  private void update(int chunk) {
    long from = (long) chunk * CHUNK;
    long to = Math.min(from + CHUNK, weights.flat().size());
    Adam.step(weights.flat(), gradient.flat(), m.flat(), v.flat(), ema.flat(), factors, from, to);
  }
}
