package org.esolm.experiments.command;

import java.util.concurrent.Callable;
import org.esolm.experiments.bench.ReadBandwidth;
import org.esolm.tensor.Workers;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eso bench machine}: the two rates that bound all work. */
@Command(
    name = "machine",
    description = "Measure how fast this machine multiplies matrices and reads memory.")
final class BenchMachineCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private BenchThreads threads;

  @Option(
      names = "--bytes",
      defaultValue = "268435456",
      description = "Memory that is read; what fits a cache is read faster.")
  private long bytes;

  @Option(names = "--json", description = "Print one line of JSON.")
  private boolean json;

  @Override
  public Integer call() {
    if (bytes < 1) {
      throw new IllegalArgumentException("--bytes: " + bytes + ", must be at least 1");
    }
    try (Workers workers = new Workers(threads.count())) {
      new Report()
          .put("sgemm_gflops", Roofline.sgemm(workers) * 1e-9)
          .put("read_gb_s", ReadBandwidth.of(workers, bytes) * 1e-9)
          .put("bytes", bytes)
          .print(spec.commandLine().getOut(), json);
    }
    return 0;
  }
}
