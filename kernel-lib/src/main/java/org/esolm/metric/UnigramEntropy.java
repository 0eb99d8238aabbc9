package org.esolm.metric;

import java.util.HashMap;
import java.util.Map;
import org.esolm.data.Estimate;

/**
 * The diversity of samples: the entropy, in nats, of the frequencies of token ids, \(H = -\sum_v
 * f_v \log f_v\). Text that collapses onto few words has a low one: the paper calls a mean below 5
 * degenerate at L = 1024 with GPT-2's vocabulary (arXiv 2506.01928 v4, Figure 5).
 */
public final class UnigramEntropy {
  private UnigramEntropy() {}

  /**
   * The entropy of one sample's tokens.
   *
   * @param tokens L token ids, at least one
   * @return nats, in [0, log L]
   */
  public static double of(int[] tokens) {
    return corpus(new int[][] {tokens});
  }

  /**
   * The entropy that the paper reports: of each sample alone, averaged.
   *
   * @param samples [N][L] token ids, none empty
   * @return nats
   */
  public static Estimate mean(int[][] samples) {
    double[] entropies = new double[samples.length];
    for (int i = 0; i < samples.length; i++) {
      entropies[i] = of(samples[i]);
    }
    return Estimate.mean(entropies);
  }

  /**
   * The entropy of all samples' tokens together. Samples that each repeat one word, but not the
   * same one, have a mean entropy of 0 and a high one here.
   *
   * @param samples [N][L] token ids, at least one token
   * @return nats
   */
  public static double corpus(int[][] samples) {
    Map<Integer, Integer> counts = new HashMap<>();
    long total = 0;
    for (int[] sample : samples) {
      for (int token : sample) {
        counts.merge(token, 1, Integer::sum);
      }
      total += sample.length;
    }
    if (total == 0) {
      throw new IllegalArgumentException("tokens: 0, at least 1 is needed");
    }
    double h = 0;
    for (int count : counts.values()) {
      double f = (double) count / total;
      h -= f * Math.log(f);
    }
    return Math.max(h, 0); // not -0.0
  }
}
