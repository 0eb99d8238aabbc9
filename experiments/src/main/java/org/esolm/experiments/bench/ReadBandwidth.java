package org.esolm.experiments.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.esolm.tensor.Workers;

/** How fast the machine reads memory: every thread adds up a part of the same floats. */
public final class ReadBandwidth {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int STREAMS = 4; // so that no addition waits for the one before

  /** Read by one call, so that the compiler soon finds that there are many. */
  private static final long PIECE = 1 << 15;

  private static final double LEAST_SECONDS = 1.5;

  private ReadBandwidth() {}

  /**
   * Measures it.
   *
   * @param workers the threads
   * @param bytes how much is read over and over: what fits a cache is read faster
   * @return bytes a second, the best of many passes
   */
  public static double of(Workers workers, long bytes) {
    int threads = workers.threads();
    long part = Math.max(1, bytes / threads / PIECE) * PIECE;
    float[] sums = new float[threads * 16];
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = arena.allocate(part * threads, 64);
      double best = Double.POSITIVE_INFINITY;
      long begin = System.nanoTime();
      while (System.nanoTime() - begin < LEAST_SECONDS * 1e9) {
        long start = System.nanoTime();
        workers.loop(
            threads,
            (unit, worker) -> {
              for (long at = unit * part; at < (unit + 1) * part; at += PIECE) {
                sums[16 * unit] += sum(memory, at);
              }
            });
        best = Math.min(best, (System.nanoTime() - start) * 1e-9);
      }
      return sums[0] < 0 ? 0 : part * threads / best; // the sums are used, so they are computed
    }
  }

  private static float sum(MemorySegment memory, long from) {
    int width = SPECIES.vectorByteSize();
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    ByteOrder order = ByteOrder.nativeOrder();
    for (long at = from; at < from + PIECE; at += (long) STREAMS * width) {
      a = a.add(FloatVector.fromMemorySegment(SPECIES, memory, at, order));
      b = b.add(FloatVector.fromMemorySegment(SPECIES, memory, at + width, order));
      c = c.add(FloatVector.fromMemorySegment(SPECIES, memory, at + 2L * width, order));
      d = d.add(FloatVector.fromMemorySegment(SPECIES, memory, at + 3L * width, order));
    }
    return a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
  }
}
