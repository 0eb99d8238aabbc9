package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.esolm.experiments.bench.Latency;
import org.esolm.experiments.bench.LatencyReport;
import org.esolm.experiments.bench.MachineFacts;
import org.esolm.experiments.bench.Rows;
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
      "Writes latency.jsonl, latency.md and figures. Goes on where it was when called again."
    })
final class BenchLatencyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(names = "--shape", paramLabel = "lab|tiny|odd|gpt2", defaultValue = "tiny")
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
      description = "What takes longer is extrapolated. Default: ${DEFAULT-VALUE}.")
  private double limit;

  @Option(
      names = "--evaluations",
      defaultValue = "50",
      description = "How many are timed to extrapolate. Default: ${DEFAULT-VALUE}.")
  private int evaluations;

  @Option(names = "--threads", defaultValue = "2", description = "Default: ${DEFAULT-VALUE}.")
  private int threads;

  @Mixin private BenchRows report;

  @Override
  public Integer call() throws IOException {
    if (lengths.stream().anyMatch(length -> length < 16 || length % 16 != 0)) {
      throw new IllegalArgumentException(
          "--lengths: " + lengths + ", must be multiples of 16, the larger block");
    }
    PrintWriter err = spec.commandLine().getErr();
    Rows rows = Rows.open(report.out.resolve("latency.jsonl"));
    boolean complete =
        new Latency(
                Shape.named(shape),
                threads,
                limit,
                evaluations,
                rows,
                err::println,
                Latency.WARM_UP_SECONDS)
            .run(lengths, report.budget);
    String table =
        MachineFacts.markdown(
                MachineFacts.of(Path.of(System.getProperty("eso.home", ".")), List.of()))
            + "\n"
            + LatencyReport.markdown(rows.all());
    AtomicFiles.write(report.out.resolve("latency.md"), table);
    Figure figure = LatencyReport.figure(rows.all());
    figure.toPng(report.out.resolve("latency.png"));
    figure.toSvg(report.out.resolve("latency.svg"));
    spec.commandLine().getOut().print(table);
    if (!complete) {
      err.println("not all is measured: the same call goes on");
    }
    return 0;
  }
}
