package org.esolm.experiments.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.esolm.data.CorpusConfig;
import org.esolm.data.TextFile;
import org.esolm.experiments.config.Configs;
import org.esolm.system.SystemConfig;
import org.esolm.train.TrainConfig;

/**
 * Everything that one training run depends on.
 *
 * @param corpus what it reads
 * @param system which system it trains
 * @param model its network's sizes
 * @param train how it trains
 */
public record RunConfig(
    CorpusConfig corpus, SystemConfig system, ModelSizes model, TrainConfig train) {
  /** Checks that all parts are there. */
  public RunConfig {
    require(corpus, "corpus");
    require(system, "system");
    require(model, "model");
    require(train, "train");
    if (system.name().equals("bd3lm") && model.length() % system.blockSize() != 0) {
      throw new IllegalArgumentException(
          "system.blockSize: "
              + system.blockSize()
              + ", must divide model.length ("
              + model.length()
              + ")");
    }
    requireBothParts(system, train.batch());
  }

  private static void requireBothParts(SystemConfig system, int batch) {
    boolean both = system.name().equals("eso") && system.alpha0() > 0 && system.alpha0() < 1;
    int diffusion = (int) (system.kappa() * batch);
    if (both && (diffusion == 0 || diffusion == batch)) {
      throw new IllegalArgumentException(
          "train.batch: %d with system.kappa %s gives %d sequences to the diffusion loss and %d to the sequential, must be at least 1 each"
              .formatted(batch, system.kappa(), diffusion, batch - diffusion));
    }
  }

  /**
   * What holds where a configuration says nothing: an Eso-LM of alpha_0 = 0.25 with 4 blocks of
   * width 128 on the embedded language, 2,000 steps, some minutes on two cores. The learning rate
   * is higher and the average of the weights shorter than the paper's, as suits so short a run.
   *
   * @return the defaults
   */
  public static RunConfig defaults() {
    return new RunConfig(
        CorpusConfig.of("toy", Optional.empty()),
        SystemConfig.eso(0.25),
        new ModelSizes(128, 64, 4, 4, 128, 0.1),
        new TrainConfig(2000, 16, 1e-3, 100, 0, 0.9, 0.999, 1e-8, 0, 1, 0.999, 500, 128, 500, 1));
  }

  /**
   * A small network that learns the embedded language far enough to be interesting: 2 blocks of
   * width 64 on 64 tokens, about a minute on two cores ({@code experiments/configs/toy-*.yaml}).
   *
   * @param system what to train
   * @return the configuration
   */
  public static RunConfig quick(SystemConfig system) {
    return new RunConfig(
        new CorpusConfig(
            "toy",
            Optional.empty(),
            Optional.empty(),
            1,
            1_000_000,
            50_000,
            0,
            Optional.empty(),
            Optional.empty()),
        system,
        new ModelSizes(64, 32, 2, 2, 64, 0),
        TrainConfig.quick());
  }

  /**
   * How notebooks train at each of their profiles: {@code smoke} says whether everything runs,
   * {@code quick} is {@link #quick}, {@code full} has four times its steps and a network twice as
   * wide and deep.
   *
   * @param profile smoke, quick or full
   * @param system what to train
   * @return the configuration
   */
  public static RunConfig ofProfile(String profile, SystemConfig system) {
    RunConfig quick = quick(system);
    return switch (profile) {
      case "smoke" ->
          new RunConfig(
              quick.corpus,
              system,
              new ModelSizes(32, 16, 1, 2, 32, 0),
              quick.train.withSteps(60).withCheckpoints(30));
      case "quick" -> quick;
      case "full" ->
          new RunConfig(
              quick.corpus,
              system,
              new ModelSizes(128, 64, 4, 4, 64, 0),
              quick.train.withSteps(6000).withLearningRate(2e-3, 100, 2000));
      default ->
          throw new IllegalArgumentException(
              "profile: '" + profile + "', must be smoke, quick or full");
    };
  }

  /**
   * The same for another corpus.
   *
   * @param other what it reads
   * @return a new configuration
   */
  public RunConfig withCorpus(CorpusConfig other) {
    return new RunConfig(other, system, model, train);
  }

  /**
   * The same for another system.
   *
   * @param other what it trains
   * @return a new configuration
   */
  public RunConfig withSystem(SystemConfig other) {
    return new RunConfig(corpus, other, model, train);
  }

  /**
   * The same with a network of other sizes.
   *
   * @param other its sizes
   * @return a new configuration
   */
  public RunConfig withModel(ModelSizes other) {
    return new RunConfig(corpus, system, other, train);
  }

  /**
   * The same, trained in another way.
   *
   * @param other how it trains
   * @return a new configuration
   */
  public RunConfig withTrain(TrainConfig other) {
    return new RunConfig(corpus, system, model, other);
  }

  /**
   * The same for another number of steps.
   *
   * @param steps optimizer steps
   * @return a new configuration
   */
  public RunConfig withSteps(int steps) {
    return withTrain(train.withSteps(steps));
  }

  /**
   * The same with another seed.
   *
   * @param seed of weights, batches, times, masks, orders and dropout
   * @return a new configuration
   */
  public RunConfig withSeed(long seed) {
    return withTrain(train.withSeed(seed));
  }

  /**
   * Reads a configuration: the defaults, over them the file, over both the overrides.
   *
   * @param file YAML; says at least one thing
   * @param overrides {@code a.b=value}
   * @return the configuration
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it is missing, empty, not UTF-8, or says what is not
   *     allowed
   */
  public static RunConfig read(Path file, List<String> overrides) throws IOException {
    if (TextFile.read(file).isBlank()) {
      throw new IllegalArgumentException(file + ": empty, needed: at least 'system: {name: ...}'");
    }
    return Configs.read(file, overrides, defaults());
  }

  private static void require(Object part, String name) {
    if (part == null) {
      throw new IllegalArgumentException(name + ": missing, must be there");
    }
  }
}
