package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.esolm.experiments.bench.Growth;
import org.esolm.experiments.bench.GrowthReport;
import org.esolm.experiments.bench.MachineFacts;
import org.esolm.experiments.bench.RowFile;
import org.esolm.io.AtomicFiles;
import org.esolm.plot.Figure;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eso bench growth}: cost as work grows. */
@Command(
    name = "growth",
    description = {
      "Time training steps and sampling as batch, length, width, layers and steps grow, with the",
      "memory of each, and the start of the command line. Writes growth.jsonl, growth.md and",
      "figures. Goes on where it was when called again."
    })
final class BenchGrowthCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description = {
        "Only the measurements whose name it fits, such as train-length, sample-batch-eso or",
        "'-(ar|eso)-'. All take about 25 minutes."
      })
  private String only;

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description = "A trained run: also time the start of the command line, and a sample of it.")
  private Path run;

  @Mixin private BenchRows report;

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (run != null && !Files.isDirectory(run)) {
      throw new IllegalArgumentException("--run: " + run + ", must be the folder of a trained run");
    }
    Path root = Path.of(System.getProperty("eso.home", "."));
    PrintWriter err = spec.commandLine().getErr();
    RowFile rows = RowFile.open(report.out.resolve("growth.jsonl"));
    Growth growth = new Growth(rows, err::println);
    if (run != null) {
      growth.starts(root, run);
    }
    boolean complete = growth.run(only, Duration.ofSeconds(report.budget));
    String table =
        MachineFacts.markdown(MachineFacts.of(root, List.of()))
            + "\n"
            + GrowthReport.markdown(rows.all());
    AtomicFiles.write(report.out.resolve("growth.md"), table);
    for (Map.Entry<String, Figure> figure : GrowthReport.figures(rows.all()).entrySet()) {
      figure.getValue().toPng(report.out.resolve(figure.getKey() + ".png"));
      figure.getValue().toSvg(report.out.resolve(figure.getKey() + ".svg"));
    }
    spec.commandLine().getOut().print(table);
    if (!complete) {
      err.println("not all is measured: the same call goes on");
    }
    return 0;
  }
}
