package org.esolm.metric;

import java.util.Comparator;
import java.util.concurrent.CancellationException;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.IntStream;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;
import org.tribuo.Example;
import org.tribuo.Feature;
import org.tribuo.MutableDataset;
import org.tribuo.clustering.ClusterID;
import org.tribuo.clustering.ClusteringFactory;
import org.tribuo.clustering.kmeans.KMeansTrainer;
import org.tribuo.clustering.kmeans.KMeansTrainer.Initialisation;
import org.tribuo.impl.ArrayExample;
import org.tribuo.math.la.DenseVector;
import org.tribuo.provenance.SimpleDataSourceProvenance;

/** Clusters of rows, by Tribuo's k-means with k-means++ starts; the best of several starts. */
final class KMeans {
  /** Tribuo would report every iteration. Held, for loggers that nobody holds are forgotten. */
  private static final Logger LOG = Logger.getLogger(KMeansTrainer.class.getName());

  static {
    LOG.setLevel(Level.WARNING);
  }

  private final double[][] rows; // [N, d]
  private final String[] names; // of columns

  private KMeans(Tensor x) {
    int d = x.dim(1);
    rows = new double[x.dim(0)][d];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < d; j++) {
        rows[i][j] = x.get((long) i * d + j);
      }
    }
    names = IntStream.range(0, d).mapToObj("%06d"::formatted).toArray(String[]::new);
  }

  private record Clustering(int[] labels, double inertia) {}

  /**
   * Clusters rows.
   *
   * @param x [N, d]
   * @param clusters k, at most N
   * @param iterations the most of each start
   * @param starts how often to begin anew
   * @param seed of the starts
   * @return [N] each row's cluster, 0 to k - 1
   * @throws CancellationException if the thread was interrupted
   */
  static int[] labels(Tensor x, int clusters, int iterations, int starts, long seed) {
    KMeans data = new KMeans(x);
    var distance = new HeedingDistance();
    try {
      return IntStream.range(0, starts)
          .parallel()
          .mapToObj(s -> data.run(clusters, iterations, start(seed, s), distance))
          .min(Comparator.comparingDouble(Clustering::inertia))
          .orElseThrow()
          .labels();
    } catch (RuntimeException e) {
      if (distance.heard()) {
        Thread.interrupted(); // where that was not cleared
        throw new CancellationException("clustering: interrupted");
      }
      throw e;
    }
  }

  private static long start(long seed, int number) {
    return Rng.of(seed, Purpose.EVALUATION, number).nextLong();
  }

  private Clustering run(int clusters, int iterations, long seed, HeedingDistance distance) {
    var factory = new ClusteringFactory();
    var dataset =
        new MutableDataset<>(new SimpleDataSourceProvenance("features", factory), factory);
    for (double[] row : rows) {
      Example<ClusterID> example = new ArrayExample<>(ClusteringFactory.UNASSIGNED_CLUSTER_ID);
      for (int j = 0; j < row.length; j++) {
        example.add(new Feature(names[j], row[j]));
      }
      dataset.add(example);
    }
    var trainer =
        new KMeansTrainer(
            clusters,
            iterations,
            distance,
            Initialisation.PLUSPLUS,
            1, // sums of several threads would depend on their order
            seed);
    try {
      return assign(trainer.train(dataset).getCentroidVectors());
    } catch (RuntimeException e) {
      distance.hear(e);
      throw e;
    }
  }

  private Clustering assign(DenseVector[] centroids) {
    double[][] centres = new double[centroids.length][];
    for (int c = 0; c < centres.length; c++) {
      centres[c] = centroids[c].toArray();
    }
    int[] labels = new int[rows.length];
    double inertia = 0;
    for (int i = 0; i < rows.length; i++) {
      double best = Double.POSITIVE_INFINITY;
      for (int c = 0; c < centres.length; c++) {
        double distance = squaredDistance(rows[i], centres[c]);
        if (distance < best) {
          best = distance;
          labels[i] = c;
        }
      }
      inertia += best;
    }
    return new Clustering(labels, inertia);
  }

  private static double squaredDistance(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
  }
}
