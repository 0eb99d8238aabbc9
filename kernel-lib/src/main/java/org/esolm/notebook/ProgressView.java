package org.esolm.notebook;

import java.io.PrintStream;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** One way to show progress. The caller sees to it that calls do not overlap. */
interface ProgressView {
  /** The least time between two refreshes, in nanoseconds. */
  long periodNanos();

  void start(Progress.State state);

  void refresh(Progress.State state);

  void end(Progress.State state);

  /** A bar in the notebook, a bar on the terminal, or else lines on standard error. */
  static ProgressView find() {
    if (Frontend.find().isPresent()) {
      return new Notebook();
    }
    boolean terminal =
        Optional.ofNullable(System.console()).filter(c -> c.isTerminal()).isPresent();
    return terminal ? new Terminal() : new Lines(System.err);
  }

  /**
   * A display that is replaced in place, at most ten times a second. What is done at once shows
   * nothing.
   */
  final class Notebook implements ProgressView {
    private static final double AT_ONCE = 1; // seconds

    private LiveDisplay display; // null until it is shown

    @Override
    public long periodNanos() {
      return TimeUnit.MILLISECONDS.toNanos(100);
    }

    @Override
    public void start(Progress.State state) {
      // A task may be over before anybody could read of it.
    }

    @Override
    public void refresh(Progress.State state) {
      if (display != null) {
        display.update(bar(state));
      } else if (state.seconds() >= AT_ONCE) {
        display = bar(state).live();
      }
    }

    @Override
    public void end(Progress.State state) {
      refresh(state);
    }

    private static Display bar(Progress.State state) {
      String html =
          "<progress value=\"%d\" max=\"%d\" style=\"width:20em;vertical-align:middle\"></progress> %s"
              .formatted(state.done(), state.total(), Display.escape(state.line()));
      return Display.html(html, state.line());
    }
  }

  /** A bar that redraws itself on a terminal. */
  final class Terminal implements ProgressView {
    private ProgressBar bar;

    @Override
    public long periodNanos() {
      return TimeUnit.MILLISECONDS.toNanos(100);
    }

    @Override
    public void start(Progress.State state) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(state.task())
              .setInitialMax(state.total())
              .setStyle(ProgressBarStyle.ASCII)
              .setUpdateIntervalMillis(200)
              .showSpeed()
              .build();
    }

    @Override
    public void refresh(Progress.State state) {
      bar.stepTo(state.done());
      bar.setExtraMessage(" " + state.note());
    }

    @Override
    public void end(Progress.State state) {
      refresh(state);
      bar.close();
    }
  }

  /** A line every few seconds and one at the end, for logs. */
  final class Lines implements ProgressView {
    private final PrintStream out;
    private Progress.State told; // null before the first line

    Lines(PrintStream out) {
      this.out = out;
    }

    @Override
    public long periodNanos() {
      return TimeUnit.SECONDS.toNanos(5);
    }

    @Override
    public void start(Progress.State state) {
      // The first line says more when there is a rate to report.
    }

    @Override
    public void refresh(Progress.State state) {
      out.println(state.line());
      told = state;
    }

    @Override
    public void end(Progress.State state) {
      boolean known =
          told != null && told.done() == state.done() && told.note().equals(state.note());
      if (!known) {
        refresh(state);
      }
    }
  }
}
