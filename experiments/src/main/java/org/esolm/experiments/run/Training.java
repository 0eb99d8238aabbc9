package org.esolm.experiments.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.esolm.data.Corpus;
import org.esolm.io.AtomicFiles;
import org.esolm.model.ModelConfig;
import org.esolm.notebook.Progress;
import org.esolm.tensor.Workers;
import org.esolm.train.TrainConfig;
import org.esolm.train.TrainEvent;
import org.esolm.train.Trainer;

/** One training run in a run directory. */
public final class Training {
  /** The checkpoint that a run ends with, and resumes from. */
  static final String CHECKPOINT = "last.safetensors";

  /** What the tokenizer is made from again, {@link org.esolm.data.Tokenizer#definition}. */
  static final String TOKENS = "tokens.json";

  private static final int METRICS_EVERY = 10;

  private Training() {}

  /** Follows a training run. */
  public interface Watcher {
    /** Watches nothing. */
    Watcher NONE = new Watcher() {};

    /**
     * Called after every step.
     *
     * @param event what happened in it
     */
    default void onStep(TrainEvent event) {}

    /**
     * Called when a checkpoint has been written: {@link TrainedRun#open} would open it. Not for the
     * one that an interrupt leaves.
     *
     * @param step steps done
     */
    default void onCheckpoint(long step) {}
  }

  /**
   * Trains, or goes on, with nobody watching; see the other form.
   *
   * @param folder the run directory
   * @param config what to train
   * @param corpus the corpus of the configuration, opened
   * @param resume whether the folder holds the beginning of this very run
   * @param workers the threads that compute
   * @return the last bound on held-out text, nats a token; empty if no step was left to do
   * @throws IOException if the folder cannot be written
   */
  public static OptionalDouble run(
      Path folder, RunConfig config, Corpus corpus, boolean resume, Workers workers)
      throws IOException {
    return run(folder, config, corpus, resume, workers, Watcher.NONE);
  }

  /**
   * Trains, or goes on training, to the configured number of steps. An interrupt of the thread
   * saves and ends it. What is wrong with the request is found before anything is written.
   *
   * @param folder the run directory
   * @param config what to train; a run that is resumed may get more steps than it had
   * @param corpus the corpus of the configuration, opened
   * @param resume whether the folder holds the beginning of this very run
   * @param workers the threads that compute
   * @param watcher follows the run
   * @return the last bound on held-out text, nats a token; empty if no step was left to do
   * @throws IOException if the folder cannot be written
   * @throws IllegalArgumentException if the configuration does not fit the corpus, or the folder
   *     the request
   * @throws CancellationException if the thread was interrupted
   */
  public static OptionalDouble run(
      Path folder,
      RunConfig config,
      Corpus corpus,
      boolean resume,
      Workers workers,
      Watcher watcher)
      throws IOException {
    requirePlace(folder, resume);
    ModelConfig model = config.model().of(config.system(), corpus);
    try (Trainer trainer =
        new Trainer(
            model,
            config.system().objective(model),
            config.train(),
            corpus.trainBlocks(model.length()),
            corpus.validBlocks(model.length()),
            workers)) {
      Provenance provenance = provenance(config);
      try (RunDirectory run =
          resume
              ? resumed(folder, config, trainer, provenance)
              : RunDirectory.create(folder, config, provenance)) {
        AtomicFiles.write(folder.resolve(TOKENS), corpus.tokenizer().definition());
        return train(trainer, run, config, watcher);
      }
    }
  }

  /**
   * Refuses a folder in which a run could not begin, or not go on. Writes nothing.
   *
   * @param folder the run directory
   * @param resume whether it is to hold a run already
   * @throws IOException if it cannot be looked at
   * @throws IllegalArgumentException if it holds a run and should not, or the other way round
   */
  public static void requirePlace(Path folder, boolean resume) throws IOException {
    if (resume) {
      RunDirectory.requireRun(folder);
    } else {
      RunDirectory.requireFree(folder);
    }
  }

  private static RunDirectory resumed(
      Path folder, RunConfig config, Trainer trainer, Provenance provenance) throws IOException {
    RunConfig before = RunDirectory.config(folder, RunConfig.class);
    int steps = config.train().steps();
    TrainConfig other = before.train().withSteps(steps);
    boolean moreSteps =
        steps != before.train().steps()
            && config.equals(
                new RunConfig(before.corpus(), before.system(), before.model(), other));
    Path checkpoint = folder.resolve("checkpoints").resolve(CHECKPOINT);
    if (Files.exists(checkpoint) && (moreSteps || config.equals(before))) {
      trainer.restore(checkpoint);
      requireSameBeginning(trainer.step(), before.train(), config.train());
      RunDirectory.keepMetrics(folder, row -> row.path("step").asLong() <= trainer.step());
    }
    if (moreSteps) {
      RunDirectory.reconfigure(folder, config);
    }
    return RunDirectory.resume(folder, config, provenance);
  }

  /** With another number of steps, the steps done must be those that it would have begun with. */
  private static void requireSameBeginning(long done, TrainConfig before, TrainConfig now) {
    if (done > now.steps()) {
      throw new IllegalArgumentException(
          "train.steps: %d, must be at least the %d that are done".formatted(now.steps(), done));
    }
    if (done > 0 && before.learningRate(done - 1) != now.learningRate(done - 1)) {
      throw new IllegalArgumentException(
          "train.steps: %d, must be %d, for which the learning rate has already begun to fall"
              .formatted(now.steps(), before.steps()));
    }
  }

  private static Provenance provenance(RunConfig config) throws IOException {
    return Provenance.gather(
        Path.of(System.getProperty("eso.home", ".")),
        Map.of("train", config.train().seed(), "corpus", config.corpus().seed()),
        config.corpus().files());
  }

  private static OptionalDouble train(
      Trainer trainer, RunDirectory run, RunConfig config, Watcher watcher) throws IOException {
    try (Progress progress =
        Progress.of("training " + config.system().label(), config.train().steps())) {
      StepLog steps = new StepLog(progress, run);
      trainer.run(steps.andThen(watcher::onStep), () -> save(trainer, run, watcher));
      run.finished();
      return steps.validation;
    } catch (CancellationException e) {
      run.interrupted(e.getMessage());
      throw e;
    } catch (RuntimeException | Error e) {
      run.failed(e);
      throw e;
    }
  }

  /** Shows every step, and writes the mean loss of some steps as one line of metrics. */
  private static final class StepLog implements Consumer<TrainEvent> {
    private final Progress progress;
    private final RunDirectory run;
    private double smoothed = Double.NaN;
    private double sum;
    private int count;
    private OptionalDouble validation = OptionalDouble.empty();

    StepLog(Progress progress, RunDirectory run) {
      this.progress = progress;
      this.run = run;
    }

    @Override
    public void accept(TrainEvent event) {
      smoothed = Double.isNaN(smoothed) ? event.loss() : 0.95 * smoothed + 0.05 * event.loss();
      sum += event.loss();
      count++;
      validation = event.validation();
      progress.step(
          event.step(),
          () ->
              String.format(
                  Locale.ROOT, "loss %.3f, %,.0f tokens/s", smoothed, event.tokensPerSecond()));
      if (event.step() % METRICS_EVERY == 0 || validation.isPresent()) {
        write(event);
      }
    }

    private void write(TrainEvent event) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("step", event.step());
      row.put("loss", sum / count);
      row.put("gradientNorm", event.gradientNorm());
      row.put("learningRate", event.learningRate());
      row.put("tokensPerSecond", event.tokensPerSecond());
      validation.ifPresent(v -> row.put("validation", v));
      sum = 0;
      count = 0;
      try {
        run.metrics(row);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static void save(Trainer trainer, RunDirectory run, Watcher watcher) {
    try {
      trainer.save(run.checkpoint(CHECKPOINT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (!Thread.currentThread().isInterrupted()) {
      watcher.onCheckpoint(trainer.step());
    }
  }
}
