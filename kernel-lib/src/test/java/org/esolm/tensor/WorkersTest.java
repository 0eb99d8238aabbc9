package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60) // a lost wake-up would wait forever
class WorkersTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void everyUnitRunsExactlyOnceInEveryRound(int threads) {
    try (Workers workers = new Workers(threads)) {
      assertThat(workers.threads()).isEqualTo(threads);
      for (int round = 0; round < 3_000; round++) {
        int units = round % 23;
        var done = new AtomicIntegerArray(23);
        workers.loop(
            units,
            (unit, worker) -> {
              if (worker < 0 || worker >= threads) {
                throw new IllegalStateException("worker " + worker);
              }
              done.incrementAndGet(unit);
            });
        for (int u = 0; u < 23; u++) {
          assertThat(done.get(u)).isEqualTo(u < units ? 1 : 0);
        }
      }
    }
  }

  @Test
  void plainWritesOfAllThreadsAreSeenAfterTheLoop() {
    try (Workers workers = new Workers(3)) {
      int[] sum = new int[64];
      for (int round = 1; round <= 2_000; round++) {
        workers.loop(64, (unit, worker) -> sum[unit] += unit);
        assertThat(sum[63]).isEqualTo(63 * round);
      }
      for (int u = 0; u < 64; u++) {
        assertThat(sum[u]).isEqualTo(2_000 * u);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void allThreadsOfTheTeamTakePart(int threads) {
    try (Workers workers = new Workers(threads)) {
      var everyone = new CountDownLatch(threads);
      var seen = ConcurrentHashMap.<Integer>newKeySet();
      workers.loop(
          threads,
          (unit, worker) -> {
            seen.add(worker);
            everyone.countDown();
            try {
              everyone.await(); // holds each unit until all threads have one
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      assertThat(seen).hasSize(threads);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void exceptionsComeOutAndTheTeamSurvives(int threads) {
    try (Workers workers = new Workers(threads)) {
      for (int round = 0; round < 200; round++) {
        int bad = round % 10;
        assertThatThrownBy(
                () ->
                    workers.loop(
                        10,
                        (unit, worker) -> {
                          if (unit == bad) {
                            throw new ArithmeticException("unit " + unit);
                          }
                        }))
            .isInstanceOf(ArithmeticException.class)
            .hasMessage("unit " + bad);
        var done = new AtomicIntegerArray(10);
        workers.loop(10, (unit, worker) -> done.incrementAndGet(unit));
        for (int u = 0; u < 10; u++) {
          assertThat(done.get(u)).isEqualTo(1);
        }
      }
    }
  }

  @Test
  void sleepingThreadsWake() throws InterruptedException {
    try (Workers workers = new Workers(3)) {
      for (int round = 0; round < 40; round++) {
        Thread.sleep(Duration.ofMillis(round % 4)); // spinning ends after some 50 microseconds
        var everyone = new CountDownLatch(3);
        workers.loop(
            3,
            (unit, worker) -> {
              everyone.countDown();
              try {
                everyone.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
        assertThat(everyone.getCount()).isZero();
      }
    }
  }

  @Test
  void severalCallersTakeTurns() throws InterruptedException {
    try (Workers workers = new Workers(2)) {
      var done = new AtomicIntegerArray(2);
      Thread[] callers = new Thread[2];
      for (int c = 0; c < 2; c++) {
        int caller = c;
        callers[c] =
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int round = 0; round < 500; round++) {
                        workers.loop(7, (unit, worker) -> done.incrementAndGet(caller));
                      }
                    });
      }
      for (Thread t : callers) {
        t.join();
      }
      assertThat(done.get(0)).isEqualTo(3_500);
      assertThat(done.get(1)).isEqualTo(3_500);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void anInterruptEndsALoopAndTheTeamSurvives(int threads) {
    try (Workers workers = new Workers(threads)) {
      Thread caller = Thread.currentThread();
      for (int round = 0; round < 200; round++) {
        var begun = new AtomicInteger();
        var running = new AtomicInteger();
        assertThatThrownBy(
                () ->
                    workers.loop(
                        1_000_000,
                        (unit, worker) -> {
                          running.incrementAndGet();
                          if (begun.incrementAndGet() == 5) {
                            caller.interrupt();
                          }
                          running.decrementAndGet();
                        }))
            .isInstanceOf(CancellationException.class);
        assertThat(begun.get()).isLessThan(1_000_000);
        assertThat(running.get()).as("still at work").isZero();
        assertThat(Thread.interrupted()).as("heard").isFalse();
        var done = new AtomicInteger();
        workers.loop(10, (unit, worker) -> done.incrementAndGet());
        assertThat(done.get()).isEqualTo(10);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void anInterruptWaitsForAWholeLoop(int threads) {
    try (Workers workers = new Workers(threads)) {
      Thread.currentThread().interrupt();
      var done = new AtomicInteger();
      workers.wholeLoop(1000, (unit, worker) -> done.incrementAndGet());
      assertThat(done.get()).isEqualTo(1000);
      assertThat(Thread.interrupted()).as("kept for the next loop").isTrue();
    }
  }

  @Test
  void aClosedTeamRefusesWork() {
    Workers workers = new Workers(2);
    workers.close();
    assertThatThrownBy(() -> workers.loop(4, (unit, worker) -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("workers: closed");
  }

  @Test
  void aTeamHasSomeone() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Workers(0))
        .withMessage("threads: 0, at least 1");
  }
}
