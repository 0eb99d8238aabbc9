package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.ClosedByInterruptException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;

/** Work that is given the time to save what it has, and to say so, when it is told to end. */
final class Interruptible {
  /** As a shell reports a program that was ended by Ctrl-C. */
  static final int INTERRUPTED = 130;

  private Interruptible() {}

  /** What a command does. */
  @FunctionalInterface
  interface Work {
    int run() throws IOException;
  }

  /**
   * Works. The end of the process (Ctrl-C) becomes an interrupt of this thread, and waits until the
   * work has returned. An interrupt is told in one line.
   *
   * @param err told
   * @param next what follows from it for the user, after the message of the work
   * @param work does what it must on an interrupt, and throws a {@link CancellationException}
   * @return what the work does, or {@link #INTERRUPTED}
   * @throws IOException if the work does
   */
  static int run(PrintWriter err, String next, Work work) throws IOException {
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
    } catch (CancellationException e) {
      return told(err, e.getMessage() + next);
    } catch (ClosedByInterruptException e) {
      return told(err, "interrupted amid reading or writing" + next);
    } finally {
      saved.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending already: the hook has done its work.
      }
    }
  }

  private static int told(PrintWriter err, String message) {
    Thread.interrupted(); // heard
    err.println("eso: " + message);
    err.flush();
    return INTERRUPTED;
  }
}
