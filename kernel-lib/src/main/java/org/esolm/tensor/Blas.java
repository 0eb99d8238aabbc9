package org.esolm.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/**
 * Matrix products by OpenBLAS, for sizes that are not those of a transformer's tiles ({@link
 * Products}). Each call runs on the thread that makes it: parallelism is {@link Workers}' business.
 * Matrices are row-major.
 */
public final class Blas {
  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  private static final MethodHandle SGEMM = bind();

  private Blas() {}

  /** Loads the library, once, for those who call it otherwise. */
  static void load() {} // the class is initialised by now

  @SuppressWarnings("restricted") // native access is what this class is for
  private static MethodHandle bind() {
    JavaCpp.allowMemoryOutsideTheHeap();
    Loader.load(openblas.class);
    openblas.blas_set_num_threads(1);
    ValueLayout.OfInt i = ValueLayout.JAVA_INT;
    ValueLayout.OfLong pointer = ValueLayout.JAVA_LONG; // same register class, no wrapper object
    ValueLayout.OfFloat f = ValueLayout.JAVA_FLOAT;
    return Linker.nativeLinker()
        .downcallHandle(
            SymbolLookup.loaderLookup().findOrThrow("cblas_sgemm"),
            FunctionDescriptor.ofVoid(i, i, i, i, i, i, f, pointer, i, pointer, i, f, pointer, i));
  }

  /**
   * {@code C = op(A) op(B)}, of matrices inside tensors.
   *
   * @param transposeA whether op(A) is A transposed
   * @param transposeB whether op(B) is B transposed
   * @param m rows of C
   * @param n columns of C
   * @param k columns of op(A)
   * @param a A
   * @param aAt its first element
   * @param lda floats from one row of A to the next
   * @param b B
   * @param bAt its first element
   * @param ldb floats from one row of B to the next
   * @param c C, written
   * @param cAt its first element
   * @param ldc floats from one row of C to the next
   * @throws IndexOutOfBoundsException if a matrix reaches out of its tensor
   */
  public static void multiply(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Tensor a,
      long aAt,
      int lda,
      Tensor b,
      long bAt,
      int ldb,
      Tensor c,
      long cAt,
      int ldc) {
    long as = transposeA ? a.address(aAt, k, lda, m) : a.address(aAt, m, lda, k);
    long bs = transposeB ? b.address(bAt, n, ldb, k) : b.address(bAt, k, ldb, n);
    long cs = c.address(cAt, m, ldc, n);
    int left = transposeA ? TRANSPOSE : NO_TRANSPOSE;
    int right = transposeB ? TRANSPOSE : NO_TRANSPOSE;
    try {
      SGEMM.invokeExact(ROW_MAJOR, left, right, m, n, k, 1f, as, lda, bs, ldb, 0f, cs, ldc);
    } catch (Throwable e) {
      throw new IllegalStateException("cblas_sgemm", e);
    }
  }
}
