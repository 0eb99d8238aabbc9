package org.esolm.experiments.tables;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.esolm.data.CorpusConfig;
import org.esolm.experiments.config.Configs;
import org.esolm.experiments.run.ModelSizes;
import org.esolm.experiments.run.RunConfig;
import org.esolm.system.SystemConfig;
import org.esolm.train.TrainConfig;

/**
 * What the tables of likelihoods are made from.
 *
 * @param minutes how long it takes on two cores, for the estimate at the start
 * @param corpus what all systems are trained on
 * @param model the sizes of all networks
 * @param train how all are trained
 * @param evaluation how they are measured
 * @param variance table 2; null to leave it out
 * @param systems the rows of tables 6 to 10
 */
public record LikelihoodPlan(
    double minutes,
    CorpusConfig corpus,
    ModelSizes model,
    TrainConfig train,
    Evaluation evaluation,
    Variance variance,
    List<Trial> systems) {
  /**
   * How systems are measured.
   *
   * @param texts held-out texts
   * @param draws of times and masks for the NELBO
   * @param orders the K of the bounds, ascending
   * @param batch texts, or function evaluations, a pass
   */
  public record Evaluation(int texts, int draws, List<Integer> orders, int batch) {
    /** Checks every field. */
    public Evaluation {
      requirePositive("evaluation.texts", texts);
      requirePositive("evaluation.draws", draws);
      requirePositive("evaluation.batch", batch);
      orders = List.copyOf(orders);
      if (orders.isEmpty() || !orders.stream().sorted().distinct().toList().equals(orders)) {
        throw new IllegalArgumentException(
            "evaluation.orders: " + orders + ", must be at least one number, ascending");
      }
      requirePositive("evaluation.orders", orders.getFirst());
    }

    /** The most orders. */
    int maxOrders() {
      return orders.getLast();
    }
  }

  /**
   * How estimates of one text are repeated (table 2), by an Eso-LM of alpha_0 = 1.
   *
   * @param trials repetitions
   * @param samples times and masks a trial
   * @param length tokens of the text, and of the network that is trained for it
   * @param steps its training steps
   */
  public record Variance(int trials, int samples, int length, int steps) {
    /** Checks every field. */
    public Variance {
      if (trials < 2) {
        throw new IllegalArgumentException("variance.trials: " + trials + ", must be at least 2");
      }
      requirePositive("variance.samples", samples);
      requirePositive("variance.length", length);
      requirePositive("variance.steps", steps);
    }
  }

  /**
   * One system.
   *
   * @param system which
   * @param nelboOnly whether bounds over orders are left out, which take long where an order takes
   *     many function evaluations; null for no
   * @param paper what the paper has for it on LM1B; null where it has nothing
   */
  public record Trial(SystemConfig system, Boolean nelboOnly, Paper paper) {
    /** Fills in defaults. */
    public Trial {
      nelboOnly = nelboOnly == null ? Boolean.FALSE : nelboOnly;
      paper = paper == null ? new Paper(null, List.of()) : paper;
    }
  }

  /**
   * The paper's perplexities.
   *
   * @param nelbo tables 1, 9; null where there is none
   * @param bounds tables 6 and 7, one for each of the plan's first K; null where there are none
   */
  public record Paper(Double nelbo, List<Double> bounds) {
    /** Fills in defaults. */
    public Paper {
      bounds = bounds == null ? List.of() : List.copyOf(bounds);
    }
  }

  /** Checks that the parts fit. */
  public LikelihoodPlan {
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
    if (variance != null) {
      train.withSteps(variance.steps());
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
   * @param profile smoke or quick
   * @return the plan in {@code experiments/configs/likelihood-tables.yaml}, or {@code
   *     likelihood-tables-smoke.yaml}
   * @throws IOException if the file cannot be read
   */
  public static LikelihoodPlan ofProfile(Path home, String profile) throws IOException {
    String name =
        switch (profile) {
          case "quick" -> "likelihood-tables.yaml";
          case "smoke" -> "likelihood-tables-smoke.yaml";
          default ->
              throw new IllegalArgumentException(
                  "--profile: '" + profile + "', must be smoke or quick");
        };
    Path file = home.resolve("experiments/configs").resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(file + ": no such file, it belongs to the project");
    }
    return Configs.read(file, List.of(), LikelihoodPlan.class);
  }

  /** The training run of a system. */
  RunConfig run(SystemConfig system) {
    return new RunConfig(corpus, system, model, train);
  }

  /** The training run of table 2. */
  RunConfig varianceRun() {
    ModelSizes m = model;
    ModelSizes sizes =
        new ModelSizes(
            m.hiddenSize(), m.condDim(), m.blocks(), m.heads(), variance.length(), m.dropout());
    return new RunConfig(corpus, SystemConfig.eso(1), sizes, train.withSteps(variance.steps()));
  }
}
