package org.esolm.model;

import java.lang.foreign.Arena;
import org.esolm.random.Purpose;
import org.esolm.random.Rng;
import org.esolm.tensor.Tensor;

/** Small networks whose every parameter matters, unlike freshly initialised ones. */
public final class Networks {
  private Networks() {}

  /** Two blocks, two heads of size 6, seven tokens of which the last is the mask. */
  public static ModelConfig tiny(boolean adaLn, int length, double dropout) {
    return new ModelConfig(12, adaLn ? 5 : 0, 2, 2, length, 7, 6, dropout);
  }

  public static Parameters random(Arena arena, ModelConfig config, long seed) {
    Parameters p = new Parameters(arena, config).initialize(seed);
    int index = 0;
    for (var entry : p.named().entrySet()) {
      Rng rng = Rng.of(seed + 1, Purpose.WEIGHTS, index++);
      Tensor t = entry.getValue();
      float centre = entry.getKey().contains("norm") ? 1 : 0;
      double scale = entry.getKey().startsWith("vocab") ? 1 : 0.3;
      for (long i = 0; i < t.size(); i++) {
        t.set(i, centre + (float) (scale * rng.nextGaussian()));
      }
    }
    return p;
  }

  /** Sequences of clean tokens of {@link #tiny}. */
  public static int[][] text(long seed, int batch, int length) {
    Rng rng = Rng.of(seed, Purpose.LANGUAGE);
    int[][] x = new int[batch][length];
    for (int[] row : x) {
      for (int l = 0; l < length; l++) {
        row[l] = rng.nextInt(6);
      }
    }
    return x;
  }
}
