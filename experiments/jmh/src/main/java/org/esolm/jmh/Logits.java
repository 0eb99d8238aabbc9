package org.esolm.jmh;

import java.lang.foreign.Arena;
import org.esolm.tensor.Tensor;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** What the loss reads. */
@State(Scope.Thread)
public class Logits {
  /** V, the vocabulary. */
  @Param({"256", "4096"})
  public int vocab;

  private Arena arena;
  Tensor logits; // [ROWS, V]

  /** For JMH. */
  public Logits() {}

  /** Random logits. */
  @Setup
  public void setUp() {
    arena = Arena.ofShared();
    logits = Numbers.random(arena, Layer.ROWS, vocab);
  }

  /** Lets the memory go. */
  @TearDown
  public void tearDown() {
    arena.close();
  }
}
