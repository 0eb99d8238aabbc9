package org.esolm.experiments.reproduce;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.esolm.data.Corpus;
import org.esolm.data.Estimate;
import org.esolm.data.Oracle;
import org.esolm.experiments.run.TrainedRun;
import org.esolm.metric.OraclePerplexity;
import org.esolm.metric.ResultRow;
import org.esolm.metric.UnigramEntropy;
import org.esolm.notebook.Progress;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Sampler;
import org.esolm.sampler.Samples;
import org.esolm.system.SystemConfig;

/** Measures a trained system: its likelihood once, its samples at each setting. */
public final class Measurement {
  /** Noise of the law that scores samples: with it no text is impossible. */
  public static final double NOISE = 1e-3;

  /** Texts that are kept beside each row, to be read. */
  private static final int SHOWN = 3;

  private final TrainedRun run;
  private final Plan.Evaluation evaluation;
  private final Corpus corpus;
  private final SystemConfig system;
  private final int length;

  /**
   * Prepares.
   *
   * @param run the network, open as long as it is measured
   * @param evaluation how much is measured
   */
  public Measurement(TrainedRun run, Plan.Evaluation evaluation) {
    this.run = run;
    this.evaluation = evaluation;
    corpus = run.corpus();
    system = run.config().system();
    length = run.config().model().length();
  }

  /**
   * Measures.
   *
   * @param settings of the sampler
   * @return one row a setting
   */
  public List<ResultRow> rows(List<Plan.Setting> settings) {
    int[][] texts = heldOut();
    double[] nats = run.nelbo(texts, evaluation.draws(), run.config().train().seed());
    int tokens = run.objective().scoredTokens(length);
    Estimate perplexity = perToken(nats, tokens).perplexity();
    Estimate truth = null;
    Estimate kl = null;
    if (corpus.oracle().isPresent()) {
      Oracle oracle = corpus.oracle().get();
      truth = perToken(OraclePerplexity.nats(oracle, texts, length - tokens), tokens).perplexity();
      kl = OraclePerplexity.klToTruth(oracle, texts, length - tokens, nats);
    }
    List<ResultRow> rows = new ArrayList<>();
    for (Plan.Setting setting : settings) {
      rows.add(row(setting, perplexity, truth, kl));
    }
    return rows;
  }

  private int[][] heldOut() {
    return corpus.validBlocks(length).first(evaluation.texts());
  }

  private static Estimate perToken(double[] nats, double tokens) {
    double[] perToken = new double[nats.length];
    for (int i = 0; i < nats.length; i++) {
      perToken[i] = nats[i] / tokens;
    }
    return Estimate.mean(perToken);
  }

  private ResultRow row(Plan.Setting setting, Estimate perplexity, Estimate truth, Estimate kl) {
    Double alpha0 =
        system.name().equals("eso")
            ? (setting.alpha0() == null ? system.alpha0() : setting.alpha0())
            : null;
    Sampler sampler = system.sampler(alpha0, false);
    SampleRequest request = SampleRequest.of(evaluation.batch(), length);
    if (setting.steps() != null) {
      request = request.withSteps(setting.steps());
    }
    sampler.sample(run.denoiser(), request.withBatch(0, evaluation.batch())); // warms up the JVM
    int batches = Math.max(1, evaluation.samples() / evaluation.batch());
    int[][] texts = new int[batches * evaluation.batch()][];
    double[] seconds = new double[batches];
    double nfe = 0;
    String task =
        "sampling " + system.label() + (setting.steps() == null ? "" : " T=" + setting.steps());
    try (Progress progress = Progress.of(task, batches)) {
      for (int i = 0; i < batches; i++) {
        Samples samples =
            sampler.sample(
                run.denoiser(),
                request.withBatch((long) i * evaluation.batch(), evaluation.batch()));
        System.arraycopy(samples.tokens(), 0, texts, i * evaluation.batch(), evaluation.batch());
        seconds[i] = samples.seconds();
        nfe += samples.nfePerSample() / batches;
        progress.step(i + 1);
      }
    }
    return result(setting, alpha0, perplexity, truth, kl, texts, seconds, nfe);
  }

  private ResultRow result(
      Plan.Setting setting,
      Double alpha0,
      Estimate perplexity,
      Estimate truth,
      Estimate kl,
      int[][] texts,
      double[] seconds,
      double nfe) {
    Map<String, Object> extra = new LinkedHashMap<>();
    if (system.name().equals("eso")) {
      extra.put("trainedAlpha0", system.alpha0());
    }
    if (system.name().equals("bd3lm")) {
      extra.put("blockSize", system.blockSize());
    }
    extra.put("corpusEntropy", UnigramEntropy.mean(heldOut()).value());
    if (kl != null) {
      extra.put("klToTruth", kl.value());
      extra.put("klToTruthError", kl.standardError());
    }
    Estimate samplePerplexity = null;
    if (corpus.oracle().isPresent()) {
      Oracle oracle = corpus.oracle().get();
      OraclePerplexity score = OraclePerplexity.of(oracle, oracle.smoothed(NOISE), texts);
      samplePerplexity = score.perplexity();
      extra.put("impossible", score.impossible());
    }
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, texts.length); i++) {
      shown.add(corpus.tokenizer().decode(texts[i]));
    }
    extra.put("texts", shown);
    Arrays.sort(seconds);
    return new ResultRow(
        system.family(),
        alpha0,
        perplexity,
        truth,
        samplePerplexity,
        UnigramEntropy.mean(texts).value(),
        nfe,
        seconds[seconds.length / 2],
        evaluation.batch(),
        setting.steps(),
        extra);
  }
}
