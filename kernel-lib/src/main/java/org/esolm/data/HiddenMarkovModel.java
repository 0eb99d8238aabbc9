package org.esolm.data;

import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Interrupts;

/**
 * A stationary hidden Markov model: a chain over states, each of which emits one token by a law
 * that several states may share. Everything is computed in double precision by the scaled forward
 * and backward recursions (Rabiner, 1989), in time linear in length times transitions; at an
 * observed token only the states that can emit it are visited. Immutable, for any number of
 * threads.
 */
public final class HiddenMarkovModel implements Oracle {
  /** Tokens that are drawn between two looks at the thread's interrupt. */
  private static final int STRETCH = 1 << 16;

  private final SparseMatrix next; // [S, S], row: from
  private final SparseMatrix previous; // its transpose
  private final SparseMatrix laws; // [laws, V]
  private final int[] lawOf; // [S]
  private final double[] stationary; // [S]
  private final int[][] emitters; // [V][]: the states that can emit a token ...
  private final double[][] emission; // ... and with which probability
  private final int[] all; // every state

  /**
   * A model of sparse parts.
   *
   * @param transition [S, S], rows sum to one
   * @param lawOf [S], which of the laws a state emits from
   * @param laws [laws, V], rows sum to one
   * @param name what to call a state in an error
   */
  HiddenMarkovModel(
      SparseMatrix transition, int[] lawOf, SparseMatrix laws, IntFunction<String> name) {
    this.next = transition;
    this.previous = transition.transpose();
    this.laws = laws;
    this.lawOf = lawOf.clone();
    this.stationary = StationaryLaw.of(next, previous, name);
    int states = transition.rows();
    all = IntStream.range(0, states).toArray();
    double[][] law = new double[laws.rows()][laws.columns()];
    for (int k = 0; k < law.length; k++) {
      laws.addRow(k, 1, law[k]);
    }
    emitters = new int[laws.columns()][];
    emission = new double[laws.columns()][];
    for (int v = 0; v < emitters.length; v++) {
      int token = v;
      emitters[v] = Arrays.stream(all).filter(s -> law[lawOf[s]][token] > 0).toArray();
      emission[v] = Arrays.stream(emitters[v]).mapToDouble(s -> law[lawOf[s]][token]).toArray();
    }
  }

  /**
   * A model of plain tables.
   *
   * @param transition [S][S], p(next state | state)
   * @param emission [S][V], p(token | state)
   * @return the model
   * @throws IllegalArgumentException if a row is not a law or a state cannot be reached from
   *     another
   */
  public static HiddenMarkovModel of(double[][] transition, double[][] emission) {
    requireLaws("transition", transition, transition.length, transition.length);
    requireLaws("emission", emission, transition.length, emission[0].length);
    return new HiddenMarkovModel(
        SparseMatrix.of(transition),
        IntStream.range(0, transition.length).toArray(),
        SparseMatrix.of(emission),
        Integer::toString);
  }

  private static void requireLaws(String name, double[][] table, int rows, int columns) {
    if (table.length != rows) {
      throw new IllegalArgumentException(
          name + ": " + table.length + " rows, allowed: one for each of " + rows + " states");
    }
    for (int r = 0; r < rows; r++) {
      double sum = Arrays.stream(table[r]).sum();
      boolean negative = Arrays.stream(table[r]).anyMatch(v -> !(v >= 0));
      if (table[r].length != columns || negative || Math.abs(sum - 1) > 1e-9) {
        throw new IllegalArgumentException(
            name
                + "["
                + r
                + "]: "
                + table[r].length
                + " entries with sum "
                + sum
                + ", allowed: "
                + columns
                + " entries, none negative, with sum 1");
      }
    }
  }

  @Override
  public int vocabSize() {
    return laws.columns();
  }

  @Override
  public HiddenMarkovModel smoothed(double noise) {
    if (!(noise > 0 && noise < 1)) {
      throw new IllegalArgumentException("noise: " + noise + ", allowed: between 0 and 1");
    }
    double[][] table = new double[laws.rows()][laws.columns()];
    for (int k = 0; k < table.length; k++) {
      Arrays.fill(table[k], noise / laws.columns());
      laws.addRow(k, 1 - noise, table[k]);
    }
    return new HiddenMarkovModel(next, lawOf, SparseMatrix.of(table), Integer::toString);
  }

  /**
   * The number of hidden states.
   *
   * @return S
   */
  public int stateCount() {
    return all.length;
  }

  /**
   * The number of transitions with a probability above zero.
   *
   * @return at most S squared
   */
  public int transitionCount() {
    return next.entries();
  }

  /**
   * The law of the hidden state at any position of a stationary text.
   *
   * @return [S], a copy
   */
  public double[] stationary() {
    return stationary.clone();
  }

  /** Transitions, [S, S], row: from. */
  SparseMatrix transitions() {
    return next;
  }

  /**
   * The law of a single token.
   *
   * @return [V], p(x = v)
   */
  public double[] unigram() {
    return tokenLaw(stationary);
  }

  @Override
  public double logProbability(int[] tokens) {
    double logP = 0;
    double[] alpha = null;
    for (int l = 0; l < tokens.length; l++) {
      require(tokens[l], 0);
      double[] x = new double[all.length];
      int[] active = emitters[tokens[l]];
      if (l == 0) {
        copy(stationary, x, active);
      } else {
        apply(previous, next, alpha, emitters[tokens[l - 1]], x, active);
      }
      double c = emit(tokens[l], x);
      if (c == 0) {
        return Double.NEGATIVE_INFINITY;
      }
      scale(x, active, 1 / c);
      logP += Math.log(c);
      alpha = x;
    }
    return logP;
  }

  @Override
  public double posterior(int[] observed, float[][] posterior) {
    int length = observed.length;
    double[][] alpha = new double[length][all.length]; // p(s_l | observed up to l)
    double logP = 0;
    for (int l = 0; l < length; l++) {
      require(observed[l], -1);
      double[] x = alpha[l];
      int[] active = active(observed[l]);
      if (l == 0) {
        copy(stationary, x, active);
      } else {
        apply(previous, next, alpha[l - 1], active(observed[l - 1]), x, active);
      }
      double c = observed[l] < 0 ? sum(x) : emit(observed[l], x);
      if (c == 0) {
        for (float[] row : posterior) {
          Arrays.fill(row, Float.NaN);
        }
        return Double.NEGATIVE_INFINITY;
      }
      scale(x, active, 1 / c);
      logP += observed[l] < 0 ? 0 : Math.log(c);
    }

    double[] beta = null; // p(observed from l on | s_l), scaled; null: nothing is observed there
    for (int l = length - 1; l >= 0; l--) {
      int[] active = active(observed[l]);
      double[] x = beta;
      if (beta != null) {
        x = new double[all.length];
        apply(next, previous, beta, active(observed[l + 1]), x, active);
      } else if (observed[l] >= 0) {
        x = new double[all.length];
        fill(x, active);
      }
      if (observed[l] >= 0) {
        Arrays.fill(posterior[l], 0);
        posterior[l][observed[l]] = 1;
        emit(observed[l], x);
      } else {
        double[] gamma = alpha[l];
        for (int s = 0; s < gamma.length && x != null; s++) {
          gamma[s] *= x[s];
        }
        double[] p = tokenLaw(scale(gamma, all, 1 / sum(gamma)));
        for (int v = 0; v < p.length; v++) {
          posterior[l][v] = (float) p[v];
        }
      }
      beta = x == null ? null : scale(x, active, 1 / sum(x));
    }
    return logP;
  }

  @Override
  public int[] sample(int length, RandomGenerator random) {
    int[] tokens = new int[length];
    double u = random.nextDouble();
    int state = 0;
    for (u -= stationary[0]; u >= 0 && state < all.length - 1; u -= stationary[state]) {
      state++;
    }
    for (int l = 0; l < length; l++) {
      if (l % STRETCH == 0) {
        Interrupts.check("drawing text");
      }
      state = l == 0 ? state : next.draw(state, random.nextDouble());
      tokens[l] = laws.draw(lawOf[state], random.nextDouble());
    }
    return tokens;
  }

  /**
   * Estimates the entropy of blocks from samples: the mean of -log p(x) / L, which no model can
   * undercut.
   *
   * @param length L, tokens of a block
   * @param samples how many blocks to draw
   * @param seed chooses them
   * @return nats a token; the exponential of its mean is the true perplexity at this length
   */
  public Estimate entropyPerToken(int length, int samples, long seed) {
    return Estimate.mean(
        IntStream.range(0, samples)
            .parallel()
            .mapToDouble(
                i -> -logProbability(sample(length, Rng.of(seed, Purpose.LANGUAGE, i))) / length)
            .toArray());
  }

  /**
   * The exact entropy of blocks by enumeration of all that are possible: for very short ones.
   * blockEntropy(1) is the entropy of single tokens; blockEntropy(n) - blockEntropy(n - 1) falls to
   * the entropy rate from above.
   *
   * @param length tokens of a block, at least 1
   * @return -sum p(x) log p(x) in nats, of the whole block
   */
  public double blockEntropy(int length) {
    return blockEntropy(length, stationary);
  }

  /** The sum over continuations; q is the joint law of what was read and the next state. */
  private double blockEntropy(int length, double[] q) {
    Interrupts.check("block entropy");
    double h = 0;
    double[] law = tokenLaw(q);
    for (int v = 0; v < law.length; v++) {
      if (law[v] > 0 && length == 1) {
        h -= law[v] * Math.log(law[v]);
      } else if (law[v] > 0) {
        double[] x = new double[all.length];
        copy(q, x, emitters[v]);
        emit(v, x);
        double[] y = new double[all.length];
        apply(previous, next, x, emitters[v], y, all);
        h += blockEntropy(length - 1, y);
      }
    }
    return h;
  }

  /** The law of the token where the law of the state is q; both of the same total. */
  private double[] tokenLaw(double[] q) {
    double[] mass = new double[laws.rows()];
    for (int s : all) {
      mass[lawOf[s]] += q[s];
    }
    double[] p = new double[vocabSize()];
    for (int k = 0; k < mass.length; k++) {
      laws.addRow(k, mass[k], p);
    }
    return p;
  }

  private void require(int token, int lowest) {
    if (token < lowest || token >= emitters.length) {
      throw new IllegalArgumentException(
          "token: " + token + ", allowed: " + lowest + " to " + (emitters.length - 1));
    }
  }

  private int[] active(int token) {
    return token < 0 ? all : emitters[token];
  }

  /**
   * y = A x, where x is zero outside of {@code from} and y is wanted inside of {@code to} and stays
   * zero elsewhere: by rows of A, or, where few feed all, by its columns.
   */
  private void apply(
      SparseMatrix a, SparseMatrix transposed, double[] x, int[] from, double[] y, int[] to) {
    if (to == all && from != all) {
      for (int s : from) {
        transposed.addRow(s, x[s], y);
      }
    } else {
      for (int s : to) {
        y[s] = a.dot(s, x);
      }
    }
  }

  /** Multiplies by the probability that a state emits the token; returns the new sum. */
  private double emit(int token, double[] x) {
    int[] states = emitters[token];
    double sum = 0;
    for (int i = 0; i < states.length; i++) {
      x[states[i]] *= emission[token][i];
      sum += x[states[i]];
    }
    return sum;
  }

  private static void copy(double[] from, double[] to, int[] states) {
    for (int s : states) {
      to[s] = from[s];
    }
  }

  private static void fill(double[] x, int[] states) {
    for (int s : states) {
      x[s] = 1;
    }
  }

  private static double[] scale(double[] x, int[] states, double factor) {
    for (int s : states) {
      x[s] *= factor;
    }
    return x;
  }

  private static double sum(double[] x) {
    double sum = 0;
    for (double v : x) {
      sum += v;
    }
    return sum;
  }
}
