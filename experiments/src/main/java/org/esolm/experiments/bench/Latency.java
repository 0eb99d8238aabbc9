package org.esolm.experiments.bench;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.esolm.model.ModelConfig;
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

  /** Shorter runs are made again, as one of a second is easily disturbed: the median counts. */
  private static final double ENOUGH_SECONDS = 10;

  private static final int MOST_RUNS = 5;

  /** Evaluations that tell how long a run will take. */
  private static final int PROBES = 3;

  private final Settings settings;
  private final RowFile rows;
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
   * What a row depends on beside its system and length.
   *
   * @param shape of the network
   * @param threads that compute
   * @param limit seconds after which a run is not timed as a whole
   * @param evaluations that are timed of a run that would take longer, spread over it
   */
  public record Settings(Shape shape, int threads, double limit, int evaluations) {
    /** Checks the numbers. */
    public Settings {
      if (!(limit > 0) || evaluations < 2) {
        throw new IllegalArgumentException(
            "--limit: %s, --evaluations: %d, must be above 0, at least 2"
                .formatted(limit, evaluations));
      }
    }

    /** As every row holds them: rows of other settings are of another measurement. */
    Map<String, Object> key() {
      Map<String, Object> key = new LinkedHashMap<>();
      key.put("shape", shape.name());
      key.put("threads", threads);
      key.put("limit_s", limit);
      key.put("evaluations", evaluations);
      return key;
    }

    private Map<String, Object> key(Entry system, int length) {
      Map<String, Object> key = key();
      key.put("system", system.name);
      key.put("length", length);
      return key;
    }
  }

  /**
   * Prepares the measurement.
   *
   * @param settings what is measured and how
   * @param rows what was measured so far
   * @param log told what is done
   * @param warmUp seconds of sampling before a system is timed, such as {@link #WARM_UP_SECONDS}
   */
  public Latency(Settings settings, RowFile rows, Consumer<String> log, double warmUp) {
    this.settings = settings;
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
        if (rows.find(settings.key(system, length)).isPresent()) {
          continue;
        }
        if (secondsSince(start) > budget) {
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
                        : "longer than " + settings.limit + " s, left out"));
      }
    }
    return true;
  }

  private Map<String, Object> measure(Entry system, int length) {
    Shape shape = settings.shape;
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
    Map<String, Object> row = settings.key(system, length);
    try (Workers workers = new Workers(settings.threads);
        Arena arena = Arena.ofShared();
        Transformer network = new Transformer(RandomWeights.of(arena, sizes), workers)) {
      Denoiser denoiser = system.config.denoiser(network, workers);
      Sampler sampler = system.config.sampler(null, true);
      warmUp(sampler, denoiser, length);
      boolean cached = !system.config.name().equals("mdlm");
      double evaluation = cached ? 0 : probe(sampler, denoiser, length);
      if (length * evaluation > settings.limit || !whole(row, sampler, denoiser, length)) {
        if (!cached) {
          few(row, sampler, denoiser, length, evaluation);
        }
      }
    }
    return row;
  }

  private void warmUp(Sampler sampler, Denoiser denoiser, int length) {
    long start = System.nanoTime();
    while (secondsSince(start) < warmUp) {
      sampler.sample(denoiser, SampleRequest.of(1, Math.min(length, 128)));
    }
  }

  /**
   * From beginning to end, unless it takes too long.
   *
   * @return whether it did not
   */
  private boolean whole(Map<String, Object> row, Sampler sampler, Denoiser denoiser, int length) {
    List<Double> seconds = new ArrayList<>();
    double sum = 0;
    int nfe = 0;
    while (seconds.isEmpty() || (sum < ENOUGH_SECONDS && seconds.size() < MOST_RUNS)) {
      long start = System.nanoTime();
      try {
        nfe =
            sampler
                .sample(
                    denoiser,
                    SampleRequest.of(1, length),
                    (done, total) -> {
                      if (secondsSince(start) > settings.limit) {
                        throw new TooLong();
                      }
                    })
                .nfe();
      } catch (TooLong e) {
        return false;
      }
      seconds.add(secondsSince(start));
      sum += seconds.getLast();
    }
    row.put("seconds", Numbers.median(seconds));
    row.put("runs", seconds.size());
    row.put("nfe", nfe);
    row.put("timed", nfe);
    return true;
  }

  /** Ends a run. */
  private static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  /** Seconds of an evaluation without a cache: the same from beginning to end. */
  private static double probe(Sampler sampler, Denoiser denoiser, int length) {
    var few = new SparseDenoiser(denoiser, length, PROBES);
    sampler.sample(few, SampleRequest.of(1, length));
    return Numbers.median(few.seconds());
  }

  /** As many evaluations as were asked for, or as the limit has room for. */
  private void few(
      Map<String, Object> row, Sampler sampler, Denoiser denoiser, int length, double evaluation) {
    int timed = Math.clamp((long) (settings.limit / evaluation), 2, settings.evaluations);
    var spread = new SparseDenoiser(denoiser, length, timed);
    int nfe = sampler.sample(spread, SampleRequest.of(1, length)).nfe();
    double mean =
        spread.seconds().stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    row.put("seconds", nfe * mean);
    row.put("nfe", nfe);
    row.put("timed", spread.seconds().size());
  }

  private static double secondsSince(long start) {
    return (System.nanoTime() - start) * 1e-9;
  }
}
