package org.esolm.sampler;

import java.lang.foreign.Arena;
import java.util.Arrays;
import org.esolm.data.Oracle;
import org.esolm.tensor.Tensor;

/**
 * A perfect denoiser: the exact posterior of a known law in a network's place. Its errors are the
 * sampler's alone. The mask is the token after the last word.
 *
 * @param oracle the law
 */
public record OracleDenoiser(Oracle oracle) implements Denoiser {
  @Override
  public int vocabSize() {
    return oracle.vocabSize() + 1;
  }

  @Override
  public int maskIndex() {
    return oracle.vocabSize();
  }

  @Override
  public Session open(int batch, int length) {
    return new OracleSession(oracle, batch, length);
  }

  private static final class OracleSession implements Session {
    private final Oracle oracle;
    private final int v; // the mask included
    private final int[][] observed; // [B, L]
    private final float[][] posterior; // [L, V - 1]
    private Arena arena = Arena.ofShared();
    private Tensor laws; // [rows, V]

    OracleSession(Oracle oracle, int batch, int length) {
      this.oracle = oracle;
      v = oracle.vocabSize() + 1;
      observed = new int[batch][length];
      for (int[] row : observed) {
        Arrays.fill(row, -1);
      }
      posterior = new float[length][v - 1];
      laws = Tensor.zeros(arena, batch, v);
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      reserve(wanted.total());
      int row = 0;
      for (int b = 0; b < observed.length; b++) {
        for (int i = 0; i < newlyKnown.positions().count(b); i++) {
          observed[b][newlyKnown.positions().get(b, i)] = newlyKnown.token(b, i);
        }
        if (wanted.count(b) > 0) {
          oracle.posterior(observed[b], posterior);
        }
        for (int i = 0; i < wanted.count(b); i++) {
          logarithms(posterior[wanted.get(b, i)], row++);
        }
      }
      return laws.slice(0, row);
    }

    private void logarithms(float[] law, int row) {
      long at = (long) row * v;
      for (float p : law) {
        laws.set(at++, (float) Math.log(p));
      }
      laws.set(at, Float.NEGATIVE_INFINITY);
    }

    private void reserve(int rows) {
      if (rows > laws.dim(0)) {
        arena.close();
        arena = Arena.ofShared();
        laws = Tensor.zeros(arena, Math.max(rows, 2 * laws.dim(0)), v);
      }
    }

    @Override
    public void close() {
      arena.close();
    }
  }
}
