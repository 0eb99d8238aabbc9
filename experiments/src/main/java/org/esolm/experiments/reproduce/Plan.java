package org.esolm.experiments.reproduce;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.esolm.data.CorpusConfig;
import org.esolm.experiments.config.Configs;
import org.esolm.experiments.run.ModelSizes;
import org.esolm.experiments.run.RunConfig;
import org.esolm.system.SystemConfig;
import org.esolm.train.TrainConfig;

/**
 * What a reproduction does.
 *
 * @param minutes how long it takes on two cores, for the estimate at the start
 * @param corpus what all systems are trained on
 * @param model the sizes of all networks
 * @param train how all are trained, but for the number of steps
 * @param evaluation how they are measured
 * @param systems what is compared
 */
public record Plan(
    double minutes,
    CorpusConfig corpus,
    ModelSizes model,
    TrainConfig train,
    Evaluation evaluation,
    List<Trial> systems) {
  /**
   * How systems are measured.
   *
   * @param texts held-out texts for the likelihood
   * @param draws passes over each of them
   * @param samples texts drawn at each setting of a sampler
   * @param batch texts drawn together, and timed
   */
  public record Evaluation(int texts, int draws, int samples, int batch) {
    /** Checks every field. */
    public Evaluation {
      requirePositive("evaluation.texts", texts);
      requirePositive("evaluation.draws", draws);
      requirePositive("evaluation.samples", samples);
      requirePositive("evaluation.batch", batch);
    }
  }

  /**
   * One system.
   *
   * @param system which
   * @param steps training steps
   * @param sampling the settings at which it is sampled
   */
  public record Trial(SystemConfig system, int steps, List<Setting> sampling) {
    /** Checks what the parts do not. */
    public Trial {
      requirePositive("steps", steps);
      sampling = List.copyOf(sampling);
    }
  }

  /**
   * One setting of a sampler.
   *
   * @param steps T (BD3-LM: T' of a block); null for systems without
   * @param alpha0 Eso-LM: alpha_0 while sampling; null for that of training
   */
  public record Setting(Integer steps, Double alpha0) {}

  /** Checks that there is something to do. */
  public Plan {
    systems = systems == null ? List.of() : List.copyOf(systems);
    if (systems.isEmpty()) {
      throw new IllegalArgumentException("systems: none, must be at least one");
    }
    if (evaluation == null) {
      throw new IllegalArgumentException("evaluation: missing, must be there");
    }
    for (Trial trial : systems) {
      new RunConfig(corpus, trial.system(), model, train);
    }
  }

  private static void requirePositive(String field, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(field + ": " + value + ", must be at least 1");
    }
  }

  /**
   * Reads the plan of a profile.
   *
   * @param home the repository
   * @param profile smoke, quick or full
   * @return the plan in {@code experiments/configs/reproduce-PROFILE.yaml}
   * @throws IOException if the file cannot be read
   */
  public static Plan ofProfile(Path home, String profile) throws IOException {
    Path folder = home.resolve("experiments/configs");
    Path file = folder.resolve("reproduce-" + profile.toLowerCase(Locale.ROOT) + ".yaml");
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "profile: '" + profile + "', must be smoke, quick or full");
    }
    return Configs.read(file, List.of(), Plan.class);
  }

  /** The training run of a trial. */
  RunConfig run(Trial trial) {
    return new RunConfig(corpus, trial.system(), model, train.withSteps(trial.steps()));
  }
}
