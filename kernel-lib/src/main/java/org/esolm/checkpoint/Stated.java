package org.esolm.checkpoint;

import java.util.Optional;

/**
 * What a person says of a checkpoint; it counts before what the checkpoint says.
 *
 * @param system one of {@link org.esolm.system.SystemConfig#NAMES}
 * @param alpha0 Eso-LM: of its training
 * @param blockSize BD3-LM: tokens a block
 * @param heads attention heads a block
 * @param length tokens a sequence
 */
public record Stated(
    Optional<String> system,
    Optional<Double> alpha0,
    Optional<Integer> blockSize,
    Optional<Integer> heads,
    Optional<Integer> length) {
  /** Nothing is said. */
  public static final Stated NOTHING =
      new Stated(
          Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
}
