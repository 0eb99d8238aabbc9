package org.esolm.tensor;

/** JavaCPP, through which OpenBLAS and ND4J are loaded. */
final class JavaCpp {
  private static final String LIMIT = "org.bytedeco.javacpp.maxPhysicalBytes";

  private JavaCpp() {}

  /**
   * Called before JavaCPP is first used. By default it refuses to allocate when the process has
   * more memory resident than four times the Java heap may grow to. Here tensors lie outside the
   * heap and files are mapped, so a large model beside a small heap is as it should be.
   */
  static void allowMemoryOutsideTheHeap() {
    if (System.getProperty(LIMIT) == null) {
      System.setProperty(LIMIT, "0");
    }
  }
}
