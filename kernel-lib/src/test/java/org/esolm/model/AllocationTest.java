package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import org.esolm.objective.EsoLmObjective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.OwnProcess;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.Workers;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Steps leave the heap alone once memory is there and the code is compiled. In a process of its
 * own: what other tests do to the compiler's profiles decides what it inlines, and a vector that
 * crosses a call is an object.
 */
@Tag("slow")
class AllocationTest {
  private static final int STEPS = 50;
  private static final double NOISE = 200; // bytes a step

  @ParameterizedTest
  @ValueSource(strings = {"train", "decode"})
  void stepsAllocateNothing(String what) throws Exception {
    String bytes = OwnProcess.run(System.getProperty("java.class.path"), Measurement.class, what);
    assertThat(Double.parseDouble(bytes)).isLessThan(NOISE);
  }

  /** Prints the bytes that a step allocates on all threads. */
  public static final class Measurement {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    public static void main(String[] args) {
      try (Arena arena = Arena.ofShared();
          Workers workers = new Workers(2)) {
        System.out.print(args[0].equals("train") ? train(arena, workers) : decode(arena, workers));
      }
    }

    private static double train(Arena arena, Workers workers) {
      ModelConfig config = new ModelConfig(36, 5, 2, 2, 16, 40, 39, 0.1);
      Parameters gradient = new Parameters(arena, config);
      Pass pass = new Pass();
      EsoLmObjective.of(39, 0.5).training(Networks.text(1, 6, 16), Rng.of(1, Purpose.TIMES), pass);
      try (Transformer network = new Transformer(Networks.random(arena, config, 5), workers)) {
        return settled(() -> network.gradient(pass, gradient, 1));
      }
    }

    private static double decode(Arena arena, Workers workers) {
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
        return settled(
            () -> {
              decoder.step(passes[0], out);
              decoder.step(passes[1], out);
            });
      }
    }

    /** Bytes a step, the least of many rounds: compilation takes its time. */
    private static double settled(Runnable step) {
      double least = Double.POSITIVE_INFINITY;
      for (int round = 0; round < 400 && least > NOISE; round++) {
        long before = THREADS.getTotalThreadAllocatedBytes();
        for (int i = 0; i < STEPS; i++) {
          step.run();
        }
        long bytes = THREADS.getTotalThreadAllocatedBytes() - before;
        least = Math.min(least, (double) bytes / STEPS);
      }
      return least;
    }
  }
}
