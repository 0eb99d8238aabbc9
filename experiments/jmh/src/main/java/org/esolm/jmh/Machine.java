package org.esolm.jmh;

import java.lang.foreign.Arena;
import org.esolm.tensor.Tensor;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the machine's own rates are measured on. */
@State(Scope.Thread)
public class Machine {
  static final int SQUARE = 512;
  private static final int MEMORY = 1 << 25; // floats, more than any cache

  private Arena arena;
  Tensor square; // [3, SQUARE, SQUARE]
  Tensor memory;

  /** For JMH. */
  public Machine() {}

  /** Random matrices, and much memory. */
  @Setup
  public void setUp() {
    arena = Arena.ofShared();
    square = Numbers.random(arena, 3, SQUARE, SQUARE);
    memory = Tensor.zeros(arena, MEMORY);
  }

  /** Lets the memory go. */
  @TearDown
  public void tearDown() {
    arena.close();
  }
}
