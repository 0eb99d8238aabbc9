package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.esolm.experiments.bench.Latency;
import org.esolm.experiments.bench.LatencyReport;
import org.esolm.experiments.bench.MachineFacts;
import org.esolm.experiments.bench.RowFile;
import org.esolm.experiments.bench.Shape;
import org.esolm.io.AtomicFiles;
import org.esolm.plot.Figure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eso bench latency}: seconds of one sequence against its length. */
@Command(
    name = "latency",
    description = {
      "Time the sampling of one sequence, one token an evaluation, at several lengths, all"
          + " systems.",
      "Writes latency.jsonl, latency.md and figures. Goes on where it was when called again with the",
      "same settings."
    })
final class BenchLatencyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--shape",
      paramLabel = "lab|tiny|odd|gpt2",
      defaultValue = "tiny",
      description = "Sizes of the network. Default: ${DEFAULT-VALUE}.")
  private String shape;

  @Option(
      names = "--lengths",
      paramLabel = "L",
      split = ",",
      defaultValue = "512,1024,2048,4096",
      description = "Default: ${DEFAULT-VALUE}.")
  private List<Integer> lengths;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "600",
      description = {
        "A run that takes longer is extrapolated (mdlm, all of whose evaluations cost the same) or left",
        "out (the others). Default: ${DEFAULT-VALUE}."
      })
  private double limit;

  @Option(
      names = "--evaluations",
      defaultValue = "50",
      description = {
        "How many, spread over the run, are timed to extrapolate; fewer where the limit has no room",
        "for them. Default: ${DEFAULT-VALUE}."
      })
  private int evaluations;

  @Mixin private BenchThreads threads;

  @Mixin private BenchRows report;

  @Override
  public Integer call() throws IOException {
    if (lengths.stream().anyMatch(length -> length < 16 || length % 16 != 0)) {
      throw new IllegalArgumentException(
          "--lengths: " + lengths + ", must be multiples of 16, the larger block");
    }
    var settings = new Latency.Settings(Shape.named(shape), threads.count(), limit, evaluations);
    PrintWriter err = spec.commandLine().getErr();
    RowFile rows = RowFile.open(report.out.resolve("latency.jsonl"));
    boolean complete =
        new Latency(settings, rows, err::println, Latency.WARM_UP_SECONDS)
            .run(lengths, report.budget);
    LatencyReport latency = new LatencyReport(settings, rows.all());
    String table =
        MachineFacts.markdown(
                MachineFacts.of(Path.of(System.getProperty("eso.home", ".")), List.of()))
            + "\n"
            + latency.markdown();
    AtomicFiles.write(report.out.resolve("latency.md"), table);
    Figure figure = latency.figure();
    figure.toPng(report.out.resolve("latency.png"));
    figure.toSvg(report.out.resolve("latency.svg"));
    spec.commandLine().getOut().print(table);
    if (!complete) {
      err.println("not all is measured: the same call goes on");
    }
    return 0;
  }
}
