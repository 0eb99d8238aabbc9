package org.esolm.experiments.run;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Other programs, asked for a line of text. */
public final class Commands {
  private Commands() {}

  /**
   * Runs a program to its end.
   *
   * @param folder where it runs
   * @param command its name and arguments
   * @return what it printed, without the space around it; empty if it is not there or failed
   */
  public static Optional<String> output(Path folder, List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectError(Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      byte[] text = process.getInputStream().readAllBytes();
      return process.waitFor() == 0
          ? Optional.of(new String(text, StandardCharsets.UTF_8).strip())
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }
}
