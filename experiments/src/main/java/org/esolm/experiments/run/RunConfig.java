package org.esolm.experiments.run;

import org.esolm.data.CorpusConfig;
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
  }

  private static void require(Object part, String name) {
    if (part == null) {
      throw new IllegalArgumentException(name + ": missing, must be there");
    }
  }
}
