package org.esolm.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.esolm.data.Blocks;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.OwnProcess;
import org.esolm.tensor.Tensor;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;
import org.esolm.train.TrainConfig;
import org.esolm.train.Trainer;
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

  /**
   * Bytes a step: some small records of a step and of each of its sequences, which the compiler
   * removes or not. One vector a row would be 6,000.
   */
  private static final double NOISE = 400;

  @ParameterizedTest
  @ValueSource(strings = {"ar", "mdlm", "bd3lm", "eso", "f32", "bf16", "int8"})
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
        boolean trains = SystemConfig.NAMES.contains(args[0]);
        System.out.print(
            trains ? train(args[0], workers) : decode(arena, workers, WeightFormat.of(args[0])));
      }
    }

    /** A whole step: batch, masks and orders, gradient, optimizer. */
    private static double train(String name, Workers workers) {
      SystemConfig system = new SystemConfig(name, 0.5, null, null, null, null, null, null);
      ModelConfig config = new ModelConfig(36, system.adaLn() ? 5 : 0, 2, 2, 16, 40, 39, 0.1);
      int[] tokens = Arrays.stream(Networks.text(1, 50, 16)).flatMapToInt(Arrays::stream).toArray();
      Blocks blocks = Blocks.of("text", tokens, 16);
      try (Trainer trainer =
          new Trainer(
              config,
              system.objective(config),
              TrainConfig.paper(1_000_000, 6),
              blocks,
              blocks,
              workers)) {
        return settled(trainer::advance);
      }
    }

    private static double decode(Arena arena, Workers workers, WeightFormat format) {
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
      DecoderWeights weights =
          DecoderWeights.of(Networks.random(arena, config, 5), workers, format);
      try (Decoder decoder = new Decoder(weights, workers, 3, 16)) {
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
