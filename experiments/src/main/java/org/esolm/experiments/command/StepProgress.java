package org.esolm.experiments.command;

import org.esolm.notebook.Progress;
import org.esolm.sampler.StepListener;

/**
 * The progress of several batches that are sampled one after the other, by their steps. How many a
 * batch takes is known when its first is done.
 */
final class StepProgress implements AutoCloseable {
  private final String task;
  private final int batches;
  private Progress progress; // null before the first step
  private int begun;

  StepProgress(String task, int batches) {
    this.task = task;
    this.batches = batches;
  }

  /** Follows the next batch. */
  StepListener batch() {
    int before = begun++;
    return (done, total) -> {
      if (progress == null) {
        progress = Progress.of(task, (long) batches * total);
      }
      progress.step((long) before * total + done);
    };
  }

  @Override
  public void close() {
    if (progress != null) {
      progress.close();
    }
  }
}
