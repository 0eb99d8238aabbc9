package org.esolm.jmh;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.esolm.tensor.Tensor;

/** What tensors hold. */
final class Numbers {
  private Numbers() {}

  /** Numbers of [0, 1), the same in every run. */
  static Tensor random(Arena arena, int... shape) {
    var chance = new SplittableRandom(7);
    Tensor t = Tensor.zeros(arena, shape);
    for (long i = 0; i < t.size(); i++) {
      t.set(i, (float) chance.nextDouble());
    }
    return t;
  }
}
