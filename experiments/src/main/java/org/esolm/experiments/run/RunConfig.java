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
