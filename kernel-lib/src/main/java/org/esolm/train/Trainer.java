package org.esolm.train;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.esolm.data.Blocks;
import org.esolm.io.Safetensors;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.model.Pass;
import org.esolm.model.Transformer;
import org.esolm.objective.Nelbo;
import org.esolm.objective.Objective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;

/**
 * Trains one network. Every draw is keyed by the seed and the step, so a run that is stopped and
 * resumed from a checkpoint ends with the weights of one that was not. An interrupt of the thread
 * ends the loop at once: the step that is under way is forgotten.
 */
public final class Trainer implements AutoCloseable {
  private final TrainConfig config;
  private final Objective objective;
  private final Blocks train;
  private final int[][] valid;
  private final Arena arena = Arena.ofShared();
  private final Parameters weights;
  private final AdamW optimizer;
  private final Transformer network;
  private final Transformer averaged;
  private final Pass pass = new Pass();
  private final int[][] x0; // [B, L]
  private long step;

  /**
   * A network with fresh weights.
   *
   * @param model its sizes
   * @param objective what it learns
   * @param config how
   * @param train blocks of L training tokens
   * @param valid blocks of held-out tokens
   * @param workers the threads that compute
   */
  public Trainer(
      ModelConfig model,
      Objective objective,
      TrainConfig config,
      Blocks train,
      Blocks valid,
      Workers workers) {
    this.config = config;
    this.objective = objective;
    this.train = train;
    this.valid = valid.first(config.validTexts());
    x0 = new int[config.batch()][train.length()];
    weights = new Parameters(arena, model).initialize(config.seed());
    optimizer = new AdamW(arena, weights, config, workers);
    network = new Transformer(weights, workers);
    averaged = new Transformer(optimizer.ema, workers);
  }

  /**
   * How many steps are done.
   *
   * @return 0 for a fresh network
   */
  public long step() {
    return step;
  }

  /**
   * The average of the weights, with which a model is measured and sampled.
   *
   * @return its own memory, which lives as long as this trainer
   */
  public Parameters averagedWeights() {
    return optimizer.ema;
  }

  /**
   * Trains on to the configured number of steps.
   *
   * @param listener hears of every step
   * @param checkpoints asked to save where one is due, and before an interrupt ends the loop
   * @throws CancellationException if the thread was interrupted
   */
  public void run(Consumer<TrainEvent> listener, Runnable checkpoints) {
    long first = step;
    long start = System.nanoTime();
    while (step < config.steps()) {
      double rate = config.learningRate(step);
      Outcome outcome = orSave(this::advance, checkpoints);
      boolean last = step == config.steps();
      OptionalDouble validation =
          last || due(config.validateEvery())
              ? OptionalDouble.of(orSave(this::validate, checkpoints))
              : OptionalDouble.empty();
      double seconds = (System.nanoTime() - start) * 1e-9;
      double tokens = (double) (step - first) * config.batch() * train.length();
      listener.accept(
          new TrainEvent(
              step,
              config.steps(),
              outcome.loss(),
              outcome.gradientNorm(),
              rate,
              tokens / seconds,
              validation));
      if (last || due(config.checkpointEvery())) {
        checkpoints.run();
      }
    }
  }

  private <T> T orSave(Supplier<T> work, Runnable checkpoints) {
    try {
      return work.get();
    } catch (CancellationException e) {
      Thread.currentThread().interrupt(); // whoever saves may want to know why
      checkpoints.run();
      throw new CancellationException("training: interrupted after " + step + " steps, saved");
    }
  }

  /**
   * What one step measured.
   *
   * @param loss of its batch, nats a token
   * @param gradientNorm before clipping
   */
  public record Outcome(double loss, double gradientNorm) {}

  /**
   * Takes one step: a batch, its loss and gradient, the optimizer and the average.
   *
   * @return what it measured
   * @throws ArithmeticException if loss or gradient are not finite
   * @throws CancellationException if the thread was interrupted; then the step has not been taken
   */
  public Outcome advance() {
    try {
      double loss = gradientOfBatch();
      double norm = optimizer.step(step);
      step++;
      return new Outcome(loss, norm);
    } catch (CancellationException e) {
      optimizer.forgetGradient();
      throw e;
    }
  }

  private boolean due(int every) {
    return every > 0 && step % every == 0;
  }

  private double gradientOfBatch() {
    for (int b = 0; b < x0.length; b++) {
      train.random(config.seed(), step, b, x0[b]);
    }
    objective.training(x0, Rng.of(config.seed(), Purpose.MASKING, step), pass);
    long dropoutSeed = Rng.of(config.seed(), Purpose.DROPOUT, step).nextLong();
    double loss = network.gradient(pass, optimizer.gradient, dropoutSeed);
    if (!Double.isFinite(loss)) {
      throw new ArithmeticException(
          "loss: " + loss + " at step " + step + "; a smaller learningRate may help");
    }
    return loss;
  }

  /**
   * The bound on held-out text under the averaged weights.
   *
   * @return nats a token; always with the same times, masks and orders
   * @throws CancellationException if the thread was interrupted
   */
  public double validate() {
    double sum = 0;
    for (double nats : Nelbo.of(averaged, objective, valid, config.batch(), 1, config.seed())) {
      sum += nats;
    }
    return sum / valid.length / objective.scoredTokens(train.length());
  }

  /**
   * Saves weights, average and moments; the file is whole or absent.
   *
   * @param file where to
   * @throws IOException if it cannot be written
   */
  public void save(Path file) throws IOException {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    parts().forEach((part, p) -> p.named().forEach((n, t) -> tensors.put(part + "/" + n, t)));
    Safetensors.write(file, tensors, Map.of("step", Long.toString(step)));
  }

  /**
   * Goes on from a checkpoint.
   *
   * @param file as written by {@link #save}
   * @throws IOException if it cannot be read
   * @throws IllegalArgumentException if it is not a checkpoint of this network
   */
  public void restore(Path file) throws IOException {
    try (Safetensors tensors = Safetensors.open(file)) {
      parts()
          .forEach((part, p) -> p.named().forEach((n, t) -> tensors.readFloats(part + "/" + n, t)));
      step = Long.parseLong(tensors.metadata().getOrDefault("step", "0"));
    }
  }

  private SequencedMap<String, Parameters> parts() {
    SequencedMap<String, Parameters> parts = new LinkedHashMap<>();
    parts.put("weight", weights);
    parts.put("ema", optimizer.ema);
    parts.put("adam_m", optimizer.m);
    parts.put("adam_v", optimizer.v);
    return parts;
  }

  @Override
  public void close() {
    network.close();
    averaged.close();
    arena.close();
  }
}
