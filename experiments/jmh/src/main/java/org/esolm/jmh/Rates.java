package org.esolm.jmh;

import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/**
 * Beside the time of a call, what it did a second: to be held against {@code machineProducts} (the
 * rate of products) and {@code machineMemory} (that of memory) of the same run.
 */
@AuxCounters(AuxCounters.Type.OPERATIONS)
@State(Scope.Thread)
public class Rates {
  /** Floating-point operations, in billions. */
  public double gigaflop;

  /** Bytes read and written, in billions. */
  public double gigabytes;

  /** For JMH. */
  public Rates() {}

  void count(double flop, double floats) {
    gigaflop += flop * 1e-9;
    gigabytes += floats * Float.BYTES * 1e-9;
  }
}
