package org.esolm.experiments.bench;

import org.esolm.tensor.WeightFormat;

/**
 * The least time that sampling could take: its products at the machine's rate of products, or its
 * weights and cached keys and values read once an evaluation at the machine's rate of reading,
 * whichever is more. Only what is needed counts: logits of the tokens that are drawn, in an
 * evaluation no row that its system does not ask for.
 *
 * @param flop floating-point operations of a run
 * @param bytes read in a run
 */
record Bound(double flop, double bytes) {
  private static final int MLP_AND_ATTENTION = 12; // d x 3d, d x d, d x 4d, 4d x d

  /**
   * Of a sampling run.
   *
   * @param work the run
   * @param nfe its function evaluations
   */
  static Bound of(Work work, double nfe) {
    double d = work.shape().hidden();
    double n = work.shape().blocks();
    double l = work.length();
    double b = work.batch();
    double head = d * work.shape().vocab();
    double weights = n * MLP_AND_ATTENTION * d * d;
    boolean cached = !work.model().equals("mdlm");
    double seen = cached ? l / 2 : l; // keys that a row attends to, on average
    double rows = switch (work.model()) { // of a sequence, in all evaluations
          case "ar" -> l;
          case "bd3lm" -> nfe * 4;
          case "eso" -> 2 * l; // once as a mask, once as a token
          default -> nfe * l;
        };
    double flop = b * (rows * (2 * weights + 4 * d * n * seen) + 2 * l * head);
    double cache = cached ? nfe * b * seen * 2 * d * n : 0;
    double read = nfe * (weights + head) * bytes(work.weights()) + cache * Float.BYTES;
    return new Bound(flop, read);
  }

  private static int bytes(WeightFormat format) {
    return switch (format) {
      case F32 -> Float.BYTES;
      case BF16 -> Short.BYTES;
      case INT8 -> Byte.BYTES;
    };
  }

  /** Bytes of the weights that every evaluation reads. */
  static long weights(Shape shape) {
    long d = shape.hidden();
    return Float.BYTES * d * (MLP_AND_ATTENTION * d * shape.blocks() + shape.vocab());
  }

  double seconds(double flopPerSecond, double bytesPerSecond) {
    return Math.max(flop / flopPerSecond, bytes / bytesPerSecond);
  }

  boolean byReading(double flopPerSecond, double bytesPerSecond) {
    return bytes / bytesPerSecond > flop / flopPerSecond;
  }
}
