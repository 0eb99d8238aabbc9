package org.esolm.metric;

import java.lang.foreign.Arena;
import org.esolm.tensor.Blas;
import org.esolm.tensor.SymmetricEigen;
import org.esolm.tensor.Tensor;

/** Projection of rows on the directions in which they vary most. */
final class PrincipalComponents {
  private PrincipalComponents() {}

  /**
   * The fewest components that explain a share of the variance.
   *
   * @param x [N, d] at least two rows; replaced by the rows minus their mean
   * @param explained the share, in (0, 1)
   * @param arena the owner of the result
   * @return [N, components]
   */
  static Tensor project(Tensor x, double explained, Arena arena) {
    int n = x.dim(0);
    int d = x.dim(1);
    centre(x, n, d);
    double[] vectors = new double[d * d];
    try (Arena working = Arena.ofConfined()) {
      Tensor products = Tensor.zeros(working, d, d);
      Blas.multiply(true, false, d, d, n, x, 0, d, x, 0, d, products, 0, d);
      for (int i = 0; i < vectors.length; i++) {
        vectors[i] = products.get(i);
      }
    }
    double[] variances = SymmetricEigen.decompose(vectors, d); // ascending, times n - 1
    int components = enough(variances, explained);
    Tensor directions = Tensor.zeros(arena, components, d);
    for (int c = 0; c < components; c++) {
      for (int i = 0; i < d; i++) {
        directions.set((long) c * d + i, (float) vectors[i * d + d - 1 - c]);
      }
    }
    Tensor y = Tensor.zeros(arena, n, components);
    Blas.multiply(false, true, n, components, d, x, 0, d, directions, 0, d, y, 0, components);
    return y;
  }

  private static void centre(Tensor x, int n, int d) {
    double[] mean = new double[d];
    for (long i = 0; i < x.size(); i++) {
      mean[(int) (i % d)] += x.get(i) / n;
    }
    for (long i = 0; i < x.size(); i++) {
      x.set(i, (float) (x.get(i) - mean[(int) (i % d)]));
    }
  }

  private static int enough(double[] variances, double explained) {
    double total = 0;
    for (double v : variances) {
      total += Math.max(0, v);
    }
    double sum = 0;
    int components = 0;
    while (components < variances.length && (components == 0 || sum < explained * total)) {
      components++;
      sum += Math.max(0, variances[variances.length - components]);
    }
    return components;
  }
}
