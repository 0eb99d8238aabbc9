package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.esolm.experiments.bench.Comparison;
import org.esolm.experiments.bench.ComparisonTable;
import org.esolm.experiments.bench.MachineFacts;
import org.esolm.experiments.bench.Ours;
import org.esolm.experiments.bench.Peer;
import org.esolm.experiments.bench.RowFile;
import org.esolm.experiments.bench.Work;
import org.esolm.experiments.bench.Works;
import org.esolm.io.AtomicFiles;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code eso bench compare}: this program and another on the same work. */
@Command(
    name = "compare",
    description = {
      "Compare the speed of training and sampling with another program: each in a process of its",
      "own, one after the other, several rounds. Writes compare.jsonl, a line a measurement, and",
      "compare.md, the table. Goes on where it was when called again."
    })
final class BenchCompareCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--peer",
      paramLabel = "COMMAND",
      defaultValue = Peer.LIBTORCH,
      description = {
        "A command that takes 'train|sample CONFIG_JSON', such as 'python torch_peer.py'.",
        "Default: ${DEFAULT-VALUE}, eager PyTorch by its C++ library, fetched on first use."
      })
  private String peer;

  @Option(names = "--profile", paramLabel = "quick|full", defaultValue = "quick")
  private String profile;

  @Option(
      names = "--only",
      paramLabel = "REGEX",
      defaultValue = "",
      description = "Only the work whose name it fits, such as lab-train.")
  private String only;

  @Option(names = "--rounds", defaultValue = "3", description = "Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--limit",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "What takes longer is left out. Default: ${DEFAULT-VALUE}.")
  private int limit;

  @Mixin private BenchRows report;

  @Override
  public Integer call() throws IOException, InterruptedException {
    List<Work> works = Works.of(profile, only);
    var plan =
        new Comparison.Plan(
            works, rounds, Duration.ofSeconds(limit), Duration.ofSeconds(report.budget));
    Path root = Path.of(System.getProperty("eso.home", "."));
    Peer opponent = Peer.of(peer, root);
    RowFile rows = RowFile.open(report.out.resolve("compare.jsonl"));
    PrintWriter err = spec.commandLine().getErr();
    boolean complete = new Comparison(plan, new Ours(), opponent, rows, err::println).run();
    String table =
        MachineFacts.markdown(MachineFacts.of(root, rows.all()))
            + "\n"
            + ComparisonTable.of(Works.of("full", only), rows.all(), opponent.name());
    AtomicFiles.write(report.out.resolve("compare.md"), table);
    spec.commandLine().getOut().print(table);
    if (!complete) {
      err.println("not all is measured: the same call goes on");
    }
    return 0;
  }
}
