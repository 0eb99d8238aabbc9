package org.esolm.experiments.command;

import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.esolm.data.Blocks;
import org.esolm.experiments.bench.RandomWeights;
import org.esolm.experiments.bench.ResidentMemory;
import org.esolm.model.DecoderWeights;
import org.esolm.model.ModelConfig;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.objective.Objective;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Sampler;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.WeightFormat;
import org.esolm.tensor.Workers;
import org.esolm.train.TrainConfig;
import org.esolm.train.Trainer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Times training steps and sampling, on random tokens and random weights. */
@Command(
    name = "bench",
    description = "Time a training step or the sampling of a batch; compare, and see it grow.",
    subcommands = {
      BenchCommand.Train.class,
      BenchCommand.Sample.class,
      BenchMachineCommand.class,
      BenchKernelsCommand.class,
      BenchCompareCommand.class,
      BenchLatencyCommand.class,
      BenchGrowthCommand.class
    })
public final class BenchCommand implements Runnable {
  @Spec private CommandSpec spec;

  /** For picocli. */
  public BenchCommand() {}

  /** A sub-command is needed. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "bench: nothing to time, allowed: bench "
            + String.join(", bench ", spec.subcommands().keySet()));
  }

  /** {@code eso bench train}: objective, forward, backward, optimizer and average. */
  @Command(
      name = "train",
      description = {
        "Time training steps: ms_per_step (median), min_ms, params, and the memory that was resident",
        "at most (peak_mib). Beside them the rate at which this machine multiplies matrices",
        "(sgemm_gflops), and the fraction of it that the median step's products reach, counting only",
        "those that the model needs."
      })
  static final class Train implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private BenchOptions options = new BenchOptions();

    @Override
    public Integer call() {
      SystemConfig system = options.system(Prepend.NONE, 0.5);
      ModelConfig sizes = options.sizes(system);
      Objective objective = system.objective(sizes);
      Blocks texts = texts(sizes);
      // Steps without end; the peer's optimizer.
      TrainConfig config = TrainConfig.paper(Integer.MAX_VALUE, options.batch);
      try (Workers workers = new Workers(options.threads.count());
          Trainer trainer = new Trainer(sizes, objective, config, texts, texts, workers)) {
        double[] seconds = options.time(trainer::advance, 10);
        double median = seconds[seconds.length / 2];
        Double peak = ResidentMemory.peakMib(); // before the machine's rates take theirs
        double rate = Roofline.sgemm(workers);
        double work = Roofline.training(sizes, objective, texts, options.batch);
        options
            .report("train", system)
            .put("ms_per_step", median * 1e3)
            .put("min_ms", seconds[0] * 1e3)
            .put("params", trainer.averagedWeights().count())
            .put("peak_mib", peak)
            .put("sgemm_gflops", rate * 1e-9)
            .put("fraction", work / median / rate)
            .print(spec.commandLine().getOut(), options.json);
      }
      return 0;
    }

    private static Blocks texts(ModelConfig sizes) {
      int[] tokens =
          Rng.of(0, Purpose.BATCHES).ints(64L * sizes.length(), 0, sizes.maskIndex()).toArray();
      return Blocks.of("random tokens", tokens, sizes.length());
    }
  }

  /** {@code eso bench sample}. */
  @Command(
      name = "sample",
      description = {
        "Time the sampling of a batch: seconds (median), min_s, nfe, and the memory that was resident",
        "at most (peak_mib). Beside them the bytes of weights and cache that an evaluation reads",
        "(bytes_per_nfe), the rate at which this machine reads memory (bandwidth_gbs), and the",
        "fraction of it that the median run reaches; above 1 what is read comes from a cache of the",
        "processor."
      })
  static final class Sample implements Callable<Integer> {
    @Spec private CommandSpec spec;
    @Mixin private BenchOptions options = new BenchOptions();

    @Option(names = "--steps", paramLabel = "T", description = "Default: the length.")
    private Optional<Integer> steps = Optional.empty();

    @Option(names = "--block-steps", paramLabel = "T'", description = "Default: the block size.")
    private Optional<Integer> blockSteps = Optional.empty();

    @Option(names = "--first-hitting", description = "One token an evaluation.")
    private boolean firstHitting;

    @Option(
        names = "--weights",
        paramLabel = "f32|bf16|int8",
        defaultValue = "f32",
        description = "How decoding keeps its matrices (default: ${DEFAULT-VALUE}).")
    private String weights;

    @Override
    public Integer call() {
      WeightFormat format = WeightFormat.of(weights);
      SystemConfig system = options.system(Prepend.BOS, 1);
      ModelConfig sizes = options.sizes(system);
      int grid =
          system.name().equals("bd3lm")
              ? blockSteps.orElse(options.blockSize)
              : steps.orElse(options.length);
      SampleRequest request = SampleRequest.of(options.batch, options.length).withSteps(grid);
      Sampler sampler = system.sampler(null, firstHitting);
      try (Workers workers = new Workers(options.threads.count());
          Arena arena = Arena.ofShared()) {
        DecoderWeights packed = DecoderWeights.of(RandomWeights.of(arena, sizes), workers, format);
        Denoiser denoiser = system.denoiser(packed, workers);
        int[] nfe = new int[1];
        double[] seconds = options.time(() -> nfe[0] = sampler.sample(denoiser, request).nfe(), 3);
        double median = seconds[seconds.length / 2];
        Double peak = ResidentMemory.peakMib(); // before the machine's rates take theirs
        double rate = Roofline.bandwidth(workers);
        double bytes = Roofline.decoding(system, packed, options.batch, options.length);
        options
            .report("sample", system)
            .put(system.name().equals("bd3lm") ? "block_steps" : "steps", grid)
            .put("weights", format.toString())
            .put("seconds", median)
            .put("min_s", seconds[0])
            .put("nfe", nfe[0])
            .put("peak_mib", peak)
            .put("bytes_per_nfe", Math.round(bytes))
            .put("bandwidth_gbs", rate * 1e-9)
            .put("fraction", bytes * nfe[0] / median / rate)
            .print(spec.commandLine().getOut(), options.json);
      }
      return 0;
    }
  }
}
