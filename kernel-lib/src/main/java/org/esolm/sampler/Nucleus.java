package org.esolm.sampler;

/**
 * Nucleus sampling (Holtzman et al., 2020): only the likeliest tokens are kept, as few as have mass
 * p together, so the token that crosses p is kept. Found by weighted selection in linear time, not
 * by sorting. Of equally likely tokens the first come first.
 */
final class Nucleus {
  private final double p;
  private final double[] weight; // [V], by token
  private final int[] tokens; // [V], partially sorted

  Nucleus(int vocabSize, double p) {
    this.p = p;
    weight = new double[vocabSize];
    tokens = new int[vocabSize];
  }

  /**
   * Sets the logits of all tokens outside the nucleus to negative infinity.
   *
   * @param logits unnormalised log-probabilities before division by the temperature, [V]
   * @param temperature positive
   */
  void restrict(float[] logits, double temperature) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit); // NaN stays NaN, and is reported by the draw
    }
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      total += weight[i] = Math.exp((logits[i] - max) / temperature);
    }
    // All tokens below this floor have less than 1 - p together, so none is in the nucleus.
    double floor = (1 - p) * total / logits.length;
    int n = 0;
    for (int i = 0; i < logits.length; i++) {
      if (weight[i] < floor) {
        logits[i] = Float.NEGATIVE_INFINITY;
      } else {
        tokens[n++] = i;
      }
    }
    for (int k = select(n, p * total); k < n; k++) {
      logits[tokens[k]] = Float.NEGATIVE_INFINITY;
    }
  }

  /**
   * Moves the nucleus to the front.
   *
   * @return its size
   */
  private int select(int n, double mass) {
    int lo = 0; // tokens before lo are in the nucleus, those from hi on are not needed for the mass
    int hi = n;
    while (hi - lo > 1) {
      int middle = partition(lo, hi);
      double left = 0;
      for (int k = lo; k < middle; k++) {
        left += weight[tokens[k]];
      }
      if (left >= mass) {
        hi = middle;
      } else {
        mass -= left;
        lo = middle;
      }
    }
    return hi;
  }

  /** Splits [lo, hi) into two parts, neither empty, the likelier tokens first. */
  private int partition(int lo, int hi) {
    int pivot = tokens[(lo + hi - 1) >>> 1];
    int i = lo - 1;
    int j = hi;
    while (true) { // Hoare
      do {
        i++;
      } while (before(tokens[i], pivot));
      do {
        j--;
      } while (before(pivot, tokens[j]));
      if (i >= j) {
        return j + 1;
      }
      int swap = tokens[i];
      tokens[i] = tokens[j];
      tokens[j] = swap;
    }
  }

  private boolean before(int a, int b) {
    return weight[a] > weight[b] || (weight[a] == weight[b] && a < b);
  }
}
