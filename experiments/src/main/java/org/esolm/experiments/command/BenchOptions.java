package org.esolm.experiments.command;

import java.util.Arrays;
import java.util.Optional;
import org.esolm.model.ModelConfig;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.EsoLmObjective.Variant;
import org.esolm.system.SystemConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is timed: the sizes that both benchmarks share. */
final class BenchOptions {
  @Option(names = "--model", required = true, paramLabel = "ar|mdlm|bd3lm|eso")
  String model;

  @Option(names = "--hidden", required = true, paramLabel = "H")
  int hidden;

  @Option(names = "--cond", required = true, paramLabel = "C", description = "Not used by ar.")
  int cond;

  @Option(names = "--blocks", required = true, paramLabel = "N")
  int blocks;

  @Option(names = "--heads", required = true, paramLabel = "A")
  int heads;

  @Option(names = "--length", required = true, paramLabel = "L")
  int length;

  @Option(names = "--vocab", required = true, paramLabel = "V", description = "Without the mask.")
  int vocab;

  @Option(names = "--batch", required = true, paramLabel = "B")
  int batch;

  @Option(names = "--block-size", paramLabel = "S", defaultValue = "4")
  int blockSize;

  @Option(names = "--alpha0", paramLabel = "A")
  Optional<Double> alpha0 = Optional.empty();

  @Option(names = "--variant", paramLabel = "ESO|A", description = "Eso-LM: A is the ablation.")
  Variant variant;

  @Option(
      names = "--warmup",
      paramLabel = "W",
      description =
          "Repetitions before any is timed (default: as many as fill 8 seconds, in which the"
              + " virtual machine compiles).")
  Optional<Integer> warmup = Optional.empty();

  @Option(names = "--reps", paramLabel = "R", description = "Timed repetitions.")
  Optional<Integer> reps = Optional.empty();

  @Mixin BenchThreads threads;

  @Option(names = "--json", description = "Print one line of JSON.")
  boolean json;

  /** AR begins with a given token, as its peer does. */
  SystemConfig system(Prepend prepend, double defaultAlpha0) {
    return new SystemConfig(
        model, alpha0.orElse(defaultAlpha0), null, blockSize, prepend, null, null, variant);
  }

  ModelConfig sizes(SystemConfig system) {
    requirePositive("--batch", batch);
    ModelConfig sizes =
        new ModelConfig(
            hidden, system.adaLn() ? cond : 0, blocks, heads, length, vocab + 1, vocab, 0, 0);
    system.requireFits(sizes);
    return sizes;
  }

  /** The options as the report's first lines. */
  Report report(String what, SystemConfig system) {
    Report report =
        new Report()
            .put("what", what)
            .put("model", model)
            .put("hidden", hidden)
            .put("cond", cond)
            .put("blocks", blocks)
            .put("heads", heads)
            .put("length", length)
            .put("vocab", vocab)
            .put("batch", batch)
            .put("threads", threads.count());
    if (model.equals("bd3lm")) {
      report.put("block_size", blockSize);
    }
    return model.equals("eso")
        ? report.put("alpha0", system.alpha0()).put("variant", system.variant().name())
        : report;
  }

  /**
   * Times something.
   *
   * @param work done once a repetition
   * @param defaultReps timed repetitions where none are asked for
   * @return seconds of each repetition, ascending
   */
  double[] time(Runnable work, int defaultReps) {
    int timed = reps.orElse(defaultReps);
    requirePositive("--reps", timed);
    if (warmup.orElse(0) < 0) {
      throw new IllegalArgumentException("--warmup: " + warmup.get() + ", must be 0 or more");
    }
    // Compilation takes time rather than repetitions.
    long start = System.nanoTime();
    for (int i = 0;
        warmup.isPresent() ? i < warmup.get() : i < 3 || System.nanoTime() - start < 8e9;
        i++) {
      work.run();
    }
    double[] seconds = new double[timed];
    for (int i = 0; i < timed; i++) {
      long begin = System.nanoTime();
      work.run();
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    Arrays.sort(seconds);
    return seconds;
  }

  private static void requirePositive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + ": " + value + ", must be at least 1");
    }
  }
}
