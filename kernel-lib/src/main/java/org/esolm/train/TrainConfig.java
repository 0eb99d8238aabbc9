package org.esolm.train;

/**
 * How to train. Defaults of the paper's runs (configs/config.yaml): learning rate 3e-4 after 2,500
 * warm-up steps, Adam moments 0.9 and 0.999, epsilon 1e-8, no weight decay, clipping at norm 1,
 * average with decay 0.9999.
 *
 * @param steps optimizer steps
 * @param batch sequences a step
 * @param learningRate after warm-up
 * @param warmup steps of linear warm-up
 * @param decaySteps last steps in which the learning rate falls linearly to 0; 0 in the paper
 * @param beta1 decay of Adam's first moment
 * @param beta2 decay of Adam's second moment
 * @param epsilon added to the root of Adam's second moment
 * @param weightDecay decoupled weight decay
 * @param clip largest norm of the gradient
 * @param emaDecay largest decay of the average of the weights
 * @param validateEvery steps between validations; 0 for none but the last
 * @param validTexts held-out sequences of a validation
 * @param checkpointEvery steps between checkpoints; 0 for none but the last
 * @param seed of weights, batches, times, masks, orders and dropout
 */
public record TrainConfig(
    int steps,
    int batch,
    double learningRate,
    int warmup,
    int decaySteps,
    double beta1,
    double beta2,
    double epsilon,
    double weightDecay,
    double clip,
    double emaDecay,
    int validateEvery,
    int validTexts,
    int checkpointEvery,
    long seed) {
  /** Checks every field. */
  public TrainConfig {
    require(steps >= 1, "steps", steps, "at least 1");
    require(batch >= 1, "batch", batch, "at least 1");
    require(learningRate > 0, "learningRate", learningRate, "above 0");
    require(warmup >= 0, "warmup", warmup, "0 or more");
    require(
        decaySteps >= 0 && decaySteps <= steps,
        "decaySteps",
        decaySteps,
        "0 to steps (" + steps + ")");
    require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "in [0, 1)");
    require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "in [0, 1)");
    require(epsilon > 0, "epsilon", epsilon, "above 0");
    require(weightDecay >= 0, "weightDecay", weightDecay, "0 or more");
    require(clip > 0, "clip", clip, "above 0");
    require(emaDecay >= 0 && emaDecay < 1, "emaDecay", emaDecay, "in [0, 1)");
    require(validateEvery >= 0, "validateEvery", validateEvery, "0 or more");
    require(validTexts >= 1, "validTexts", validTexts, "at least 1");
    require(checkpointEvery >= 0, "checkpointEvery", checkpointEvery, "0 or more");
  }

  private static void require(boolean holds, String field, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(field + ": " + value + ", must be " + allowed);
    }
  }

  /**
   * The paper's settings for a number of steps and a batch.
   *
   * @param steps optimizer steps
   * @param batch sequences a step
   * @return the configuration, seed 1
   */
  public static TrainConfig paper(int steps, int batch) {
    return new TrainConfig(
        steps, batch, 3e-4, 2500, 0, 0.9, 0.999, 1e-8, 0, 1, 0.9999, 10_000, 128, 10_000, 1);
  }

  /**
   * Settings that bring a network of some hundred thousand weights far in a minute or two on two
   * cores: a higher rate, which falls at the end, and a shorter average than the paper's.
   *
   * @return the configuration: 1,500 steps of 16 sequences, seed 1
   */
  public static TrainConfig quick() {
    return new TrainConfig(1500, 16, 3e-3, 50, 500, 0.9, 0.98, 1e-8, 0, 1, 0.99, 250, 128, 250, 1);
  }

  private TrainConfig with(
      int n, int size, double rate, int rise, int fall, int save, long newSeed) {
    return new TrainConfig(
        n,
        size,
        rate,
        rise,
        fall,
        beta1,
        beta2,
        epsilon,
        weightDecay,
        clip,
        emaDecay,
        validateEvery,
        validTexts,
        save,
        newSeed);
  }

  /**
   * The same for another number of steps.
   *
   * @param n optimizer steps
   * @return a new configuration; the decay at the end is shortened to them if it was longer
   */
  public TrainConfig withSteps(int n) {
    return with(n, batch, learningRate, warmup, Math.min(decaySteps, n), checkpointEvery, seed);
  }

  /**
   * The same with other batches.
   *
   * @param sequences a step
   * @return a new configuration
   */
  public TrainConfig withBatch(int sequences) {
    return with(steps, sequences, learningRate, warmup, decaySteps, checkpointEvery, seed);
  }

  /**
   * The same with another learning rate.
   *
   * @param rate after warm-up
   * @param rise steps of linear warm-up
   * @param fall last steps in which it falls to 0
   * @return a new configuration
   */
  public TrainConfig withLearningRate(double rate, int rise, int fall) {
    return with(steps, batch, rate, rise, fall, checkpointEvery, seed);
  }

  /**
   * The same with other checkpoints.
   *
   * @param every steps between two; 0 for none but the last
   * @return a new configuration
   */
  public TrainConfig withCheckpoints(int every) {
    return with(steps, batch, learningRate, warmup, decaySteps, every, seed);
  }

  /**
   * The same with another seed.
   *
   * @param newSeed of weights, batches, times, masks, orders and dropout
   * @return a new configuration
   */
  public TrainConfig withSeed(long newSeed) {
    return with(steps, batch, learningRate, warmup, decaySteps, checkpointEvery, newSeed);
  }

  /**
   * The learning rate of a step: linear warm-up, constant, and a linear decay at the end if there
   * is one.
   *
   * @param step from 0
   * @return the rate
   */
  public double learningRate(long step) {
    double rise = warmup == 0 ? 1 : Math.min(1, (step + 1) / (double) warmup);
    double fall = decaySteps == 0 ? 1 : Math.min(1, (steps - step) / (double) decaySteps);
    return learningRate * Math.min(rise, fall);
  }
}
