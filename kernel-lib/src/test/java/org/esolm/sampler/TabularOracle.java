package org.esolm.sampler;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.esolm.data.Oracle;

/**
 * A joint law over V^L written out as a table, so that what a sampler should do can be enumerated.
 */
record TabularOracle(int vocabSize, int length, double[] p) implements Oracle {
  /** Neighbours like to be equal, and so do the ends: no order of decoding is special. */
  static TabularOracle correlated(int vocabSize, int length) {
    var oracle = new TabularOracle(vocabSize, length, new double[power(vocabSize, length)]);
    double total = 0;
    for (int i = 0; i < oracle.p.length; i++) {
      int[] x = oracle.sequence(i);
      double score = 0.3 * Math.sin(i);
      for (int l = 0; l < length; l++) {
        score += (x[l] == x[(l + 1) % length] ? 0.8 : 0) + 0.1 * x[l] * l;
      }
      total += oracle.p[i] = Math.exp(score);
    }
    for (int i = 0; i < oracle.p.length; i++) {
      oracle.p[i] /= total;
    }
    return oracle;
  }

  private static int power(int v, int l) {
    return l == 0 ? 1 : v * power(v, l - 1);
  }

  int[] sequence(int index) {
    int[] x = new int[length];
    for (int l = length - 1, rest = index; l >= 0; l--, rest /= vocabSize) {
      x[l] = rest % vocabSize;
    }
    return x;
  }

  int index(int[] x) {
    return Arrays.stream(x).reduce(0, (i, token) -> i * vocabSize + token);
  }

  /** p(x_l for l in the set), by adding up the table. */
  double marginal(int[] x, int set) {
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      int[] y = sequence(i);
      boolean agrees = true;
      for (int l = 0; l < length; l++) {
        agrees &= (set >> l & 1) == 0 || x[l] == y[l];
      }
      sum += agrees ? p[i] : 0;
    }
    return sum;
  }

  /** The law of drawing the set first, all at once, then all other positions at once. */
  double[] twoSteps(int set) {
    double[] law = new double[p.length];
    for (int i = 0; i < law.length; i++) {
      int[] x = sequence(i);
      law[i] = 1;
      double first = marginal(x, set);
      for (int l = 0; l < length; l++) {
        boolean early = (set >> l & 1) != 0;
        law[i] *= early ? marginal(x, 1 << l) : marginal(x, set | 1 << l) / first;
      }
    }
    return law;
  }

  /** p(x | given), 0 where x disagrees. */
  double[] conditional(int[] given) {
    double[] law = new double[p.length];
    for (int i = 0; i < law.length; i++) {
      int[] x = sequence(i);
      boolean agrees = true;
      for (int l = 0; l < length; l++) {
        agrees &= given[l] < 0 || given[l] == x[l];
      }
      law[i] = agrees ? p[i] : 0;
    }
    double total = Arrays.stream(law).sum();
    return Arrays.stream(law).map(q -> q / total).toArray();
  }

  @Override
  public double logProbability(int[] tokens) {
    return Math.log(p[index(tokens)]);
  }

  @Override
  public double posterior(int[] observed, float[][] posterior) {
    double total = 0;
    double[][] sums = new double[length][vocabSize];
    for (int i = 0; i < p.length; i++) {
      boolean agrees = true;
      for (int l = length - 1, rest = i; l >= 0; l--, rest /= vocabSize) {
        agrees &= observed[l] < 0 || observed[l] == rest % vocabSize;
      }
      if (agrees) {
        total += p[i];
        for (int l = length - 1, rest = i; l >= 0; l--, rest /= vocabSize) {
          sums[l][rest % vocabSize] += p[i];
        }
      }
    }
    for (int l = 0; l < length; l++) {
      for (int v = 0; v < vocabSize; v++) {
        posterior[l][v] = (float) (sums[l][v] / total);
      }
    }
    return Math.log(total);
  }

  @Override
  public int[] sample(int n, RandomGenerator random) {
    double u = random.nextDouble();
    int i = 0;
    while (i < p.length - 1 && (u -= p[i]) >= 0) {
      i++;
    }
    return sequence(i);
  }

  @Override
  public TabularOracle smoothed(double noise) {
    double even = noise / p.length;
    return new TabularOracle(
        vocabSize, length, Arrays.stream(p).map(q -> (1 - noise) * q + even).toArray());
  }
}
