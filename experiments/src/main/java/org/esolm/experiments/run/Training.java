package org.esolm.experiments.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.esolm.data.Corpus;
import org.esolm.io.AtomicFiles;
import org.esolm.model.ModelConfig;
import org.esolm.notebook.Progress;
import org.esolm.tensor.Workers;
import org.esolm.train.TrainEvent;
import org.esolm.train.Trainer;
import tools.jackson.databind.json.JsonMapper;

/** One training run in a run directory. */
public final class Training {
  /** The checkpoint that a run ends with, and resumes from. */
  static final String CHECKPOINT = "last.safetensors";

  static final String TOKENS = "tokens.json";

  private static final int METRICS_EVERY = 10;

  private Training() {}

  /**
   * Trains, or goes on training, to the configured number of steps.
   *
   * @param folder the run directory
   * @param config what to train
   * @param corpus the corpus of the configuration, opened
   * @param resume whether the folder holds the beginning of this very run
   * @param workers the threads that compute
   * @throws IOException if the folder cannot be written
   * @throws IllegalArgumentException if the configuration does not fit the corpus, or the folder
   *     the request
   */
  public static void run(
      Path folder, RunConfig config, Corpus corpus, boolean resume, Workers workers)
      throws IOException {
    ModelConfig model = config.model().of(config.system(), corpus);
    try (Trainer trainer =
        new Trainer(
            model,
            config.system().objective(model),
            config.train(),
            corpus.trainBlocks(model.length()),
            corpus.validBlocks(model.length()),
            workers)) {
      Path checkpoint = folder.resolve("checkpoints").resolve(CHECKPOINT);
      if (resume && Files.exists(checkpoint)) {
        trainer.restore(checkpoint);
        RunDirectory.keepMetrics(folder, row -> row.path("step").asLong() <= trainer.step());
      }
      Provenance provenance = provenance(config);
      try (RunDirectory run =
          resume
              ? RunDirectory.resume(folder, config, provenance)
              : RunDirectory.create(folder, config, provenance)) {
        AtomicFiles.write(
            folder.resolve(TOKENS),
            JsonMapper.shared().writeValueAsString(corpus.tokenizer().tokens()));
        train(trainer, run, config);
      }
    }
  }

  private static Provenance provenance(RunConfig config) throws IOException {
    List<Path> inputs =
        Stream.of(config.corpus().file(), config.corpus().validation())
            .flatMap(Optional::stream)
            .toList();
    return Provenance.gather(
        Path.of(System.getProperty("eso.home", ".")),
        Map.of("train", config.train().seed(), "corpus", config.corpus().seed()),
        inputs);
  }

  private static void train(Trainer trainer, RunDirectory run, RunConfig config)
      throws IOException {
    try (Progress progress =
        Progress.of("training " + config.system().label(), config.train().steps())) {
      double[] smoothed = {Double.NaN};
      trainer.run(
          event -> {
            smoothed[0] =
                Double.isNaN(smoothed[0]) ? event.loss() : 0.95 * smoothed[0] + 0.05 * event.loss();
            progress.step(event.step(), () -> note(event, smoothed[0]));
            record(run, event);
          },
          () -> save(trainer, run));
      run.finished();
    } catch (RuntimeException | Error e) {
      run.failed(e);
      throw e;
    }
  }

  private static String note(TrainEvent event, double loss) {
    return String.format(Locale.ROOT, "loss %.3f, %,.0f tokens/s", loss, event.tokensPerSecond());
  }

  private static void record(RunDirectory run, TrainEvent event) {
    if (event.step() % METRICS_EVERY != 0 && event.validation().isEmpty()) {
      return;
    }
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("step", event.step());
    row.put("loss", event.loss());
    row.put("gradientNorm", event.gradientNorm());
    row.put("learningRate", event.learningRate());
    row.put("tokensPerSecond", event.tokensPerSecond());
    event.validation().ifPresent(v -> row.put("validation", v));
    try {
      run.metrics(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void save(Trainer trainer, RunDirectory run) {
    try {
      trainer.save(run.checkpoint(CHECKPOINT));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
