package org.esolm.tensor;

import org.bytedeco.openblas.global.openblas;

/** Eigenvalues and eigenvectors of symmetric matrices, by LAPACK. */
public final class SymmetricEigen {
  private static final int ROW_MAJOR = 101;

  private SymmetricEigen() {}

  /**
   * Decomposes A = V diag(values) V'.
   *
   * @param a [n, n] row by row, symmetric; replaced by V, one eigenvector a column
   * @param n its size, at least 1
   * @return the eigenvalues in ascending order
   * @throws ArithmeticException if the iteration did not converge, as with entries that are no
   *     numbers
   */
  public static double[] decompose(double[] a, int n) {
    Blas.load();
    double[] values = new double[n];
    int failed = openblas.LAPACKE_dsyevd(ROW_MAJOR, (byte) 'V', (byte) 'U', n, a, n, values);
    if (failed != 0) {
      throw new ArithmeticException("eigenvalues of a matrix of size " + n + ": no convergence");
    }
    return values;
  }
}
