package org.esolm.diffusion;

import java.util.function.ObjDoubleConsumer;
import java.util.random.RandomGenerator;

/** The law of the orders in which a system decodes one token at a time. */
public sealed interface OrderLaw {
  /** The most orders that are enumerated. */
  int LIMIT = 1_000_000;

  /**
   * Draws an order.
   *
   * @param random the source of chance
   * @return the order
   */
  Order draw(RandomGenerator random);

  /**
   * The number of orders that have a probability.
   *
   * @return their count; infinite beyond the range of a double
   */
  double count();

  /**
   * Enumerates the law, for tiny lengths.
   *
   * @param use called with each order and its probability; these add up to 1
   * @throws IllegalArgumentException if there are more than {@value #LIMIT}
   */
  default void forEach(ObjDoubleConsumer<Order> use) {
    if (count() > LIMIT) {
      throw new IllegalArgumentException(
          "orders: %.4g, must be at most %,d to be enumerated".formatted(count(), LIMIT));
    }
    enumerate(use);
  }

  /**
   * As {@link #forEach}, however many there are.
   *
   * @param use called with each order and its probability
   */
  void enumerate(ObjDoubleConsumer<Order> use);

  /**
   * \(P^{\alpha_0}\) of theorem B.4: every position belongs to the diffusion phase with probability
   * alpha_0, these come first in random order, the others follow from left to right. With alpha_0 =
   * 1 all orders are alike (MDLM), with alpha_0 = 0 there is one (AR). An order of n diffusion
   * positions has the probability \(\alpha_0^n (1 - \alpha_0)^{L - n} / n!\); two that differ in n
   * alone count as two, for where the phases meet may matter to a model.
   *
   * @param length L
   * @param alpha0 in [0, 1]
   */
  record Hybrid(int length, double alpha0) implements OrderLaw {
    /** Checks alpha_0. */
    public Hybrid {
      new NoiseSchedule(alpha0);
    }

    @Override
    public Order draw(RandomGenerator random) {
      int[] sigma = new int[length];
      return new Order(sigma, DenoisingOrder.draw(alpha0, random, sigma));
    }

    @Override
    public double count() {
      double count = 0;
      double arrangements = 1; // L! / (L - n)!
      for (int n = 0; n <= length; n++) {
        count += probability(n) > 0 ? arrangements : 0;
        arrangements *= length - n;
      }
      return count;
    }

    private double probability(int diffusion) {
      double p = Math.pow(alpha0, diffusion) * Math.pow(1 - alpha0, length - diffusion);
      for (int i = 2; i <= diffusion; i++) {
        p /= i;
      }
      return p;
    }

    @Override
    public void enumerate(ObjDoubleConsumer<Order> use) {
      for (int n = 0; n <= length; n++) {
        double p = probability(n);
        if (p > 0) {
          int diffusion = n;
          Arrangements.forEach(length, n, sigma -> use.accept(new Order(sigma, diffusion), p));
        }
      }
    }
  }

  /**
   * Blocks from left to right, each in random order (BD3-LM).
   *
   * @param length L, a multiple of S
   * @param blockSize S
   * @param firstGiven whether position 0 always comes first
   */
  record Blockwise(int length, int blockSize, boolean firstGiven) implements OrderLaw {
    @Override
    public Order draw(RandomGenerator random) {
      int[] sigma = DenoisingOrder.identity(length);
      for (int from = 0; from < length; from += blockSize) {
        DenoisingOrder.shuffle(sigma, from + free(from), from + blockSize, random);
      }
      return new Order(sigma, length);
    }

    private int free(int from) {
      return from == 0 && firstGiven ? 1 : 0;
    }

    @Override
    public double count() {
      double count = 1;
      for (int l = 0; l < length; l++) {
        count *= Math.max(1, l % blockSize + 1 - free(l - l % blockSize));
      }
      return count;
    }

    @Override
    public void enumerate(ObjDoubleConsumer<Order> use) {
      enumerate(DenoisingOrder.identity(length), 0, use);
    }

    private void enumerate(int[] sigma, int from, ObjDoubleConsumer<Order> use) {
      if (from == length) {
        use.accept(new Order(sigma.clone(), length), 1 / count());
        return;
      }
      int start = from + free(from);
      int size = from + blockSize - start;
      Arrangements.forEach(
          size,
          size,
          p -> {
            for (int i = 0; i < size; i++) {
              sigma[start + i] = start + p[i];
            }
            enumerate(sigma, from + blockSize, use);
          });
    }
  }
}
