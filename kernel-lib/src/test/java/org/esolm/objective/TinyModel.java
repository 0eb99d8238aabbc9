package org.esolm.objective;

import java.lang.foreign.Arena;
import org.esolm.model.ModelConfig;
import org.esolm.model.Networks;
import org.esolm.model.Transformer;
import org.esolm.sampler.Denoiser;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;

/** A system with a random network so small that texts and orders can be enumerated. */
final class TinyModel implements AutoCloseable {
  private final SystemConfig system;
  private final Arena arena = Arena.ofShared();
  private final Workers workers = new Workers(2);
  final Transformer network;
  final OrderedObjective objective;

  /** The mask is the token behind the words. */
  TinyModel(SystemConfig system, int length, int words, long seed) {
    this.system = system;
    ModelConfig sizes =
        new ModelConfig(12, system.adaLn() ? 5 : 0, 2, 2, length, words + 1, words, 0);
    network = new Transformer(Networks.random(arena, sizes, seed), workers);
    objective = (OrderedObjective) system.objective(sizes);
  }

  Denoiser denoiser() {
    return system.denoiser(network, workers);
  }

  ExactLikelihood exact(int[] x) {
    return ExactLikelihood.of(network, objective, x, 5);
  }

  @Override
  public void close() {
    network.close();
    workers.close();
    arena.close();
  }
}
