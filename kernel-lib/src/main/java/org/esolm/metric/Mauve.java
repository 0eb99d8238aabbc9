package org.esolm.metric;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Comparator;
import org.esolm.data.Estimate;
import org.esolm.tensor.NdArrays;
import org.esolm.tensor.Tensor;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * How close generated texts are to human ones: the area under the divergence curve of two
 * histograms p and q, \((e^{-c KL(q \| r_w)}, e^{-c KL(p \| r_w)})\) with mixtures \(r_w = w p + (1
 * - w) q\) (Pillutla et al., NeurIPS 2021), and the integral of their divergence frontier (Liu et
 * al., NeurIPS 2021). The starred scores smooth the histograms by half a count a bucket (Pillutla
 * et al., JMLR 2023). Texts become histograms by clustering their features; that depends on the
 * clustering's seed, see {@link #spread}.
 *
 * @param mauve in (0, 1], 1 for equal histograms
 * @param mauveStar the same of smoothed histograms
 * @param frontierIntegral in [0, 1], 0 for equal histograms
 * @param frontierIntegralStar the same of smoothed histograms
 * @param buckets k, the size of the histograms
 */
public record Mauve(
    double mauve,
    double mauveStar,
    double frontierIntegral,
    double frontierIntegralStar,
    int buckets) {
  private static final double EDGE = 1e-6;

  /**
   * The reference implementation's settings, all with a default.
   *
   * @param buckets k; 0: a tenth of the smaller number of texts
   * @param scaling c, which the divergences are multiplied with
   * @param discretization points on the curve, at least 2
   * @param explained share of the features' variance that clustering sees, in (0, 1)
   * @param starts k-means starts, of which the best counts
   * @param iterations the most of each start
   */
  public record Options(
      int buckets,
      double scaling,
      int discretization,
      double explained,
      int starts,
      int iterations) {
    /** A tenth, 5, 25, 0.9, 5, 500. */
    public static final Options DEFAULT = new Options(0, 5, 25, 0.9, 5, 500);

    /** Checks every field. */
    public Options {
      require(buckets >= 0, "buckets", buckets, "0 (a tenth of the texts) or more");
      require(scaling > 0, "scaling", scaling, "positive");
      require(discretization >= 2, "discretization", discretization, "at least 2");
      require(explained > 0 && explained < 1, "explained", explained, "in (0, 1)");
      require(starts >= 1, "starts", starts, "at least 1");
      require(iterations >= 1, "iterations", iterations, "at least 1");
    }

    private static void require(boolean holds, String field, Object value, String allowed) {
      if (!holds) {
        throw new IllegalArgumentException(field + ": " + value + ", must be " + allowed);
      }
    }

    /** k for two sets of texts. */
    private int buckets(int p, int q) {
      int tenth = (int) Math.rint(Math.min(p, q) / 10.0);
      return Math.min(buckets > 0 ? buckets : Math.max(2, tenth), p + q);
    }
  }

  /**
   * The scores of two histograms.
   *
   * @param p [k] counts of the one, not all zero
   * @param q [k] counts of the other, not all zero
   * @param options scaling and discretization of the curve
   * @return the scores; symmetric in p and q
   * @throws IllegalArgumentException if the sizes differ, or there is nothing in one
   */
  public static Mauve ofHistograms(int[] p, int[] q, Options options) {
    if (p.length != q.length) {
      throw new IllegalArgumentException(
          "histograms: " + p.length + " and " + q.length + " buckets, must be equally many");
    }
    double[] plainP = normalised(p, 0);
    double[] plainQ = normalised(q, 0);
    double[] smoothP = normalised(p, 0.5);
    double[] smoothQ = normalised(q, 0.5);
    return new Mauve(
        area(plainP, plainQ, options),
        area(smoothP, smoothQ, options),
        frontierIntegral(plainP, plainQ),
        frontierIntegral(smoothP, smoothQ),
        p.length);
  }

  private static double[] normalised(int[] counts, double more) {
    if (Arrays.stream(counts).allMatch(c -> c == 0)) {
      throw new IllegalArgumentException("histogram: all counts are 0, must be at least one");
    }
    double[] h = Arrays.stream(counts).mapToDouble(c -> c + more).toArray();
    double sum = Arrays.stream(h).sum();
    return Arrays.stream(h).map(c -> c / sum).toArray();
  }

  /**
   * Points (exp(-c KL(q|r)), exp(-c KL(p|r))) of mixtures r = w p + (1 - w) q, and the corners (1,
   * 0), (0, 1): the mean of the area under them along one axis and along the other.
   */
  private static double area(double[] p, double[] q, Options options) {
    int n = options.discretization();
    double[][] curve = new double[n + 2][];
    curve[0] = new double[] {1, 0};
    for (int i = 0; i < n; i++) {
      double w = i == n - 1 ? 1 - EDGE : EDGE + i * ((1 - EDGE - EDGE) / (n - 1));
      double[] r = new double[p.length];
      Arrays.setAll(r, j -> w * p[j] + (1 - w) * q[j]);
      curve[i + 1] =
          new double[] {
            Math.exp(-options.scaling() * kl(q, r)), Math.exp(-options.scaling() * kl(p, r))
          };
    }
    curve[n + 1] = new double[] {0, 1};
    return 0.5 * (under(curve, 0) + under(curve, 1));
  }

  private static double kl(double[] p, double[] r) {
    double sum = 0;
    for (int j = 0; j < p.length; j++) {
      sum += p[j] == 0 ? 0 : p[j] * Math.log(p[j] / r[j]);
    }
    return sum;
  }

  /** The trapezoids under the points in the order of one coordinate. */
  private static double under(double[][] curve, int axis) {
    double[][] sorted = curve.clone();
    Arrays.sort(sorted, Comparator.comparingDouble(point -> point[axis]));
    double area = 0;
    for (int i = 1; i < sorted.length; i++) {
      area +=
          (sorted[i][axis] - sorted[i - 1][axis])
              * (sorted[i][1 - axis] + sorted[i - 1][1 - axis])
              / 2;
    }
    return area;
  }

  /**
   * Twice the integral over w of w KL(p|r) + (1 - w) KL(q|r), which has a closed form a bucket: (p
   * + q) / 2 - p q log(p / q) / (p - q).
   */
  private static double frontierIntegral(double[] p, double[] q) {
    double sum = 0;
    for (int j = 0; j < p.length; j++) {
      boolean both = p[j] > 0 && q[j] > 0;
      if (Math.abs(p[j] - q[j]) > 1e-8) { // else the term is 0 to this precision
        double mixed = both ? p[j] * q[j] * Math.log(p[j] / q[j]) / (p[j] - q[j]) : 0;
        sum += (p[j] + q[j]) / 2 - mixed;
      }
    }
    return sum;
  }

  /**
   * The scores of two sets of features: rows scaled to length 1, projected on the principal
   * components that explain most of their variance, clustered together, counted.
   *
   * @param p [N, d] of the one, one row a text
   * @param q [M, d] of the other
   * @param options the settings
   * @param seed of k-means
   * @return the scores
   * @throws IllegalArgumentException if the sizes do not fit or there are fewer than two rows of
   *     either
   */
  public static Mauve ofFeatures(Tensor p, Tensor q, Options options, long seed) {
    requireFit(p, q);
    try (Arena arena = Arena.ofConfined()) {
      return clustered(joined(p, q, options, arena), p.dim(0), q.dim(0), options, seed);
    }
  }

  private static void requireFit(Tensor p, Tensor q) {
    boolean fit = p.shape().length == 2 && q.shape().length == 2 && p.dim(1) == q.dim(1);
    if (!fit || p.dim(0) < 2 || q.dim(0) < 2) {
      throw new IllegalArgumentException(
          "features: " + p + " and " + q + ", must be [N, d] and [M, d] with N, M of at least 2");
    }
  }

  private static Tensor joined(Tensor p, Tensor q, Options options, Arena arena) {
    int d = p.dim(1);
    Tensor x = Tensor.zeros(arena, p.dim(0) + q.dim(0), d);
    x.slice(0, p.dim(0)).copyFrom(p);
    x.slice(p.dim(0), x.dim(0)).copyFrom(q);
    for (int i = 0; i < x.dim(0); i++) {
      double squares = 0;
      for (int j = 0; j < d; j++) {
        squares += Math.pow(x.get((long) i * d + j), 2);
      }
      double length = squares == 0 ? 1 : Math.sqrt(squares);
      for (int j = 0; j < d; j++) {
        x.set((long) i * d + j, (float) (x.get((long) i * d + j) / length));
      }
    }
    return PrincipalComponents.project(x, options.explained(), arena);
  }

  private static Mauve clustered(Tensor x, int n, int m, Options options, long seed) {
    int k = options.buckets(n, m);
    int[] labels = KMeans.labels(x, k, options.iterations(), options.starts(), seed);
    int[] p = new int[k];
    int[] q = new int[k];
    for (int i = 0; i < n + m; i++) {
      (i < n ? p : q)[labels[i]]++;
    }
    return ofHistograms(p, q, options);
  }

  /**
   * The scores of two sets of features in arrays.
   *
   * @param p [N, d] of the one, one row a text
   * @param q [M, d] of the other
   * @param options the settings
   * @param seed of k-means
   * @return the scores
   * @throws IllegalArgumentException as for tensors
   */
  public static Mauve ofFeatures(INDArray p, INDArray q, Options options, long seed) {
    try (Arena arena = Arena.ofConfined()) {
      return ofFeatures(NdArrays.copyOf(arena, p), NdArrays.copyOf(arena, q), options, seed);
    }
  }

  /**
   * The scores of two sets of features under several seeds of k-means.
   *
   * @param mauve its mean, with the standard error of the mean
   * @param sd standard deviation of mauve over the seeds
   * @param mauveStar the mean of the smoothed one, with its standard error
   * @param starSd standard deviation of mauveStar over the seeds
   * @param buckets k
   */
  public record Spread(Estimate mauve, double sd, Estimate mauveStar, double starSd, int buckets) {}

  /**
   * The scores under seeds 0, 1, ...
   *
   * @param p [N, d] of the one, one row a text
   * @param q [M, d] of the other
   * @param options the settings
   * @param seeds how many, at least 1
   * @return mean and spread
   * @throws IllegalArgumentException as {@link #ofFeatures}
   */
  public static Spread spread(Tensor p, Tensor q, Options options, int seeds) {
    requireFit(p, q);
    Mauve[] scores = new Mauve[seeds];
    try (Arena arena = Arena.ofConfined()) {
      Tensor x = joined(p, q, options, arena);
      Arrays.setAll(scores, s -> clustered(x, p.dim(0), q.dim(0), options, s));
    }
    Estimate plain = Estimate.mean(Arrays.stream(scores).mapToDouble(Mauve::mauve).toArray());
    Estimate star = Estimate.mean(Arrays.stream(scores).mapToDouble(Mauve::mauveStar).toArray());
    double root = Math.sqrt(seeds);
    return new Spread(
        plain,
        plain.standardError() * root,
        star,
        star.standardError() * root,
        scores[0].buckets());
  }
}
