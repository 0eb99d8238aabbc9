package org.esolm.tensor;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas;

/**
 * Matrix products by OpenBLAS. Each call runs on the thread that makes it: parallelism is {@link
 * Workers}' business. Matrices are row-major and given by the address of their first element, so
 * that a call allocates nothing.
 */
final class Blas {
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
   * {@code C = alpha op(A) op(B) + beta C}.
   *
   * @param transposeA whether op(A) is A transposed
   * @param transposeB whether op(B) is B transposed
   * @param m rows of C
   * @param n columns of C
   * @param k columns of op(A)
   * @param alpha factor of the product
   * @param a address of A
   * @param lda floats from one row of A to the next
   * @param b address of B
   * @param ldb floats from one row of B to the next
   * @param beta factor of the old C; at 0 the old C is not read
   * @param c address of C
   * @param ldc floats from one row of C to the next
   */
  static void sgemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      long a,
      int lda,
      long b,
      int ldb,
      float beta,
      long c,
      int ldc) {
    try {
      SGEMM.invokeExact(
          ROW_MAJOR,
          transposeA ? TRANSPOSE : NO_TRANSPOSE,
          transposeB ? TRANSPOSE : NO_TRANSPOSE,
          m,
          n,
          k,
          alpha,
          a,
          lda,
          b,
          ldb,
          beta,
          c,
          ldc);
    } catch (Throwable e) {
      throw new IllegalStateException("cblas_sgemm", e);
    }
  }
}
