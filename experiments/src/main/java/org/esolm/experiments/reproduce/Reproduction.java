package org.esolm.experiments.reproduce;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.esolm.data.Corpus;
import org.esolm.experiments.Figures;
import org.esolm.experiments.run.ExperimentFolder;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.ResultRow;
import org.esolm.tensor.Workers;

/**
 * Does what a plan says, in a folder: {@code plan.yaml}, a run directory for each system below
 * {@code runs}, {@code results.jsonl} with a row for each sampler setting, {@code figures}. What is
 * there already is not done again, so one that was broken off goes on where it was, and a notebook
 * shows what the command line computed.
 */
public final class Reproduction implements AutoCloseable {
  private static final String ROWS = "rows.jsonl";

  private final Plan plan;
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
   * @throws IllegalArgumentException if the folder holds something else, or a reproduction of
   *     another plan
   */
  public Reproduction(Plan plan, Path folder, Consumer<String> log) throws IOException {
    this.plan = plan;
    this.folder = new ExperimentFolder(folder);
    this.log = log;
    this.folder.requireFreeFor(plan);
    corpus = plan.corpus().open();
    for (Plan.Trial trial : plan.systems()) {
      plan.model().of(trial.system(), corpus);
    }
    corpus.trainBlocks(plan.model().length());
    corpus.validBlocks(plan.model().length());
    this.folder.begin(plan);
  }

  /**
   * The corpus that all systems are trained on.
   *
   * @return the corpus
   */
  public Corpus corpus() {
    return corpus;
  }

  /**
   * What is being reproduced.
   *
   * @return the plan
   */
  public Plan plan() {
    return plan;
  }

  /**
   * The folder of a system's run.
   *
   * @param label as {@link org.esolm.system.SystemConfig#label} names it
   * @return a run directory
   */
  public Path run(String label) {
    return folder.run(label);
  }

  /**
   * Trains and measures everything that is not there yet, and writes results and figures.
   *
   * @return a row for each setting of each system
   * @throws IOException if the folder cannot be read or written
   */
  public List<ResultRow> run() throws IOException {
    List<ResultRow> rows = new ArrayList<>();
    int number = 0;
    for (Plan.Trial trial : plan.systems()) {
      rows.addAll(trial(trial, ++number + "/" + plan.systems().size()));
    }
    ResultRow.write(folder.path().resolve("results.jsonl"), rows);
    Figures.draw(folder.path());
    return rows;
  }

  /**
   * Trains and measures one system, unless that is done.
   *
   * @param trial one of the plan's
   * @return its rows
   * @throws IOException if the folder cannot be read or written
   */
  public List<ResultRow> trial(Plan.Trial trial) throws IOException {
    return trial(trial, "");
  }

  private List<ResultRow> trial(Plan.Trial trial, String number) throws IOException {
    String label = trial.system().label();
    Path run = run(label);
    Path rows = run.resolve(ROWS);
    if (Files.exists(rows)) {
      log.accept(number + " " + label + ": done before");
      return ResultRow.read(rows);
    }
    if (!folder.isTrained(label)) {
      log.accept("%s %s: training, %,d steps".formatted(number, label, trial.steps()).strip());
      folder.train(label, plan.run(trial), corpus, workers);
    }
    log.accept("%s %s: likelihood and samples".formatted(number, label).strip());
    try (TrainedRun trained = TrainedRun.open(run, corpus, workers)) {
      List<ResultRow> result = new Measurement(trained, plan.evaluation()).rows(trial.sampling());
      ResultRow.write(rows, result);
      return result;
    }
  }

  @Override
  public void close() {
    workers.close();
  }
}
