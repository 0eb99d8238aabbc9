package org.esolm.sampler;

/** Follows a sampler's progress. What it throws ends the sampling and reaches the caller. */
@FunctionalInterface
public interface StepListener {
  /** Listens to nothing. */
  StepListener NONE = (done, total) -> {};

  /**
   * Called after every step, those included that needed no evaluation.
   *
   * @param done steps done
   * @param total steps in all
   */
  void onStep(int done, int total);
}
