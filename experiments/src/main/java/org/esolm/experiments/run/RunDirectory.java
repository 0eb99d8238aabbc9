package org.esolm.experiments.run;

import java.io.FileWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.esolm.experiments.config.Configs;
import org.esolm.io.AtomicFiles;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * One run's whole record, the unit of truth: {@code config.yaml} as resolved, {@code
 * provenance.json}, {@code metrics.jsonl}, {@code checkpoints/}, {@code samples/}, {@code
 * figures/}, {@code status.json}. A run states what it is before it works and how it ended after;
 * every file but the growing metrics is whole or absent. A run that was killed stays "running" in
 * its status.
 */
public final class RunDirectory implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final JsonMapper PRETTY =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
  private static final String CONFIG = "config.yaml";
  private static final String METRICS = "metrics.jsonl";
  private static final String STATUS = "status.json";

  private final Path folder;
  private final Instant started;
  private final Writer metrics;
  private boolean ended;

  /**
   * How a run stands.
   *
   * @param state {@code running}, {@code finished}, {@code interrupted} or {@code failed}
   * @param started when it began or was last resumed, UTC
   * @param ended when it ended; null while it runs
   * @param seconds how long it took since {@code started}; null while it runs
   * @param error what went wrong or interrupted it; else null
   */
  public record Status(
      String state, Instant started, Instant ended, Double seconds, String error) {}

  private RunDirectory(Path folder, Instant started) throws IOException {
    this.folder = folder;
    this.started = started;
    for (String name : List.of("checkpoints", "samples", "figures")) {
      Files.createDirectories(folder.resolve(name));
    }
    // Not Files.newBufferedWriter, whose channel an interrupt of the thread would close.
    metrics = new FileWriter(folder.resolve(METRICS).toFile(), StandardCharsets.UTF_8, true);
    writeStatus(new Status("running", started, null, null, null));
  }

  /**
   * Begins a run in a folder that holds none yet.
   *
   * @param folder made if it is not there
   * @param config the resolved configuration, a record
   * @param provenance where its numbers will come from
   * @return the run, to be closed
   * @throws IllegalArgumentException if the folder already holds a run or is a file; nothing is
   *     written then
   * @throws IOException if it cannot be written
   */
  public static RunDirectory create(Path folder, Object config, Provenance provenance)
      throws IOException {
    requireFree(folder);
    Configs.write(config, folder.resolve(CONFIG));
    writePretty(folder.resolve("provenance.json"), provenance);
    return new RunDirectory(folder, provenance.started());
  }

  /**
   * Refuses a folder in which a run could not begin. Writes nothing.
   *
   * @param folder where a run is to go
   * @throws IllegalArgumentException if it already holds a run or is a file
   * @throws IOException if it cannot be looked at
   */
  public static void requireFree(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IllegalArgumentException("--out " + folder + ": is a file, a folder is needed");
    }
    for (String name : List.of(CONFIG, METRICS, STATUS)) {
      if (Files.exists(folder.resolve(name))) {
        throw new IllegalArgumentException(
            "--out %s: already holds a run (%s), allowed: another folder, or --resume"
                .formatted(folder, describe(folder)));
      }
    }
  }

  /**
   * Goes on with a run. A last line of metrics that was cut off when the run died is dropped.
   *
   * @param folder of a run begun before
   * @param config the resolved configuration, which must be the run's own
   * @param provenance of this continuation, kept beside the first
   * @return the run, to be closed
   * @throws IllegalArgumentException if there is no run, or one of another configuration
   * @throws IOException if it cannot be read or written
   */
  public static RunDirectory resume(Path folder, Object config, Provenance provenance)
      throws IOException {
    requireRun(folder);
    requireSame(Files.readString(folder.resolve(CONFIG)), Configs.toYaml(config), folder);
    int n = 1;
    while (Files.exists(folder.resolve("provenance-resumed-" + n + ".json"))) {
      n++;
    }
    writePretty(folder.resolve("provenance-resumed-" + n + ".json"), provenance);
    keepMetrics(folder, line -> true);
    return new RunDirectory(folder, provenance.started());
  }

  /**
   * Replaces the configuration of a run that goes on to do more. Before {@link #resume}.
   *
   * @param folder of a run
   * @param config the resolved configuration, a record
   * @throws IOException if it cannot be written
   */
  static void reconfigure(Path folder, Object config) throws IOException {
    requireRun(folder);
    Configs.write(config, folder.resolve(CONFIG));
  }

  private static void requireSame(String before, String now, Path folder) {
    List<String> linesBefore = before.lines().toList();
    List<String> linesNow = now.lines().toList();
    for (int i = 0; i < Math.max(linesBefore.size(), linesNow.size()); i++) {
      String was = i < linesBefore.size() ? linesBefore.get(i).strip() : "nothing";
      String is = i < linesNow.size() ? linesNow.get(i).strip() : "nothing";
      if (!was.equals(is)) {
        throw new IllegalArgumentException(
            "--resume %s: the configuration differs: '%s', the run has '%s'"
                .formatted(folder, is, was));
      }
    }
  }

  /**
   * The configuration of a run.
   *
   * @param <T> the record
   * @param folder of a run
   * @param type the record's class
   * @return the configuration that it was run with
   * @throws IllegalArgumentException if there is no run, or one of another kind
   * @throws IOException if it cannot be read
   */
  public static <T> T config(Path folder, Class<T> type) throws IOException {
    requireRun(folder);
    return Configs.read(folder.resolve(CONFIG), List.of(), type);
  }

  /**
   * How a run stands.
   *
   * @param folder of a run
   * @return its last status
   * @throws IllegalArgumentException if there is no run
   * @throws IOException if it cannot be read
   */
  public static Status status(Path folder) throws IOException {
    requireRun(folder);
    return JSON.readValue(Files.readString(folder.resolve(STATUS)), Status.class);
  }

  /**
   * Refuses a folder that holds no run.
   *
   * @param folder where a run is to be
   * @throws IllegalArgumentException if there is none
   */
  public static void requireRun(Path folder) {
    if (!Files.exists(folder.resolve(CONFIG))) {
      throw new IllegalArgumentException(
          folder
              + ": holds no run, a folder with a config.yaml is needed; eso train CONFIG.yaml --out makes one");
    }
  }

  private static String describe(Path folder) {
    try {
      Status status = status(folder);
      return status.state + ", begun " + status.started;
    } catch (IOException | IllegalArgumentException | JacksonException e) {
      return "incomplete";
    }
  }

  /**
   * The run's folder.
   *
   * @return as it was given
   */
  public Path folder() {
    return folder;
  }

  /**
   * Where a checkpoint belongs; to be written by {@link AtomicFiles}.
   *
   * @param name a file name
   * @return its path
   */
  public Path checkpoint(String name) {
    return folder.resolve("checkpoints").resolve(name);
  }

  /**
   * Where samples belong, one JSON object a line.
   *
   * @param name without its ending
   * @return the path of {@code samples/NAME.jsonl}
   */
  public Path samples(String name) {
    return folder.resolve("samples").resolve(name + ".jsonl");
  }

  /**
   * Where a figure belongs.
   *
   * @param name a file name
   * @return its path
   */
  public Path figure(String name) {
    return folder.resolve("figures").resolve(name);
  }

  /**
   * Adds a line of metrics; it is on its way to the disk when this returns.
   *
   * @param row a record or map
   * @throws IOException if it cannot be written
   */
  public synchronized void metrics(Object row) throws IOException {
    metrics.write(JSON.writeValueAsString(row) + "\n");
    metrics.flush();
  }

  /**
   * Drops lines of metrics, as those behind the checkpoint from which a run goes on; also a last
   * line that was cut off. Before {@link #resume}.
   *
   * @param folder of a run
   * @param keep which lines stay
   * @throws IOException if the file cannot be read or written
   */
  public static void keepMetrics(Path folder, Predicate<JsonNode> keep) throws IOException {
    Path file = folder.resolve(METRICS);
    if (!Files.exists(file)) {
      return;
    }
    String text = Files.readString(file);
    String whole = text.substring(0, text.lastIndexOf('\n') + 1);
    AtomicFiles.write(
        file,
        whole
            .lines()
            .filter(line -> keep.test(JSON.readTree(line)))
            .map(line -> line + "\n")
            .collect(Collectors.joining()));
  }

  /**
   * States that the run did all it was to do.
   *
   * @throws IOException if it cannot be written
   */
  public void finished() throws IOException {
    end("finished", null);
  }

  /**
   * States that the run was stopped and can go on.
   *
   * @param why what stopped it
   * @throws IOException if it cannot be written
   */
  public void interrupted(String why) throws IOException {
    end("interrupted", why);
  }

  /**
   * States that the run failed.
   *
   * @param cause what went wrong
   * @throws IOException if it cannot be written
   */
  public void failed(Throwable cause) throws IOException {
    end("failed", cause.toString());
  }

  private void end(String state, String error) throws IOException {
    Instant now = Instant.now();
    double seconds = Duration.between(started, now).toMillis() / 1000.0;
    writeStatus(new Status(state, started, now, seconds, error));
    ended = true;
  }

  /** Closes the metrics. A run that neither finished nor failed by then has been broken off. */
  @Override
  public void close() throws IOException {
    metrics.close();
    if (!ended) {
      end("failed", "broken off");
    }
  }

  private void writeStatus(Status status) throws IOException {
    writePretty(folder.resolve(STATUS), status);
  }

  private static void writePretty(Path file, Object value) throws IOException {
    AtomicFiles.write(file, PRETTY.writeValueAsString(value) + "\n");
  }
}
