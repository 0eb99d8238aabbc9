package org.esolm.diffusion;

import java.util.function.Consumer;

/** All orders of a length whose first positions are free and whose others ascend. */
final class Arrangements {
  private Arrangements() {}

  /**
   * Calls with an array of its own for each of the L! / (L - n)! orders.
   *
   * @param length L
   * @param free n
   * @param use called with each order, [L]
   */
  static void forEach(int length, int free, Consumer<int[]> use) {
    extend(new int[length], new boolean[length], 0, free, use);
  }

  private static void extend(int[] sigma, boolean[] taken, int at, int free, Consumer<int[]> use) {
    if (at == free) {
      int[] order = sigma.clone();
      for (int l = 0, next = at; l < taken.length; l++) {
        if (!taken[l]) {
          order[next++] = l;
        }
      }
      use.accept(order);
      return;
    }
    for (int l = 0; l < taken.length; l++) {
      if (!taken[l]) {
        taken[l] = true;
        sigma[at] = l;
        extend(sigma, taken, at + 1, free, use);
        taken[l] = false;
      }
    }
  }
}
