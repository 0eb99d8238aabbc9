package org.esolm.tensor;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.LockSupport;

/**
 * Threads that wait for work by spinning for a moment before they sleep, so that a parallel loop
 * costs a microsecond or two and pays even inside one decoding step. The calling thread works too.
 * Loops of one team may not be nested, and one team serves one caller at a time: further callers
 * wait.
 */
public final class Workers implements AutoCloseable {
  /** One unit of a parallel loop. Keep instances: a loop itself allocates nothing. */
  @FunctionalInterface
  public interface Task {
    /**
     * Does one unit.
     *
     * @param unit index in [0, units)
     * @param worker index of the thread in [0, threads), for scratch memory of its own
     */
    void run(int unit, int worker);
  }

  /** About 50 microseconds of spinning before a thread sleeps. */
  private static final int SPINS = 2_000;

  private static final VarHandle NEXT;
  private static final VarHandle BUSY;

  static {
    try {
      NEXT = MethodHandles.lookup().findVarHandle(Workers.class, "next", int.class);
      BUSY = MethodHandles.lookup().findVarHandle(Workers.class, "busy", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Thread[] threads;
  private final boolean[] asleep;
  private Task task;
  private int units;
  private boolean heeding;

  @SuppressWarnings("unused") // through NEXT
  private volatile int next;

  @SuppressWarnings("unused") // through BUSY
  private volatile int busy;

  private volatile int round;
  private volatile boolean closed;
  private volatile Throwable failure;

  /**
   * Starts a team.
   *
   * @param threads its size, the caller included; at least 1
   */
  public Workers(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads: " + threads + ", at least 1");
    }
    this.threads = new Thread[threads - 1];
    this.asleep = new boolean[threads - 1];
    for (int i = 0; i < threads - 1; i++) {
      int worker = i + 1;
      this.threads[i] =
          Thread.ofPlatform().daemon().name("esolm-worker-" + worker).start(() -> serve(worker));
    }
  }

  /**
   * A team as large as the machine, or as the system property {@code esolm.threads} says.
   *
   * @return a new team
   */
  public static Workers ofMachine() {
    return new Workers(
        Integer.getInteger("esolm.threads", Runtime.getRuntime().availableProcessors()));
  }

  /**
   * The size of the team.
   *
   * @return the number of threads, the caller included
   */
  public int threads() {
    return threads.length + 1;
  }

  /**
   * Runs a task for every unit, in no particular order, and returns when all are done. All that
   * computes for long does it here, so here is where an interrupt of the calling thread is heard.
   *
   * @param count number of units
   * @param work what to do with each
   * @throws CancellationException if the calling thread was interrupted: some units did not run,
   *     none runs any more, and the thread's interrupt is cleared
   * @throws IllegalStateException if the team is closed
   */
  public void loop(int count, Task work) {
    run(count, work, true);
  }

  /**
   * The same for what must not be left half done: an interrupt waits until all units are.
   *
   * @param count number of units
   * @param work what to do with each
   * @throws IllegalStateException if the team is closed
   */
  public void wholeLoop(int count, Task work) {
    run(count, work, false);
  }

  private synchronized void run(int count, Task work, boolean heed) {
    if (closed) {
      throw new IllegalStateException("workers: closed");
    }
    task = work;
    units = count;
    heeding = heed;
    next = 0;
    if (count > 1 && threads.length > 0) {
      call();
    }
    take(0);
    while (busy != 0) {
      Thread.onSpinWait();
    }
    Throwable thrown = failure;
    if (thrown != null) {
      failure = null;
      switch (thrown) {
        case RuntimeException e -> throw e;
        case Error e -> throw e;
        default -> throw new IllegalStateException(thrown);
      }
    }
  }

  /** Tells the other threads that there is work. */
  private void call() {
    busy = threads.length;
    round++; // publishes all that was set before
    VarHandle.fullFence(); // see sleep()
    for (int i = 0; i < threads.length; i++) {
      if (asleep[i]) {
        LockSupport.unpark(threads[i]);
      }
    }
  }

  private void take(int worker) {
    try {
      for (int unit; (unit = (int) NEXT.getAndAdd(this, 1)) < units; ) {
        if (worker == 0 && heeding && Thread.interrupted()) {
          next = units; // nobody takes another
          throw new CancellationException("stopped amid a computation");
        }
        task.run(unit, worker);
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void serve(int worker) {
    int seen = 0;
    while (true) {
      for (int spins = 0; round == seen && !closed; spins++) {
        if (spins < SPINS) {
          Thread.onSpinWait();
        } else {
          sleep(worker - 1, seen);
        }
      }
      if (closed) {
        return;
      }
      seen = round;
      take(worker);
      BUSY.getAndAdd(this, -1);
    }
  }

  private void sleep(int i, int seen) {
    asleep[i] = true;
    VarHandle.fullFence(); // either the caller sees us asleep, or we see its round
    if (round == seen && !closed) {
      LockSupport.park(this);
      Thread.interrupted(); // meant for the caller; while it is set, parking does not wait
    }
    asleep[i] = false;
  }

  @Override
  public synchronized void close() { // not amid a loop, which would wait forever
    closed = true;
    for (Thread t : threads) {
      LockSupport.unpark(t);
    }
  }
}
