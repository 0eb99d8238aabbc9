package org.esolm.experiments.bench;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.esolm.sampler.Denoiser;
import org.esolm.sampler.Known;
import org.esolm.sampler.Positions;
import org.esolm.tensor.Tensor;

/**
 * Asks a network without a cache only in some evaluations of a run, and times these; in the others
 * all tokens are equally likely. The sampler goes through its whole schedule, so what the timed
 * evaluations see is what they would see in the whole run: as many known tokens, as many wanted.
 */
final class SparseDenoiser implements Denoiser {
  private final Denoiser network;
  private final int total;
  private final int timed;
  private final List<Double> seconds = new ArrayList<>();

  /**
   * Prepares a run.
   *
   * @param network without a cache
   * @param total evaluations of the whole run
   * @param timed how many of them, evenly spread, are asked and timed
   */
  SparseDenoiser(Denoiser network, int total, int timed) {
    this.network = network;
    this.total = total;
    this.timed = timed;
  }

  /** Of each timed evaluation. */
  List<Double> seconds() {
    return seconds;
  }

  @Override
  public int vocabSize() {
    return network.vocabSize();
  }

  @Override
  public int maskIndex() {
    return network.maskIndex();
  }

  @Override
  public Session open(int batch, int length) {
    return new SparseSession(network.open(batch, length), batch);
  }

  /** Whether evaluation i is the middle one of its share of the run. */
  static boolean isChosen(int i, int total, int timed) {
    if (timed >= total) {
      return true;
    }
    long share = (long) i * timed / total;
    long middle = (2 * share + 1) * total / (2L * timed);
    return i == middle;
  }

  private final class SparseSession implements Session {
    private final Session session;
    private final Arena arena = Arena.ofShared();
    private final Known untold;
    private Tensor equal;
    private int evaluation;

    SparseSession(Session session, int batch) {
      this.session = session;
      untold = new Known(batch);
      equal = Tensor.zeros(arena, batch, vocabSize());
    }

    @Override
    public Tensor step(Known newlyKnown, Positions wanted) {
      for (int s = 0; s < newlyKnown.positions().batch(); s++) {
        for (int i = 0; i < newlyKnown.positions().count(s); i++) {
          untold.add(s, newlyKnown.positions().get(s, i), newlyKnown.token(s, i));
        }
      }
      if (!isChosen(evaluation++, total, timed)) {
        if (wanted.total() > equal.dim(0)) {
          equal = Tensor.zeros(arena, wanted.total(), vocabSize());
        }
        return equal.slice(0, wanted.total());
      }
      long start = System.nanoTime();
      Tensor laws = session.step(untold, wanted);
      seconds.add((System.nanoTime() - start) * 1e-9);
      untold.clear();
      return laws;
    }

    @Override
    public void close() {
      session.close();
      arena.close();
    }
  }
}
