package org.esolm.experiments.jupyter;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Executes notebooks headless, each in a process and a kernel of its own; its kernel works in the
 * notebook's folder.
 *
 * @param jupyter what runs them
 * @param kernel the kernel's name; empty: the one that each notebook names
 * @param cellTimeout the longest that a cell may take
 */
public record NotebookRunner(Jupyter jupyter, Optional<String> kernel, Duration cellTimeout) {
  private static final String EVENT = "@cell ";
  private static final Pattern ERROR = Pattern.compile("[\\w.]*(Error|Exception): .*");

  /** Hears how an execution goes on. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A cell begins.
     *
     * @param cell its number, from 1, counting text and code
     * @param cells how many there are
     * @param source its code
     */
    void begins(int cell, int cells, String source);
  }

  /**
   * Why a notebook failed.
   *
   * @param source the code of the cell that failed; empty if it was no cell
   * @param summary the error in one line
   * @param report the error with its traceback, as the notebook would show it
   */
  public record Failure(String source, String summary, String report) {}

  /**
   * What became of a notebook.
   *
   * @param target the file that was to be written
   * @param seconds how long it took
   * @param failure why it was not written; empty if all went well
   */
  public record Result(Path target, double seconds, Optional<Failure> failure) {}

  /**
   * Executes one notebook; a copy with all outputs is written only if no cell fails. A log is
   * written beside it.
   *
   * @param notebook an {@code .ipynb} file
   * @param parameters values for variables of the cell tagged {@code parameters}
   * @param target where the executed copy goes, an {@code .ipynb} file
   * @param listener hears of every code cell
   * @return how it went
   * @throws IOException if Jupyter cannot be started or the copy cannot be written
   * @throws InterruptedException if interrupted while waiting
   * @throws IllegalArgumentException if the notebook cannot be read or has no such parameters
   */
  public Result execute(
      Path notebook, Map<String, String> parameters, Path target, Listener listener)
      throws IOException, InterruptedException {
    NotebookFile source = NotebookFile.read(notebook).with(parameters);
    Path config = Files.createTempFile("nbconvert", ".py");
    try (InputStream resource = getClass().getResourceAsStream("nbconvert_config.py")) {
      Files.write(config, resource.readAllBytes());
      List<String> arguments =
          new ArrayList<>(
              List.of(
                  "nbconvert",
                  "--config=" + config,
                  "--stdin",
                  "--to=notebook",
                  "--execute",
                  "--ExecutePreprocessor.timeout=" + cellTimeout.toSeconds(),
                  "--ExecutePreprocessor.startup_timeout=120",
                  "--ExecutePreprocessor.record_timing=False"));
      kernel.ifPresent(name -> arguments.add("--ExecutePreprocessor.kernel_name=" + name));
      ProcessBuilder process = nbconvert(arguments, target);
      // As if the notebook lay there: it is read from standard input.
      process.directory(notebook.toAbsolutePath().getParent().toFile());
      return run(process, source, target, listener);
    } finally {
      Files.delete(config);
    }
  }

  /**
   * Writes a notebook with its outputs as one HTML page; nothing is executed.
   *
   * @param notebook an {@code .ipynb} file
   * @param target where the page goes
   * @return how it went
   * @throws IOException if Jupyter cannot be started
   * @throws InterruptedException if interrupted while waiting
   * @throws IllegalArgumentException if the notebook cannot be read
   */
  public Result html(Path notebook, Path target) throws IOException, InterruptedException {
    NotebookFile source = NotebookFile.read(notebook);
    ProcessBuilder process = nbconvert(List.of("nbconvert", "--stdin", "--to=html"), target);
    return run(process, source, target, (_, _, _) -> {});
  }

  private ProcessBuilder nbconvert(List<String> arguments, Path target) throws IOException {
    Path whole = target.toAbsolutePath();
    Files.createDirectories(whole.getParent());
    List<String> all = new ArrayList<>(arguments);
    all.add("--output-dir=" + whole.getParent());
    all.add("--output=" + name(whole));
    ProcessBuilder process = jupyter.call(all);
    // Without it Python's debugger ends the log with warnings about itself.
    process.environment().put("PYDEVD_DISABLE_FILE_VALIDATION", "1");
    process.environment().put("PYTHONIOENCODING", "utf-8");
    return process.redirectErrorStream(true);
  }

  private static Result run(
      ProcessBuilder builder, NotebookFile source, Path target, Listener listener)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    Path log = target.resolveSibling(name(target) + ".log");
    int cell = -1;
    Optional<String> traceback = Optional.empty();
    String summary = "nbconvert failed, see " + log;
    Process process = builder.start();
    try (BufferedWriter out = Files.newBufferedWriter(log)) {
      feed(process, source.toJson());
      for (String line; (line = process.inputReader(StandardCharsets.UTF_8).readLine()) != null; ) {
        if (line.startsWith(EVENT)) {
          JsonNode event = JsonMapper.shared().readTree(line.substring(EVENT.length()));
          cell = event.get("cell").asInt();
          if (event.has("traceback")) {
            traceback = Optional.of(joined(event.get("traceback")));
          } else {
            listener.begins(cell + 1, source.cells(), source.source(cell));
          }
        } else {
          out.write(line + "\n");
          String text = plain(line);
          summary = ERROR.matcher(text).matches() ? text : summary;
        }
      }
      boolean fine = process.waitFor() == 0;
      double seconds = (System.nanoTime() - start) / 1e9;
      if (fine) {
        return new Result(target, seconds, Optional.empty());
      }
      String code = cell < 0 ? "" : source.source(cell);
      return new Result(
          target, seconds, Optional.of(new Failure(code, summary, traceback.orElse(summary))));
    } finally {
      process.descendants().forEach(ProcessHandle::destroy);
      process.destroy();
    }
  }

  private static void feed(Process process, String json) {
    try (OutputStream in = process.getOutputStream()) {
      in.write(json.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended before it had read all; what it printed says why.
    }
  }

  private static String name(Path file) {
    return file.getFileName().toString().replaceFirst("\\.(ipynb|html)$", "");
  }

  private static String joined(JsonNode lines) {
    return StreamSupport.stream(lines.spliterator(), false)
        .map(line -> plain(line.asString()))
        .collect(Collectors.joining("\n"));
  }

  private static String plain(String coloured) {
    return coloured.replaceAll("\\x1b\\[[0-9;]*m", "");
  }
}
