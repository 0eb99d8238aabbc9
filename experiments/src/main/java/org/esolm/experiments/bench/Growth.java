package org.esolm.experiments.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.esolm.tensor.WeightFormat;

/**
 * What a training step and a sample cost as one size grows and the others stay, in seconds and in
 * memory, every measurement in a process of its own; and how soon the command line answers.
 */
public final class Growth {
  private static final Duration LIMIT = Duration.ofMinutes(2);
  private static final int STARTS = 5;
  private static final Shape BASE = new Shape("base", 128, 64, 4, 4, 128, 256, 256, 8);
  private static final int HEAD = 32;

  private final RowFile rows;
  private final Consumer<String> log;

  /**
   * A size that grows.
   *
   * @param what {@code train} or {@code sample}
   * @param name of the size
   * @param values ascending
   */
  public record Axis(String what, String name, List<Integer> values) {
    Work work(String model, int value) {
      Shape s = BASE;
      boolean train = what.equals("train");
      int length = train ? s.trainLength() : s.sampleLength();
      int batch = train ? s.batch() : 1;
      Map<String, Integer> options = Map.of();
      switch (name) {
        case "batch" -> batch = value;
        case "length" -> length = value;
        case "width" -> s = shape(value, s.blocks());
        case "layers" -> s = shape(s.hidden(), value);
        case "steps" ->
            options = Map.of("steps", value, "block_steps", Math.clamp(value / 64, 1, 64));
        default -> throw new IllegalStateException(name);
      }
      return new Work(what, model, s, length, batch, WeightFormat.F32, options);
    }

    private static Shape shape(int hidden, int blocks) {
      return new Shape(
          "base",
          hidden,
          BASE.cond(),
          blocks,
          hidden / HEAD,
          BASE.trainLength(),
          BASE.sampleLength(),
          BASE.vocab(),
          BASE.batch());
    }
  }

  /**
   * One measurement.
   *
   * @param axis the size that grows
   * @param model that is measured
   * @param value of the size
   */
  record Point(Axis axis, String model, int value) {
    /** Such as {@code train-batch-eso-8}. */
    String name() {
      return String.join("-", axis.what, axis.name, model, "" + value);
    }

    Work work() {
      return axis.work(model, value);
    }

    Map<String, Object> key() {
      Map<String, Object> key = new LinkedHashMap<>();
      key.put("what", axis.what);
      key.put("model", model);
      key.put("axis", axis.name);
      key.put("value", value);
      return key;
    }
  }

  /** What grows; the size that stays has the value of the base: see the table's text. */
  public static final List<Axis> AXES =
      List.of(
          new Axis("train", "batch", List.of(2, 4, 8, 16, 32)),
          new Axis("train", "length", List.of(64, 128, 256, 512)),
          new Axis("train", "width", List.of(64, 128, 256, 512)),
          new Axis("train", "layers", List.of(2, 4, 8, 16)),
          new Axis("sample", "length", List.of(64, 128, 256, 512)),
          new Axis("sample", "steps", List.of(16, 64, 256, 1024)),
          new Axis("sample", "batch", List.of(1, 4, 16, 64)));

  /** What the sizes are where they do not grow. */
  public static final String BASE_SIZES =
      "width %d, %d layers, heads of %d, vocabulary %d; training: L = %d, batch %d; sampling: L = %d, T = L (BD3-LM: T / 64 steps a block, at least 1), one sequence"
          .formatted(
              BASE.hidden(),
              BASE.blocks(),
              HEAD,
              BASE.vocab(),
              BASE.trainLength(),
              BASE.batch(),
              BASE.sampleLength());

  /**
   * Prepares the measurement.
   *
   * @param rows what was measured so far
   * @param log told what is done
   */
  public Growth(RowFile rows, Consumer<String> log) {
    this.rows = rows;
    this.log = log;
  }

  /**
   * Everything that can be measured.
   *
   * @param only names must contain this regular expression; all do if it is empty
   * @return in the order of the tables
   */
  static List<Point> points(String only) {
    Pattern pattern = Works.pattern(only);
    List<Point> points = new ArrayList<>();
    for (Axis axis : AXES) {
      for (String model : Work.MODELS) {
        boolean stepless = axis.name.equals("steps") && model.equals("ar");
        for (int value : stepless ? List.<Integer>of() : axis.values) {
          points.add(new Point(axis, model, value));
        }
      }
    }
    points.removeIf(point -> !pattern.matcher(point.name()).find());
    if (points.isEmpty()) {
      throw new IllegalArgumentException(
          "--only: '" + only + "' fits nothing, must fit a name such as train-batch-eso-8");
    }
    return points;
  }

  /**
   * Measures what is missing.
   *
   * @param only names must contain this regular expression, such as {@code train-batch}
   * @param budget after which nothing new is begun
   * @return whether all is there now
   * @throws IOException if a process fails or a row cannot be written
   * @throws InterruptedException if this thread was interrupted
   */
  public boolean run(String only, Duration budget) throws IOException, InterruptedException {
    long end = System.nanoTime() + budget.toNanos();
    for (Point point : points(only)) {
      if (rows.find(point.key()).isPresent()) {
        continue;
      }
      if (System.nanoTime() > end) {
        return false;
      }
      measure(point);
    }
    return true;
  }

  private void measure(Point point) throws IOException, InterruptedException {
    Work work = point.work();
    Child child = Child.run(Ours.frugalCommand(work), LIMIT);
    Map<String, Object> row = point.key();
    if (child.tooLong()) {
      row.put("limit_s", LIMIT.toSeconds());
    } else {
      row.put("seconds", work.least(child.line()));
      row.put("peak_mib", child.peakMib());
      row.put("others", child.others());
    }
    rows.add(row);
    log.accept("%-24s  %s".formatted(point.name(), told(row)));
  }

  /** Seconds and memory, or that they are not known. */
  static String told(Map<String, Object> row) {
    Double seconds = Numbers.of(row, "seconds");
    if (seconds == null) {
      return "over " + row.get("limit_s") + " s";
    }
    Double peak = Numbers.of(row, "peak_mib");
    Double others = Numbers.of(row, "others");
    return (others != null && others > Comparison.DISTURBED ? "~" : "")
        + Numbers.seconds(seconds)
        + (peak == null ? "" : ", %.0f MiB".formatted(peak));
  }

  /**
   * Measures how soon the command line answers.
   *
   * @param root of the source tree, where the launcher is
   * @param run a trained run to sample from
   * @throws IOException if a process fails or a row cannot be written
   * @throws InterruptedException if this thread was interrupted
   */
  public void starts(Path root, Path run) throws IOException, InterruptedException {
    String launcher = root.resolve("eso").toString();
    Map<String, List<String>> commands = new LinkedHashMap<>();
    commands.put("eso --help", List.of(launcher, "--help"));
    commands.put("eso", List.of(launcher));
    commands.put(
        "eso sample RUN --count 1", List.of(launcher, "sample", run.toString(), "--count", "1"));
    for (var command : commands.entrySet()) {
      Map<String, Object> row = new LinkedHashMap<>(Map.of("start", command.getKey()));
      if (rows.find(row).isPresent()) {
        continue;
      }
      List<Double> seconds = new ArrayList<>();
      for (int i = 0; i < STARTS; i++) {
        seconds.add(Child.time(command.getValue(), LIMIT));
      }
      row.put("seconds", Numbers.median(seconds));
      row.put("least", Numbers.quantile(seconds, 0));
      rows.add(row);
      log.accept(command.getKey() + "  " + Numbers.seconds(Numbers.median(seconds)));
    }
  }
}
