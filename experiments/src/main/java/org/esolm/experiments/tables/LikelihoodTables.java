package org.esolm.experiments.tables;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.esolm.data.Corpus;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.experiments.Figures;
import org.esolm.experiments.run.ExperimentFolder;
import org.esolm.experiments.run.RunConfig;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.io.AtomicFiles;
import org.esolm.metric.OraclePerplexity;
import org.esolm.metric.ResultRow;
import org.esolm.notebook.Progress;
import org.esolm.objective.AnyOrderLikelihood;
import org.esolm.objective.ImportanceWeightedBound;
import org.esolm.objective.Nelbo;
import org.esolm.objective.OrderChoice;
import org.esolm.objective.OrderVariance;
import org.esolm.objective.OrderVariance.Spread;
import org.esolm.objective.OrderedObjective;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;

/**
 * Bounds on the likelihood, as tables 2 and 6 to 10 of the paper have them: trains what the plan
 * names, measures every system by the NELBO and by orders, and one text again and again. What is
 * there already is not done again.
 */
public final class LikelihoodTables implements AutoCloseable {
  private static final String ROWS = "rows.jsonl";

  private final LikelihoodPlan plan;
  private final ExperimentFolder folder;
  private final Consumer<String> log;
  private final Corpus corpus;
  private final Workers workers = Workers.ofMachine();

  /**
   * Begins, or goes on.
   *
   * @param plan what to do
   * @param folder where; made if it is not there
   * @param log takes a line for each thing that is begun
   * @throws IOException if the folder cannot be written
   * @throws IllegalArgumentException if the folder holds something else
   */
  public LikelihoodTables(LikelihoodPlan plan, Path folder, Consumer<String> log)
      throws IOException {
    this.plan = plan;
    this.folder = new ExperimentFolder(folder);
    this.log = log;
    this.folder.requireFreeFor(plan);
    corpus = plan.corpus().open();
    this.folder.begin(plan);
  }

  /**
   * Trains and measures everything that is not there yet, writes {@code results.jsonl}, {@code
   * tables.txt} and the figure.
   *
   * @return the rows
   * @throws IOException if the folder cannot be read or written
   */
  public List<ResultRow> run() throws IOException {
    List<ResultRow> rows = new ArrayList<>();
    int parts = plan.systems().size() + (plan.variance() == null ? 0 : 1);
    int part = 0;
    for (LikelihoodPlan.Trial trial : plan.systems()) {
      SystemConfig system = trial.system();
      String number = ++part + "/" + parts;
      rows.addAll(part(number, system.label(), plan.run(system), run -> bounds(run, trial)));
    }
    if (plan.variance() != null) {
      String name = "eso 1 of " + plan.variance().length();
      rows.addAll(part(parts + "/" + parts, name, plan.varianceRun(), this::variance));
    }
    ResultRow.write(folder.path().resolve("results.jsonl"), rows);
    AtomicFiles.write(folder.path().resolve("tables.txt"), LikelihoodTableText.of(rows));
    Figures.draw(folder.path());
    return rows;
  }

  /** What is measured of a trained network. */
  @FunctionalInterface
  private interface Measurement {
    List<ResultRow> of(TrainedRun run);
  }

  private List<ResultRow> part(
      String number, String name, RunConfig config, Measurement measurement) throws IOException {
    Path rows = folder.run(name).resolve(ROWS);
    if (Files.exists(rows)) {
      log.accept(number + " " + name + ": done before");
      return ResultRow.read(rows);
    }
    if (!folder.isTrained(name)) {
      log.accept("%s %s: training, %,d steps".formatted(number, name, config.train().steps()));
      folder.train(name, config, corpus, workers);
    }
    log.accept(number + " " + name + ": likelihood");
    try (TrainedRun run = TrainedRun.open(folder.run(name), corpus, workers)) {
      List<ResultRow> result = measurement.of(run);
      ResultRow.write(rows, result);
      return result;
    }
  }

  private List<ResultRow> bounds(TrainedRun run, LikelihoodPlan.Trial trial) {
    LikelihoodPlan.Evaluation evaluation = plan.evaluation();
    int[][] texts = corpus.validBlocks(plan.model().length()).first(evaluation.texts());
    OrderedObjective objective = (OrderedObjective) run.objective();
    int scored = objective.scoredTokens(plan.model().length());
    Estimate truth = truth(texts, scored);
    List<ResultRow> rows = new ArrayList<>();

    double[] nelbo = nelbo(run, objective, texts);
    Map<String, Object> extra = new LinkedHashMap<>();
    extra.put("bound", "nelbo");
    extra.put("draws", evaluation.draws());
    extra.put("paper", trial.paper().nelbo());
    rows.add(row(trial.system(), perToken(nelbo, scored).perplexity(), truth, extra));
    if (trial.nelboOnly()) {
      return rows;
    }

    List<Double> paper = trial.paper().bounds();
    double[][] logP = logP(run, objective, texts);
    for (int i = 0; i < evaluation.orders().size(); i++) {
      int k = evaluation.orders().get(i);
      ImportanceWeightedBound bound = ImportanceWeightedBound.of(logP, k, scored);
      Estimate perplexity = bound.natsPerToken().perplexity();
      extra = new LinkedHashMap<>();
      extra.put("bound", k == 1 ? "any-order" : "iw");
      extra.put("orders", k);
      extra.put("orderError", finite(bound.orderError() * perplexity.value()));
      extra.put("effectiveOrders", bound.effectiveOrders());
      extra.put("paper", i < paper.size() ? paper.get(i) : null);
      rows.add(row(trial.system(), perplexity, truth, extra));
    }
    return rows;
  }

  private double[] nelbo(TrainedRun run, OrderedObjective objective, int[][] texts) {
    int draws = plan.evaluation().draws();
    try (Progress progress = Progress.of("NELBO", (long) texts.length * draws)) {
      int batch = plan.evaluation().batch();
      long seed = plan.train().seed();
      return Nelbo.of(run.network(), objective, texts, 0, batch, draws, seed, progress::step);
    }
  }

  private double[][] logP(TrainedRun run, OrderedObjective objective, int[][] texts) {
    int orders = plan.evaluation().maxOrders();
    OrderChoice choice =
        new OrderChoice(objective.orders(plan.model().length()), plan.train().seed(), 1);
    try (Progress progress = Progress.of("orders", (long) texts.length * orders)) {
      int batch = plan.evaluation().batch();
      return AnyOrderLikelihood.of(
          run.network(), objective, texts, 0, choice, orders, batch, progress::step);
    }
  }

  private Estimate truth(int[][] texts, int scored) {
    return corpus
        .oracle()
        .map(
            (Oracle oracle) ->
                perToken(OraclePerplexity.nats(oracle, texts, texts[0].length - scored), scored)
                    .perplexity())
        .orElse(null);
  }

  private static Estimate perToken(double[] nats, double tokens) {
    return Estimate.mean(Arrays.stream(nats).map(n -> n / tokens).toArray());
  }

  private static Double finite(double x) {
    return Double.isFinite(x) ? x : null;
  }

  private static ResultRow row(
      SystemConfig system, Estimate perplexity, Estimate truth, Map<String, Object> extra) {
    Double alpha0 = system.name().equals("eso") ? system.alpha0() : null;
    extra.values().removeIf(v -> v == null);
    return new ResultRow(
        system.family(), alpha0, perplexity, truth, null, null, null, null, null, null, extra);
  }

  private List<ResultRow> variance(TrainedRun run) {
    LikelihoodPlan.Variance variance = plan.variance();
    int[] text = corpus.validBlocks(variance.length()).block(0);
    try (Progress progress = Progress.of("variance", 3L * variance.trials())) {
      OrderVariance spreads =
          OrderVariance.of(
              run.network(),
              (OrderedObjective) run.objective(),
              text,
              variance.trials(),
              variance.samples(),
              plan.evaluation().batch(),
              plan.train().seed(),
              progress::step);
      return List.of(
          spread("times and masks, independent", spreads.independent(), variance, 3.25, 0.56),
          spread("times and masks, low-discrepancy", spreads.stratified(), variance, null, null),
          spread("one order", spreads.oneOrder(), variance, 3.28, 0.03));
    }
  }

  private static ResultRow spread(
      String estimator,
      Spread spread,
      LikelihoodPlan.Variance variance,
      Double paperMean,
      Double paperSd) {
    Map<String, Object> extra = new LinkedHashMap<>();
    extra.put("estimator", estimator);
    extra.put("length", variance.length());
    extra.put("trials", spread.trials());
    extra.put("evaluations", spread.evaluations());
    extra.put("mean", spread.mean());
    extra.put("sd", spread.sd());
    extra.put("sdError", spread.sdError());
    extra.put("paperMean", paperMean);
    extra.put("paperSd", paperSd);
    return row(SystemConfig.eso(1), null, null, extra);
  }

  @Override
  public void close() {
    workers.close();
  }
}
