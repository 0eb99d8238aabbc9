package org.esolm.experiments.command;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.esolm.experiments.parity.Parity;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Compares this library with golden cases. */
@Command(name = "parity", description = "Compare losses, gradients and samplers with golden cases.")
public final class ParityCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "Every folder in it with a case.json is a case.")
  private Path dir;

  /** For picocli. */
  public ParityCommand() {}

  /**
   * Compares, one line a quantity.
   *
   * @return 0 if none failed, else 1
   * @throws IOException never: what cannot be read has failed
   */
  @Override
  public Integer call() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    return Interruptible.run(
        spec.commandLine().getErr(), "", () -> Parity.run(dir, out::println) == 0 ? 0 : 1);
  }
}
