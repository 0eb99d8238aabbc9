package org.esolm.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.lang.foreign.Arena;
import java.util.function.LongToDoubleFunction;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;

/** Random tensors, and how the vector kernels' results are compared with plain loops. */
public final class Numbers {
  /** Sizes below, at, between and above multiples of every vector width in use (4, 8, 16). */
  public static final int[] SIZES = {1, 3, 7, 8, 15, 16, 17, 31, 33, 48, 67};

  private Numbers() {}

  public static Tensor normal(Arena arena, long seed, int... shape) {
    Tensor t = Tensor.zeros(arena, shape);
    Rng rng = Rng.of(seed, Purpose.WEIGHTS);
    for (long i = 0; i < t.size(); i++) {
      t.set(i, (float) rng.nextGaussian());
    }
    return t;
  }

  public static Tensor copy(Arena arena, Tensor t) {
    return Tensor.zeros(arena, t.shape()).copyFrom(t);
  }

  /** Compares elements [from, to) with a reference, relative to the larger of 1 and its size. */
  public static void assertClose(
      Tensor actual, long from, long to, double tolerance, LongToDoubleFunction expected) {
    for (long i = from; i < to; i++) {
      double e = expected.applyAsDouble(i);
      assertThat((double) actual.get(i))
          .describedAs("element %d", i)
          .isCloseTo(e, within(tolerance * Math.max(1, Math.abs(e))));
    }
  }

  public static void assertClose(Tensor actual, double tolerance, LongToDoubleFunction expected) {
    assertClose(actual, 0, actual.size(), tolerance, expected);
  }

  /** The derivative of f in element i of x by central differences. */
  public static double slope(Tensor x, long i, float step, java.util.function.DoubleSupplier f) {
    float old = x.get(i);
    x.set(i, old + step);
    double up = f.getAsDouble();
    x.set(i, old - step);
    double down = f.getAsDouble();
    x.set(i, old);
    return (up - down) / ((double) (old + step) - (old - step));
  }
}
