package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.stream.LongStream;
import org.esolm.objective.EsoLmObjective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Test;

/** Steps leave the heap alone once memory is there and the code is compiled. */
class AllocationTest {
  private static final int STEPS = 50;
  private static final long NOISE = 200; // bytes a step

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private long[] team(Set<Thread> before) {
    return LongStream.concat(
            LongStream.of(Thread.currentThread().threadId()),
            Thread.getAllStackTraces().keySet().stream()
                .filter(t -> !before.contains(t) && t.getName().startsWith("esolm-worker"))
                .mapToLong(Thread::threadId))
        .toArray();
  }

  /** Bytes a step, the least of many rounds: compilation takes its time. */
  private double settled(long[] team, Runnable step) {
    double least = Double.POSITIVE_INFINITY;
    for (int round = 0; round < 200 && least > NOISE; round++) {
      long before = LongStream.of(threads.getThreadAllocatedBytes(team)).sum();
      for (int i = 0; i < STEPS; i++) {
        step.run();
      }
      long bytes = LongStream.of(threads.getThreadAllocatedBytes(team)).sum() - before;
      least = Math.min(least, (double) bytes / STEPS);
    }
    return least;
  }

  @Test
  void aTrainingStepAllocatesNothing() {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      long[] team = team(before);
      assertThat(team).hasSize(2);
      ModelConfig config = new ModelConfig(36, 5, 2, 2, 16, 40, 39, 0.1);
      Parameters gradient = new Parameters(arena, config);
      Pass pass = new Pass();
      EsoLmObjective.of(39, 0.5).training(Networks.text(1, 6, 16), Rng.of(1, Purpose.TIMES), pass);
      try (Transformer network = new Transformer(Networks.random(arena, config, 5), workers)) {
        assertThat(settled(team, () -> network.gradient(pass, gradient, 1))).isLessThan(NOISE);
      }
    }
  }

  @Test
  void aDecodingStepAllocatesNothing() {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (Arena arena = Arena.ofShared();
        Workers workers = new Workers(2)) {
      long[] team = team(before);
      ModelConfig config = new ModelConfig(36, 5, 2, 2, 16, 40, 39, 0);
      Pass[] passes = {new Pass(), new Pass()};
      for (int rows : new int[] {3, 12}) { // few, and many
        Pass pass = passes[rows / 12];
        for (int s = 0; s < 3; s++) {
          pass.beginSequence();
          for (int r = 0; r < rows; r++) {
            pass.row(r, r, new AttentionPattern.Causal());
          }
          pass.want(rows - 1, 0, 0);
        }
      }
      try (Decoder decoder = new Decoder(Networks.random(arena, config, 5), workers, 3, 16)) {
        Tensor out = Tensor.zeros(arena, 3, 40);
        Runnable step =
            () -> {
              decoder.step(passes[0], out);
              decoder.step(passes[1], out);
            };
        assertThat(settled(team, step)).isLessThan(NOISE);
      }
    }
  }
}
