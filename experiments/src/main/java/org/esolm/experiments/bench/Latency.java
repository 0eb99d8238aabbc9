package org.esolm.experiments.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.esolm.model.ModelConfig;
import org.esolm.model.Parameters;
import org.esolm.model.Transformer;
import org.esolm.objective.ArObjective.Prepend;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.SampleRequest;
import org.esolm.sampler.Sampler;
import org.esolm.system.SystemConfig;
import org.esolm.tensor.Workers;

/**
 * Seconds to generate one sequence, one token an evaluation (first hitting), against its length.
 * The weights are random: they cost what trained ones cost.
 */
public final class Latency {
  /** In which the virtual machine compiles. */
  public static final double WARM_UP_SECONDS = 2;

  private final Shape shape;
  private final int threads;
  private final double limit;
  private final int evaluations;
  private final Rows rows;
  private final Consumer<String> log;
  private final double warmUp;

  /**
   * A system and how it is called here.
   *
   * @param name in rows, tables and figures
   * @param config the system
   */
  public record Entry(String name, SystemConfig config) {}

  /** What is timed: AR begins with a given token. */
  public static final List<Entry> SYSTEMS =
      List.of(
          new Entry("ar", new SystemConfig("ar", 1.0, null, 4, Prepend.BOS, null, null, null)),
          new Entry("mdlm", SystemConfig.of("mdlm")),
          new Entry("bd3lm 4", SystemConfig.blocks(4)),
          new Entry("bd3lm 16", SystemConfig.blocks(16)),
          new Entry("eso", SystemConfig.eso(1)));

  /**
   * Prepares the measurement.
   *
   * @param shape of the network
   * @param threads that compute
   * @param limit seconds after which a run is not timed as a whole
   * @param evaluations that are timed of a run that would take longer
   * @param rows what was measured so far
   * @param log told what is done
   * @param warmUp seconds of sampling before a system is timed, such as {@link #WARM_UP_SECONDS}
   */
  public Latency(
      Shape shape,
      int threads,
      double limit,
      int evaluations,
      Rows rows,
      Consumer<String> log,
      double warmUp) {
    if (!(limit > 0) || evaluations < 2 || threads < 1) {
      throw new IllegalArgumentException(
          "--limit: %s, --evaluations: %d, --threads: %d, must be above 0, at least 2, at least 1"
              .formatted(limit, evaluations, threads));
    }
    this.shape = shape;
    this.threads = threads;
    this.limit = limit;
    this.evaluations = evaluations;
    this.rows = rows;
    this.log = log;
    this.warmUp = warmUp;
  }

  /**
   * Measures what is missing.
   *
   * @param lengths L
   * @param budget seconds after which nothing new is begun
   * @return whether all is there now
   * @throws IOException if a row cannot be written
   */
  public boolean run(List<Integer> lengths, double budget) throws IOException {
    long start = System.nanoTime();
    for (int length : lengths) {
      for (Entry system : SYSTEMS) {
        if (rows.find(Map.of("system", system.name, "length", length)).isPresent()) {
          continue;
        }
        if ((System.nanoTime() - start) * 1e-9 > budget) {
          return false;
        }
        Map<String, Object> row = measure(system, length);
        rows.add(row);
        log.accept(
            "L = %-5d %-9s %s"
                .formatted(
                    length,
                    system.name,
                    row.get("seconds") instanceof Double s
                        ? Numbers.seconds(s)
                            + (row.get("timed").equals(row.get("nfe")) ? "" : ", extrapolated")
                        : "longer than " + limit + " s, left out"));
      }
    }
    return true;
  }

  private Map<String, Object> measure(Entry system, int length) {
    ModelConfig sizes =
        new ModelConfig(
            shape.hidden(),
            system.config.adaLn() ? shape.cond() : 0,
            shape.blocks(),
            shape.heads(),
            length,
            shape.vocab() + 1,
            shape.vocab(),
            0,
            0);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("system", system.name);
    row.put("length", length);
    try (Workers workers = new Workers(threads);
        Arena arena = Arena.ofShared();
        Transformer network = new Transformer(weights(arena, sizes), workers)) {
      Denoiser denoiser = system.config.denoiser(network, workers);
      Sampler sampler = system.config.sampler(null, true);
      warmUp(sampler, denoiser, length);
      if (system.config.name().equals("mdlm")) {
        uncached(row, sampler, denoiser, length);
      } else {
        whole(row, sampler, denoiser, length);
      }
    }
    return row;
  }

  private void warmUp(Sampler sampler, Denoiser denoiser, int length) {
    long start = System.nanoTime();
    while ((System.nanoTime() - start) * 1e-9 < warmUp) {
      sampler.sample(denoiser, SampleRequest.of(1, Math.min(length, 128)));
    }
  }

  /** From beginning to end, unless it takes too long. */
  private void whole(Map<String, Object> row, Sampler sampler, Denoiser denoiser, int length) {
    long start = System.nanoTime();
    try {
      int nfe =
          sampler
              .sample(
                  denoiser,
                  SampleRequest.of(1, length),
                  (done, total) -> {
                    if ((System.nanoTime() - start) * 1e-9 > limit) {
                      throw new CancellationException();
                    }
                  })
              .nfe();
      row.put("seconds", (System.nanoTime() - start) * 1e-9);
      row.put("nfe", nfe);
      row.put("timed", nfe);
    } catch (CancellationException e) {
      row.put("limit_s", limit);
    }
  }

  /**
   * All evaluations cost the same: a few tell how long the whole run takes, and if that is short.
   */
  private void uncached(Map<String, Object> row, Sampler sampler, Denoiser denoiser, int length) {
    SampleRequest request = SampleRequest.of(1, length);
    var few = new SparseDenoiser(denoiser, length, 3, limit);
    sampler.sample(few, request);
    if (length * Numbers.median(few.seconds()) < limit) {
      whole(row, sampler, denoiser, length);
      if (row.containsKey("seconds")) {
        return;
      }
    }
    var spread = new SparseDenoiser(denoiser, length, evaluations, limit);
    int nfe = sampler.sample(spread, request).nfe();
    double mean =
        spread.seconds().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    row.put("seconds", nfe * mean);
    row.put("nfe", nfe);
    row.put("timed", spread.seconds().size());
  }

  /** No layer stays at the zeros with which training begins. */
  private static Parameters weights(Arena arena, ModelConfig sizes) {
    Parameters weights = new Parameters(arena, sizes).initialize(0);
    Random random = new Random(0);
    for (long i = 0; i < weights.flat().size(); i++) {
      weights.flat().set(i, weights.flat().get(i) + 0.02f * (float) random.nextGaussian());
    }
    return weights;
  }
}
