package org.esolm.experiments.command;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** Work that is given the time to save what it has when the process is told to end. */
final class SavingOnExit {
  /** As a shell reports a program that was ended by Ctrl-C. */
  static final int INTERRUPTED = 130;

  private SavingOnExit() {}

  /** What a command does. */
  @FunctionalInterface
  interface Work {
    int run() throws IOException;
  }

  /**
   * Works. The end of the process (Ctrl-C) becomes an interrupt of this thread, and waits until the
   * work has returned.
   *
   * @param work does what it must on an interrupt, and returns
   * @return what the work does
   * @throws IOException if the work does
   */
  static int during(Work work) throws IOException {
    Thread worker = Thread.currentThread();
    CountDownLatch saved = new CountDownLatch(1);
    Thread hook =
        new Thread(
            () -> {
              worker.interrupt();
              try {
                saved.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // nobody is left to hear of it
              }
            });
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      return work.run();
    } finally {
      saved.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending already: the hook has done its work.
      }
    }
  }
}
