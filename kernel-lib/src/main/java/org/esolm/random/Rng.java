package org.esolm.random;

import java.util.random.RandomGenerator;

/**
 * A small generator (SplitMix64) whose start is a hash of a seed, a {@link Purpose} and any number
 * of indices, so that a draw is found again from its coordinates alone: {@code Rng.of(seed,
 * Purpose.MASKING, step, sequence)}.
 */
public final class Rng implements RandomGenerator {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private long state;

  private Rng(long state) {
    this.state = state;
  }

  /**
   * The generator of one draw's coordinates.
   *
   * @param seed the experiment's seed
   * @param purpose what the numbers are for
   * @param indices further coordinates: a step, a sample's index, a position
   * @return a generator that depends on nothing else
   */
  public static Rng of(long seed, Purpose purpose, long... indices) {
    long h = start(seed, purpose);
    for (long index : indices) {
      h = next(h, index);
    }
    return new Rng(h);
  }

  /**
   * As {@link #of(long, Purpose, long...)}, without an array: training steps leave the heap alone.
   *
   * @param seed the experiment's seed
   * @param purpose what the numbers are for
   * @param index a further coordinate
   * @return the same generator
   */
  public static Rng of(long seed, Purpose purpose, long index) {
    return new Rng(next(start(seed, purpose), index));
  }

  /**
   * As {@link #of(long, Purpose, long...)}, without an array.
   *
   * @param seed the experiment's seed
   * @param purpose what the numbers are for
   * @param first a further coordinate
   * @param second another
   * @return the same generator
   */
  public static Rng of(long seed, Purpose purpose, long first, long second) {
    return new Rng(next(next(start(seed, purpose), first), second));
  }

  private static long start(long seed, Purpose purpose) {
    return mix(seed + GOLDEN * (purpose.ordinal() + 1));
  }

  private static long next(long h, long index) {
    return mix(h + GOLDEN * (index + 1));
  }

  /**
   * A generator for one part of what this one is for; this one is not advanced.
   *
   * @param index the part's number
   * @return an independent generator
   */
  public Rng at(long index) {
    return new Rng(mix(mix(state ^ GOLDEN) + GOLDEN * (index + 1)));
  }

  @Override
  public long nextLong() {
    state += GOLDEN;
    return mix(state);
  }

  /**
   * The finaliser of SplitMix64 (Steele, Lea and Flood, 2014), a bijection of 64-bit words: a hash
   * where a generator would be one object too many.
   *
   * @param z any word
   * @return its hash
   */
  public static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
