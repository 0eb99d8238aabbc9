package org.esolm.data;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.IntFunction;

/** The stationary law of a Markov chain, and whether there is exactly one. */
final class StationaryLaw {
  private static final int MAX_STEPS = 1_000_000;

  private StationaryLaw() {}

  /**
   * The solution of pi P = pi by power iteration with (I + P) / 2, which has the same solution and
   * no period.
   *
   * @param transition P, rows sum to one
   * @param transposed its transpose
   * @param name what to call a state in an error
   * @return pi
   * @throws IllegalArgumentException if some state cannot be reached from another
   */
  static double[] of(SparseMatrix transition, SparseMatrix transposed, IntFunction<String> name) {
    requireReachable(transition, name, "cannot be reached from");
    requireReachable(transposed, name, "has no way back to");
    int n = transition.rows();
    double[] pi = new double[n];
    Arrays.fill(pi, 1.0 / n);
    double[] next = new double[n];
    double best = Double.POSITIVE_INFINITY;
    int stalled = 0;
    // Down to rounding: stop when the change has not become smaller for a while.
    for (int step = 0; step < MAX_STEPS && stalled < 100; step++) {
      double sum = 0;
      for (int s = 0; s < n; s++) {
        next[s] = 0.5 * (pi[s] + transposed.dot(s, pi));
        sum += next[s];
      }
      double change = 0;
      for (int s = 0; s < n; s++) {
        double v = next[s] / sum;
        change += Math.abs(v - pi[s]);
        pi[s] = v;
      }
      stalled = change < best ? 0 : stalled + 1;
      best = Math.min(best, change);
    }
    return pi;
  }

  private static void requireReachable(
      SparseMatrix arcs, IntFunction<String> name, String complaint) {
    boolean[] seen = new boolean[arcs.rows()];
    ArrayDeque<Integer> open = new ArrayDeque<>();
    seen[0] = true;
    open.add(0);
    while (!open.isEmpty()) {
      for (int s : arcs.columns(open.remove())) {
        if (!seen[s]) {
          seen[s] = true;
          open.add(s);
        }
      }
    }
    for (int s = 0; s < seen.length; s++) {
      if (!seen[s]) {
        throw new IllegalArgumentException(
            "state "
                + name.apply(s)
                + " "
                + complaint
                + " state "
                + name.apply(0)
                + "; every state must be reachable from every other");
      }
    }
  }
}
