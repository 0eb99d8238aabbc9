package org.esolm.experiments.jupyter;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Executes notebooks headless, each in a process and a kernel of its own; its kernel works in the
 * notebook's folder.
 *
 * @param jupyter what runs them
 * @param kernel the kernel's name; empty: the one that each notebook names
 * @param out the folder for the executed copies and their logs
 * @param environment parameters for the notebooks, read by {@code System.getenv}
 * @param cellTimeout the longest that a cell may take
 */
public record NotebookRunner(
    Jupyter jupyter,
    Optional<String> kernel,
    Path out,
    Map<String, String> environment,
    Duration cellTimeout) {

  /**
   * What became of a notebook.
   *
   * @param notebook the source
   * @param seconds how long it took
   * @param error the failing cell's error in one line; empty if all cells ran
   */
  public record Result(Path notebook, double seconds, Optional<String> error) {}

  /**
   * Executes one notebook; a copy with all outputs is written only if no cell fails.
   *
   * @param notebook an {@code .ipynb} file
   * @return how it went
   * @throws IOException if Jupyter cannot be started or {@code out} cannot be written
   * @throws InterruptedException if interrupted while waiting
   */
  public Result execute(Path notebook) throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "nbconvert",
                "--to=notebook",
                "--execute",
                "--output-dir=" + out.toAbsolutePath(),
                "--ExecutePreprocessor.timeout=" + cellTimeout.toSeconds(),
                "--ExecutePreprocessor.startup_timeout=120",
                "--ExecutePreprocessor.record_timing=False"));
    kernel.ifPresent(name -> arguments.add("--ExecutePreprocessor.kernel_name=" + name));
    arguments.add(notebook.toAbsolutePath().toString());
    return convert(notebook, arguments);
  }

  /**
   * Writes an executed notebook as one HTML page.
   *
   * @param notebook the source that was executed
   * @return how it went
   * @throws IOException if Jupyter cannot be started
   * @throws InterruptedException if interrupted while waiting
   */
  public Result html(Path notebook) throws IOException, InterruptedException {
    Path executed = out.toAbsolutePath().resolve(notebook.getFileName());
    return convert(
        notebook,
        List.of(
            "nbconvert", "--to=html", "--output-dir=" + out.toAbsolutePath(), executed.toString()));
  }

  private Result convert(Path notebook, List<String> arguments)
      throws IOException, InterruptedException {
    Files.createDirectories(out);
    String name = notebook.getFileName().toString().replaceFirst("\\.ipynb$", "");
    Path log = out.resolve(name + ".log");
    ProcessBuilder builder = jupyter.call(arguments);
    // Without it Python's debugger ends the log with warnings about itself.
    builder.environment().put("PYDEVD_DISABLE_FILE_VALIDATION", "1");
    builder.environment().putAll(environment);
    long start = System.nanoTime();
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    int status;
    try {
      status = process.waitFor();
    } finally {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Result(
        notebook, seconds, status == 0 ? Optional.empty() : Optional.of(lastLine(log)));
  }

  /** nbconvert ends with the traceback and, last of all, the error's name and message. */
  private static String lastLine(Path log) throws IOException {
    return Files.readString(log)
        .replaceAll("\\x1b\\[[0-9;]*m", "")
        .lines()
        .filter(l -> !l.isBlank())
        .reduce((first, second) -> second)
        .orElse("no output; see " + log);
  }
}
