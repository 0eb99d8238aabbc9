package org.esolm.peer;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.InferenceMode;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Times eager PyTorch: {@code train|sample CONFIG_JSON}, one line of JSON on standard output.
 *
 * <p>Keys of the configuration: model (ar, mdlm, bd3lm, eso), hidden, cond, blocks, heads, length,
 * vocab, batch; block_size (4), steps (length), block_steps (block_size), alpha0 (0.5 in training,
 * 1 in sampling), threads (2), warmup (as many as fill 3 seconds, at least 3), reps (10 or 3).
 */
public final class Peer {
  private Peer() {}

  /**
   * Times and prints.
   *
   * @param args what, and its configuration
   */
  public static void main(String[] args) {
    try {
      if (args.length != 2 || !args[0].matches("train|sample")) {
        throw new IllegalArgumentException("usage: train|sample CONFIG_JSON");
      }
      JsonNode config = JsonMapper.shared().readTree(args[1]);
      Sizes sizes = Sizes.of(config);
      torch.set_num_threads(sizes.number("threads", 2));
      torch.manual_seed(0);
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("what", args[0]);
      config.properties().forEach(e -> line.put(e.getKey(), e.getValue()));
      line.putAll(args[0].equals("train") ? train(sizes) : sample(sizes));
      line.putAll(library());
      System.out.println(JsonMapper.shared().writeValueAsString(line));
    } catch (IllegalArgumentException e) {
      System.err.println("peer: " + e.getMessage());
      System.exit(2);
    }
  }

  private static Map<String, Object> train(Sizes sizes) {
    Training training = new Training(sizes);
    double first = training.step();
    double[] seconds = time(training::step, sizes, 10);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("ms_per_step", seconds[seconds.length / 2] * 1e3);
    result.put("min_ms", seconds[0] * 1e3);
    result.put("params", training.parameters());
    result.put("first_loss", first);
    result.put("last_loss", training.step());
    return result;
  }

  private static Map<String, Object> sample(Sizes sizes) {
    try (InferenceMode _ = new InferenceMode(true)) {
      Sampling sampling = new Sampling(sizes);
      int[] nfe = new int[1];
      double[] seconds = time(() -> nfe[0] = sampling.run(), sizes, 3);
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("seconds", seconds[seconds.length / 2]);
      result.put("min_s", seconds[0]);
      result.put("nfe", nfe[0]);
      return result;
    }
  }

  private static double[] time(Runnable work, Sizes sizes, int defaultReps) {
    int warmup = sizes.number("warmup", -1);
    long start = System.nanoTime();
    for (int i = 0; warmup >= 0 ? i < warmup : i < 3 || System.nanoTime() - start < 3e9; i++) {
      work.run();
    }
    double[] seconds = new double[sizes.number("reps", defaultReps)];
    for (int i = 0; i < seconds.length; i++) {
      long begin = System.nanoTime();
      work.run();
      seconds[i] = (System.nanoTime() - begin) * 1e-9;
    }
    Arrays.sort(seconds);
    return seconds;
  }

  /** Which library did it, and how fast it multiplies 1024 x 1024 matrices. */
  private static Map<String, Object> library() {
    String config = torch.show_config().getString();
    Tensor a = torch.full(new long[] {1024, 1024}, new Scalar(0.5));
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < 9; i++) {
      long begin = System.nanoTime();
      Ops.isolated(() -> a.matmul(a));
      best = Math.min(best, (System.nanoTime() - begin) * 1e-9);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("sgemm_gflops", 2.0 * 1024 * 1024 * 1024 / best * 1e-9);
    result.put("library", "libtorch " + torch.TORCH_VERSION + ", " + blas(config));
    return result;
  }

  private static String blas(String config) {
    return config
        .lines()
        .filter(line -> line.contains("Math Kernel Library"))
        .map(line -> line.replaceAll(".*(oneAPI Math Kernel Library Version \\S+).*", "$1"))
        .findFirst()
        .orElse(config.replaceAll("(?s).*BLAS_INFO=(\\w+).*", "BLAS $1"));
  }
}
