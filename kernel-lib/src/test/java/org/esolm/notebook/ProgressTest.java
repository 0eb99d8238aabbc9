package org.esolm.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final AtomicLong nanos = new AtomicLong();

  private Progress lines(String task, long total) {
    var view = new ProgressView.Lines(new PrintStream(text, true, StandardCharsets.UTF_8));
    return new Progress(task, total, view, nanos::get);
  }

  private void pass(long seconds) {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Test
  void a_line_every_few_seconds_and_one_at_the_end() {
    try (Progress progress = lines("training AR", 1000)) {
      pass(2);
      progress.step(100, "loss 9.99");
      pass(4);
      progress.step(300, "loss 3.14");
      progress.step(301, "loss 3.13");
      pass(94);
      progress.step(1000, "loss 2.31");
      progress.step(1000);
    }
    assertThat(text.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "training AR: 300/1000 (30%), 50.0 a second, 14 s left, loss 3.14",
            "training AR: 1000/1000 (100%), 10.0 a second, took 1 min 40 s, loss 2.31");
  }

  @Test
  void the_last_line_says_what_the_one_before_did_not() {
    try (Progress progress = lines("sampling", 4)) {
      pass(8);
      progress.step(2);
      pass(1);
      progress.step(4);
      pass(1);
    }
    assertThat(text.toString(StandardCharsets.UTF_8).lines())
        .containsExactly(
            "sampling: 2/4 (50%), 4.0 s each, 8 s left",
            "sampling: 4/4 (100%), 2.5 s each, took 10 s");
  }

  @Test
  void a_task_that_ends_early_says_how_far_it_came() {
    try (Progress progress = lines("sampling", 10)) {
      pass(7200);
      progress.step(4);
    }
    assertThat(text.toString(StandardCharsets.UTF_8).lines())
        .last()
        .isEqualTo("sampling: 4/10 (40%), 1800.0 s each, 3 h 00 min left");
  }

  @Test
  void notes_are_made_only_when_they_are_shown() {
    var made = new AtomicInteger();
    try (Progress progress = lines("many", 1_000_000)) {
      IntStream.rangeClosed(1, 1_000_000)
          .parallel()
          .forEach(n -> progress.step(n, () -> "note " + made.incrementAndGet()));
      assertThat(made).hasValue(0);
      pass(5);
      progress.step(1_000_000, () -> "note " + made.incrementAndGet());
    }
    assertThat(made).hasValueBetween(1, 2);
  }

  @Test
  void a_task_has_at_least_one_step() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Progress.of("none", 0))
        .withMessage("total: must be at least 1, got 0");
  }
}
