package org.esolm.notebook;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * The progress of a long task, shown where it can be seen: in place in a notebook and on a
 * terminal, as a line every few seconds elsewhere (on standard error). Reporting costs a few
 * nanoseconds between two refreshes and may be done by several threads.
 *
 * <pre>{@code
 * try (var progress = Progress.of("training AR", steps)) {
 *   for (int n = 1; n <= steps; n++) {
 *     double loss = step();
 *     progress.step(n, () -> "loss %.3f".formatted(loss));
 *   }
 * }
 * }</pre>
 */
public final class Progress implements AutoCloseable {
  private static final double NANOS = 1e9;

  private final String task;
  private final long total;
  private final ProgressView view;
  private final LongSupplier nanoTime;
  private final long start;
  private final AtomicLong nextRefresh;
  private volatile long done;
  private volatile Supplier<String> note = () -> "";
  private boolean closed;

  Progress(String task, long total, ProgressView view, LongSupplier nanoTime) {
    if (total < 1) {
      throw new IllegalArgumentException("total: must be at least 1, got " + total);
    }
    this.task = task;
    this.total = total;
    this.view = view;
    this.nanoTime = nanoTime;
    start = nanoTime.getAsLong();
    nextRefresh = new AtomicLong(start + view.periodNanos());
    view.start(state());
  }

  /**
   * Begins to show a task.
   *
   * @param task what is being done
   * @param total how many steps that takes, at least 1
   * @return the progress, to be closed when the task ends, well or not
   * @throws IllegalArgumentException if {@code total} is less than 1
   */
  public static Progress of(String task, long total) {
    return new Progress(task, total, ProgressView.find(), System::nanoTime);
  }

  /**
   * Reports how far the task is.
   *
   * @param n the number of steps done so far
   */
  public void step(long n) {
    step(n, note);
  }

  /**
   * Reports how far the task is.
   *
   * @param n the number of steps done so far
   * @param text what to show beside the bar
   */
  public void step(long n, String text) {
    step(n, () -> text);
  }

  /**
   * Reports how far the task is.
   *
   * @param n the number of steps done so far
   * @param text gives what to show beside the bar; called only when the bar is refreshed
   */
  public void step(long n, Supplier<String> text) {
    done = n;
    note = text;
    long now = nanoTime.getAsLong();
    long due = nextRefresh.get();
    if (now - due >= 0 && nextRefresh.compareAndSet(due, now + view.periodNanos())) {
      refresh();
    }
  }

  /** Shows the last state and leaves it on show. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      view.end(state());
    }
  }

  private synchronized void refresh() {
    if (!closed) {
      view.refresh(state());
    }
  }

  private State state() {
    return new State(task, done, total, (nanoTime.getAsLong() - start) / NANOS, note.get());
  }

  /**
   * What there is to show.
   *
   * @param task what is being done
   * @param done steps done
   * @param total steps in all
   * @param seconds time since the start
   * @param note what the task says about itself; may be empty
   */
  record State(String task, long done, long total, double seconds, String note) {
    int percent() {
      return Math.clamp(100 * done / total, 0, 100);
    }

    /** {@code training AR: 1200/5000 (24%), 102.4 a second, 37 s left, loss 2.31}. */
    String line() {
      StringBuilder line = new StringBuilder();
      line.append(String.format(Locale.ROOT, "%s: %d/%d (%d%%)", task, done, total, percent()));
      if (done > 0 && seconds > 0) {
        double rate = done / seconds;
        line.append(rate >= 1 ? text(", %.1f a second", rate) : text(", %.1f s each", 1 / rate));
        line.append(
            done < total
                ? ", %s left".formatted(duration((total - done) / rate))
                : ", took %s".formatted(duration(seconds)));
      }
      return note.isEmpty() ? line.toString() : line.append(", ").append(note).toString();
    }

    private static String text(String format, double value) {
      return String.format(Locale.ROOT, format, value);
    }

    private static String duration(double seconds) {
      long s = Math.round(seconds);
      if (s < 60) {
        return s + " s";
      }
      return s < 3600
          ? "%d min %02d s".formatted(s / 60, s % 60)
          : "%d h %02d min".formatted(s / 3600, s / 60 % 60);
    }
  }
}
